"""Which release a copy is: the nearest of the built-in profiles, by fingerprint, then by counts."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import pandas as pd

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest
from lagtool.profile import BUILT_IN, Profile, SlotName, load_profile

FilesByClass = Mapping[SlotName, Mapping[str, int]]
"""Number of samples that have a file, by slot and class."""

_COUNTED: tuple[SlotName, ...] = ("image", "map")


def found_counts(samples: pd.DataFrame, slot: str, profile: Profile) -> dict[str, int]:
    """Return the number of samples per class that have a file in ``slot``."""
    present = samples.loc[samples[f"{slot}_path"].notna(), "class"].value_counts()
    return {c.name: int(present.get(c.name, 0)) for c in profile.classes}


def nearest_profile(found: FilesByClass, ids_sha256: str) -> Profile:
    """Return the built-in profile whose published counts differ least from what is there.

    A matching fingerprint of ids and labels decides alone; the distance is the sum over classes of the absolute
    differences in images and in maps; at equal distance the smaller release wins.
    """
    candidates = _releases()
    for profile in candidates:
        if profile.ids_sha256 == ids_sha256:
            return profile

    def distance(profile: Profile) -> int:
        total = 0
        for slot in _COUNTED:
            expected = profile.expected(slot)
            total += sum(abs((number or 0) - found[slot].get(name, 0)) for name, number in expected.items())
        return total

    return min(candidates, key=distance)


@lru_cache
def _releases() -> tuple[Profile, ...]:
    profiles = [load_profile(name) for name in BUILT_IN]
    return tuple(sorted(profiles, key=lambda profile: sum(c.images or 0 for c in profile.classes)))


def rejudge(manifest: Manifest, profile: str) -> Manifest:
    """Return ``manifest`` with another profile of the same layout, or as it is for ``auto``.

    Raises:
        LagtoolError: The profile lays files out in another way; only the tree itself can be read with that.
    """
    if profile == "auto":
        return manifest
    chosen = load_profile(profile)
    if chosen.layout() != manifest.profile.layout():
        raise LagtoolError(
            f"profile '{show(profile)}' has another layout than the manifest's {manifest.profile.name!r}: "
            "index the tree again with that profile"
        )
    header = manifest.header.model_copy(update={"profile": chosen, "profile_choice": "given"})
    return replace(manifest, header=header)
