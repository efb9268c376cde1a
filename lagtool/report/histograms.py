"""Histograms of the facts of a manifest by class: shares per bin, and robust summaries; computed column by column."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.facts import FACTS, Fact
from lagtool.manifest import Manifest
from lagtool.stats.distributions import QUANTILES, read_numbers

Floats = NDArray[np.float64]
BINS = 30


PLOTTED = tuple(fact for fact in FACTS if fact.plotted)
"""What is shown, in this order."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """The values of one class.

    Attributes:
        number: The class's place in the profile.
        class_name: Its name.
        known: Number of samples with a value.
        missing: Number of samples that have the file but no value.
        quantiles: 5th, 25th, 50th, 75th and 95th percentile.
        counts: Samples per bin.
    """

    number: int
    class_name: str
    known: int
    missing: int
    quantiles: tuple[float, ...]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> Floats:
        """Percent of the class's known values per bin."""
        return 100 * self.counts / self.known


@dataclass(frozen=True, slots=True)
class Histogram:
    """The distribution of one fact in every class, over the same bins.

    Attributes:
        fact: What it is.
        edges: Edges of the bins, one more than bins, in the fact's unit; what lies beyond counts in the last ones.
        sketches: One per class that has values.
        constant: The one value that all have, or None.
    """

    fact: Fact
    edges: Floats
    sketches: tuple[Sketch, ...]
    constant: float | None


def draw_histograms(manifest: Manifest) -> Iterator[Histogram]:
    """Yield the histograms of all facts that any sample has."""
    samples = manifest.samples
    names = [c.name for c in manifest.profile.classes]
    classes = pd.Categorical(samples["class"], categories=names).codes
    for fact in PLOTTED:
        values = read_numbers(samples[fact.name])
        there = samples[f"{fact.slot}_path"].notna().to_numpy(bool) | ~np.isnan(values)
        known = values[~np.isnan(values)]
        if not known.size:
            continue
        edges = _edges(known, fact)
        sketches = []
        for number, name in enumerate(names):
            here = values[there & (classes == number)]
            if not np.isnan(here).all():
                sketches.append(_sketch(number, name, here, edges))
        constant = float(known[0]) if known.min() == known.max() else None
        yield Histogram(fact, edges, tuple(sketches), constant)


def _edges(values: Floats, fact: Fact) -> Floats:
    if fact.logarithmic:
        positive = values[values > 0]
        low, high = _range(np.log(positive)) if positive.size else (0.0, 1.0)
        return np.geomspace(np.exp(low), np.exp(max(high, low + 0.01)), BINS + 1)
    low, high = _range(values)
    if fact.whole:
        step = max(1, int(np.ceil((high - low + 1) / BINS)))
        return np.arange(np.floor(low) - 0.5, high + step + 0.5, step)
    margin = 0.0 if high > low else max(abs(low) * 0.01, 0.5)
    return np.linspace(low - margin, high + margin, BINS + 1)


def _range(values: Floats) -> tuple[float, float]:
    """Return lowest and highest, but for a few that lie far outside: one huge file must not hide all others."""
    few, most = np.percentile(values, [0.5, 99.5]).tolist()
    reach = most - few or np.inf
    return max(float(values.min()), few - reach), min(float(values.max()), most + reach)


def _sketch(number: int, name: str, values: Floats, edges: Floats) -> Sketch:
    known = values[~np.isnan(values)]
    quantiles = tuple(np.percentile(known, QUANTILES).tolist())
    counts = np.histogram(known.clip(edges[0], edges[-1]), edges)[0].astype(np.int64)
    return Sketch(number, name, len(known), len(values) - len(known), quantiles, counts)
