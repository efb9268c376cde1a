"""The lens of a scan: what every look into a file needs to know, and what every worker is given."""

import os
from pathlib import Path
from typing import NamedTuple

from lagtool.depth import Depth
from lagtool.profile import Profile
from lagtool.source import ID_BITS
from lagtool.storage import Store


class Lens(NamedTuple):
    """What every look into a file needs to know.

    Attributes:
        store: The files, as a worker opens them.
        labels: The label of each class.
        formats: The format that pictures of a slot must have; None: any.
        values: The texts that label files hold, and the labels that they stand for.
        depth: How far to look.
        device: The device of the root, as the process sees it that puts the manifest together; None: it sees none. The
            same disk has another number on another machine.
    """

    store: Store
    labels: dict[str, int]
    formats: dict[str, str | None]
    values: dict[str, int]
    depth: Depth
    device: int | None = None


def grind_lens(store: Store, profile: Profile, depth: Depth) -> Lens:
    """Return the lens for the files of a data set and a profile."""
    formats: dict[str, str | None] = {slot: spec.format for slot, spec in profile.slots.items()}
    values = profile.slots["label"].values if "label" in profile.slots else {}
    device = None if store.folder is None else root_device(store.folder)
    return Lens(store.for_workers(), {c.name: c.label for c in profile.classes}, formats, values, depth, device)


def root_device(root: Path) -> int | None:
    """Return the number of the device that a root lies on, as this machine numbers it; None where it has none."""
    try:
        return os.stat(root).st_dev & ID_BITS  # noqa: PTH116 - called for every chunk
    except OSError:
        return None
