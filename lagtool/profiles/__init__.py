"""Profiles: what a data set of this shape should look like, as data."""

from lagtool.profiles.reading import BUILT_IN, Problem, load_profile, read_profile
from lagtool.profiles.spec import SLOTS, ClassSpec, PictureSlot, Place, Profile, PublishedSizes, SlotName, SlotSpec

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
