"""The audit as a whole: which samples, which facts, what they tell, and what to make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from lagtool.curation.apply import curated_samples, excluded
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.splits.grouping import group_all
from lagtool.splits.lines import GivenGroups, read_groups
from lagtool.splits.plan import part_names
from lagtool.stats.figures import order_parts
from lagtool.stats.shortcuts.advice import advise, describe_direction, interpret
from lagtool.stats.shortcuts.auc import Bools, Codes
from lagtool.stats.shortcuts.chance import PERMUTATIONS, Told, adjust, deal_folds, judge_facts
from lagtool.stats.shortcuts.model import FOLDS, check_installed, judge_model
from lagtool.stats.shortcuts.nuisance import NUISANCES, Values, read_values
from lagtool.stats.shortcuts.records import FactAudit, ModelAudit, PartAudit, ShortcutAudit, Verdict
from lagtool.text import count, show

Groups = GivenGroups | Mapping[str, str] | str | Path

ALPHA = 0.05
LEAST = 0.02
"""An AUC nearer to 0.5 than this is not called, however sure it is: 52 of 100 pairs are no way to cheat."""
FEWEST = 5
"""Fewer samples of a class tell nothing."""
FEWEST_TRAINED = 10
"""With fewer groups of a class there is no model."""
FEW = 50
MOST = 100_000
_DECIMALS = 4


def audit_shortcuts(
    manifest: Manifest, *, seed: int = 0, groups: Groups | None = None, positive: str | None = None
) -> ShortcutAudit:
    """Return how far one gets in telling the classes (and the parts of a split) apart without looking at the eye.

    Only nuisance facts are looked at (`lagtool.stats.shortcuts.nuisance`), of all samples with an image that no mark
    excludes. The same manifest, seed and groups give the same audit.

    Args:
        manifest: The manifest; nothing else is read.
        seed: Where permutations, folds and models get their chance from.
        groups: What is known of patients or eyes, as `lagtool split --groups` takes it; identical pictures and what
            the manifest's pairs connect belong together anyway.
        positive: The class that is told from all others; None: that with the highest label.

    Raises:
        LagtoolError: scikit-learn is not installed, there is no such class, or the groups cannot be read.
    """
    check_installed()
    specs = sorted(manifest.profile.classes, key=lambda spec: spec.label)
    names = [spec.name for spec in specs]
    if positive is None:
        positive = names[-1]
    elif positive not in names:
        raise LagtoolError(f"no class is called '{show(positive, 60)}': the classes are {', '.join(names)}")
    given = groups if groups is None or isinstance(groups, GivenGroups) else read_groups(groups, manifest)
    out = excluded(manifest.samples)
    there = manifest.samples["image_path"].notna().to_numpy(bool) & ~out
    samples = curated_samples(manifest.samples, manifest.profile)[there].reset_index(drop=True)
    codes = group_all(manifest, given).codes[there]
    remarks = []
    if len(samples) > MOST:
        chosen = _choose(codes, np.random.default_rng([seed, 3]))
        remarks.append(f"{int(chosen.sum()):,} of {len(samples):,} samples were audited, drawn by the seed.")
        samples, codes = samples[chosen].reset_index(drop=True), codes[chosen]
    remarks += _remark_samples(manifest, int((~there & ~out).sum()), codes)
    if out.any():
        remarks.append(f"{count(int(out.sum()), 'sample')} that marks exclude left out.")
    labels = samples["class"].eq(positive).to_numpy(bool)
    others = [name for name in names if name != positive]
    if len(others) > 1:
        remarks.append(f"There are {len(names)} classes: {positive} is told from all others together.")
    values = [read_values(fact, samples) for fact in NUISANCES]
    side = _Side(positive, others[0] if len(others) == 1 else "the others", labels, codes, seed)
    facts, model, carried, limits = _judge(values, side, apart=True)
    parts = _judge_parts(manifest, samples, values, codes, seed)
    audit = ShortcutAudit(
        subject=show(manifest.header.root_name),
        positive=side.positive,
        negative=side.negative,
        positives=int(labels.sum()),
        negatives=int((~labels).sum()),
        permutations=PERMUTATIONS,
        seed=seed,
        verdict=_verdict(facts, model, carried),
        sentence="",
        advice=(),
        remarks=(*remarks, *limits),
        facts=facts,
        model=model,
        carried=carried,
        parts=parts,
    )
    return replace(audit, sentence=interpret(audit), advice=advise(audit))


@dataclass(frozen=True, eq=False)
class _Side:
    """Who is told from whom."""

    positive: str
    negative: str
    labels: Bools
    groups: Codes
    seed: int

    @property
    def smaller(self) -> int:
        return int(min(self.labels.sum(), (~self.labels).sum()))


def _choose(codes: Codes, rng: np.random.Generator) -> Bools:
    """Return which samples are audited: whole groups, at random, at most `MOST` samples."""
    _, places, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    order = rng.permutation(len(sizes))
    taken = np.zeros(len(sizes), bool)
    taken[order[np.cumsum(sizes[order]) <= MOST]] = True
    return taken[places]


def _remark_samples(manifest: Manifest, orphans: int, codes: Codes) -> list[str]:
    remarks = []
    if orphans:
        remarks.append(f"{count(orphans, 'sample')} without an image left out.")
    number = len(np.unique(codes))
    if number < len(codes):
        remarks.append(f"{len(codes):,} samples in {number:,} groups, which stay whole in folds and permutations.")
    if manifest.pairs is None:
        remarks.append(
            "Nobody looked for photographs of one eye: only identical pictures and given groups are kept together "
            "('lagtool duplicates SOURCE --manifest FILE' looks)."
        )
    if manifest.header.scan_options.quick:
        remarks.append("Indexed with --quick: light, colour, sharpness and field of view are not known.")
    return remarks


def _judge(
    values: Sequence[Values], side: _Side, *, apart: bool
) -> tuple[tuple[FactAudit, ...], ModelAudit | None, ModelAudit | None, list[str]]:
    """Return facts, the model over all, that over the carried ones (where ``apart``), and what limits them."""
    if side.smaller < FEWEST:
        return (), None, None, [_too_few(side)]
    usable, remarks = _select(values, side.labels)
    if not usable:
        return (), None, None, [*remarks, "No fact varies: there is nothing to tell the classes by."]
    enough = min(len(np.unique(side.groups[side.labels])), len(np.unique(side.groups[~side.labels]))) >= FEWEST_TRAINED
    folds = deal_folds(side.labels, side.groups, FOLDS, np.random.default_rng([side.seed, 1]))
    told = judge_facts(usable, side.labels, side.groups, folds, np.random.default_rng([side.seed, 0]))
    adjusted = np.ones(len(told))
    for beside in (False, True):  # apart: a time that surely tells would make it easier for facts of the picture
        rows = [place for place, one in enumerate(usable) if (one.fact.origin == "beside") is beside]
        adjusted[rows] = adjust(np.array([told[place].p for place in rows]))
    facts = [_record(one, chance, q, side) for one, chance, q in zip(usable, told, adjusted.tolist(), strict=True)]
    facts.sort(key=lambda fact: (-fact.strength, fact.origin == "beside"))
    if side.smaller < FEW:
        remarks.append(
            f"Few samples ({side.smaller} of the smaller side): intervals are wide, and much goes unnoticed."
        )
    if not enough:
        remarks.append(f"No model: that takes {FEWEST_TRAINED} samples (or groups) of either side.")
        return tuple(facts), None, None, remarks
    inside = [one for one in usable if one.fact.origin != "beside"]
    carried = _train(inside, side, folds) if apart and 0 < len(inside) < len(usable) else None
    return tuple(facts), _train(usable, side, folds), carried, remarks


def _record(values: Values, told: Told, q: float, side: _Side) -> FactAudit:
    fact, (auc, low, high) = values.fact, told.area
    return FactAudit(
        name=fact.name,
        title=fact.title,
        unit=fact.unit,
        samples=int(values.known.sum()),
        auc=round(auc, _DECIMALS),
        low=round(low, _DECIMALS),
        high=round(high, _DECIMALS),
        p=told.p,
        q=round(q, _DECIMALS + 1),
        called=q <= ALPHA and (auc - 0.5 if values.words else abs(auc - 0.5)) >= LEAST,
        direction=describe_direction(values, side.labels, auc, side.positive),
        origin=fact.origin,
    )


def _verdict(facts: Sequence[FactAudit], model: ModelAudit | None, carried: ModelAudit | None) -> Verdict:
    if not facts:
        return "not audited"
    # Without a model of its own for what is carried, either all facts are, or none.
    apart = carried if carried is not None or all(f.origin == "beside" for f in facts) else model
    if any(f.called and f.origin != "beside" for f in facts) or (apart is not None and apart.called):
        return "called"
    return "beside" if any(f.called for f in facts) or (model is not None and model.called) else "not called"


def _select(values: Sequence[Values], labels: Bools) -> tuple[list[Values], list[str]]:
    """Return the facts that can tell anything, and which of the others are missing, constant or known of one class."""
    usable, missing, constant, lopsided = [], [], [], []
    for one in values:
        known = one.known
        if not known.any():
            missing.append(one.fact.title)
        elif not one.varies:
            constant.append(one.fact.title)
        elif min(labels[known].sum(), (~labels[known]).sum()) < FEWEST:
            lopsided.append(one.fact.title)
        else:
            usable.append(one)
    words = {"Not known": missing, "The same everywhere": constant, "Hardly known of one side": lopsided}
    return usable, [f"{what}: {', '.join(names)}." for what, names in words.items() if names]


def _train(values: Sequence[Values], side: _Side, folds: Codes) -> ModelAudit:
    area = judge_model(values, side.labels, side.groups, folds, side.seed)
    auc, low, high = (round(x, _DECIMALS) for x in area)
    return ModelAudit(auc, low, high, FOLDS, tuple(v.fact.name for v in values), low > 0.5 and auc - 0.5 >= LEAST)


def _judge_parts(
    manifest: Manifest, samples: pd.DataFrame, values: Sequence[Values], codes: Codes, seed: int
) -> tuple[PartAudit, ...]:
    if "split" not in samples and "fold" not in samples:
        return ()
    names = part_names(replace(manifest, samples=samples))
    rows = names.notna().to_numpy(bool)
    parts = order_parts(names[rows].unique())
    if len(parts) < 2:
        return ()
    if len(parts) == 2:
        parts = parts[1:]  # one from the other says it all
    inside = [one.take(rows) for one in values]
    audits = []
    for part in parts:
        labels = names[rows].eq(part).to_numpy(bool)
        facts, model, _, _ = _judge(inside, _Side(show(part), "the others", labels, codes[rows], seed), apart=False)
        called = any(fact.called for fact in facts) or (model is not None and model.called)
        auc, low, high = (None, None, None) if model is None else (model.auc, model.low, model.high)
        audits.append(PartAudit(show(part), int(labels.sum()), auc, low, high, called, facts))
    return tuple(audits)


def _too_few(side: _Side) -> str:
    numbers = {side.positive: side.labels.sum(), side.negative: (~side.labels).sum()}
    if empty := [name for name, number in numbers.items() if not number]:
        return f"No image of {' and none of '.join(empty)}: there is nothing to tell apart."
    return f"Too few samples: {side.smaller} of the smaller side, and {FEWEST} are the least that says anything."
