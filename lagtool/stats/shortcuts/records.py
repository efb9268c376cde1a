"""Frozen records of the shortcut audit."""

from dataclasses import dataclass
from typing import Literal

Origin = Literal["picture", "file", "beside"]
"""Where a fact stands: in the pixels; in the file beside them; or beside the picture (its name, its time, its map)."""

Verdict = Literal["called", "beside", "not called", "not audited"]


@dataclass(frozen=True, slots=True)
class FactAudit:
    """What one nuisance fact tells.

    Attributes:
        name: Name of the fact.
        title: What it is.
        unit: Its unit; empty for a yes or no, or a word.
        samples: Number of samples of which it is known.
        auc: Area under the ROC curve, 0..1, of the fact as it is (numbers, yes over no), ties counted half; of a word,
            of its out-of-fold rate. 0.5: tells nothing; 0 and 1: tells all.
        low: Lower end of the 95 % confidence interval.
        high: Upper end.
        p: Permutation p: how often shuffled labels give an AUC as far from 0.5 (a word: as high).
        q: p after Benjamini and Hochberg's correction over the facts of one audit.
        called: Whether q is at most 0.05 and the AUC at least 0.02 away from 0.5.
        direction: Which way it points, in words.
        origin: Where the fact stands.
    """

    name: str
    title: str
    unit: str
    samples: int
    auc: float
    low: float
    high: float
    p: float
    q: float
    called: bool
    direction: str
    origin: Origin

    @property
    def strength(self) -> float:
        """How far the AUC is from 0.5, 0..0.5."""
        return abs(self.auc - 0.5)


@dataclass(frozen=True, slots=True)
class ModelAudit:
    """What a model learns from nuisance facts together, judged on samples (and groups) it was not trained on.

    Attributes:
        auc: Area under the ROC curve out of fold, of pairs within a fold.
        low: Lower end of the 95 % confidence interval.
        high: Upper end.
        folds: Number of folds.
        facts: Names of the facts it was given.
        called: Whether the interval lies above 0.5 and the AUC is at least 0.52.
    """

    auc: float
    low: float
    high: float
    folds: int
    facts: tuple[str, ...]
    called: bool


@dataclass(frozen=True, slots=True)
class PartAudit:
    """What tells one part of a split from the others; nothing should.

    Attributes:
        part: The part's name; ``fold0``, ... for folds.
        samples: Number of its samples.
        auc: AUC of the model over all facts; None where there are too few samples.
        low: Lower end of its 95 % confidence interval.
        high: Upper end.
        called: Whether the model is called, as in `ModelAudit`, or a fact is.
        facts: The facts, the strongest first.
    """

    part: str
    samples: int
    auc: float | None
    low: float | None
    high: float | None
    called: bool
    facts: tuple[FactAudit, ...]


@dataclass(frozen=True, slots=True)
class ShortcutAudit:
    """How far one gets without looking at the eye.

    Attributes:
        subject: Name of the root folder.
        positive: Name of the class that is told from the others.
        negative: Name of the other class, or ``the others``.
        positives: Number of its samples.
        negatives: Number of the others.
        permutations: Number of permutations behind each p.
        seed: What all chance comes from.
        verdict: ``called``: a model or a fact is, by what the picture or its file carry; ``beside``: only by what lies
            beside them (id, time, presence of a map), which a network that gets pixels cannot see; ``not called``; or
            ``not audited``: there is too little to tell anything.
        sentence: The verdict in words.
        advice: What to do, one sentence each.
        remarks: What was left out, and why; what limits the figures.
        facts: The facts, the strongest first.
        model: The model over all facts; None where there are too few samples.
        carried: The same over the facts that the picture and its file carry, without those that lie beside (id, time,
            presence of a map); None where it would be the same, or there are too few samples.
        parts: What tells parts of the split apart; empty where there is no split.
    """

    subject: str
    positive: str
    negative: str
    positives: int
    negatives: int
    permutations: int
    seed: int
    verdict: Verdict
    sentence: str
    advice: tuple[str, ...]
    remarks: tuple[str, ...]
    facts: tuple[FactAudit, ...]
    model: ModelAudit | None
    carried: ModelAudit | None
    parts: tuple[PartAudit, ...]

    @property
    def called(self) -> bool:
        """Whether anything is called."""
        return self.verdict in ("called", "beside")
