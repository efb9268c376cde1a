"""Verdict: from the evidence of a close look to a relation and its probability; measured in docs/likeness.md."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.agreement import Way
from lagtool.duplicates.same_eye import Evidence
from lagtool.manifest.header import Relation

SAME_EYE = 0.95
"""Probability from which on two pictures show one eye."""

PROBABLY = 0.5
"""Probability from which on two pictures probably show one eye."""

COPY = 0.93
"""Correlation of fine detail from which on two pictures that lie over each other are one photograph."""

PRIOR = 0.05
"""Share of candidates that show one eye, taken for the probability; where none does, it says too much."""

WEIGHTS = (-8.39, 30.96, 0.81)
"""Of the logistic model: constant, vessels shared above chance, logarithm of inliers.

Fit by ``python -m tests.benchmarks.calibrate`` with as many pairs of one eye as of two; see docs/likeness.md.
"""

_CHANCE_POINTS = 100.0

_DUST_MOVED, _DUST_AGREE = 3.0, 0.5
"""How far pictures have hardly moved (`Alignment.moved`), and the share of matches that agree at least in one eye.

Fibres on a lens make hazy strangers alike: of their features that find their like hardly ever half agree. Of those of
one eye 0.78 do, 0.5 or more in 95 of 100 real pairs; pairs that have moved are not affected.
"""


def shrink(points: Any) -> Any:
    """Return what is left of an excess over chance: few points say little, so chance is mixed in as 100 more."""
    return points / (points + _CHANCE_POINTS)


def _excess(way: Way) -> float:
    return float((way.share - way.chance) * shrink(way.points))


def weigh(evidence: Evidence) -> NDArray[np.float64]:
    """Return what the probability is made of, (3,): 1, the vessels shared above chance, the logarithm of inliers."""
    agreement = evidence.agreement
    excess = (_excess(agreement.forth) + _excess(agreement.back)) / 2
    return np.array([1.0, excess, np.log(evidence.alignment.inliers)])


def score(evidence: Evidence) -> float:
    """Return the probability, 0..1, that two candidates show one eye."""
    odds = float(weigh(evidence) @ np.array(WEIGHTS)) + float(np.log(PRIOR / (1 - PRIOR)))
    return float(1 / (1 + np.exp(-np.clip(odds, -50, 50))))


def may_be_dust(evidence: Evidence) -> bool:
    """Say whether it cannot be told what two pictures have in common: vessels, or fibres and dust on one camera.

    They lie in their frames as they are, where dust lies, few of the features agree, and their detail is no copy's.
    """
    alignment = evidence.alignment
    few = alignment.inliers < _DUST_AGREE * alignment.matches
    return few and alignment.moved < _DUST_MOVED and evidence.pixels < COPY


def judge(evidence: Evidence, copy: Relation) -> tuple[Relation, float] | None:
    """Return the relation that the evidence establishes, with its score, or None; see `may_be_dust` as well.

    Args:
        evidence: What a close look gave.
        copy: The relation of a copy that lies so.
    """
    reached = score(evidence)
    if reached < PROBABLY:
        return None
    if evidence.pixels >= COPY:
        return copy, evidence.pixels
    return (Relation.SAME_EYE if reached >= SAME_EYE else Relation.PROBABLY_SAME_EYE), reached
