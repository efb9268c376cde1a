"""The lens of a scan: what every look into a file needs to know, and what every worker is given."""

from typing import NamedTuple

from lagtool.depth import Depth
from lagtool.profile import Profile


class Lens(NamedTuple):
    """What every look into a file needs to know.

    Attributes:
        root: The root as it is opened.
        labels: The label of each class.
        formats: The format that pictures of a slot must have; None: any.
        values: The texts that label files hold, and the labels that they stand for.
        depth: How far to look.
    """

    root: str
    labels: dict[str, int]
    formats: dict[str, str | None]
    values: dict[str, int]
    depth: Depth


def grind_lens(root: str, profile: Profile, depth: Depth) -> Lens:
    """Return the lens for a root, as it is opened, and a profile."""
    formats: dict[str, str | None] = {slot: spec.format for slot, spec in profile.slots.items()}
    values = profile.slots["label"].values if "label" in profile.slots else {}
    return Lens(root, {c.name: c.label for c in profile.classes}, formats, values, depth)
