"""How far two samples of numbers, or two tables of counts, are from each other; and so each part of a split."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

from lagtool.manifest.facts import COMPARED

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


class Gap(BaseModel):
    """One number of the pictures, in a part against all others.

    Attributes:
        smd: Standardised mean difference: the difference of the means, in root mean square of the two standard
            deviations; None where either does not vary, or fewer than two values are known.
        ks: Kolmogorov-Smirnov statistic: the largest difference of the two distribution functions, 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    smd: float | None
    ks: float


class Distances(BaseModel):
    """A part against all others together.

    Attributes:
        classes: Total variation distance of the shares of the classes, 0..1.
        maps: The same for whether there is an attention map.
        strata: The same for both together.
        facts: Numbers of the pictures, by name (``brightness``), where both sides have some.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: float
    maps: float
    strata: float
    facts: dict[str, Gap]


def measure_distances(rows: pd.DataFrame, parts: "pd.Series[str]", names: list[str]) -> dict[str, Distances]:
    """Return the distances of each part from all others, by name; numbers are rounded to four digits.

    Args:
        rows: The samples that have a part.
        parts: The part of each.
        names: Names of the parts.
    """
    maps = rows["map_path"].notna().to_numpy(np.int64)
    classes = pd.factorize(rows["class"], sort=True)[0]
    kinds = {"classes": classes, "maps": maps, "strata": 2 * classes + maps}
    found: dict[str, Distances] = {}
    for name in names:
        here = parts.eq(name).to_numpy(bool)
        shares = {kind: _variation(codes, here) for kind, codes in kinds.items()}
        facts = {name: gap for name, column in COMPARED.items() if (gap := _compare(rows[column], here)) is not None}
        found[name] = Distances(facts=facts, **shares)
    return found


def _variation(codes: NDArray[Any], here: NDArray[np.bool_]) -> float:
    a, b = (np.bincount(some, minlength=int(codes.max(initial=0)) + 1) for some in (codes[here], codes[~here]))
    return round(total_variation(a, b), 4) if a.any() and b.any() else 0.0


def _compare(column: "pd.Series[Any]", here: NDArray[np.bool_]) -> Gap | None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    ks = kolmogorov_smirnov(values[here], values[~here])
    if ks is None:
        return None
    smd = standardized_difference(values[here], values[~here])
    return Gap(smd=round(smd, 4) if smd is not None and np.isfinite(smd) else None, ks=round(ks, 4))
