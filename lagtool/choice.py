"""Numbers of files in a manifest, and the same manifest with another profile."""

from dataclasses import replace

import pandas as pd

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest
from lagtool.profile import Profile, load_profile


def found_counts(samples: pd.DataFrame, slot: str, profile: Profile) -> dict[str, int]:
    """Return the number of samples per class that have a file in ``slot``."""
    present = samples.loc[samples[f"{slot}_path"].notna(), "class"].value_counts()
    return {c.name: int(present.get(c.name, 0)) for c in profile.classes}


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
