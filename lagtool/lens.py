"""The lens of a scan: what every look into a file needs to know, and what every worker is given."""

import os
from typing import NamedTuple

from lagtool.depth import Depth
from lagtool.profile import Profile
from lagtool.source import ID_BITS


class Lens(NamedTuple):
    """What every look into a file needs to know.

    Attributes:
        root: The root as it is opened.
        labels: The label of each class.
        formats: The format that pictures of a slot must have; None: any.
        values: The texts that label files hold, and the labels that they stand for.
        depth: How far to look.
        device: The device of the root, as the process sees it that puts the manifest together; None: it sees none. The
            same disk has another number on another machine.
    """

    root: str
    labels: dict[str, int]
    formats: dict[str, str | None]
    values: dict[str, int]
    depth: Depth
    device: int | None = None


def grind_lens(root: str, profile: Profile, depth: Depth) -> Lens:
    """Return the lens for a root, as it is opened, and a profile."""
    formats: dict[str, str | None] = {slot: spec.format for slot, spec in profile.slots.items()}
    values = profile.slots["label"].values if "label" in profile.slots else {}
    return Lens(root, {c.name: c.label for c in profile.classes}, formats, values, depth, root_device(root))


def root_device(root: str) -> int | None:
    """Return the number of the device that a root lies on, as this machine numbers it; None where it has none."""
    try:
        return os.stat(root).st_dev & ID_BITS  # noqa: PTH116 - called for every chunk
    except OSError:
        return None
