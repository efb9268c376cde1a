"""Numbers of files in a manifest, and the same manifest with another profile."""

from dataclasses import replace
from typing import get_args

import pandas as pd
from pydantic import ValidationError

from lagtool.errors import LagtoolError
from lagtool.manifest.fingerprint import files_fingerprint
from lagtool.manifest.value import Manifest
from lagtool.model import State
from lagtool.profiles import BUILT_IN, LAYOUTS, SLOTS, Profile, SlotName, SlotSpec, is_built_in, load_profile
from lagtool.profiles.parts import Mode, SafeName
from lagtool.profiles.reading import explain
from lagtool.profiles.releases import in_layout
from lagtool.text import count, show


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
    if profile in BUILT_IN and is_built_in(manifest.profile.name):
        chosen = in_layout(chosen, manifest.profile)
    if chosen.layout() != manifest.profile.layout():
        raise LagtoolError(
            f"profile '{show(profile)}' has another layout than the manifest's {manifest.profile.name!r}: "
            "index the tree again with that profile"
        )
    header = manifest.header.model_copy(update={"profile": chosen, "profile_choice": "given"})
    return replace(manifest, header=header)


NAME = "our-copy"
_COMMON = 0.95
"""From this share on, pictures of one size, and modes together, say what is expected of the others."""


def pin_copy(manifest: Manifest, name: SafeName = NAME) -> Profile:
    """Return a profile with the layout of the manifest's own, and the numbers, sizes, modes and fingerprints found.

    A size is expected where at least 95 % of the proven pictures of a slot have it, a mode where more than 5 % have it:
    the odd ones are still reported. A class or slot of which there is nothing is expected to be empty, and its folder
    may be missing.

    Raises:
        LagtoolError: There is no image in the manifest, or the name is none that a profile can have.
    """
    samples, base = manifest.samples, manifest.profile
    slots = [slot for slot in SLOTS if slot in base.slots]
    counts = {slot: found_counts(samples, slot, base) for slot in slots}
    if not sum(counts["image"].values()):
        raise LagtoolError("there is no image to pin: name another folder or manifest")
    found = ", ".join(count(sum(counts[slot].values()), base.noun(slot), base.noun(slot, 2)) for slot in slots)
    classes = [c.model_copy(update={f"{slot}s": counts[slot][c.name] for slot in slots}) for c in base.classes]
    update = {
        "name": name,
        "title": f"{manifest.header.root_name} as it was pinned: {found}",
        "source": "lagtool profile new",
        "classes": tuple(classes),
        "slots": {slot: _measured(samples, slot, spec) for slot, spec in base.slots.items()},
        "ids_sha256": manifest.header.ids_sha256,
        "content_sha256": manifest.header.content_sha256,
        "files_sha256": files_fingerprint(samples),
    }
    table = base.model_copy(update=update).model_dump(exclude_none=True)
    try:
        return Profile.model_validate(table)
    except ValidationError as error:
        raise LagtoolError(f"cannot pin this copy: {explain(error, table)[0]}") from None


def parent_of(profile: Profile) -> Profile | None:
    """Return the built-in profile that has the layout of ``profile``: what it can extend; None where there is none."""
    known = [load_profile(name) for name in (*BUILT_IN, *(f"{BUILT_IN[0]}.{layout}" for layout in LAYOUTS))]
    return next((parent for parent in known if parent.layout() == profile.layout()), None)


def _measured(samples: pd.DataFrame, slot: SlotName, spec: SlotSpec) -> SlotSpec:
    if slot == "label":
        return spec
    rows = samples[(samples[f"{slot}_state"] == State.OK.value).fillna(value=False).astype(bool)]
    if rows.empty:
        return spec
    sizes = rows.groupby([f"{slot}_width", f"{slot}_height"]).size().sort_values(ascending=False, kind="stable")
    shared = sizes.iloc[0] >= _COMMON * len(rows)
    width, height = (int(side) if shared else None for side in sizes.index[0])
    shares = rows[f"{slot}_mode"].value_counts(normalize=True)
    modes = tuple(mode for mode in get_args(Mode) if shares.get(mode, 0) > 1 - _COMMON)
    return spec.model_copy(update={"width": width, "height": height, "modes": modes})
