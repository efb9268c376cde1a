"""A glance at many pictures: which pairs with similar hashes are worth a close look, each picture opened once."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.copies import HOPELESS, Task, correlate_blocks, enhance, lay, sum_blocks
from lagtool.duplicates.detail import FEATURELESS, RIM, shrink_detail, take_detail
from lagtool.duplicates.hashes import UPRIGHT
from lagtool.duplicates.pictures import Shelf
from lagtool.probe.field import Crop, smooth
from lagtool.probe.threads import in_one_thread

THUMB = 64
"""Pixels, width and height of a thumb."""

ALIKE_AT_A_GLANCE, TURNED_AT_A_GLANCE = 0.3, 0.5
"""Correlation of thumbs from which on a close look is worthwhile; a quarter turn is exact where it is one."""

_EVEN = 4.0  # pixels of a thumb

_AS_THEY_LIE = 0.6  # correlation of thumbs that may need no laying
_BLOCK = 8  # pixels of a thumb
_STEADY = 0.5
"""Correlation that three quarters of the blocks of two thumbs must reach: copies reach 0.57, most of them 0.8."""
_SHIFT = 5  # pixels of a thumb
_SHIFTS = np.ix_(*[np.arange(-_SHIFT, _SHIFT + 1)] * 2)
_STEPS, _FEW_STEPS = 40, 15  # of enhanced correlation: few where thumbs nearly lie on each other
_WAVES = 256  # transforms kept while they may be needed again


class Thumb(NamedTuple):
    """A picture's detail at a glance.

    Attributes:
        levels: (`THUMB`, `THUMB`), its fine detail, everywhere as strong, -127..127, 0 outside the field.
        coarse: (`THUMB`, `THUMB`), all but its light, by which it is laid on another.
        plain: Whether there is too little detail to tell the picture from others.
    """

    levels: NDArray[np.int8]
    coarse: NDArray[np.int8]
    plain: bool


@in_one_thread
def take_thumbs(shelf: Shelf, numbers: Sequence[int]) -> list[Thumb | None]:
    """Return the thumbs of some pictures; None for one that cannot be opened."""
    crops = (shelf.open_field(number, 2 * THUMB) for number in numbers)
    return [None if crop is None else _take_thumb(crop) for crop in crops]


def _take_thumb(crop: Crop) -> Thumb:
    large = take_detail(crop.pixels, crop.mask, rim=RIM // 2, finest=0.5, coarsest=2)
    size = (THUMB, THUMB)
    pixels, mask = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in crop)
    detail = take_detail(np.asarray(pixels, np.uint8), np.asarray(mask, np.uint8), rim=RIM // 4, finest=0.7, coarsest=3)
    # Everywhere as strong, so that a ring of scattered light or a speck counts by its size only.
    fine = detail.fine / (np.sqrt(smooth(np.square(detail.fine), detail.weight, _EVEN)) + np.float32(0.05))
    fine = np.clip(fine, -2, 2)
    fine -= detail.weight * fine.sum() / max(1.0, float(detail.weight.sum()))
    coarse = shrink_detail(large, 2, 1.0)
    coarse *= 40 / max(1e-3, float(coarse.std()))
    levels = (np.round(np.clip(fine, -2, 2) * 63), np.round(np.clip(coarse, -127, 127)))
    return Thumb(levels[0].astype(np.int8), levels[1].astype(np.int8), large.contrast < FEATURELESS)


@in_one_thread
def glance(thumbs: Mapping[int, Thumb], tasks: Sequence[Task]) -> list[bool]:
    """Return of which pairs a close look is worthwhile.

    Their fine detail correlates, as they lie or shifted a little; and it does so in most blocks as they lie, or once
    one is laid on the other as the close look would try it first.
    """
    waves = lru_cache(_WAVES)(lambda number, position: _take_waves(lay(thumbs[number].levels, position)))

    def is_worth(task: Task) -> bool:
        shifted = _correlate_shifted(waves(task.a, UPRIGHT), waves(task.b, task.position))
        least = TURNED_AT_A_GLANCE if task.position.turn else ALIKE_AT_A_GLANCE
        return shifted.max() >= least and _agrees(thumbs[task.a], thumbs[task.b], task, float(shifted[_SHIFT, _SHIFT]))

    return [is_worth(task) for task in tasks]


def order_tasks(tasks: Sequence[Task]) -> list[Task]:
    """Return pairs in an order that brings those of similar pictures together, so that each picture is opened once."""
    of: dict[int, list[Task]] = {}
    for task in tasks:
        of.setdefault(task.a, []).append(task)
        of.setdefault(task.b, []).append(task)
    ordered: dict[Task, None] = {}
    seen: set[int] = set()
    for start in of:
        waiting = deque([start])
        while waiting:
            number = waiting.popleft()
            if number not in seen:
                seen.add(number)
                ordered.update(dict.fromkeys(of[number]))
                waiting.extend(other for task in of[number] for other in (task.a, task.b) if other not in seen)
    return list(ordered)


def _take_waves(levels: NDArray[np.int8]) -> Any:
    """Return the Fourier transform of a thumb, its root sum of squares 1: OpenCV's is six times as quick as NumPy's."""
    plane = levels.astype(np.float32)
    return cv2.dft(plane / max(1.0, float(np.linalg.norm(plane))))


def _correlate_shifted(a: Any, b: Any) -> NDArray[np.float32]:
    """Return the correlation of two thumbs for every small shift, (shifts down, shifts across), by their waves."""
    shifted: Any = cv2.idft(cv2.mulSpectrums(a, b, 0, conjB=True), flags=cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
    return np.asarray(shifted[_SHIFTS], np.float32)


def _agrees(a: Thumb, b: Thumb, task: Task, as_they_lie: float) -> bool:
    """Say whether most blocks of two thumbs correlate as they lie, or once the second is laid on the first."""
    here, there = a.levels.astype(np.float32), lay(b.levels, task.position).astype(np.float32)
    alike = as_they_lie >= _AS_THEY_LIE
    if alike and _measure_steady(here, there) >= _STEADY:
        return True
    start, steps = np.eye(2, 3, dtype=np.float32), _FEW_STEPS if alike else _STEPS
    found = enhance(a.coarse.astype(np.float32), lay(b.coarse, task.position).astype(np.float32), start, steps)
    if found is None or (found[0] < HOPELESS and not alike):
        return False
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved: Any = cv2.warpAffine(there, found[1], (THUMB, THUMB), flags=flags)
    return _measure_steady(here, moved) >= _STEADY


def _measure_steady(x: Any, y: Any) -> float:
    """Return the correlation that three quarters of the blocks of two planes reach, 0 outside their fields."""
    both = ((x != 0) & (y != 0)).astype(np.float32)
    x, y = x * both, y * both
    sums = sum_blocks(both, x, y, x * x, y * y, x * y, side=_BLOCK)
    reached = np.sort(correlate_blocks(sums[:, sums[0] >= 0.5 * _BLOCK**2]))
    return float(reached[len(reached) // 4]) if len(reached) else 0.0
