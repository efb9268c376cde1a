"""Copies: whether two pictures are one photograph, by their pixels."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.detail import FEATURELESS, Detail, shrink_detail, take_detail
from lagtool.duplicates.hashes import UPRIGHT, Position
from lagtool.duplicates.pictures import KEPT, Shelf
from lagtool.duplicates.registration import Matrix
from lagtool.probe.field import Plane
from lagtool.probe.threads import in_one_thread

SAME_PHOTOGRAPH = 0.75
"""Correlation of fine detail from which on two pictures are one photograph; measured in docs/likeness.md."""

_BLOCK, _SMALL_BLOCK, _FEWEST_BLOCKS = 25, 10, 12
_MOST_BLOCKS = 0.75  # of the blocks
_CALM = 1.5  # of the usual detail: what exceeds it in either picture is strong
_STEADY, _QUIET = 0.62, 0.54
"""Correlation of three quarters of the blocks, and without strong detail, that confirm a copy; docs/likeness.md."""

_MOVED, _RIMS, _BEYOND_DOUBT = 0.45, 3.0, 0.8
UNCONFIRMED = 0.7
"""The most that correlation counts that nothing confirms."""

_FEWEST_RIM = 60  # pixels
_STEPS, _PRECISION = 40, 1e-4
HOPELESS = 0.75
"""Correlation of the coarsest round below which it is not gone on; strangers mostly stay below."""

_ROUNDS = ((4, 1.0, HOPELESS), (2, 0.8, 0.7), (1, 0.6, 0.65))
"""From coarse to fine: how much the picture is shrunk, the blur, and the correlation below which it is not gone on.

Copies reach 0.83, 0.81 and 0.79, strangers 0.78, 0.54 and, hazy ones that share a dusty lens, 0.91 at most.
"""
_CHECKED = 2
"""Shrinking of the round behind which it is checked whether a copy can come out of it: the last one costs most."""

_PROMISING = (0.55, 0.45)
"""What `Match.steady` and `Match.quiet` must reach there: copies that are confirmed in the end reach 0.65 and 0.54."""

_LEAST = 0.35  # share of the picture that both must show

_EVERYWHERE: Any = None


class Task(NamedTuple):
    """Two pictures to compare, the second in a position."""

    a: int
    b: int
    position: Position


class Match(NamedTuple):
    """How well the detail of two pictures agrees, one laid over the other.

    Attributes:
        correlation: Over all that both show, -1..1.
        steady: The correlation that three quarters of the blocks reach, each by itself.
        quiet: The correlation where neither shows anything strong: what is left without vessels and specks of dust.
        moved: Root mean square of how far the blocks still lie apart, pixels of the reduced picture.
    """

    correlation: float
    steady: float
    quiet: float
    moved: float


class Overlay(NamedTuple):
    """Two pictures laid on each other: where both show detail, and their detail there in its usual deviations.

    Attributes:
        both: 1 where both show detail, else 0.
        here: Detail of the one, 0 elsewhere.
        there: Detail of the other.
        sums: (6, blocks): of ``both``, ``here``, ``there``, their squares and their product.
    """

    both: Plane
    here: Plane
    there: Plane
    sums: NDArray[np.float64]


def overlay(a: Detail, b: Detail, matrix: Matrix) -> Overlay | None:
    """Lay ``a`` over ``b``; None where too little is there to tell."""
    if min(a.contrast, b.contrast) < FEATURELESS:
        return None
    height, width = b.coarse.shape
    fine, weight = (cv2.warpAffine(plane, matrix, (width, height), flags=cv2.INTER_LINEAR) for plane in a[:2])
    both = cv2.multiply((np.asarray(weight) > 0.99).astype(np.float32), b.weight)
    number = float(both.sum())
    if number < _LEAST * min(float(a.weight.sum()), float(b.weight.sum())) or number < _BLOCK**2:
        return None
    here, there = (
        cv2.multiply(plane, both, scale=1 / max(u, 1e-3)) for plane, u in ((fine, a.usual), (b.fine, b.usual))
    )
    sums = sum_blocks(both, here, there, here * here, there * there, here * there)
    return Overlay(np.asarray(both, np.float32), np.asarray(here), np.asarray(there), sums)


def match(laid: Overlay) -> Match | None:
    """Return how well two pictures agree, other than by their rims; None where too few blocks show both."""
    both, here, there, sums = laid
    full = sums[0] >= 0.5 * _BLOCK**2
    if np.count_nonzero(full) < _FEWEST_BLOCKS:
        return None
    steady = float(np.quantile(correlate_blocks(sums[:, full]), 1 - _MOST_BLOCKS))
    calm = both * (np.abs(here) < _CALM) * (np.abs(there) < _CALM)
    x, y = here * calm, there * calm
    quiet = _correlate_within(sum_blocks(calm, x, y, x * x, y * y, x * y, side=_SMALL_BLOCK))
    down, across = np.gradient(there)
    apart = here - there
    slopes = sum_blocks(apart * across, apart * down, across * across, down * down, across * down)
    return Match(float(correlate_blocks(sums.sum(axis=1))), steady, quiet, _measure_moves(slopes[:, full]))


def sum_blocks(*planes: Any, side: int = _BLOCK) -> Any:
    """Return the sums of planes of one size over blocks of ``side`` pixels, (planes, blocks)."""
    height, width = planes[0].shape
    down, across = height // side, width // side
    parts = (plane[: down * side, : across * side] for plane in planes)
    means = [cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA) for part in parts]
    return np.asarray(means, np.float64).reshape(len(means), -1) * side**2


def correlate_blocks(sums: Any) -> Any:
    """Return the correlation in each block, from the sums of weight, x, y, their squares and their product."""
    number, x, y, xx, yy, xy = sums
    spread = (xx - x * x / number) * (yy - y * y / number)
    return (xy - x * y / number) / np.sqrt(np.maximum(spread, 1e-6))


def _correlate_within(sums: Any) -> float:
    """Return the correlation about the means of each block: rings and gradients that are wider do not count."""
    number, x, y, xx, yy, xy = sums
    number = np.maximum(number, 1)
    xx, yy, xy = ((square - mixed / number).sum() for square, mixed in ((xx, x * x), (yy, y * y), (xy, x * y)))
    return float(xy / np.sqrt(max(1e-6, xx * yy)))


def _measure_moves(slopes: Any) -> float:
    """Return how far blocks lie apart, by least squares on the gradients (Lucas and Kanade 1981), pixels."""
    ax, ay, xx, yy, xy = slopes
    determinant = np.maximum(xx * yy - xy * xy, 1e-6)
    moves = np.hypot((yy * ax - xy * ay) / determinant, (xx * ay - xy * ax) / determinant)
    return float(np.sqrt(np.mean(np.square(np.minimum(moves, 4.0)))))


def compare_rims(a: Detail, b: Detail, matrix: Matrix) -> float | None:
    """Return the mean distance of the rims of two fields where both frames show them, pixels; None: nowhere."""
    height, width = b.coarse.shape
    flags = cv2.INTER_NEAREST
    framed: Any = cv2.warpAffine(np.ones_like(a.field), matrix, (width, height), flags=flags)
    field: Any = cv2.warpAffine(a.field, matrix, (width, height), flags=flags)
    frame: Any = cv2.erode(framed, np.ones((9, 9), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    edge: Any = cv2.morphologyEx(b.field, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    seen = frame > 0
    length = float(edge[seen].sum()) / 2
    if length < _FEWEST_RIM:
        return None
    return float(np.abs(field - b.field)[seen].sum()) / length


def correlate(a: Detail, b: Detail, matrix: Matrix) -> float:
    """Return the correlation of detail, -1..1, once ``a`` is laid over ``b``; 0 where there is too little of it.

    It is at most `UNCONFIRMED` where it may be something else than one photograph: where a quarter of the blocks does
    not confirm it (optics, a bright spot), where it is gone without the strongest detail (dust on one lens, the vessels
    of one eye), or where blocks or rims lie apart as in two photographs of one eye.
    """
    laid = overlay(a, b, matrix)
    if laid is None:
        return 0.0
    correlation = float(correlate_blocks(laid.sums.sum(axis=1)))
    if correlation < UNCONFIRMED:
        return correlation
    found = match(laid)
    confirmed = found is not None and found.steady >= _STEADY and found.quiet >= _QUIET and found.moved <= _MOVED
    if confirmed and found is not None and found.quiet < _BEYOND_DOUBT:
        rims = compare_rims(a, b, matrix)
        confirmed = rims is None or rims <= _RIMS
    return correlation if confirmed else UNCONFIRMED


def compare(a: Detail, b: Detail) -> float:
    """Return the correlation of two pictures that lie nearly alike, of any size: as they lie, or a little moved."""
    stretch = np.diag([b.coarse.shape[1] / a.coarse.shape[1], b.coarse.shape[0] / a.coarse.shape[0]])
    start = np.column_stack([stretch, [0.0, 0.0]])
    best = correlate(a, b, start)
    if best >= SAME_PHOTOGRAPH:
        return best
    moved = settle(a, b, start)
    return best if moved is None else max(best, correlate(a, b, moved))


def settle(a: Detail, b: Detail, start: Matrix) -> Matrix | None:
    """Return the affine map from ``a`` to ``b`` that enhanced correlation (Evangelidis 2008) finds, coarse first.

    None where it is told on the way that they are no copies.
    """
    matrix: Any = cv2.invertAffineTransform(start).astype(np.float32)
    for shrink, blur, hopeless in _ROUNDS:
        matrix[:, 2] /= shrink
        found = enhance(shrink_detail(b, shrink, blur), shrink_detail(a, shrink, blur), matrix)
        if found is None or found[0] < hopeless:
            return None
        matrix = found[1]
        matrix[:, 2] *= shrink
        if shrink == _CHECKED and not _is_promising(a, b, np.asarray(cv2.invertAffineTransform(matrix), np.float64)):
            return None
    return np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _is_promising(a: Detail, b: Detail, matrix: Matrix) -> bool:
    laid = overlay(a, b, matrix)
    found = None if laid is None else match(laid)
    return found is not None and found.steady >= _PROMISING[0] and found.quiet >= _PROMISING[1]


def enhance(still: Any, moving: Any, start: Any, steps: int = _STEPS) -> tuple[float, Any] | None:
    """Return the correlation that an affine map reaches, and the map; None where there is nothing to hold on to."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, _PRECISION)
    try:
        reached, matrix = cv2.findTransformECC(still, moving, start.copy(), cv2.MOTION_AFFINE, criteria, _EVERYWHERE, 1)
    except cv2.error:
        return None
    return float(reached), matrix


def lay(pixels: Any, position: Position) -> Any:
    """Return a picture, or a plane of one, in another position."""
    mirrored = pixels[:, ::-1] if position.mirrored else pixels
    return np.ascontiguousarray(np.rot90(mirrored, position.turn))


@in_one_thread
def compare_chunk(shelf: Shelf, tasks: Sequence[Task]) -> list[float | None]:
    """Return the correlation of each two pictures; None where one cannot be opened."""
    picture = lru_cache(KEPT)(shelf.open_field)

    @lru_cache(KEPT)
    def detail(number: int, position: Position) -> Detail | None:
        crop = picture(number)
        return None if crop is None else take_detail(lay(crop.pixels, position), lay(crop.mask, position))

    pairs = ((detail(task.a, UPRIGHT), detail(task.b, task.position)) for task in tasks)
    return [None if a is None or b is None else compare(b, a) for a, b in pairs]


def carry_pictures(shelf: Shelf, tasks: Sequence[Task]) -> Shelf:
    """Return what `compare_chunk` needs of a shelf for some tasks."""
    return shelf.select(number for task in tasks for number in task[:2])
