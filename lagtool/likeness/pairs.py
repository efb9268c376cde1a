"""Pairs of like photographs: the table, and what it was looked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.notebook import Notebook
from lagtool.relation import Relation
from lagtool.schema import PAIR_COLUMNS

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


@dataclass(frozen=True, eq=False)
class Likeness(Notebook):
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
