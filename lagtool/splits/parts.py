"""Parts of a split: who can have one, who has which, and the fingerprint of the whole."""

import hashlib

import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest

HELD_OUT = "test"
"""Name of the part that is held out."""

LISTED = "list"
"""What a header says of a test part that a list gave."""


def usable(samples: pd.DataFrame) -> "pd.Series[bool]":
    """Return which samples can be part of a split: their image was decoded without complaint, and hashed."""
    return samples["image_state"].eq("ok").fillna(value=False).astype(bool) & samples["image_sha256"].notna()


def part_names(manifest: Manifest) -> "pd.Series[str]":
    """Return the name of each sample's part, ``fold0``, ``fold1``, ... for folds; missing where it has none.

    Where there are folds beside a test part (nested, or a list held out), each sample that is in no fold has the name
    of its part.

    Raises:
        LagtoolError: The manifest has no split.
    """
    samples = manifest.samples
    header = manifest.header.split or {}
    nested = header.get("folds") is not None and header.get("test") is not None
    if "split" in samples and not ("fold" in samples and (nested or samples["split"].isna().all())):
        return samples["split"]
    if "fold" not in samples:
        raise LagtoolError("the manifest has no split: make one with 'lagtool split'")
    folds = "fold" + samples["fold"].astype("string")
    return folds.where(folds.notna(), samples["split"]) if "split" in samples else folds


def split_fingerprint(manifest: Manifest) -> str:
    r"""Return the sha256 over the sorted lines ``part image-sha256\n`` of all samples that have a part.

    Two people who have the same fingerprint train and test on the same pictures, whatever their files are called.

    Raises:
        LagtoolError: The manifest has no split.
    """
    names = part_names(manifest)
    has_part = names.notna()
    pairs = zip(names[has_part].tolist(), manifest.samples["image_sha256"][has_part].tolist(), strict=True)
    return hashlib.sha256("".join(f"{line}\n" for line in sorted(f"{n} {h}" for n, h in pairs)).encode()).hexdigest()
