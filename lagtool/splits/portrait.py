"""The parts of a split in figures: classes, maps and quality of each, and how far it is from the whole."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from lagtool.curation.apply import curated_samples
from lagtool.manifest.facts import COMPARED
from lagtool.manifest.value import Manifest
from lagtool.splits.distance import kolmogorov_smirnov, standardized_difference, total_variation
from lagtool.splits.plan import part_names

Number = Annotated[int, Field(ge=0)]


class Measure(BaseModel):
    """One figure of quality in one part; None: nothing was measured.

    Attributes:
        median: Its median.
        difference: Standardised mean difference against all samples in parts.
        distance: Kolmogorov-Smirnov statistic against all samples in parts, 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    median: float | None
    difference: float | None
    distance: float | None


class Portrait(BaseModel):
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


def draw_portraits(manifest: Manifest, names: Sequence[str] = ()) -> list[Portrait]:
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
    codes = pd.Categorical(parts, categories=list(known)).codes.astype(np.int64)
    return list(_draw(manifest, codes, list(known)))


def _draw(manifest: Manifest, codes: NDArray[np.int64], names: list[str]) -> Iterator[Portrait]:
    samples = curated_samples(manifest.samples, manifest.profile)
    classes = [c.name for c in manifest.profile.classes]
    kinds = 2 * pd.Categorical(samples["class"], categories=classes).codes.astype(np.int64)
    kinds += samples["map_path"].notna().to_numpy(dtype=np.int64)
    numbers = {name: samples[column].to_numpy(np.float64, na_value=np.nan) for name, column in COMPARED.items()}
    whole = codes >= 0
    all_counts = np.bincount(kinds[whole], minlength=2 * len(classes))
    for number, name in [*enumerate(names), (-1, "")]:
        here = whole if number < 0 else codes == number
        counts = np.bincount(kinds[here], minlength=2 * len(classes))
        yield Portrait(
            name=name,
            samples=int(counts.sum()),
            classes=dict(zip(classes, counts.reshape(-1, 2).sum(axis=1).tolist(), strict=True)),
            maps=int(counts[1::2].sum()),
            distance=_round(total_variation(counts, all_counts)) if counts.sum() else None,
            measures={key: _measure(values[here], values[whole]) for key, values in numbers.items()},
        )


def _measure(here: NDArray[np.float64], whole: NDArray[np.float64]) -> Measure:
    finite = here[np.isfinite(here)]
    return Measure(
        median=_round(float(np.median(finite))) if len(finite) else None,
        difference=_round(standardized_difference(here, whole)),
        distance=_round(kolmogorov_smirnov(here, whole)),
    )


def _round(value: float | None) -> float | None:
    """Return four decimals, so that the last bits of a sum make no difference; JSON knows no infinity."""
    return None if value is None or not np.isfinite(value) else round(value, 4) + 0.0
