"""Chance: shuffled labels, folds, and what many tests together are worth; groups stay whole."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lagtool.shortcuts.auc import Bools, Codes, Floats

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
