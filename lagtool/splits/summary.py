"""The splits of a dataset in figures: classes, maps and quality of each, and how far it is from all together."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from lagtool.curation.apply import curated_samples
from lagtool.manifest.facts import COMPARED
from lagtool.manifest.value import Manifest
from lagtool.splits.plan import part_names

Number = Annotated[int, Field(ge=0)]
Floats = NDArray[np.float64]


class Measure(BaseModel):
    """One figure of quality in one part; None: nothing was measured.

    Attributes:
        median: Its median.
        difference: Standardised mean difference against all samples in parts; None too where neither varies.
        distance: Kolmogorov-Smirnov statistic against all samples in parts, 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    median: float | None
    difference: float | None
    distance: float | None


class PartSummary(BaseModel):
    """One part of a split, or all parts together.

    Attributes:
        name: The part's name; empty: all parts together.
        samples: How many samples it has.
        classes: How many of each class.
        maps: How many have an attention map.
        distance: Total variation distance of its class x map shares to those of all parts, 0..1; None: it is empty.
        measures: Quality, by the names of `COMPARED`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    samples: Number
    classes: dict[str, Number]
    maps: Number
    distance: float | None
    measures: dict[str, Measure]


def summarise_parts(manifest: Manifest, names: Sequence[str] = ()) -> list[PartSummary]:
    """Return the parts in the manifest's column ``split`` or ``fold``, all together last.

    None where it has neither, and no names are given.

    Args:
        manifest: The manifest.
        names: Parts in the order to show, those without samples too; all others follow in order of name.
    """
    samples = manifest.samples
    if not names and not any(name in samples and samples[name].notna().any() for name in ("split", "fold")):
        return []
    parts = part_names(manifest)
    known = dict.fromkeys([*names, *sorted(parts.dropna().unique().tolist())])
    codes = pd.Categorical(parts, categories=list(known)).codes
    samples = curated_samples(manifest.samples, manifest.profile)
    classes = [c.name for c in manifest.profile.classes]
    kinds = 2 * pd.Categorical(samples["class"], categories=classes).codes.astype(np.int64)
    kinds += samples["map_path"].notna().to_numpy(dtype=np.int64)
    numbers = {name: samples[column].to_numpy(np.float64, na_value=np.nan) for name, column in COMPARED.items()}
    whole = codes >= 0
    all_counts = np.bincount(kinds[whole], minlength=2 * len(classes))
    found = []
    for number, name in [*enumerate(known), (-1, "")]:
        here = whole if number < 0 else codes == number
        counts = np.bincount(kinds[here], minlength=2 * len(classes))
        found.append(
            PartSummary(
                name=name,
                samples=int(counts.sum()),
                classes=dict(zip(classes, counts.reshape(-1, 2).sum(axis=1).tolist(), strict=True)),
                maps=int(counts[1::2].sum()),
                distance=_round(total_variation(counts, all_counts)) if counts.sum() else None,
                measures={key: measure(values[here], values[whole]) for key, values in numbers.items()},
            )
        )
    return found


def measure(here: ArrayLike, whole: ArrayLike) -> Measure:
    """Return the numbers of a part against those of all parts, rounded to four decimals."""
    finite = _finite(here)
    return Measure(
        median=_round(float(np.median(finite))) if len(finite) else None,
        difference=_round(standardized_difference(here, whole)),
        distance=_round(kolmogorov_smirnov(here, whole)),
    )


def _round(value: float | None) -> float | None:
    """Return four decimals, so that the last bits of a sum make no difference; JSON knows no infinity."""
    return None if value is None or not np.isfinite(value) else round(value, 4) + 0.0


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
