"""Figures of one column: shares, ranges and distributions; missing values are left out or counted, never guessed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.display import show
from lagtool.stats.records import Distribution, FileSizes, LevelRange, Range, ValueCount

TOP = 10
_DECIMALS = 4


def percent(part: int, whole: int) -> float | None:
    """Return ``part`` as a percentage of ``whole``, rounded to 4 decimals; None where ``whole`` is 0."""
    return round(100 * part / whole, _DECIMALS) if whole else None


def share(part: int, whole: int) -> float:
    """Like `percent`, for a whole that is known not to be empty."""
    return round(100 * part / whole, _DECIMALS)


def whole_numbers(column: "pd.Series[Any]") -> NDArray[np.int64]:
    """Return the values of a column of whole numbers that are there."""
    return column.dropna().to_numpy(dtype=np.int64)


def pixel_range(values: NDArray[np.int64]) -> Range | None:
    """Return lowest, middle and highest of ``values`` (pixels); None where there are none."""
    if not values.size:
        return None
    return Range(int(values.min()), float(np.median(values)), int(values.max()))


def level_range(column: "pd.Series[Any]") -> LevelRange | None:
    """Return lowest, middle and highest of a column of gray levels; None where there are none."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, middle, high = (round(float(f(values)), _DECIMALS) for f in (np.min, np.median, np.max))
    return LevelRange(low, middle, high)


def file_sizes(column: "pd.Series[Any]") -> FileSizes:
    """Return the figures of a column of file sizes in bytes."""
    values = whole_numbers(column)
    if not values.size:
        return FileSizes(0, None, None, None, None, 0)
    total = sum(values.tolist())  # Python's own whole numbers: a strange manifest cannot make the sum wrap round
    return FileSizes(
        files=len(values),
        min=int(values.min()),
        median=float(np.median(values)),
        mean=round(total / len(values), _DECIMALS),
        max=int(values.max()),
        total=total,
    )


def distribution(column: "pd.Series[Any]", display: Callable[[str], str] = show) -> Distribution:
    """Return how often each value of a column of text occurs, missing ones included; every row is a file.

    Args:
        column: The values.
        display: Makes a value fit to be shown.
    """
    files = len(column)
    counted = column.value_counts(dropna=False)
    counts = [(None if value is pd.NA else str(value), int(n)) for value, n in counted.items()]
    counts.sort(key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
    top = tuple(ValueCount(None if value is None else display(value), n, share(n, files)) for value, n in counts[:TOP])
    other = sum(n for _, n in counts[TOP:])
    return Distribution(files, len(counts), top, other, percent(other, files))


def show_escaped(text: str) -> str:
    """Like `show`, for text that is escaped already: its backslashes are not doubled."""
    # What lagtool escaped is short printable ASCII; a manifest made by others may hold anything.
    return text if text.isascii() and text.isprintable() and len(text) <= 256 else show(text)
