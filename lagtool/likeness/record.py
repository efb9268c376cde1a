"""Pairs in a manifest: what a search found is recorded with it, and need not be searched again."""

from dataclasses import replace

import numpy as np
import pandas as pd

from lagtool.curation.apply import recorded_marks
from lagtool.header import Search
from lagtool.likeness.groups import identify_pictures
from lagtool.likeness.pairs import KINDS, VERSION, Likeness
from lagtool.manifest import Manifest, conform
from lagtool.model import Action
from lagtool.pairs import locate_pairs, sample_keys
from lagtool.relation import IDENTICAL, Relation
from lagtool.schema import PAIR_COLUMNS

_PICTURE = ["class", "id", "image_path", "image_state", "image_sha256", "image_pixels_sha256", "image_phash"]
_BY_HAND = "confirmed by hand"


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


def decided_pairs(manifest: Manifest) -> Likeness | None:
    """Return what a search recorded in the manifest, as its marks decide it (`decide_pairs`); None: nobody looked."""
    found = recorded_pairs(manifest)
    return None if found is None else decide_pairs(manifest, found)


def decide_pairs(manifest: Manifest, likeness: Likeness) -> Likeness:
    """Return what was found in a manifest, without the pairs that its marks reject, and with those that they confirm.

    A mark is about two pictures: it holds for their identical copies too. Identical pictures cannot be told apart:
    pairs of them stay. A pair that is confirmed and was not found becomes one of the same eye, with the score 1.
    """
    placed = recorded_marks(manifest)
    rejected, confirmed = (
        [] if placed is None else placed.select_pairs(action) for action in (Action.NOT_SAME, Action.SAME)
    )
    if not rejected and not confirmed:
        return likeness
    picture, keys = identify_pictures(manifest.samples), sample_keys(manifest.samples)

    def pair_of(a: int, b: int) -> tuple[int, int]:
        first, second = sorted((int(picture[a]), int(picture[b])))
        return first, second

    gone, sure = ({pair_of(a, b) for a, b, _ in marks} for marks in (rejected, confirmed))
    a, b = locate_pairs(likeness.pairs, keys)
    here = [pair_of(i, j) if i >= 0 and j >= 0 else (-1, -1) for i, j in zip(a.tolist(), b.tolist(), strict=True)]
    exact = likeness.pairs["relation"].isin([relation.value for relation in IDENTICAL]).to_numpy(bool)
    kept = np.array([same or pair not in gone for pair, same in zip(here, exact, strict=True)], np.bool_)
    pairs = likeness.pairs[kept]
    by_hand = np.array([pair in sure for pair, keep in zip(here, kept, strict=True) if keep], np.bool_)
    details = pairs["detail"].astype(object)
    pairs = pairs.assign(detail=details.where(~by_hand, (details + f"; {_BY_HAND}").str.removeprefix("; ")))
    known = set(here)
    rows = [
        (keys[i], keys[j], Relation.SAME_EYE.value, 1.0, "marked", _BY_HAND)
        for i, j, _ in confirmed
        if pair_of(i, j) not in known and picture[i] != picture[j]
    ]
    more = pd.DataFrame(list(dict.fromkeys(rows)), columns=list(KINDS)).astype(KINDS)
    return replace(likeness, pairs=pd.concat([pairs.astype(KINDS), more], ignore_index=True))


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
