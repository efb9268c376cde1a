"""Pairs in a manifest: what a search found is recorded with it, and need not be searched again."""

from dataclasses import replace

import pandas as pd

from lagtool.header import Search
from lagtool.likeness.pairs import KINDS, VERSION, Likeness
from lagtool.manifest import Manifest, conform
from lagtool.pairs import sample_keys
from lagtool.schema import PAIR_COLUMNS

_PICTURE = ["class", "id", "image_path", "image_state", "image_sha256", "image_pixels_sha256", "image_phash"]


def record_pairs(manifest: Manifest, likeness: Likeness) -> Manifest:
    """Return the manifest with the pairs that were found in it, and what was looked for; earlier ones are replaced."""
    search = Search(
        version=VERSION,
        looked_for=likeness.looked_for,
        not_looked_for=dict(likeness.not_looked_for),
        pictures=likeness.pictures,
        remarks=likeness.remarks,
        unsearched=likeness.unsearched,
    )
    pairs = likeness.pairs.assign(detail=likeness.pairs["detail"].replace("", pd.NA))
    header = manifest.header.model_copy(update={"search": search})
    return replace(manifest, header=header, pairs=conform(pairs, PAIR_COLUMNS))


def recorded_pairs(manifest: Manifest) -> Likeness | None:
    """Return what a search recorded in the manifest, or None where nobody looked."""
    search = manifest.header.search
    if search is None or manifest.pairs is None:
        return None
    pairs = manifest.pairs.assign(detail=manifest.pairs["detail"].fillna("")).astype(KINDS)
    reasons = dict(search.not_looked_for)
    return Likeness(pairs, search.looked_for, reasons, search.pictures, search.remarks, search.unsearched)


def could_be_opened(manifest: Manifest, likeness: Likeness) -> bool:
    """Return whether a picture was not searched that the manifest knows to be sound: another search may open it."""
    samples = manifest.samples
    sound = sample_keys(samples)[
        (samples["image_state"].eq("ok") & samples["image_phash"].notna()).to_numpy(bool, na_value=False)
    ]
    return not sound.intersection(pd.Index(likeness.unsearched, dtype=object)).empty


def drop_pairs(manifest: Manifest) -> Manifest:
    """Return the manifest as if nobody had looked for what is alike."""
    return replace(manifest, header=manifest.header.model_copy(update={"search": None}), pairs=None)


def carry_pairs(earlier: Manifest, now: Manifest) -> Manifest:
    """Return ``now`` with the pairs of an earlier manifest of the same tree, where they still hold.

    They hold where every sample has the picture that it had, and the methods are the same; otherwise ``now`` is
    returned as it is, without pairs.
    """
    search = earlier.header.search
    if search is None or search.version != VERSION:
        return now
    if now.samples is not earlier.samples and not now.samples[_PICTURE].equals(earlier.samples[_PICTURE]):
        return now
    return replace(now, header=now.header.model_copy(update={"search": search}), pairs=earlier.pairs)
