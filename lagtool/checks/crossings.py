"""Checks for photographs that are alike and stand in two parts of a split (LAG73x)."""

from collections.abc import Collection, Iterator
from contextlib import suppress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.division import list_divisions
from lagtool.checks.evidence import Evidence, Hits, NotApplicable, Rows
from lagtool.checks.likeness import Edges, find_unsearched, list_edges, require_searched
from lagtool.display import count
from lagtool.likeness.groups import connect
from lagtool.relation import EYES, Relation

_EXACT = {Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL}
_COPIES = (Relation.NEAR_DUPLICATE, Relation.MIRRORED, Relation.TURNED)


def copy_in_two_parts(evidence: Evidence) -> Hits:
    """One photograph, saved again, mirrored or turned, stands in two parts of a split.

    Why it matters: the test set leaks: the model has seen the picture, in another file, and no comparison of files
    shows it.
    How to fix: split again with `lagtool split` and these relations, or leave the copies out of all parts but one.
    Example: `0008.jpg` in test is `0007.jpg` of train, mirrored (score 0.97).
    """
    yield from _crossing(evidence, *_COPIES)


def eye_in_two_parts(evidence: Evidence) -> Hits:
    """Two photographs of one eye, or probably of one eye, stand in two parts of a split.

    Why it matters: the test set leaks: a model knows the eye by its vessels. LAG has no patient ids, so that nothing
    but the pictures shows it.
    How to fix: look at both; split again with `lagtool split` and the relation same-eye.
    Example: `0008.jpg` in test is like `0007.jpg` in train (same-eye, score 0.99).
    """
    yield from _crossing(evidence, *EYES)


def unsearched_in_part(evidence: Evidence) -> Hits:
    """A sample in a part of a split was not searched for copies and for the same eye.

    Why it matters: whether it leaks is not known. The file was missing, unreadable or another than the manifest's when
    it was to be opened, or could not be decoded when the dataset was indexed.
    How to fix: put the file back, or index the dataset again, and audit again with `--root DIR`.
    Example: `0008.jpg` in test was not searched.
    """
    divisions = list_divisions(evidence)
    list_edges(evidence, *_COPIES, Relation.SAME_EYE)
    gone = find_unsearched(evidence)
    for division in divisions:
        rows = np.flatnonzero(gone & (division.parts >= 0))
        texts = (f"is in {division.name(part)}, and was not searched" for part in division.parts[rows].tolist())
        yield from evidence.say(rows, texts)


def _crossing(evidence: Evidence, *wanted: Relation) -> Hits:
    divisions = list_divisions(evidence)
    edges = list_edges(evidence, *wanted)
    some = False
    for division in divisions:
        parts = division.parts
        found = [*_direct(parts, edges, wanted), *_through_others(evidence, parts, edges, wanted)]
        firsts, laters = (np.array([one[place] for one in found], np.intp) for place in (0, 1))
        others = evidence.names(firsts)
        texts = (
            f"is in {division.name(parts[later])} and is like {other} in {division.name(parts[first])} {how}"
            for (first, later, how), other in zip(found, others, strict=True)
        )
        some = some or bool(found)
        yield from evidence.say(laters, texts, others=others)
    if not some:
        placed = np.any([division.parts >= 0 for division in divisions], axis=0)
        require_searched(int((find_unsearched(evidence) & placed).sum()), int(placed.sum()), "sample")


def _direct(parts: Rows, edges: Edges, wanted: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the pairs across parts: the earlier sample, the later one, and how they are alike."""
    here, there = parts[edges.a], parts[edges.b]
    for at in np.flatnonzero((here >= 0) & (there >= 0) & (here != there)).tolist():
        relation = edges.relations[at]
        if relation in wanted:
            first, later = sorted((int(edges.a[at]), int(edges.b[at])))
            detail = f"; {edges.details[at]}" if edges.details[at] else ""
            yield first, later, f"({relation}, score {edges.scores[at]:.2f}{detail})"


def _through_others(
    evidence: Evidence, parts: Rows, edges: Edges, wanted: Collection[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the same for groups without such a pair: their parts are connected by samples that are in no part."""
    for first, later, via, relations in _chains(parts, edges):
        # The weakest link says which check tells of it; chains of identical pictures are those of their bytes.
        if relations <= _EXACT or bool(relations & set(EYES)) != bool(set(wanted) & set(EYES)):
            continue
        words = evidence.values("image_path", np.array([via]))[0] or "another"
        how = ", ".join(relation.value for relation in Relation if relation in relations)
        yield first, later, f"by way of {words} in no part ({how})"


def _chains(parts: Rows, edges: Edges) -> Iterator[tuple[int, int, int, set[str]]]:
    """Yield groups that reach over several parts though none of their pairs does.

    Yields:
        The first sample of the group in a part, the first of each further part, a sample in no part between, and the
        relations in the group.
    """
    lowest, table, several = _group(parts, edges)
    crossing = (parts[edges.a] >= 0) & (parts[edges.b] >= 0) & (parts[edges.a] != parts[edges.b])
    told = set(lowest[edges.a[crossing]].tolist())
    for group in several:
        if group in told:
            continue
        members = table[table["group"] == group].drop_duplicates("part")["row"].tolist()
        inside = np.flatnonzero(lowest[edges.a] == group).tolist()
        ends = np.concatenate([edges.a[inside], edges.b[inside]])
        via = int(ends[parts[ends] < 0].min())
        relations = {edges.relations[at] for at in inside}
        yield from ((members[0], later, via, relations) for later in members[1:])


def _group(parts: Rows, edges: Edges) -> tuple[NDArray[np.int64], pd.DataFrame, list[int]]:
    """Return the group of each sample, the samples of groups in parts, and the groups in several parts."""
    lowest = connect(len(parts), edges.a.astype(np.int64), edges.b.astype(np.int64))
    placed = np.flatnonzero(parts >= 0)
    table = pd.DataFrame({"row": placed, "group": lowest[placed], "part": parts[placed]})
    table = table[table["group"].isin(lowest[edges.a])]
    number = table.groupby("group")["part"].nunique()
    return lowest, table, number.index[number > 1].tolist()


def describe_search(evidence: Evidence) -> Iterator[str]:
    """Yield what was found alike, and in several parts, and what was not looked for, in sentences."""
    likeness = evidence.likeness
    if likeness is None:
        yield "photographs that are alike were not looked for, but for identical ones"
        return
    with suppress(NotApplicable):  # there are no parts
        edges = list_edges(evidence)
        lowest, _, several = _group(list_divisions(evidence)[0].parts, edges)
        groups = count(len(np.unique(lowest[edges.a])), "group")
        looked = ", ".join(likeness.looked_for) or "nothing"
        yield f"{groups} of photographs that are alike, {len(several):,} in several parts (looked for: {looked})"
    for reason in dict.fromkeys(likeness.not_looked_for.values()):
        names = ", ".join(name for name, why in likeness.not_looked_for.items() if why == reason)
        yield f"not looked for: {names} ({reason})"
    yield from likeness.remarks
