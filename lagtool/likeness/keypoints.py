"""Keypoints: extrema of differences of Gaussians (Lowe 2004), found without doubling the picture first.

OpenCV's own detector doubles every picture, which takes four times as long for features finer than any vessel.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.probe.field import Plane

LAYERS = 3
_SIGMA = 1.6
_CONTRAST = 1.0  # gray levels
_EDGE = 20.0
_SMALLEST = 24  # pixels: side of the smallest octave


class Keypoints(NamedTuple):
    """Keypoints, the clearest first.

    Attributes:
        x: Pixels of the picture.
        y: Pixels.
        size: Diameter, pixels.
        octave: From 0 (the picture as it is) on.
        layer: 1..3 within the octave.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]
    octave: NDArray[np.int64]
    layer: NDArray[np.int64]


def find_keypoints(picture: NDArray[np.uint8], allowed: NDArray[np.uint8], most: int) -> Keypoints:
    """Return at most ``most`` keypoints of a gray picture, where ``allowed`` is not 0."""
    parts = [np.zeros((6, 0))]
    base: Any = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), float(np.sqrt(_SIGMA**2 - 0.25)))
    octave = 0
    while min(base.shape) >= _SMALLEST:
        levels = [base]
        for step in range(1, LAYERS + 3):
            wanted, there = _SIGMA * 2 ** (step / LAYERS), _SIGMA * 2 ** ((step - 1) / LAYERS)
            levels.append(np.asarray(cv2.GaussianBlur(levels[-1], (0, 0), float(np.sqrt(wanted**2 - there**2)))))
        parts.append(_find_extrema(levels, allowed, octave))
        base = np.ascontiguousarray(levels[LAYERS][::2, ::2])
        octave += 1
    y, x, size, response, octaves, layers = np.concatenate(parts, axis=1)
    order = np.lexsort((x, y, -response))[:most]
    return Keypoints(x[order], y[order], size[order], octaves[order].astype(int), layers[order].astype(int))


def _find_extrema(levels: list[Plane], allowed: NDArray[np.uint8], octave: int) -> NDArray[np.float64]:
    """Return rows y, x, size, response, octave and layer of one octave's extrema."""
    differences = [after - before for before, after in pairwise(levels)]
    kernel = np.ones((3, 3), np.uint8)
    highest: list[Any] = [cv2.dilate(plane, kernel) for plane in differences]
    lowest: list[Any] = [cv2.erode(plane, kernel) for plane in differences]
    step = 1 << octave
    mask = allowed[::step, ::step][: levels[0].shape[0], : levels[0].shape[1]] > 0
    mask[:3] = mask[-3:] = mask[:, :3] = mask[:, -3:] = False
    found = []
    for layer in range(1, LAYERS + 1):
        here = differences[layer]
        top = (here > _CONTRAST) & (here >= np.maximum.reduce(highest[layer - 1 : layer + 2]))
        bottom = (here < -_CONTRAST) & (here <= np.minimum.reduce(lowest[layer - 1 : layer + 2]))
        y, x = np.nonzero((top | bottom) & mask)
        found.append(_refine(differences[layer - 1 : layer + 2], y, x, octave, layer))
    return np.concatenate(found, axis=1)


def _refine(
    planes: list[Plane], y: NDArray[np.intp], x: NDArray[np.intp], octave: int, layer: int
) -> NDArray[np.float64]:
    """Place extrema between the pixels, by a parabola along each axis, and drop those on straight edges."""
    below, here, above = planes
    middle = here[y, x].astype(np.float64)
    left, right, up, down = here[y, x - 1], here[y, x + 1], here[y - 1, x], here[y + 1, x]
    xx, yy = right + left - 2 * middle, up + down - 2 * middle
    xy = (here[y + 1, x + 1] + here[y - 1, x - 1] - here[y + 1, x - 1] - here[y - 1, x + 1]) / 4.0
    trace, determinant = xx + yy, xx * yy - xy * xy
    good = (determinant > 0) & (trace**2 * _EDGE < (_EDGE + 1) ** 2 * determinant)
    x_off, y_off = _vertex(left, middle, right), _vertex(up, middle, down)
    scale_off = _vertex(below[y, x], middle, above[y, x])
    step = 1 << octave
    size = _SIGMA * 2.0 ** ((layer + scale_off) / LAYERS) * 2 * step
    columns = ((y + y_off) * step, (x + x_off) * step, size, np.abs(middle))
    labels = (np.full(len(y), octave), np.full(len(y), layer))
    rows = np.array([*columns, *labels], np.float64).reshape(6, -1)
    chosen: NDArray[np.float64] = rows[:, good]
    return chosen


def _vertex(before: Any, middle: NDArray[np.float64], after: Any) -> NDArray[np.float64]:
    bend = before + after - 2 * middle
    off = np.divide((before - after) / 2.0, bend, out=np.zeros_like(middle), where=np.abs(bend) > 1e-9)
    within: NDArray[np.float64] = np.clip(off, -0.5, 0.5)
    return within
