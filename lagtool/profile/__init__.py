"""Profiles: what a data set of this shape should look like, as data."""

from lagtool.profile.parts import SLOTS, ClassSpec, PictureSlot, PublishedSizes, SlotName, SlotSpec
from lagtool.profile.reading import BUILT_IN, Problem, load_profile, read_profile
from lagtool.profile.spec import Place, Profile

__all__ = [
    "BUILT_IN",
    "SLOTS",
    "ClassSpec",
    "PictureSlot",
    "Place",
    "Problem",
    "Profile",
    "PublishedSizes",
    "SlotName",
    "SlotSpec",
    "load_profile",
    "read_profile",
]
