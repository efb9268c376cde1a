"""Vessels of a fundus photograph: a map of what is dark against its surroundings, and the lines in it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.probe.field import Crop, Mask, Plane

SIDE = 250
"""Longer side, in pixels, of the reduced picture that all of likeness works on: vessels of LAG stay 2 to 8 wide."""

_RIM = 9  # pixels taken off the field, where the rim would pass for a vessel
_CUT = 0.4  # of the frame's side: a field that covers more of it than this is cut by it
_SURROUNDINGS = 5.0
_SPREAD = 15.0
_LINE_WIDTHS = (1.4, 2.4, 4.0)
_FAINT, _CLEAR = 0.22, 0.5
SHORTEST = 28  # pixels: what extends less is no vessel, but a speck, a fibre or a reflex


@dataclass(frozen=True, eq=False)
class Darkness:
    """What is dark against its surroundings.

    Attributes:
        levels: (height, width), about -3..3: how much darker than its surroundings a pixel is, in local deviations.
        field: (height, width), 255 in the field of view without its rim, else 0.
    """

    levels: Plane
    field: Mask


def measure_darkness(crop: Crop) -> Darkness:
    """Return how dark every place of a field is against its surroundings, by the green channel.

    Vessels show best in green. Subtracting the local mean takes the light away, dividing by the local deviation the
    contrast; both are taken over the field of view only, so that its rim makes no line.
    """
    green = crop.pixels[..., 1] if crop.pixels.ndim == 3 else crop.pixels
    seen = crop.mask
    field = _take_rim_off(seen)
    weight = seen.astype(np.float32)
    # The weights are smooth: at a quarter of the size they cost a sixteenth.
    near, wide = _blur_near(weight), _blur_wide(weight)
    level = green.astype(np.float32)
    level -= _blur_near(level * weight) / np.maximum(near, 1e-3)
    level *= weight
    deviation = np.sqrt(_blur_wide(level * level) / np.maximum(wide, 1e-3))
    level /= -(deviation + np.float32(1.0))
    level[field == 0] = 0
    return Darkness(level, field)


def _take_rim_off(seen: Mask) -> Mask:
    """Return a field (0 or 1) without its rim (0 or 255); where the frame cuts the field, there is no rim."""
    framed: Any = cv2.copyMakeBorder(seen, _RIM, _RIM, _RIM, _RIM, cv2.BORDER_REPLICATE)
    for turned in (framed, framed[::-1], framed.T, framed.T[::-1]):
        if np.count_nonzero(turned[_RIM]) < _CUT * turned.shape[1]:  # the frame touches the field, but cuts it not
            turned[:_RIM] = 0
    inner = np.asarray(cv2.erode(framed, round_kernel(_RIM)), np.uint8)[_RIM:-_RIM, _RIM:-_RIM]
    return np.ascontiguousarray(inner * np.uint8(255))


def round_kernel(radius: int) -> Any:
    """Return the structuring element of a disc, ``2 * radius + 1`` pixels wide."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def trace_vessels(darkness: Darkness) -> Plane:
    """Return how strongly each place lies on a vessel, 0..1: long dark lines only.

    The measure is that of ridges (eigenvalues of the Hessian, over three widths), less what a round speck gives; lines
    are followed from clear to faint ones, and short ones dropped.
    """
    strength = np.zeros_like(darkness.levels)
    for width in _LINE_WIDTHS:
        smooth: Any = cv2.GaussianBlur(darkness.levels, (0, 0), width)
        xx: Any = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3)
        yy: Any = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3)
        xy: Any = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3)
        middle = (xx + yy) / 2
        apart = np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
        ridge = apart - middle - np.abs(middle + apart)
        np.maximum(strength, ridge * np.float32(width * width / 4), out=strength)
    strength[darkness.field == 0] = 0
    number, labels, figures, _ = cv2.connectedComponentsWithStats((strength > _FAINT).astype(np.uint8), connectivity=8)
    extent = np.hypot(figures[:, cv2.CC_STAT_WIDTH], figures[:, cv2.CC_STAT_HEIGHT])
    clear = np.bincount(labels.ravel(), weights=(strength > _CLEAR).ravel(), minlength=number) > 0
    keep = (extent >= SHORTEST) & clear
    keep[0] = False
    kept: Plane = np.where(keep[labels], np.minimum(strength, 1), 0).astype(np.float32)
    return kept


def _blur_near(plane: Any) -> Any:
    return cv2.GaussianBlur(plane, (0, 0), _SURROUNDINGS)


def _blur_wide(plane: Any) -> Any:
    height, width = plane.shape
    small = cv2.resize(plane, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), _SPREAD / 4), (width, height), interpolation=cv2.INTER_LINEAR)


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
