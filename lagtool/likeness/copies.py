"""Copies: whether two pictures are one photograph, by their pixels."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

from lagtool.host import in_one_thread
from lagtool.likeness.hashes import Position
from lagtool.likeness.pictures import KEPT, Shelf
from lagtool.likeness.registration import Matrix
from lagtool.likeness.vessels import FIELD_LEVEL, Plane, find_brightest
from lagtool.probe.picture import Pixels

SAME_PHOTOGRAPH = 0.75
"""Correlation of fine detail from which on two pictures are one photograph; measured in docs/likeness.md."""

_FINEST, _COARSEST = 1.0, 4.0  # pixels of the reduced picture: detail between these counts
_FLAT = 0.6  # gray levels: with less detail than this a picture is like any other
_STEPS, _PRECISION = 40, 1e-4
_ROUNDS = ((4, 1.0, 0.6), (2, 0.8, 0.65), (1, 0.6, 0.65))
"""From coarse to fine: how much the picture is shrunk, the blur, and the correlation below which it is not gone on.

Cropped and turned copies reach 0.75, 0.81 and 0.84, others that are nearly alike 0.74, 0.59 and 0.48 at most.
"""
_LEAST = 0.35  # share of the picture that both must show

_EVERYWHERE: Any = None


class Detail(NamedTuple):
    """A reduced picture for comparison.

    Attributes:
        fine: Its fine detail, gray levels.
        weight: 1 in the field of view, else 0.
        gray: Its luma.
    """

    fine: Plane
    weight: Plane
    gray: Plane


class Task(NamedTuple):
    """Two pictures to compare, the second in a position."""

    a: int
    b: int
    position: Position


def take_detail(pixels: Pixels) -> Detail:
    """Return the detail of a reduced picture."""
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels, np.float32)
    weight = np.asarray(
        cv2.erode((find_brightest(pixels) > FIELD_LEVEL).astype(np.uint8), np.ones((9, 9), np.uint8)), np.float32
    )
    fine: Any = cv2.GaussianBlur(gray, (0, 0), _FINEST) - cv2.GaussianBlur(gray, (0, 0), _COARSEST)
    return Detail(fine * weight, weight, gray)


def correlate(a: Detail, b: Detail, matrix: Matrix) -> float:
    """Return the correlation of detail, -1..1, once ``a`` is laid over ``b``; 0 where there is too little of it."""
    height, width = b.gray.shape
    fine, weight = (cv2.warpAffine(plane, matrix, (width, height), flags=cv2.INTER_LINEAR) for plane in a[:2])
    both = (np.asarray(weight) > 0.99) & (b.weight > 0)
    if np.count_nonzero(both) < _LEAST * min(np.count_nonzero(a.weight), np.count_nonzero(b.weight)):
        return 0.0
    x, y = np.asarray(fine)[both], b.fine[both]
    if len(x) < 100 or x.std() < _FLAT or y.std() < _FLAT:
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))


def compare(a: Detail, b: Detail) -> float:
    """Return the correlation of two pictures that lie nearly alike, of any size: as they lie, or a little moved."""
    stretch = np.diag([b.gray.shape[1] / a.gray.shape[1], b.gray.shape[0] / a.gray.shape[0]])
    start = np.column_stack([stretch, [0.0, 0.0]])
    best = correlate(a, b, start)
    if best >= SAME_PHOTOGRAPH:
        return best
    moved = settle(a, b, start)
    return best if moved is None else max(best, correlate(a, b, moved))


def settle(a: Detail, b: Detail, start: Matrix) -> Matrix | None:
    """Return the affine map from ``a`` to ``b`` that enhanced correlation (Evangelidis 2008) finds, coarse first."""
    matrix: Any = cv2.invertAffineTransform(start).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _PRECISION)
    try:
        for shrink, blur, hopeless in _ROUNDS:
            still, moving = (_shrink(detail, shrink, blur) for detail in (b, a))
            scaled = matrix.copy()
            scaled[:, 2] /= shrink
            reached, scaled = cv2.findTransformECC(still, moving, scaled, cv2.MOTION_AFFINE, criteria, _EVERYWHERE, 1)
            if reached < hopeless:
                return None
            matrix = scaled.copy()
            matrix[:, 2] *= shrink
    except cv2.error:  # nothing to hold on to
        return None
    return np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _shrink(detail: Detail, factor: int, blur: float) -> Any:
    height, width = detail.gray.shape
    size = (max(8, width // factor), max(8, height // factor))
    gray, weight = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (detail.gray, detail.weight))
    band = (gray - cv2.GaussianBlur(gray, (0, 0), 8.0 / factor)) * weight
    return cv2.GaussianBlur(band, (0, 0), blur)


def lay(pixels: Pixels, position: Position) -> Pixels:
    """Return a picture in another position."""
    mirrored = pixels[:, ::-1] if position.mirrored else pixels
    return np.ascontiguousarray(np.rot90(mirrored, position.turn))


@in_one_thread
def compare_chunk(shelf: Shelf, tasks: Sequence[Task]) -> list[float | None]:
    """Return the correlation of each two pictures; None where one cannot be opened."""
    picture = lru_cache(KEPT)(shelf.open)

    @lru_cache(KEPT)
    def detail(number: int, position: Position) -> Detail | None:
        pixels = picture(number)
        return None if pixels is None else take_detail(lay(pixels, position))

    upright = Position(mirrored=False, turn=0)
    pairs = ((detail(task.a, upright), detail(task.b, task.position)) for task in tasks)
    return [None if a is None or b is None else compare(b, a) for a, b in pairs]


def carry_pictures(shelf: Shelf, tasks: Sequence[Task]) -> Shelf:
    """Return what `compare_chunk` needs of a shelf for some tasks."""
    return shelf.select(number for task in tasks for number in task[:2])
