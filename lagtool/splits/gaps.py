"""Distances between each part of a split and all others: classes, maps, and what the pictures look like."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from lagtool.splits.distance import kolmogorov_smirnov, standardized_difference, total_variation

FACTS = ("image_brightness", "image_contrast", "image_saturation", "image_sharpness", "image_quality")
"""Columns of numbers that are compared."""


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
        facts = {
            column.removeprefix("image_"): gap for column in FACTS if (gap := _compare(rows[column], here)) is not None
        }
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
