"""Checks for pictures that are alike without being identical, as a search recorded them (LAG6xx)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable, Rows
from lagtool.pairs import locate_pairs, sample_keys
from lagtool.relation import Relation

UNKNOWN = "not looked for: 'lagtool duplicates SOURCE --manifest FILE' makes a manifest with pairs"


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
    Example: `non_glaucoma/image/0008.jpg` shows the same eye as `non_glaucoma/image/0007.jpg` (score 0.61).
    """
    return _alike(evidence, Relation.SAME_EYE, "shows the same eye as")


class _Table(NamedTuple):
    a: Rows
    b: Rows
    relations: NDArray[np.object_]
    frame: pd.DataFrame


def _table(evidence: Evidence) -> _Table:
    """Return the pairs by the positions of their samples."""
    known: _Table | None = evidence.memory.get("pairs")
    if known is None:
        pairs = evidence.manifest.pairs
        assert pairs is not None
        keys = sample_keys(evidence.samples)
        a, b = locate_pairs(pairs, keys)
        known = evidence.memory["pairs"] = _Table(a, b, pairs["relation"].to_numpy(dtype=object), pairs)
    return known


def _alike(evidence: Evidence, relation: Relation, words: str) -> Hits:
    search = evidence.manifest.header.search
    if evidence.manifest.pairs is None or search is None:
        raise NotApplicable(UNKNOWN)
    if relation not in search.looked_for:
        raise NotApplicable(f"not looked for: {search.not_looked_for[relation]}")
    table = _table(evidence)
    rows = np.flatnonzero(table.relations == relation.value)
    for row, path, title, other in _named(evidence, table, rows):
        score, detail = float(table.frame["score"].iloc[row]), table.frame["detail"].iloc[row]
        tail = "" if pd.isna(detail) else f"; {detail}"
        crosses = evidence.class_codes[table.a[row]] != evidence.class_codes[table.b[row]]
        where = ", which stands in another class" if crosses else ""
        yield Hit(f"{words} {other} (score {score:.2f}{tail}){where}", path, title, (other,))


def _named(evidence: Evidence, table: _Table, rows: Rows) -> list[tuple[int, str, str, str]]:
    """Return pairs with path and title of the later picture, and the path of the earlier one; across classes first."""
    crosses = evidence.class_codes[table.a[rows]] != evidence.class_codes[table.b[rows]]
    rows = rows[np.argsort(~crosses, kind="stable")]
    later, earlier = table.b[rows], table.a[rows]
    names = zip(
        rows.tolist(),
        evidence.values("image_path", later),
        evidence.titles(later),
        evidence.values("image_path", earlier),
        evidence.titles(earlier),
        strict=True,
    )
    # A forged manifest may pair samples that have no image: they are named by class and id.
    return [(row, path or "", title, other or key) for row, path, title, other, key in names]
