"""How far two samples of numbers, or two tables of counts, are from each other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def total_variation(counts: ArrayLike, others: ArrayLike) -> float:
    """Return the total variation distance of two tables of counts, as shares: half the sum of absolute differences.

    0: the same shares; 1: nothing in common. It is the share of samples that would have to be of another kind.

    Args:
        counts: Number of samples of each kind, not negative; (k,).
        others: The same kinds in the other sample; (k,).

    Raises:
        ValueError: One of them has no samples.
    """
    a, b = np.asarray(counts, np.float64), np.asarray(others, np.float64)
    if not a.sum() or not b.sum():
        raise ValueError("no samples to compare")
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


def standardized_difference(values: ArrayLike, others: ArrayLike) -> float | None:
    """Return the difference of means over the root of the mean variance: the standardised mean difference.

    ``(mean(a) - mean(b)) / sqrt((var(a) + var(b)) / 2)`` with variances of n - 1 (Austin, Stat Med 2009; 28:3083, who
    calls 0.1 an imbalance). NaNs are left out.

    Returns:
        None where there are fewer than two numbers in either; 0 where all are equal; infinity with the sign of the
        difference where each is constant and they differ.
    """
    a, b = _finite(values), _finite(others)
    if len(a) < 2 or len(b) < 2:
        return None
    difference = float(a.mean() - b.mean())
    spread = float(np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2))
    # Means of equal numbers can differ in the last bits; that is no difference.
    if abs(difference) <= 1e-12 * max(1.0, abs(float(b.mean()))):
        return 0.0
    return difference / spread if spread else float(np.copysign(np.inf, difference))


def kolmogorov_smirnov(values: ArrayLike, others: ArrayLike) -> float | None:
    """Return the two-sample Kolmogorov-Smirnov statistic: the largest gap between the distribution functions, 0..1.

    NaNs are left out.

    Returns:
        None where there is no number in either.
    """
    a, b = np.sort(_finite(values)), np.sort(_finite(others))
    if not len(a) or not len(b):
        return None
    points = np.concatenate([a, b])
    below = np.searchsorted(a, points, side="right") / len(a)
    beside = np.searchsorted(b, points, side="right") / len(b)
    return float(np.abs(below - beside).max())


def part_spread(part: int, whole: int) -> float:
    """Return the standard deviation, in those of a single sample, of the mean of a part drawn from the whole.

    ``sqrt((1 - n / N) / n)``: without replacement, so that it is 0 for a part that is the whole. Both a standardised
    difference and (times 0.5 at most) a share of a part against its whole stay within some multiples of it by chance,
    and a Kolmogorov-Smirnov statistic too.
    """
    return float(np.sqrt(max(0.0, 1 - part / whole) / part)) if part else float("inf")


def _finite(values: ArrayLike) -> Floats:
    numbers = np.asarray(values, np.float64)
    return numbers[np.isfinite(numbers)]
