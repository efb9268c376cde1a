"""Specks: dark lines at the same place in many pictures of one camera are dust, not vessels.

Pictures of one size and shape of field are taken together. Vessels of many eyes lie everywhere, a little denser along
the arcades; what stands out sharply from its surroundings, running the same way in many pictures, lies on the lens.
"""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.centrelines import Centrelines, Points
from lagtool.duplicates.features import Features
from lagtool.duplicates.table import Extract, FeatureTable
from lagtool.duplicates.vessels import SHORTEST, SIDE

FEWEST = 8
"""Pictures that must have a line at the same place; with fewer of one kind nothing is known."""

_WAYS = 8  # of half a turn
_TIMES, _SPREADS = 2.5, 5.0  # above what is around: so many times, and so many roots of it
_AROUND = 21  # pixels
_SIZES = 4  # of twice the size: fields of one camera are found some pixels apart
_NEAR = 4.0  # pixels from specks within which features go as well

Specks = NDArray[np.bool_]


def kind_of(side: int, size: tuple[int, int]) -> Hashable:
    """Return what pictures of one camera have in common: about the size of the field and its shape."""
    return round(_SIZES * math.log2(max(side, 1))), round(20 * size[0] / size[1])


def find_specks(
    table: FeatureTable, kinds: Sequence[Hashable], counted: NDArray[np.bool_] | None = None
) -> dict[Hashable, Specks]:
    """Return for each kind of picture that has specks where they are, (8 directions, `SIDE`, `SIDE`).

    The field is made square for it.

    Args:
        table: What was taken of the pictures.
        kinds: For each picture what pictures of one camera have in common: `kind_of`.
        counted: Which pictures count; None: all. Copies of one picture have everything at the same place.
    """
    members: dict[Hashable, list[int]] = {}
    for number, kind in enumerate(kinds):
        if counted is None or counted[number]:
            members.setdefault(kind, []).append(number)
    found = {kind: _stand_out(table, numbers) for kind, numbers in members.items() if len(numbers) >= FEWEST}
    return {kind: specks for kind, specks in found.items() if specks is not None}


def remove_specks(extract: Extract, specks: Specks) -> Extract:
    """Return what was taken of a picture without its specks, and what they leave of lines."""
    if not extract.lines:
        return extract
    lines = Centrelines.unpack(extract.lines)
    dropped = specks[_ways(lines.directions), *_square(lines.points, extract.size)]
    if not dropped.any():
        return extract
    kept = lines.keep(~dropped)
    if len(kept.points):
        kept = kept.keep(kept.measure_extents() >= SHORTEST)
    background = np.where(specks.any(axis=0), 0, 255).astype(np.uint8)
    far: Any = cv2.distanceTransform(background, cv2.DIST_L2, 3)
    clean = far[_square(extract.features.places[:, :2], extract.size)] > _NEAR
    features = Features(extract.features.places[clean], extract.features.descriptors[clean])
    return Extract(features, extract.size, kept.pack())


def _stand_out(table: FeatureTable, numbers: Sequence[int]) -> Specks | None:
    seen = np.zeros(_WAYS * SIDE * SIDE, bool)
    counts = np.zeros(len(seen), np.int32)
    for number in numbers:
        extract = table[number]
        if extract.lines:
            places = _places(Centrelines.unpack(extract.lines), extract.size)
            seen[places] = True
            counts += seen
            seen[places] = False
    if counts.max() < FEWEST:
        return None
    planes = counts.reshape(_WAYS, SIDE, SIDE)
    scale = 255.0 / len(numbers)
    around: Any = np.stack([cv2.medianBlur(np.round(plane * scale).astype(np.uint8), _AROUND) for plane in planes])
    usual = np.maximum(around / scale, 0.01 * len(numbers))
    specks: Specks = (planes >= FEWEST) & (planes > _TIMES * usual + _SPREADS * np.sqrt(usual))
    return specks if specks.any() else None


def _ways(directions: Points) -> NDArray[np.intp]:
    angles = np.arctan2(directions[:, 1], directions[:, 0])
    return np.floor(angles * (_WAYS / np.pi)).astype(np.intp) % _WAYS


def _square(points: NDArray[Any], size: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of points in a field that was made square: fields found a pixel apart are alike."""
    column, row = (
        np.clip(np.rint(points[:, axis] * (SIDE / length)).astype(np.intp), 0, SIDE - 1)
        for axis, length in enumerate(size)
    )
    return row, column


def _places(lines: Centrelines, size: tuple[int, int]) -> NDArray[np.intp]:
    """Return the flat positions of points in all directions and places: those beside them as well."""
    row, column = _square(lines.points, size)
    step = np.arange(-1, 2)
    way = (_ways(lines.directions)[:, None, None, None] + step[:, None, None]) % _WAYS
    row = np.clip(row[:, None, None, None] + step[:, None], 0, SIDE - 1)
    column = np.clip(column[:, None, None, None] + step, 0, SIDE - 1)
    return np.asarray((way * SIDE + row) * SIDE + column, np.intp).ravel()
