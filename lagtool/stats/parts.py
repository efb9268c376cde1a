"""Parts of a split and folds: how many samples of each class they hold."""

from typing import Any

import numpy as np
import pandas as pd

from lagtool.display import show
from lagtool.stats.figures import percent, share
from lagtool.stats.order import USUAL
from lagtool.stats.per_class import PerClass
from lagtool.stats.records import Part, PartShare


def count_parts(samples: PerClass[pd.DataFrame], column: str) -> tuple[Part, ...] | None:
    """Return the parts that the column ``split`` or ``fold`` makes; None where it is missing.

    Samples that are in no part come last, as a part without a name.
    """
    if column not in samples.total.columns:
        return None
    counts = samples.map(lambda table: _count_values(table[column]))
    whole = len(samples.total)
    parts = []
    for key in sorted(counts.total, key=_rank):
        number = counts.total[key]
        shares = {name: PartShare(n := here.get(key, 0), percent(n, number)) for name, here in counts.classes.items()}
        parts.append(Part(None if key is None else show(str(key)), number, share(number, whole), shares))
    return tuple(parts)


def _count_values(column: "pd.Series[Any]") -> dict[str | int | None, int]:
    return {_key(value): int(n) for value, n in column.value_counts(dropna=False).items()}


def _key(value: object) -> str | int | None:
    if value is pd.NA:
        return None
    return int(value) if isinstance(value, int | np.integer) else str(value)


def _rank(key: str | int | None) -> tuple[int, int, str]:
    if key is None:
        return 9, 0, ""
    return (0, key, "") if isinstance(key, int) else (1, USUAL.get(key, 9), key)
