"""Checks for pictures that are alike without being identical, as a search recorded them (LAG6xx)."""

from typing import NamedTuple

import numpy as np

from lagtool.checks.evidence import Evidence, Hits, NotApplicable, Rows
from lagtool.likeness import Likeness
from lagtool.pairs import locate_pairs, sample_keys
from lagtool.relation import Relation


def near_duplicate(evidence: Evidence) -> Hits:
    """One photograph saved again: resized, cropped, brightened, slightly turned.

    Why it matters: no hash shows it, and a random split puts it on both sides: the test set leaks. In two classes, one
    of the labels is wrong. It is looked for by `lagtool duplicates`, not by validation.
    How to fix: remove one of them, or keep both in one part: `lagtool split` does, where the manifest has pairs.
    Example: `non_glaucoma/image/0008.jpg` is a near-duplicate of `non_glaucoma/image/0007.jpg` (score 0.98).
    """
    return _alike(evidence, Relation.NEAR_DUPLICATE, "is a near-duplicate of")


def mirrored(evidence: Evidence) -> Hits:
    """One photograph and its mirror image, possibly turned as well.

    Why it matters: somebody augmented the set before handing it on. A left eye becomes a right one, and a random split
    puts the photograph on both sides. In two classes, one of the labels is wrong.
    How to fix: remove the mirror image, or keep both in one part: `lagtool split` does, where the manifest has pairs.
    Example: `non_glaucoma/image/0008.jpg` is a mirror image of `non_glaucoma/image/0007.jpg` (score 0.99).
    """
    return _alike(evidence, Relation.MIRRORED, "is a mirror image of")


def turned(evidence: Evidence) -> Hits:
    """One photograph twice, turned by 90, 180 or 270 degrees.

    Why it matters: no fundus camera is held so; it is an augmentation, and a random split puts it on both sides. In two
    classes, one of the labels is wrong.
    How to fix: remove the turned one, or keep both in one part: `lagtool split` does, where the manifest has pairs.
    Example: `non_glaucoma/image/0008.jpg` is turned against `non_glaucoma/image/0007.jpg` (score 0.99).
    """
    return _alike(evidence, Relation.TURNED, "is turned against")


def same_eye(evidence: Evidence) -> Hits:
    """Two photographs of one eye.

    Why it matters: both are good data, but in two parts of a split the model is tested on an eye that it was trained
    on. In two classes they may be right, years apart; look at them.
    How to fix: keep both in one part: `lagtool split` does, where the manifest has pairs.
    Example: `non_glaucoma/image/0008.jpg` shows the same eye as `non_glaucoma/image/0007.jpg` (score 0.99).
    """
    return _alike(evidence, Relation.SAME_EYE, "shows the same eye as")


def probably_same_eye(evidence: Evidence) -> Hits:
    """Two photographs that probably show one eye.

    Why it matters: their vessels lie on each other, but less surely than the threshold for the same eye asks: hazy,
    blurred or small parts in common. `lagtool split` keeps them together by default.
    How to fix: look at both.
    Example: `non_glaucoma/image/0008.jpg` probably shows the same eye as `non_glaucoma/image/0007.jpg` (score 0.81).
    """
    return _alike(evidence, Relation.PROBABLY_SAME_EYE, "probably shows the same eye as")


class Edges(NamedTuple):
    """Pairs as positions of two samples, with each one's relation, score and detail."""

    a: Rows
    b: Rows
    relations: list[str]
    scores: list[float]
    details: list[str]


def list_edges(evidence: Evidence, *wanted: Relation) -> Edges:
    """Return all pairs that the manifest records.

    Raises:
        NotApplicable: There are none, or none of the relations that are ``wanted`` was looked for.
    """
    likeness = evidence.likeness
    if likeness is None:
        raise NotApplicable("not looked for: 'lagtool duplicates SOURCE --manifest FILE' makes a manifest with pairs")
    if wanted and not set(wanted) & set(likeness.looked_for):
        raise NotApplicable(f"not looked for: {likeness.not_looked_for[wanted[0]]}")
    return evidence.recall("edges", lambda: _locate(evidence, likeness))


def _locate(evidence: Evidence, likeness: Likeness) -> Edges:
    pairs = likeness.pairs
    a, b = locate_pairs(pairs, sample_keys(evidence.samples))
    there = (a >= 0) & (b >= 0)
    return Edges(a[there], b[there], *(pairs[name][there].tolist() for name in ("relation", "score", "detail")))


def _alike(evidence: Evidence, relation: Relation, words: str) -> Hits:
    """Yield the pairs of a relation at the later picture; those across classes first."""
    edges = list_edges(evidence, relation)
    rows = np.flatnonzero(np.array(edges.relations, object) == relation.value)
    crosses = evidence.class_codes[edges.a[rows]] != evidence.class_codes[edges.b[rows]]
    order = np.argsort(~crosses, kind="stable")
    rows, crosses = rows[order], crosses[order]
    others = evidence.names(edges.a[rows])
    texts = []
    for at, other, across in zip(rows.tolist(), others, crosses.tolist(), strict=True):
        tail = f"; {edges.details[at]}" if edges.details[at] else ""
        where = ", which stands in another class" if across else ""
        texts.append(f"{words} {other} (score {edges.scores[at]:.2f}{tail}){where}")
    return evidence.say(edges.b[rows], texts, others=others)
