"""Chance: shuffled labels, folds, and what many tests together are worth; groups stay whole."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.stats.shortcuts.auc import Area, Bools, Codes, Floats, measure_area, rank
from lagtool.stats.shortcuts.nuisance import Values

_BLOCK = 4_000_000


def shuffle_labels(labels: Bools, groups: Codes, times: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Yield ``times`` permutations of ``labels`` in blocks, (some, samples), 0 and 1.

    The labels of a group move together, to another group of its size, so that what its samples have in common does not
    pass for evidence.
    """
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(codes, kind="stable")
    of_sample = sizes[codes][order]
    sets = []
    for size in np.unique(sizes):
        rows = order[of_sample == size].reshape(-1, size)
        patterns, kinds = np.unique(labels[rows].astype(np.uint8), axis=0, return_inverse=True)
        sets.append((rows, patterns, kinds.reshape(-1).astype(np.min_scalar_type(len(patterns)))))
    most = max(1, _BLOCK // max(1, len(labels)))
    for start in range(0, times, most):
        number = min(most, times - start)
        block = np.empty((number, len(labels)), np.uint8)
        for rows, patterns, kinds in sets:
            drawn = rng.permuted(np.broadcast_to(kinds, (number, len(kinds))), axis=1)
            block[:, rows.ravel()] = patterns[drawn].reshape(number, -1)
        yield block


def deal_folds(labels: Bools, groups: Codes, folds: int, rng: np.random.Generator) -> Codes:
    """Return a fold, 0..folds-1, for each sample: groups whole, the classes' shares alike, sizes alike.

    Groups are shuffled, sorted by size and by how many positives they have, and dealt in turn. scikit-learn's
    StratifiedGroupKFold does the same with a loop over the groups, which takes a minute for 100,000 of them.
    """
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    positives = np.bincount(codes[labels], minlength=len(sizes))
    order = np.lexsort((rng.random(len(sizes)), positives, -sizes))
    fold_of = np.empty(len(sizes), np.int64)
    fold_of[order] = np.arange(len(sizes)) % folds
    return fold_of[codes]


def adjust(p: Floats) -> Floats:
    """Return Benjamini and Hochberg's q of each p (J. R. Stat. Soc. B 57, 1995): the false discovery rate's bound."""
    number = len(p)
    order = np.argsort(p)[::-1]
    scaled = p[order] * number / np.arange(number, 0, -1)
    q = np.empty(number)
    q[order] = np.minimum(1, np.minimum.accumulate(scaled))
    return q


PERMUTATIONS = 1999
_TINY = 1e-9
_NOISE = 4.0
"""Excess over the base rate that is less than this, in squared standard errors, is noise; more is shrunk by it."""


class Told(NamedTuple):
    """What one fact tells: the AUC with its interval, and the permutation p."""

    area: Area
    p: float


def judge_facts(
    values: Sequence[Values], labels: Bools, groups: Codes, folds: Codes, rng: np.random.Generator
) -> list[Told]:
    """Return what each of ``values`` tells of ``labels``; each varies, and is known of both classes.

    p is (1 + permutations at least as extreme) / (1 + `PERMUTATIONS`) (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol.
    9, 2010): two-sided for numbers, by their distance from the mean of the permutations. Where labels move with groups
    that mean need not be 0.5. A word's rate is learnt from the other folds (target encoding out of fold), so that
    it has no optimism; the same is done in every permutation, one-sided.

    Args:
        values: The facts.
        labels: Which samples are positive.
        groups: Samples of one group keep their labels together.
        folds: The fold of each sample, groups whole.
        rng: Where chance comes from.
    """
    numbers = [place for place, one in enumerate(values) if not one.words]
    words = [(place, _Words(one, folds)) for place, one in enumerate(values) if one.words]
    ranks = _Numbers([values[place] for place in numbers])

    def measure(block: Floats) -> Floats:
        areas = np.empty((len(block), len(values)))
        areas[:, numbers] = ranks.measure(block)
        for place, word in words:
            areas[:, place] = word.measure(block)
        return areas

    observed = measure(labels[None].astype(np.float64))[0]
    blocks = shuffle_labels(labels, groups, PERMUTATIONS, rng)
    null = np.concatenate([measure(block.astype(np.float64)) for block in blocks])
    center = np.zeros(len(values))  # of words, whose tail is one: from 0 on
    center[numbers] = null[:, numbers].mean(axis=0)
    extreme = (np.abs(null - center) >= np.abs(observed - center) - _TINY).sum(axis=0)
    chance = (1 + extreme) / (1 + PERMUTATIONS)
    scores = {place: word.score(labels) for place, word in words}
    told = []
    for place, one in enumerate(values):
        known, score = one.known, scores.get(place, one.numbers)
        area = measure_area(score[known], labels[known], groups[known], folds[known] if one.words else None)
        told.append(Told(area, float(chance[place])))
    return told


class _Numbers:
    """Numbers, and yes or no: their ranks, all facts in one matrix."""

    def __init__(self, values: Sequence[Values]) -> None:
        number = len(values[0].numbers) if values else 0
        self._known = np.zeros((number, len(values)))
        self._ranks = np.zeros((number, len(values)))
        for place, one in enumerate(values):
            self._known[:, place] = one.known
            self._ranks[one.known, place] = rank(one.numbers[one.known])

    def measure(self, labels: Floats) -> Floats:
        """Return the AUC of each fact for each row of ``labels``."""
        if not self._known.size:
            return np.empty((len(labels), 0))
        positives = labels @ self._known  # sums of whole and half numbers: exact, whatever the order
        negatives = self._known.sum(axis=0) - positives
        wins = labels @ self._ranks - positives * (positives + 1) / 2
        pairs = positives * negatives
        areas = np.divide(wins, pairs, out=np.full(pairs.shape, 0.5), where=pairs > 0)
        return np.asarray(areas, np.float64)


class _Words:
    """A word: in each fold, the rate of positives that it has in the other folds."""

    def __init__(self, values: Values, folds: Codes) -> None:
        self._size = int(folds.max()) + 1, len(values.words)
        self._rows = np.flatnonzero(values.codes >= 0)
        self._cells = (folds * len(values.words) + values.codes)[self._rows]
        order = np.argsort(self._cells, kind="stable")
        self._order = self._rows[order]
        self._present, self._starts = np.unique(self._cells[order], return_index=True)
        self._totals = np.bincount(self._cells, minlength=self._size[0] * self._size[1]).reshape(1, *self._size)

    def _count(self, labels: Floats) -> Floats:
        counts = np.zeros((len(labels), self._size[0] * self._size[1]))
        counts[:, self._present] = np.add.reduceat(labels[:, self._order], self._starts, axis=1)
        return counts.reshape(-1, *self._size)

    def _rates(self, positives: Floats) -> Floats:
        elsewhere = positives.sum(axis=1, keepdims=True) - positives
        number = self._totals.sum(axis=1, keepdims=True) - self._totals
        base = elsewhere.sum(axis=2, keepdims=True) / np.maximum(1, number.sum(axis=2, keepdims=True))
        excess = elsewhere - number * base
        noise = _NOISE * number * base * (1 - base)
        # Rates within noise of the base rate are that: else a word that tells nothing has an AUC below 0.5, since what
        # the other folds have more of, this one has less of.
        kept = np.maximum(0, 1 - np.divide(noise, excess**2, out=np.ones_like(excess), where=excess**2 > noise))
        return np.asarray(base + kept * excess / np.maximum(1, number), np.float64)

    def score(self, labels: Bools) -> Floats:
        """Return the rate of each sample's word in the other folds, 0..1."""
        rates = self._rates(self._count(labels[None].astype(np.float64)))[0].ravel()
        scores = np.full(len(labels), np.nan)
        scores[self._rows] = rates[self._cells]
        return scores

    def measure(self, labels: Floats) -> Floats:
        """Return how far the AUC within folds is above 0.5 for each row of ``labels``."""
        positives = self._count(labels)
        negatives = self._totals - positives
        rates = self._rates(positives)
        order = np.argsort(rates, axis=2)
        rates, positives, negatives = (np.take_along_axis(a, order, axis=2) for a in (rates, positives, negatives))
        upto = np.cumsum(negatives, axis=2)
        new = np.ones(rates.shape, bool)  # where a rate is higher than the one before: others tie
        new[:, :, 1:] = np.diff(rates, axis=2) > _TINY
        last = np.roll(new, -1, axis=2)
        last[:, :, -1] = True
        below = np.maximum.accumulate(np.where(new, upto - negatives, 0), axis=2)
        within = np.minimum.accumulate(np.where(last, upto, np.inf)[:, :, ::-1], axis=2)[:, :, ::-1]
        wins = (positives * (below + within) / 2).sum(axis=2)
        pairs = positives.sum(axis=2) * negatives.sum(axis=2)
        total = pairs.sum(axis=1)
        return np.asarray(np.divide(wins.sum(axis=1), total, out=np.full(len(total), 0.5), where=total > 0) - 0.5)
