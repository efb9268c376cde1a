"""Checks for photographs that are alike and stand in two parts of a split (LAG73x)."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.division import Division, list_divisions
from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.checks.likeness import UNKNOWN
from lagtool.likeness.groups import connect
from lagtool.pairs import locate_pairs, sample_keys
from lagtool.relation import Relation

_EXACT = {Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL}
_COPIES = (Relation.NEAR_DUPLICATE, Relation.MIRRORED, Relation.TURNED)


def copy_in_two_parts(evidence: Evidence) -> Hits:
    """One photograph, saved again, mirrored or turned, stands in two parts of a split.

    Why it matters: the test set leaks: the model has seen the picture, in another file, and no comparison of files
    shows it.
    How to fix: split again with `lagtool split` and these relations, or leave the copies out of all parts but one.
    Example: `0008.jpg` in test is `0007.jpg` of train, mirrored (score 0.97).
    """
    yield from _crossing(evidence, set(_COPIES))


def eye_in_two_parts(evidence: Evidence) -> Hits:
    """Two photographs of one eye stand in two parts of a split.

    Why it matters: the test set leaks: a model knows the eye by its vessels. LAG has no patient ids, so that nothing
    but the pictures shows it.
    How to fix: look at both; split again with `lagtool split` and the relation same-eye.
    Example: `0008.jpg` in test shows the eye of `0007.jpg` in train (score 0.61).
    """
    yield from _crossing(evidence, {Relation.SAME_EYE})


class Edges(NamedTuple):
    """Pairs as positions of two samples, the number of each one's relation, its score and details."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    relations: list[Relation]
    scores: list[float]
    details: list[str]


def _edges(evidence: Evidence) -> Edges:
    known: Edges | None = evidence.memory.get("edges")
    if known is None:
        assert evidence.likeness is not None
        pairs = evidence.likeness.pairs
        a, b = locate_pairs(pairs, sample_keys(evidence.samples))
        pairs, a, b = pairs[(a >= 0) & (b >= 0)], a[(a >= 0) & (b >= 0)], b[(a >= 0) & (b >= 0)]
        relations = [Relation(relation) for relation in pairs["relation"]]
        known = Edges(
            a.astype(np.int64), b.astype(np.int64), relations, pairs["score"].tolist(), pairs["detail"].tolist()
        )
        evidence.memory["edges"] = known
    return known


def _crossing(evidence: Evidence, wanted: set[Relation]) -> Hits:
    divisions = list_divisions(evidence)
    likeness = evidence.likeness
    if likeness is None:
        raise NotApplicable(UNKNOWN)
    if not wanted & set(likeness.looked_for):
        raise NotApplicable(f"not looked for: {likeness.not_looked_for.get(next(iter(wanted)), 'not asked for')}")
    edges = _edges(evidence)
    for division in divisions:
        yield from _direct(evidence, division, edges, wanted)
        yield from _through_others(evidence, division, edges, wanted)


def _direct(evidence: Evidence, division: Division, edges: Edges, wanted: set[Relation]) -> Hits:
    here, there = division.parts[edges.a], division.parts[edges.b]
    for at in np.flatnonzero((here >= 0) & (there >= 0) & (here != there)).tolist():
        relation = edges.relations[at]
        if relation not in wanted:
            continue
        first, later = (int(row) for row in sorted((edges.a[at], edges.b[at])))
        detail = f"; {edges.details[at]}" if edges.details[at] else ""
        how = f"{relation.value}, score {edges.scores[at]:.2f}{detail}"
        yield _hit(evidence, division, first, later, f"is like {{other}} ({how})")


def _through_others(evidence: Evidence, division: Division, edges: Edges, wanted: set[Relation]) -> Hits:
    """Yield for groups without a pair across parts: their parts are connected by samples that are in no part."""
    for first, later, via, relations in chains(division.parts, edges):
        # The weakest link says which check tells of it; chains of identical pictures are those of their bytes.
        if relations <= _EXACT:
            continue
        if (Relation.SAME_EYE in relations) != (Relation.SAME_EYE in wanted):
            continue
        words = evidence.values("image_path", np.array([via], dtype=np.intp))[0] or "another"
        how = ", ".join(relation.value for relation in Relation if relation in relations)
        yield _hit(evidence, division, first, later, f"is like {{other}} by way of {words} in no part ({how})")


def chains(parts: NDArray[np.intp], edges: Edges) -> Iterator[tuple[int, int, int, set[Relation]]]:
    """Yield groups that reach over several parts though none of their pairs does.

    Yields:
        The first sample of the group in a part, the first of each further part, a sample in no part between, and the
        relations in the group.
    """
    if not len(edges.a):
        return
    lowest = connect(len(parts), edges.a, edges.b)
    crossing = (parts[edges.a] >= 0) & (parts[edges.b] >= 0) & (parts[edges.a] != parts[edges.b])
    told = set(lowest[edges.a[crossing]].tolist())
    placed = np.flatnonzero(parts >= 0)
    table = pd.DataFrame({"row": placed, "group": lowest[placed], "part": parts[placed]})
    table = table[table["group"].isin(lowest[edges.a])]
    several = table.groupby("group")["part"].nunique()
    for group in several.index[several > 1].tolist():
        if group in told:
            continue
        members = table[table["group"] == group].drop_duplicates("part")["row"].tolist()
        inside = np.flatnonzero(lowest[edges.a] == group).tolist()
        ends = np.concatenate([edges.a[inside], edges.b[inside]])
        via = int(ends[parts[ends] < 0].min())
        relations = {edges.relations[at] for at in inside}
        yield from ((members[0], later, via, relations) for later in members[1:])


def count_crossing_groups(parts: NDArray[np.intp], a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[int, int]:
    """Return how many groups pairs make, and how many of them have samples in two parts (-1: in none)."""
    if not len(a):
        return 0, 0
    lowest = connect(len(parts), a, b)
    groups = np.unique(lowest[a])
    placed = np.flatnonzero(parts >= 0)
    table = pd.DataFrame({"group": lowest[placed], "part": parts[placed]})
    several = table[table["group"].isin(groups)].groupby("group")["part"].nunique()
    return len(groups), int((several > 1).sum())


def describe_groups(evidence: Evidence) -> str | None:
    """Return in a sentence how many groups of like photographs there are, and how many cross; None: nobody looked."""
    if evidence.likeness is None:
        return None
    edges = _edges(evidence)
    try:
        divisions = list_divisions(evidence)
    except NotApplicable:
        return None
    number, crossing = count_crossing_groups(divisions[0].parts, edges.a, edges.b)
    looked = ", ".join(relation.value for relation in evidence.likeness.looked_for) or "nothing"
    word = "group" if number == 1 else "groups"
    return f"{number:,} {word} of photographs that are alike, {crossing:,} in several parts (looked for: {looked})"


def _hit(evidence: Evidence, division: Division, first: int, later: int, words: str) -> Hit:
    rows = np.array([later, first], dtype=np.intp)
    titles, paths = evidence.titles(rows), evidence.values("image_path", rows)
    other = paths[1] or titles[1]
    here, there = division.name(int(division.parts[later])), division.name(int(division.parts[first]))
    text = words.replace("{other}", f"{other} in {there}")
    return Hit(f"is in {here} and {text}", paths[0] or "", titles[0], (other,))
