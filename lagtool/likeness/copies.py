"""Copies: whether two pictures are one photograph, by their pixels."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.host import in_one_thread
from lagtool.likeness.hashes import Position
from lagtool.likeness.pictures import KEPT, Shelf
from lagtool.likeness.registration import Matrix
from lagtool.likeness.vessels import round_kernel
from lagtool.probe.field import Crop, Mask, Plane, find_field, smooth
from lagtool.probe.picture import Pixels

SAME_PHOTOGRAPH = 0.75
"""Correlation of fine detail from which on two pictures are one photograph; measured in docs/likeness.md."""

_FINEST, _COARSEST = 1.0, 4.0  # pixels of the reduced picture: detail between these counts
_RIM = 12  # pixels off the rim
_MEDIAN = 0.6745  # of the absolute values of a normal distribution of deviation 1
FEATURELESS = 0.4
"""Gray levels: with less detail than this a picture is like any other, and whether it is a copy cannot be told."""

_BLOCK, _FEWEST_BLOCKS = 25, 12
_MOST_BLOCKS = 0.75
_CALM = 1.5  # of the usual detail: what exceeds it in either picture is strong
_STEADY, _QUIET = 0.62, 0.48
"""Correlation of three quarters of the blocks, and without strong detail, that confirm a copy; docs/likeness.md."""

_MOVED, _RIMS, _BEYOND_DOUBT = 0.45, 4.0, 0.93
UNCONFIRMED = 0.7
"""The most that correlation counts that nothing confirms."""

_FEWEST_RIM = 60  # pixels
_STEPS, _PRECISION = 40, 1e-4
_ROUNDS = ((4, 1.0, 0.75), (2, 0.8, 0.7), (1, 0.6, 0.65))
"""From coarse to fine: how much the picture is shrunk, the blur, and the correlation below which it is not gone on.

Copies reach 0.83, 0.81 and 0.79, strangers 0.78, 0.54 and, hazy ones that share a dusty lens, 0.91 at most.
"""
_LEAST = 0.35  # share of the picture that both must show

THUMB = 64
"""Pixels, width and height of a thumb."""

ALIKE_AT_A_GLANCE = 0.4
"""Correlation of thumbs from which on a close look is worthwhile."""

_SHIFT = 5  # pixels of a thumb
_GLANCES = 128  # pairs at once

_EVERYWHERE: Any = None

Thumbs = Mapping[int, NDArray[np.int8]]


class Detail(NamedTuple):
    """A reduced picture for comparison.

    Attributes:
        fine: Its fine detail, gray levels, the strongest cut off.
        weight: 1 in the field of view well inside its rim, else 0.
        coarse: All that is finer than twice the coarsest of that, gray levels: by this it is laid on another.
        field: 1 in the field of view, else 0.
        usual: Deviation of the detail but for the strongest, gray levels.
        contrast: Root mean square of the fine detail, gray levels.
    """

    fine: Plane
    weight: Plane
    coarse: Plane
    field: Plane
    usual: float
    contrast: float


class Task(NamedTuple):
    """Two pictures to compare, the second in a position."""

    a: int
    b: int
    position: Position


def take_detail(
    pixels: Pixels, mask: Mask | None = None, *, rim: int = _RIM, finest: float = _FINEST, coarsest: float = _COARSEST
) -> Detail:
    """Return the detail of a reduced picture, of its field well inside the rim.

    Args:
        pixels: (height, width[, 3]), reduced to about `SIDE`.
        mask: (height, width), 1 in the field of view; None: it is looked for.
        rim: Pixels taken off the field.
        finest: Detail from here on counts, pixels,
        coarsest: and up to here.
    """
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels, np.float32)
    if mask is None:
        mask = np.asarray(cv2.resize(find_field(pixels).mask, gray.shape[::-1], interpolation=cv2.INTER_NEAREST))
    inner: Any = cv2.erode(mask, round_kernel(rim), borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    field = mask.astype(np.float32)
    fine = (smooth(gray, field, finest) - smooth(gray, field, coarsest)) * inner
    seen = np.abs(fine[inner > 0])
    usual = float(np.median(seen)) / _MEDIAN if seen.size else 0.0
    contrast = float(np.sqrt(np.square(np.minimum(seen, 3 * usual)).mean())) if seen.size else 0.0
    np.clip(fine, -3 * usual, 3 * usual, out=fine)  # a speck counts by its size, not by how dark it is
    coarse = (gray - smooth(gray, field, 2 * coarsest)) * inner
    return Detail(fine, inner.astype(np.float32), coarse, field, usual, contrast)


class Match(NamedTuple):
    """How well the detail of two pictures agrees, one laid over the other.

    Attributes:
        correlation: Over all that both show, -1..1.
        steady: The correlation that three quarters of the blocks reach, each by itself.
        quiet: The correlation where neither shows anything strong: what is left without vessels and specks of dust.
        moved: Root mean square of how far the blocks still lie apart, pixels of the reduced picture.
        rims: Mean distance of the rims of the two fields where both frames show them, pixels; None: nowhere.
    """

    correlation: float
    steady: float
    quiet: float
    moved: float
    rims: float | None


def match(a: Detail, b: Detail, matrix: Matrix) -> Match | None:
    """Return how well two pictures agree once ``a`` is laid over ``b``; None where too little is there to tell."""
    if min(a.contrast, b.contrast) < FEATURELESS:
        return None
    height, width = b.coarse.shape
    fine, weight = (cv2.warpAffine(plane, matrix, (width, height), flags=cv2.INTER_LINEAR) for plane in a[:2])
    both = ((np.asarray(weight) > 0.99) & (b.weight > 0)).astype(np.float32)
    number = float(both.sum())
    if number < _LEAST * min(float(a.weight.sum()), float(b.weight.sum())) or number < _BLOCK**2:
        return None
    x, y = np.asarray(fine) * both, b.fine * both
    down, across = np.gradient(y)
    planes = (both, x, y, x * x, y * y, x * y, (x - y) * across, (x - y) * down, across**2, down**2, across * down)
    sums = np.stack([_sum_blocks(plane) for plane in planes])
    correlation = _correlate(sums.sum(axis=1))
    full = sums[:, sums[0] >= 0.5 * _BLOCK**2]
    if full.shape[1] < _FEWEST_BLOCKS:
        return None
    blocks = _correlate(full)
    steady = float(np.quantile(blocks, 1 - _MOST_BLOCKS))
    calm = both * (np.abs(x) < _CALM * a.usual) * (np.abs(y) < _CALM * b.usual)
    planes = (calm, x * calm, y * calm, x * x * calm, y * y * calm, x * y * calm)
    quiet = _correlate_within(np.stack([_sum_blocks(plane) for plane in planes]))
    return Match(float(correlation), steady, quiet, _measure_moves(full), _compare_rims(a, b, matrix))


def _sum_blocks(plane: Any) -> Any:
    down, across = plane.shape[0] // _BLOCK, plane.shape[1] // _BLOCK
    part = plane[: down * _BLOCK, : across * _BLOCK]
    return part.reshape(down, _BLOCK, across, _BLOCK).sum(axis=(1, 3), dtype=np.float64).ravel()


def _correlate(sums: Any) -> Any:
    number, x, y, xx, yy, xy = sums[:6]
    spread = (xx - x * x / number) * (yy - y * y / number)
    number = np.maximum(number, 1)
    return (xy - x * y / number) / np.sqrt(np.maximum(spread, 1e-6))


def _correlate_within(sums: Any) -> float:
    """Return the correlation about the means of each block: rings and gradients that are wider do not count."""
    number, x, y, xx, yy, xy = sums
    number = np.maximum(number, 1)
    xx, yy, xy = ((square - mixed / number).sum() for square, mixed in ((xx, x * x), (yy, y * y), (xy, x * y)))
    return float(xy / np.sqrt(max(1e-6, xx * yy)))


def _measure_moves(sums: Any) -> float:
    """Return how far blocks lie apart, by least squares on the gradients (Lucas and Kanade 1981), pixels."""
    gain = sums[5] / np.maximum(sums[3], 1e-6)
    ax, ay, xx, yy, xy = sums[6:]
    determinant = np.maximum(xx * yy - xy * xy, 1e-6)
    moves = np.hypot((yy * ax - xy * ay) / determinant, (xx * ay - xy * ax) / determinant)
    return float(np.sqrt(np.mean(np.square(np.minimum(moves, 4.0))))) if len(gain) else 0.0


def _compare_rims(a: Detail, b: Detail, matrix: Matrix) -> float | None:
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
    found = match(a, b, matrix)
    if found is None:
        return 0.0
    confirmed = found.steady >= _STEADY and found.quiet >= _QUIET and found.moved <= _MOVED
    if found.correlation < _BEYOND_DOUBT:
        confirmed &= found.rims is None or found.rims <= _RIMS
    return found.correlation if confirmed else min(found.correlation, UNCONFIRMED)


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
    height, width = detail.coarse.shape
    size = (max(8, width // factor), max(8, height // factor))
    return cv2.GaussianBlur(cv2.resize(detail.coarse, size, interpolation=cv2.INTER_AREA), (0, 0), blur)


class Thumb(NamedTuple):
    """A picture's detail at a glance.

    Attributes:
        levels: (`THUMB`, `THUMB`), -127..127, 0 outside the field.
        plain: Whether there is too little detail to tell the picture from others.
    """

    levels: NDArray[np.int8]
    plain: bool


@in_one_thread
def take_thumbs(shelf: Shelf, numbers: Sequence[int]) -> list[Thumb | None]:
    """Return the thumbs of some pictures; None for one that cannot be opened."""
    crops = (shelf.open_field(number, 2 * THUMB) for number in numbers)
    return [None if crop is None else _take_thumb(crop) for crop in crops]


def _take_thumb(crop: Crop) -> Thumb:
    large = take_detail(crop.pixels, crop.mask, rim=_RIM // 2)
    size = (THUMB, THUMB)
    pixels, mask = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in crop)
    detail = take_detail(
        np.asarray(pixels, np.uint8), np.asarray(mask, np.uint8), rim=_RIM // 4, finest=0.7, coarsest=3
    )
    fine = detail.fine - detail.weight * detail.fine.sum() / max(1.0, float(detail.weight.sum()))
    scale = 127 / max(1e-6, float(np.abs(fine).max()))
    return Thumb(np.round(fine * scale).astype(np.int8), large.contrast < FEATURELESS)


def glance(thumbs: Thumbs, tasks: Sequence[Task]) -> NDArray[np.bool_]:
    """Return of which pairs a close look is worthwhile: their thumbs correlate, as they lie or shifted a little."""
    worth = np.zeros(len(tasks), bool)
    for start in range(0, len(tasks), _GLANCES):
        part = tasks[start : start + _GLANCES]
        planes = np.stack([[thumbs[task.a], lay(thumbs[task.b], task.position)] for task in part]).astype(np.float32)
        planes /= np.maximum(1.0, np.sqrt(np.square(planes).sum(axis=(2, 3), keepdims=True)))
        waves = np.fft.rfft2(planes)
        shifted = np.fft.irfft2(waves[:, 0] * waves[:, 1].conj(), s=(THUMB, THUMB))
        near = np.roll(shifted, (_SHIFT, _SHIFT), (1, 2))[:, : 2 * _SHIFT + 1, : 2 * _SHIFT + 1]
        worth[start : start + len(part)] = near.max(axis=(1, 2)) >= ALIKE_AT_A_GLANCE
    return worth


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

    upright = Position(mirrored=False, turn=0)
    pairs = ((detail(task.a, upright), detail(task.b, task.position)) for task in tasks)
    return [None if a is None or b is None else compare(b, a) for a, b in pairs]


def carry_pictures(shelf: Shelf, tasks: Sequence[Task]) -> Shelf:
    """Return what `compare_chunk` needs of a shelf for some tasks."""
    return shelf.select(number for task in tasks for number in task[:2])
