"""Numbers of the scan as distributions: robust summaries and histograms, per class and per part of the split."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.manifest.facts import FACTS, Fact
from lagtool.stats.figures import order_parts
from lagtool.stats.records import PerClass
from lagtool.text import show

Floats = NDArray[np.float64]

BINS = 20
_OUTER = (0.5, 99.5)
QUANTILES = (5, 25, 50, 75, 95)
_DECIMALS = 6
_LARGEST = 1e150  # beyond this, differences are no numbers any more; no scan measures that


@dataclass(frozen=True, slots=True)
class Summary:
    """A distribution in a few numbers that a few odd files do not move, each rounded to 6 decimals.

    Attributes:
        n: Files whose value is known.
        missing: Files whose value is not known.
        min: Lowest value; None, as all others, where no value is known.
        p5: 5 % of the values lie below (Hyndman and Fan's type 7, as numpy and R have it).
        q1: First quartile.
        median: The value in the middle.
        q3: Third quartile.
        p95: 95 % of the values lie below.
        max: Highest value.
        mad: Median absolute deviation from the median, not scaled (times 1.4826: the standard deviation of normally
            distributed values).
        histogram: Number of values in each bin; see `FactDistribution.edges`.
    """

    n: int
    missing: int
    min: float | None
    p5: float | None
    q1: float | None
    median: float | None
    q3: float | None
    p95: float | None
    max: float | None
    mad: float | None
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FactDistribution:
    """The distribution of one fact over the files of its slot.

    Attributes:
        name: The column.
        title: What it is.
        slot: Whose files have it.
        unit: Unit and range.
        edges: Edges of the bins of all its histograms, one more than bins, equally far apart from the 0.5th to the
            99.5th percentile over all classes; values beyond count in the first and last bin. Empty: no value is known.
        figures: Per class and in all.
        parts: Per part of the split (``fold0``, ... for folds); empty where there is none.
    """

    name: str
    title: str
    slot: str
    unit: str
    edges: tuple[float, ...]
    figures: PerClass[Summary]
    parts: dict[str, Summary]


def describe_facts(
    files: dict[str, PerClass[pd.DataFrame]], names: "pd.Series[Any] | None"
) -> tuple[FactDistribution, ...]:
    """Return the distributions of all facts of which at least one file's value is known.

    Args:
        files: Per slot, the samples that have a file in it.
        names: The part of each sample, by the index of the samples; None: there is no split.
    """
    there = [fact for fact in FACTS if fact.slot in files and files[fact.slot].total[fact.name].notna().any()]
    return tuple(_describe(fact, files[fact.slot], names) for fact in there)


def _describe(fact: Fact, tables: PerClass[pd.DataFrame], names: "pd.Series[Any] | None") -> FactDistribution:
    values = tables.map(lambda table: read_numbers(table[fact.name]))
    edges = bin_edges(values.total)
    parts: dict[str, Summary] = {}
    if names is not None:
        here = names.loc[tables.total.index]
        for part in order_parts(here.dropna().unique()):
            parts[show(part)] = summarize(values.total[here.eq(part).fillna(value=False).to_numpy(bool)], edges)
    figures = values.map(lambda numbers: summarize(numbers, edges))
    return FactDistribution(fact.name, fact.title, fact.slot, fact.unit, tuple(edges.tolist()), figures, parts)


def read_numbers(column: "pd.Series[Any]") -> Floats:
    """Return a column of numbers, NaN where there is none (or one that no scan measures)."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < _LARGEST, values, np.nan)


def bin_edges(values: Floats) -> Floats:
    """Return the edges of `BINS` bins; none where there are no values.

    Args:
        values: Any numbers; NaN: missing.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return np.empty(0)
    low, high = np.percentile(known, _OUTER)
    if low == high:
        low, high = known.min(), known.max()
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.asarray(np.linspace(low, high, BINS + 1).round(_DECIMALS), np.float64)


def summarize(values: Floats, edges: Floats) -> Summary:
    """Return the summary of ``values`` (NaN: missing), with a histogram over ``edges``."""
    known = values[~np.isnan(values)]
    missing = len(values) - len(known)
    bins = max(0, len(edges) - 1)
    if not known.size:
        return Summary(0, missing, None, None, None, None, None, None, None, None, (0,) * bins)
    quantiles = np.percentile(known, QUANTILES)
    deviation = np.median(np.abs(known - quantiles[2]))
    numbers = (round(float(x), _DECIMALS) for x in (known.min(), *quantiles, known.max(), deviation))
    low, p5, q1, median, q3, p95, high, mad = numbers
    counts = np.bincount(np.searchsorted(edges[1:-1], known, side="right"), minlength=bins)
    return Summary(len(known), missing, low, p5, q1, median, q3, p95, high, mad, tuple(counts.tolist()))
