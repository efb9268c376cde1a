"""Profiles: what a dataset of this shape should look like, as data."""

from lagtool.profiles.parts import (
    SLOTS,
    ClassSpec,
    LabelsSpec,
    PictureSlot,
    Place,
    PublishedSizes,
    SlotName,
    SlotSpec,
)
from lagtool.profiles.reading import BUILT_IN, LAYOUTS, Problem, is_built_in, load_profile, read_profile
from lagtool.profiles.spec import Profile

__all__ = [
    "BUILT_IN",
    "LAYOUTS",
    "SLOTS",
    "ClassSpec",
    "LabelsSpec",
    "PictureSlot",
    "Place",
    "Problem",
    "Profile",
    "PublishedSizes",
    "SlotName",
    "SlotSpec",
    "is_built_in",
    "load_profile",
    "read_profile",
]
