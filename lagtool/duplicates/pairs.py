"""Pairs of like photographs: the table, and what it was looked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.curation.apply import recorded_marks
from lagtool.duplicates.groups import identify_pictures
from lagtool.manifest.header import IDENTICAL, Relation, Search
from lagtool.manifest.rules import locate_pairs, sample_keys
from lagtool.manifest.schema import PAIR_COLUMNS
from lagtool.manifest.value import Manifest, conform
from lagtool.model import Action
from lagtool.text import count, frame_html

KINDS = {column.name: "float64" if column.kind == "float" else "string[pyarrow]" for column in PAIR_COLUMNS}
"""Columns of the table, see `Likeness.pairs`, and their types."""

COLUMNS = tuple(KINDS)

VERSION = 5
"""Version of the methods: it changes when a change of code or thresholds could change what is found."""

NOT_ASKED = "was not asked for"
"""Why a relation was not looked for that nobody wanted."""

Numbers = NDArray[np.int64]


class Pair(NamedTuple):
    """One pair: positions of two pictures, the lower first, and how they are alike."""

    a: int
    b: int
    relation: Relation
    score: float
    method: str
    detail: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Likeness:
    """What was found alike, and what was looked for.

    Attributes:
        pairs: One row per pair, sorted by relation and keys. ``a`` and ``b`` are ``class/id``, in the order of the
            manifest; ``relation`` one of `Relation`; ``score`` the evidence, 0..1 (1: exact); ``method`` what
            established it, with its version; ``detail`` in words how one picture lies on the other, or empty.
        looked_for: The relations that were looked for, completely.
        not_looked_for: The others, each with the reason.
        pictures: How many different pictures were compared.
        remarks: What else must be known to judge: pictures that could not be opened, for example.
        unsearched: ``class/id`` of the samples with an image that was not searched, in the order of the manifest: it
            could not be opened, is another file than the manifest's, or was not decoded when the dataset was indexed.
            That nothing was found for them says nothing.
    """

    pairs: pd.DataFrame
    looked_for: tuple[Relation, ...]
    not_looked_for: Mapping[Relation, str] = field(default_factory=dict)
    pictures: int = 0
    remarks: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the pairs, a row each (see `pairs`)."""
        return self.pairs.copy()

    def __repr__(self) -> str:
        return f"<Likeness: {_describe(self)}>"

    def _repr_html_(self) -> str:
        missing = [f"not searched for: {relation.value}, {why}" for relation, why in self.not_looked_for.items()]
        return frame_html(_describe(self), self.to_frame(), [*missing, *self.remarks])


def _describe(likeness: Likeness) -> str:
    numbers = likeness.pairs["relation"].value_counts(sort=False).items()
    found = ", ".join(f"{number:,} {name}" for name, number in numbers) or "no pair"
    return f"{found} among {count(likeness.pictures, 'picture')}"


def select_relations(likeness: Likeness, relations: Iterable[Relation | str]) -> Likeness:
    """Return what was found of some relations only; the others count as not looked for."""
    wanted = {Relation(relation) for relation in relations}
    missing = {
        relation: likeness.not_looked_for.get(relation, NOT_ASKED)
        for relation in Relation
        if relation not in wanted or relation in likeness.not_looked_for
    }
    pairs = likeness.pairs[likeness.pairs["relation"].isin([relation.value for relation in wanted])]
    looked_for = tuple(relation for relation in likeness.looked_for if relation in wanted)
    return replace(likeness, pairs=pairs.reset_index(drop=True), looked_for=looked_for, not_looked_for=missing)


def order_samples(samples: pd.DataFrame, classes: list[str]) -> Numbers:
    """Return the positions of samples in the order of class and id, whatever order they come in."""
    ranks = pd.Categorical(samples["class"], categories=classes).codes
    ids = samples["id"].astype(str).to_numpy(dtype=object)
    return np.array(sorted(range(len(samples)), key=lambda i: (ranks[i], ids[i])), np.int64)


def tabulate(pairs: Iterable[Pair], keys: list[str]) -> pd.DataFrame:
    """Return the table of pairs: of each two pictures the surest relation, in a fixed order.

    Where two methods establish the same relation, the one that comes first in ``pairs`` is named.
    """
    rank = {relation: number for number, relation in enumerate(Relation)}
    best: dict[tuple[int, int], Pair] = {}
    for pair in pairs:
        known = best.get((pair.a, pair.b))
        if (
            known is None
            or rank[pair.relation] < rank[known.relation]
            or ((pair.relation, pair.method) == (known.relation, known.method) and pair.score > known.score)
        ):
            best[pair.a, pair.b] = pair
    chosen = sorted(best.values(), key=lambda p: (rank[p.relation], p.a, p.b))
    rows = [(keys[p.a], keys[p.b], p.relation.value, round(p.score, 4), p.method, p.detail) for p in chosen]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(KINDS)


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
