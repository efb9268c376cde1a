"""Distances between each part of a split and all others: classes, maps, and what the pictures look like."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

FACTS = ("image_brightness", "image_contrast", "image_saturation", "image_sharpness", "image_quality")
"""Columns of numbers that are compared."""

_LEAST = 2
Numbers = NDArray[np.float64]


class Gap(BaseModel):
    """One number of the pictures, in a part against all others.

    Attributes:
        smd: Standardised mean difference: the difference of the means, in root mean square of the two standard
            deviations; None where nothing varies or fewer than two values are known.
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
        shares = {kind: _variation(codes[here], codes[~here]) for kind, codes in kinds.items()}
        facts = {
            column.removeprefix("image_"): gap for column in FACTS if (gap := _compare(rows[column], here)) is not None
        }
        found[name] = Distances(facts=facts, **shares)
    return found


def _variation(a: Any, b: Any) -> float:
    if not len(a) or not len(b):
        return 0.0
    size = int(max(a.max(), b.max())) + 1
    first, second = (np.bincount(codes, minlength=size) / len(codes) for codes in (a, b))
    return round(float(np.abs(first - second).sum() / 2), 4)


def _compare(column: "pd.Series[Any]", here: NDArray[np.bool_]) -> Gap | None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(values)
    a, b = np.sort(values[here & known]), np.sort(values[~here & known])
    if not len(a) or not len(b):
        return None
    smd = None
    if len(a) >= _LEAST and len(b) >= _LEAST:
        spread = float(np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2))
        smd = round(float(a.mean() - b.mean()) / spread, 4) if spread > 0 else None
    every = np.concatenate([a, b])
    ks = np.abs(
        np.searchsorted(a, every, side="right") / len(a) - np.searchsorted(b, every, side="right") / len(b)
    ).max()
    return Gap(smd=smd, ks=round(float(ks), 4))
