"""A glance at many pictures: which pairs with similar hashes are worth a close look, each picture opened once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.host import in_one_thread
from lagtool.likeness.copies import HOPELESS, Task, enhance, lay
from lagtool.likeness.detail import FEATURELESS, RIM, shrink_detail, take_detail
from lagtool.likeness.pictures import Shelf
from lagtool.probe.field import Crop, smooth

THUMB = 64
"""Pixels, width and height of a thumb."""

ALIKE_AT_A_GLANCE, TURNED_AT_A_GLANCE = 0.3, 0.5
"""Correlation of thumbs from which on a close look is worthwhile; a quarter turn is exact where it is one."""

_EVEN = 4.0  # pixels of a thumb

_AS_THEY_LIE = 0.6  # correlation of thumbs that need no laying
_SHIFT = 5  # pixels of a thumb
_GLANCES = 128  # pairs at once


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
    # Everywhere as strong, so that a ring of stray light or a speck counts by its size only.
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

    Their fine detail correlates, as they lie or shifted a little; and they agree as they lie, or one can be laid on the
    other as the close look would try it first.
    """
    worth: list[bool] = []
    for start in range(0, len(tasks), _GLANCES):
        part = tasks[start : start + _GLANCES]
        shifted = _correlate_shifted(thumbs, part)
        for task, planes in zip(part, shifted, strict=True):
            least = TURNED_AT_A_GLANCE if task.position.turn else ALIKE_AT_A_GLANCE
            worth.append(
                float(planes.max()) >= least
                and (float(planes[_SHIFT, _SHIFT]) >= _AS_THEY_LIE or _settles(thumbs[task.a], thumbs[task.b], task))
            )
    return worth


def _correlate_shifted(thumbs: Mapping[int, Thumb], tasks: Sequence[Task]) -> NDArray[np.float32]:
    """Return the correlation of each two thumbs for every small shift, (pairs, shifts down, shifts across)."""
    laid = [[thumbs[task.a].levels, lay(thumbs[task.b].levels, task.position)] for task in tasks]
    planes = np.array(laid, np.float32)
    planes /= np.maximum(1.0, np.sqrt(np.square(planes).sum(axis=(2, 3), keepdims=True)))
    waves = np.fft.rfft2(planes)
    shifted = np.fft.irfft2(waves[:, 0] * waves[:, 1].conj(), s=(THUMB, THUMB))
    near = np.roll(shifted, (_SHIFT, _SHIFT), (1, 2))[:, : 2 * _SHIFT + 1, : 2 * _SHIFT + 1]
    return np.asarray(near, np.float32)


def _settles(a: Thumb, b: Thumb, task: Task) -> bool:
    still, moving = a.coarse.astype(np.float32), lay(b.coarse, task.position).astype(np.float32)
    found = enhance(still, moving, np.eye(2, 3, dtype=np.float32))
    return found is not None and found[0] >= HOPELESS
