"""Figures of one column: shares, ranges and distributions; missing values are left out or counted, never guessed."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.profiles import ClassSpec, Profile
from lagtool.stats.records import (
    Distribution,
    FileSizes,
    LevelRange,
    MixedSizes,
    Part,
    PartShare,
    PerClass,
    PublishedTable,
    Range,
    SizeCount,
    Sizes,
    ValueCount,
)
from lagtool.text import show

USUAL = {
    name: rank for rank, names in enumerate((("train",), ("val", "valid", "validation"), ("test",))) for name in names
}


def order_parts(names: Iterable[str]) -> list[str]:
    """Return the names of parts in their order: train, val, test, then ..., fold2, fold10, ..."""

    def rank(name: str) -> tuple[int, list[tuple[int, str]]]:
        pieces = re.findall(r"[0-9]+|[^0-9]+", name)
        return USUAL.get(name, 9), [(int(p), "") if p.isascii() and p.isdigit() else (-1, p) for p in pieces]

    return sorted(map(str, names), key=rank)


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


Pixels = NDArray[np.int64]
# A profile is a file of the user's: beyond this the figures of a complete copy are not worth the memory.
_MOST = 10_000_000


def measure_sizes(files: pd.DataFrame, slot: str) -> Sizes:
    """Return the figures of the sizes of ``files``, each of which has a picture in ``slot``."""
    width, height = f"{slot}_width", f"{slot}_height"
    known = files[[width, height]].dropna().astype(np.int64)
    counted = known.groupby([width, height], sort=False).size()
    distinct = [(int(w), int(h), int(n)) for (w, h), n in zip(counted.index.tolist(), counted.tolist(), strict=True)]
    distinct.sort(key=lambda size: (-size[2], size[0], size[1]))
    other = sum(n for _, _, n in distinct[TOP:])
    return Sizes(
        known=len(known),
        unknown=len(files) - len(known),
        width=pixel_range(known[width].to_numpy()),
        height=pixel_range(known[height].to_numpy()),
        distinct=len(distinct),
        most_frequent=tuple(SizeCount(w, h, n, share(n, len(known))) for w, h, n in distinct[:TOP]),
        other=other,
        other_percent=percent(other, len(known)),
    )


def published_table(profile: Profile) -> PublishedTable | None:
    """Return the published size table of a profile, if it has one."""
    sizes = profile.published_sizes
    return None if sizes is None else PublishedTable(sizes.min, sizes.median, sizes.max)


def measure_mixed_sizes(samples: pd.DataFrame, profile: Profile, classes: tuple[ClassSpec, ...]) -> MixedSizes:
    """Return the sizes of images and maps of ``samples`` mixed, held against the published table.

    Args:
        samples: The samples of ``classes``.
        profile: The profile that states the published table, and the numbers and sizes of a complete copy.
        classes: The classes that are meant.
    """
    slots = [slot for slot in ("image", "map") if slot in profile.slots]
    known = [samples[[f"{slot}_width", f"{slot}_height"]].dropna().to_numpy(dtype=np.int64) for slot in slots]
    pixels = np.concatenate(known)
    width, height = pixel_range(pixels[:, 0]), pixel_range(pixels[:, 1])
    complete = _complete(profile, classes)
    complete_width = complete_height = None
    if complete is not None:
        complete_width, complete_height = pixel_range(complete[:, 0]), pixel_range(complete[:, 1])
    published = published_table(profile)
    return MixedSizes(
        files=len(pixels),
        width=width,
        height=height,
        matches=_matches(width, height, published),
        complete_width=complete_width,
        complete_height=complete_height,
        complete_matches=_matches(complete_width, complete_height, published),
    )


def _complete(profile: Profile, classes: tuple[ClassSpec, ...]) -> Pixels | None:
    """Return width and height of every picture that a complete copy has; None where the profile does not say."""
    image, map_ = profile.slots["image"], profile.slots.get("map")
    numbers = [(image, [c.images for c in classes])]
    if map_ is not None:
        numbers.append((map_, [c.maps for c in classes]))
    pictures = []
    for spec, counts in numbers:
        if spec.width is None or spec.height is None or any(n is None or n > _MOST for n in counts):
            return None
        pictures.append(
            np.tile(np.array([[spec.width, spec.height]], dtype=np.int64), (sum(n or 0 for n in counts), 1))
        )
    return np.concatenate(pictures)


def _matches(width: Range | None, height: Range | None, published: PublishedTable | None) -> bool | None:
    if width is None or height is None or published is None:
        return None
    return (
        (width.min, height.min) == published.min
        and (width.median, height.median) == published.median
        and (width.max, height.max) == published.max
    )


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
