"""Which release a copy is: the nearest of the built-in profiles, by fingerprint, then by counts."""

from collections.abc import Mapping
from functools import lru_cache

from lagtool.profiles.parts import SlotName
from lagtool.profiles.reading import BUILT_IN, lay_out, load_profile
from lagtool.profiles.spec import Profile

FilesByClass = Mapping[SlotName, Mapping[str, int]]
"""Number of samples that have a file, by slot and class."""

_COUNTED: tuple[SlotName, ...] = ("image", "map")


def nearest_profile(found: FilesByClass, ids_sha256: str, layout: Profile) -> Profile:
    """Return the built-in profile whose published counts differ least from what is there, in a layout of LAG.

    A matching fingerprint of ids and labels decides alone; the distance is the sum over classes of the absolute
    differences in images and in maps; at equal distance the smaller release wins.
    """
    candidates = _releases()
    for profile in candidates:
        if profile.ids_sha256 == ids_sha256:
            return in_layout(profile, layout)

    def distance(profile: Profile) -> int:
        total = 0
        for slot in (slot for slot in _COUNTED if slot in layout.slots):
            expected = profile.expected(slot)
            total += sum(abs((number or 0) - found[slot].get(name, 0)) for name, number in expected.items())
        return total

    return in_layout(min(candidates, key=distance), layout)


def in_layout(release: Profile, layout: Profile) -> Profile:
    """Return a release in the layout of another profile of LAG."""
    return lay_out(release, layout) if "." in layout.name else release


@lru_cache
def _releases() -> tuple[Profile, ...]:
    profiles = [load_profile(name) for name in BUILT_IN]
    return tuple(sorted(profiles, key=lambda profile: sum(c.images or 0 for c in profile.classes)))
