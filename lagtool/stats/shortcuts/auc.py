"""Areas under ROC curves, with confidence intervals that know of groups and folds."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]
_Z = 1.959963984540054


class Area(NamedTuple):
    """An area under the ROC curve, 0..1, with its 95 % confidence interval."""

    auc: float
    low: float
    high: float


def rank(values: Floats) -> Floats:
    """Return the ranks of ``values``, from 1; equal values share the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Floats = ends - (counts - 1) / 2
    return means[places]


def measure_area(
    scores: Floats, labels: Bools, groups: Codes, folds: Codes | None = None, *, inflation: float = 1.0
) -> Area:
    """Return the AUC of ``scores``, ties counted half.

    The variance is DeLong's (DeLong et al., Biometrics 44, 1988) in Obuchowski's form for samples that come in groups
    (Biometrics 53, 1997); where every group has one sample, both are the same. With folds, only pairs within a fold are
    compared, since scores of different models have no common scale, and the folds' variances add up (as in LeDell et
    al., Electron. J. Stat. 9, 2015). The interval is taken on the logit. Where the classes do not overlap at all there
    is no variance to speak of; the interval is then the exact binomial one over the smaller class.

    Args:
        scores: One per sample, none missing.
        labels: Which samples are positive.
        groups: The group of each sample, any numbers.
        folds: The fold of each sample; None: one.
        inflation: Factor of the variance, for what it does not know of.
    """
    if folds is None:
        folds = np.zeros(len(scores), np.int64)
    weights, areas, variances = [], [], []
    for fold in np.unique(folds):
        here = folds == fold
        pairs = int(labels[here].sum()) * int((~labels[here]).sum())
        if pairs:
            area, variance = _delong(scores[here], labels[here], groups[here])
            weights.append(pairs)
            areas.append(area)
            variances.append(variance)
    share = np.array(weights, float) / sum(weights)
    auc = float(share @ np.array(areas))
    variance = inflation * float(share**2 @ np.array(variances))
    smaller = int(min(labels.sum(), (~labels).sum()))
    return Area(auc, *_interval(auc, variance, smaller))


def _delong(scores: Floats, labels: Bools, groups: Codes) -> tuple[float, float]:
    """Return the AUC and its variance."""
    m, n = int(labels.sum()), int((~labels).sum())
    ranks = rank(scores)
    above = (ranks[labels] - rank(scores[labels])) / n  # for each positive: the negatives below it
    below = 1 - (ranks[~labels] - rank(scores[~labels])) / m  # for each negative: the positives above it
    auc = float(above.mean())
    _, codes = np.unique(groups, return_inverse=True)
    number = int(codes.max()) + 1
    first = np.bincount(codes[labels], above - auc, number)
    second = np.bincount(codes[~labels], below - auc, number)
    sums = float(first @ first) / m**2, float(second @ second) / n**2, float(first @ second) / (m * n)
    variance = _inflate(len(np.unique(codes[labels]))) * sums[0] + _inflate(len(np.unique(codes[~labels]))) * sums[1]
    variance += 2 * _inflate(number) * sums[2]
    return auc, max(0.0, variance)


def _inflate(number: int) -> float:
    return number / (number - 1) if number > 1 else 1.0


def _interval(auc: float, variance: float, smaller: int) -> tuple[float, float]:
    if variance == 0 or not 0 < auc < 1:
        most = 0.025 ** (1 / smaller)
        return max(0.0, min(auc, auc + most - 1)), min(1.0, max(auc, auc + 1 - most))
    middle = math.log(auc / (1 - auc))
    width = _Z * math.sqrt(variance) / (auc * (1 - auc))
    return _expit(middle - width), _expit(middle + width)


def _expit(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
