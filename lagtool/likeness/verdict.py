"""Verdict: from the evidence of a close look to a relation; thresholds are measured in docs/likeness.md."""

import numpy as np

from lagtool.likeness.same_eye import Evidence
from lagtool.relation import Relation

SAME_EYE = 0.38
"""Score from which on two pictures show one eye."""

COPY = 0.93
"""Correlation of fine detail from which on two pictures that lie over each other are one photograph."""

FULL_EVIDENCE = 700
"""Centreline points from which on their number says no more; with fewer, chance has a wider reach."""


def score(evidence: Evidence) -> float:
    """Return how much more of the vessels two pictures share than chance gives them, 0..1.

    It is the shared part of the centrelines less the largest part that they share when shifted apart, made smaller
    where there are few of them: the error of a share falls with the root of their number.
    """
    agreement = evidence.agreement
    trust = min(1.0, agreement.points / FULL_EVIDENCE) ** 0.5
    return float(np.clip((agreement.shared - agreement.elsewhere) * trust, 0, 1))


def judge(evidence: Evidence, *, mirrored: bool) -> tuple[Relation, float] | None:
    """Return the relation that the evidence establishes, with its score, or None."""
    reached = score(evidence)
    if reached < SAME_EYE:
        return None
    if evidence.pixels >= COPY:
        return (Relation.MIRRORED if mirrored else Relation.NEAR_DUPLICATE), evidence.pixels
    return Relation.SAME_EYE, reached
