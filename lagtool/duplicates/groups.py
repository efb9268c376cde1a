"""Groups: samples that must stay together, because something connects them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.manifest.header import IDENTICAL, Relation
from lagtool.manifest.rules import locate_pairs, sample_keys

_DIGITS = 16

Numbers = NDArray[np.int64]


def connect(number: int, a: Numbers, b: Numbers) -> Numbers:
    """Return for each of ``number`` nodes the lowest one that edges ``a[k]``-``b[k]`` connect it with, in any steps."""
    lowest = np.arange(number, dtype=np.int64)
    while True:
        low = np.minimum(lowest[a], lowest[b])
        before = lowest.copy()
        np.minimum.at(lowest, lowest[a], low)
        np.minimum.at(lowest, lowest[b], low)
        lowest = lowest[lowest]
        if np.array_equal(before, lowest):
            return lowest


def tie_together(codes: Numbers) -> Numbers:
    """Return edges, (number, 2), from the first sample of each code (0, 1, ... as they appear) to all of it.

    Samples whose code is below 0 are tied to nothing.
    """
    rows = np.flatnonzero(codes >= 0)
    _, first = np.unique(codes[rows], return_index=True)
    return np.column_stack([rows[first][codes[rows]], rows])


def identify_pictures(samples: pd.DataFrame) -> Numbers:
    """Return for each sample the lowest position of one with the identical picture, by bytes or by pixels."""
    edges = [tie_together(pd.factorize(samples[name])[0]) for name in ("image_sha256", "image_pixels_sha256")]
    joined = np.concatenate(edges).astype(np.int64)
    return connect(len(samples), joined[:, 0], joined[:, 1])


def find_bridges(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """Return which edges ``a[k]``-``b[k]`` of a graph (none twice) hold it together: without one it falls apart."""
    near: dict[int, list[tuple[int, int]]] = {}
    for edge, (one, other) in enumerate(zip(a, b, strict=True)):
        near.setdefault(one, []).append((other, edge))
        near.setdefault(other, []).append((one, edge))
    seen: dict[int, int] = {}
    lowest: dict[int, int] = {}
    bridges = []
    for root, first in near.items():
        if root in seen:
            continue
        seen[root] = lowest[root] = len(seen)
        path = [(root, -1, iter(first))]
        while path:
            node, came, ways = path[-1]
            for other, edge in ways:
                if other not in seen:
                    seen[other] = lowest[other] = len(seen)
                    path.append((other, edge, iter(near[other])))
                    break
                if edge != came:
                    lowest[node] = min(lowest[node], seen[other])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                    if lowest[node] > seen[above]:
                        bridges.append(came)
    return sorted(bridges)


def group_samples(
    samples: pd.DataFrame,
    pairs: pd.DataFrame,
    relations: Iterable[Relation | str] = tuple(Relation),
    *,
    known: "pd.Series[str] | None" = None,
) -> "pd.Series[str]":
    """Return the column ``group`` of a manifest's samples: connected components over pairs and known groups.

    A group's name is the beginning of the lowest SHA-256 of its images, so that it depends on content only; a sample
    that is alone has none.

    Args:
        samples: The samples of a manifest.
        pairs: The table of `lagtool.Likeness`.
        relations: Which pairs count.
        known: One text per sample, in order; those with equal texts belong together (patients, for example).
    """
    wanted = {Relation(relation).value for relation in relations}
    chosen = pairs[pairs["relation"].isin(wanted)]
    a, b = locate_pairs(chosen, sample_keys(samples))
    there = (a >= 0) & (b >= 0)
    edges = [np.column_stack([a[there], b[there]])]
    if known is not None:
        edges.append(tie_together(pd.factorize(_objects(known))[0]))
    joined = np.concatenate(edges).astype(np.int64)
    lowest = connect(len(samples), joined[:, 0], joined[:, 1])
    sizes = np.bincount(lowest, minlength=len(samples))
    digests = pd.Series(_objects(samples["image_sha256"]))
    names = find_least(digests.fillna("~"), lowest).str.slice(0, _DIGITS)
    alone = (sizes[lowest] < 2) | (names == "~").to_numpy()
    return pd.Series(names.to_numpy(), index=samples.index, dtype="string[pyarrow]").mask(alone)


def find_least(texts: "pd.Series[str]", groups: NDArray[np.int64]) -> "pd.Series[str]":
    """Return for each row the least text in its group, missing where the group has none.

    The same as ``texts.groupby(groups).transform("min")``, for which pandas runs Arrow's query engine: its threads may
    still hold memory of Python when the process ends, and then take it down with them (signal 6, "terminate called").
    """
    ranks, words = pd.factorize(texts, sort=True)
    ranks = np.where(ranks < 0, len(words), ranks)
    least = pd.Series(ranks).groupby(groups).transform("min").to_numpy()
    found = pd.Series(words, dtype=texts.dtype).reindex(least)
    return found.set_axis(texts.index)


@dataclass(frozen=True, eq=False)
class Group:
    """Photographs that pairs connect.

    Attributes:
        members: Their keys, ``class/id``, in the order of the manifest.
        classes: Names of the classes that they stand in, in the same order.
        pairs: The rows of the table of pairs that connect them.
        counted: The class of each sample that does not count in that of its folder.
    """

    members: tuple[str, ...]
    classes: tuple[str, ...]
    pairs: pd.DataFrame
    counted: Mapping[str, str] = field(default_factory=dict)

    @property
    def crosses(self) -> bool:
        """Whether they stand in several classes."""
        return len(self.classes) > 1

    @property
    def is_one_eye(self) -> bool:
        """Whether it stands in several classes, and only photographs of the same eye connect these: no copies do."""
        copies = self.pairs[self.pairs["relation"] != Relation.SAME_EYE.value]
        return self.crosses and not any(
            self.counted.get(a, _class_of(a)) != self.counted.get(b, _class_of(b))
            for a, b in zip(copies["a"], copies["b"], strict=True)
        )

    @property
    def weakest(self) -> "pd.Series[Any] | None":
        """The pair of the lowest score without which it falls apart, identical pictures aside; None: there is none."""
        numbers = {key: number for number, key in enumerate(self.members)}
        ends = ([numbers[key] for key in self.pairs[name]] for name in ("a", "b"))
        bridges = self.pairs.iloc[find_bridges(*ends)]
        bridges = bridges[~bridges["relation"].isin([relation.value for relation in IDENTICAL])]
        return None if bridges.empty else bridges.iloc[int(bridges["score"].to_numpy().argmin())]

    @property
    def contradicts(self) -> bool:
        """Whether identical pictures (by bytes or pixels) stand in several classes: one label must be wrong."""
        exact = {Relation.BYTE_IDENTICAL.value, Relation.PIXEL_IDENTICAL.value}
        same = self.pairs[self.pairs["relation"].isin(exact)]
        return any(
            self.counted.get(a, _class_of(a)) != self.counted.get(b, _class_of(b))
            for a, b in zip(same["a"], same["b"], strict=True)
        )


def describe_weakest(group: Group) -> str:
    """Return in words which pair holds a group together, see `Group.weakest`."""
    pair = group.weakest
    if pair is None:
        return "no single pair holds it together"
    return f"weakest link {pair['a']} and {pair['b']} ({pair['relation']} {pair['score']:.2f})"


def list_groups(
    samples: pd.DataFrame, pairs: pd.DataFrame, *, counted: Mapping[str, str | None] | None = None
) -> list[Group]:
    """Return all groups: those across classes first, then the larger ones, then in the order of the manifest.

    Args:
        samples: The samples of a manifest.
        pairs: The table of `lagtool.Likeness`.
        counted: The class that samples count in (by ``class/id``), where it may be another than that of their folder;
            None: the sample counts nowhere, and its pairs are left out.
    """
    known = counted or {}
    gone = [key for key, name in known.items() if name is None]
    moved = {key: name for key, name in known.items() if name is not None}
    pairs = pairs[~(pairs["a"].isin(gone) | pairs["b"].isin(gone))]
    named = group_samples(samples, pairs)
    keys = sample_keys(samples)
    name_of = dict(zip(keys, named, strict=True))
    members: dict[str, list[str]] = {}
    for key, name in zip(keys, named, strict=True):
        if not pd.isna(name):
            members.setdefault(str(name), []).append(key)
    rows = {str(name): part for name, part in pairs.groupby(pairs["a"].map(name_of), sort=False)}
    order = {key: number for number, key in enumerate(keys)}
    groups = [
        Group(tuple(group), tuple(dict.fromkeys(moved.get(key, _class_of(key)) for key in group)), rows[name], moved)
        for name, group in members.items()
    ]
    return sorted(groups, key=lambda group: (not group.crosses, -len(group.members), order[group.members[0]]))


def _objects(column: "pd.Series[str]") -> NDArray[np.object_]:
    values = np.empty(len(column), object)
    values[:] = [None if pd.isna(value) else str(value) for value in column]
    return values


def _class_of(key: str) -> str:
    return key.rpartition("/")[0]
