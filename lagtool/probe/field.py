"""Where the field of view of a fundus photograph lies: found once, so that everything else looks at the retina only.

A photograph comes with black corners or none, letterboxed, cut, with writing beside it, on white or coloured paper.
What is taken from its field does not depend on these. Method, on the picture reduced to about 125 pixels: flat paper
that fills corners and ends in a step is outside; of the rest, what is brighter than the corners by a share of what
the field is; thin things (writing, frames) are taken away by an opening, and small parts (logos) dropped.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.probe.picture import Pixels

Mask = NDArray[np.uint8]
Plane = NDArray[np.float32]

REDUCED_SIDE = 125
"""Longer side, about, at which the field is looked for."""

_ABOVE, _LEAST_ABOVE, _MOST_ABOVE = 0.06, 4.0, 10.0
"""The field begins this share of its mean level above the dark, in at least and at most so many gray levels."""
_DARK = 40  # gray levels: a corner below this is no paper
_PAPER_RANGE, _PAPER_STEP, _PAPER_SHARE = 8, 14.0, 0.01
_SQUARE = np.ones((3, 3), np.uint8)
_SHARPEST = 1.5  # pixels: a blur is taken at a size at which it is no sharper than this, nor twice as wide
_NARROW = 8  # pixels: the edges of a narrower field are left between pixels
_CUT = 0.7  # of the level two pixels further in: a border pixel this bright is retina, not the rim's shine
_PART = 0.15  # share of the largest part: smaller parts are logos and reflexes


class Box(NamedTuple):
    """A rectangle in shares of the picture, 0..1: its edges from the left and from above."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE = Box(0.0, 0.0, 1.0, 1.0)
"""The box of a picture in which no field was found."""


class Field(NamedTuple):
    """The field of view.

    Attributes:
        mask: (height, width) of the reduced picture, 1 in the field, else 0.
        box: What the field fills, in shares of the picture; the whole picture where the mask is empty.
    """

    mask: Mask
    box: Box


class Crop(NamedTuple):
    """A picture cropped to its field's box, so that frame and writing are taken out; made square, the shape as well.

    Attributes:
        pixels: (height, width[, 3]), 0..255.
        mask: (height, width), 1 in the field, else 0.
    """

    pixels: Pixels
    mask: Mask


def find_brightest(pixels: Pixels) -> Any:
    """Return the brightest channel at each place of a picture, (height, width)."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = cv2.split(pixels)
    return cv2.max(cv2.max(red, green), blue)


def find_field(pixels: Pixels) -> Field:
    """Return the field of view of a picture of any size, (height, width[, 3])."""
    height, width = pixels.shape[:2]
    factor = max(1, round(max(width, height) / REDUCED_SIDE))
    size = (max(1, width // factor), max(1, height // factor))
    small: Any = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if factor > 1 else pixels
    return find_reduced_field(small, find_brightest(small))


def find_reduced_field(small: Pixels, brightest: Any) -> Field:
    """Return the field of a picture that is reduced already; ``brightest`` is its brightest channel."""
    height, width = brightest.shape
    corners = np.sort(brightest[:: max(1, height - 1), :: max(1, width - 1)], axis=None)
    paper = _find_paper(small) if corners[-1] >= _DARK else None
    dark = float(corners[corners.size // 2])
    dark = dark if dark < _DARK else 0.0
    lit: Any = cv2.threshold(brightest, dark + _MOST_ABOVE, 1, cv2.THRESH_BINARY)[1]
    if paper is not None:
        lit[paper > 0] = 0
    level = dark + min(max(_ABOVE * (cv2.mean(brightest, lit)[0] - dark), _LEAST_ABOVE), _MOST_ABOVE)
    mask: Any = cv2.threshold(brightest, level, 1, cv2.THRESH_BINARY)[1]
    if paper is not None:
        mask[paper > 0] = 0
    if not _is_one_part(mask):  # mostly it is, and that is told soon
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _SQUARE)
        mask = mask if _is_one_part(mask) else _keep_large(mask)
    left, top, across, down = cv2.boundingRect(mask)
    if not across or not down:
        return Field(mask, WHOLE)
    covered = brightest if paper is None else np.where(paper > 0, np.uint8(dark), brightest)
    x = _find_edges(covered, mask, left, left + across, dark)
    y = _find_edges(covered.T, mask.T, top, top + down, dark)
    return Field(mask, Box(x[0] / width, y[0] / height, x[1] / width, y[1] / height))


def _find_edges(brightest: Any, mask: Any, first: int, last: int, dark: float) -> tuple[float, float]:
    """Return where the field begins and ends across, to parts of a pixel: one half covered is half as bright."""
    if last - first < _NARROW:
        return first, last
    return first + _cover(brightest, mask, first, dark), last - _cover(
        brightest[:, ::-1], mask[:, ::-1], brightest.shape[1] - last, dark
    )


def _cover(brightest: Any, mask: Any, edge: int, dark: float) -> float:
    """Return how far inside the left side of the column ``edge`` the field begins, -1..2 pixels."""
    rows = mask[:, edge].nonzero()[0]
    near = brightest[rows[0] : rows[-1] + 1, max(0, edge - 1) : edge + 3].astype(np.float32)
    shares = (near[:, :-1] - dark) / (np.maximum(near[:, -1:], dark + 1) - dark)
    covered: list[float] = [min(max(share, 0.0), 1.0) for share in shares.max(axis=0).tolist()]
    if edge == 0 and covered[0] >= _CUT:
        return 0.0  # the picture cuts the field
    return 2.0 - float(sum(covered))


def _find_paper(small: Pixels) -> Mask | None:
    """Return flat parts without dark that begin in a corner and end in a step, 1 there; None where there are none."""
    height, width = small.shape[:2]
    paper = np.zeros((height, width), np.uint8)
    for y, x in ((0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)):
        if paper[y, x] or int(np.max(small[y, x])) < _DARK:
            continue
        filled = np.zeros((height + 2, width + 2), np.uint8)
        flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
        around = (_PAPER_RANGE,) * 3
        cv2.floodFill(np.ascontiguousarray(small), filled, (x, y), (0,), around, around, flags)
        part = filled[1:-1, 1:-1]
        if np.count_nonzero(part) >= _PAPER_SHARE * part.size and _ends_in_step(small, part, small[y, x]):
            paper |= part
    if not paper.any():
        return None
    return np.asarray(cv2.dilate(paper, _SQUARE), np.uint8)  # a pixel that is half paper is as bright as a retina


def _ends_in_step(small: Pixels, part: Mask, colour: Any) -> bool:
    """Say whether what lies three pixels beyond a flat part differs from it clearly almost everywhere."""
    near: Any = cv2.dilate(part, _SQUARE, iterations=2)
    ring = (cv2.dilate(near, _SQUARE) > 0) & (near == 0)
    if not ring.any():
        return False  # one colour throughout is no paper
    apart = np.abs(small[ring].astype(np.float32) - np.asarray(colour, np.float32)).reshape(int(ring.sum()), -1)
    return bool(np.quantile(apart.max(axis=1), 0.2) >= _PAPER_STEP)


def _keep_large(mask: Any) -> Mask:
    number, labels, figures, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if number <= 2:
        return np.asarray(mask, np.uint8)
    areas = figures[:, cv2.CC_STAT_AREA]
    keep = areas >= _PART * areas[1:].max()
    keep[0] = False
    return np.asarray(keep[labels], np.uint8)


def _is_one_part(mask: Any) -> bool:
    """Say whether every row has one run of the mask at most, as a field without gaps has."""
    begins = cv2.countNonZero(cv2.compare(mask[:, 1:], mask[:, :-1], cv2.CMP_GT)) + cv2.countNonZero(mask[:, 0])
    return bool(begins <= np.count_nonzero(mask.max(axis=1)))


def crop_field(pixels: Pixels, field: Field, side: int, *, square: bool = True) -> Crop:
    """Return a picture cropped to its field's box; the box's edges may lie between pixels.

    Args:
        pixels: The picture, of any size: the one that the field was found in, or the same one less reduced.
        field: Its field.
        side: Pixels, width and height of the result.
        square: False: keep the box's shape, with ``side`` as its longer side. A field that the frame cuts above and
            below is no circle that was stretched; a box alone does not tell these apart.
    """
    height, width = pixels.shape[:2]
    across, down = (field.box.right - field.box.left) * width, (field.box.bottom - field.box.top) * height
    longer = max(across, down)
    size = (side, side) if square else (max(1, round(side * across / longer)), max(1, round(side * down / longer)))
    mask = _cut(field.mask * np.uint8(255), field.box, size)
    return Crop(_cut(pixels, field.box, size), (mask > 127).astype(np.uint8))


def _cut(pixels: Pixels, box: Box, size: tuple[int, int]) -> Pixels:
    height, width = pixels.shape[:2]
    left, right, top, bottom = box.left * width, box.right * width, box.top * height, box.bottom * height
    x, y = int(np.floor(left)), int(np.floor(top))
    part = pixels[y : max(y + 1, int(np.ceil(bottom))), x : max(x + 1, int(np.ceil(right)))]
    steps = np.array([(right - left) / size[0], (bottom - top) / size[1]])
    offset = np.array([left - x, top - y])
    if steps.max() > 1:  # averaged by areas first, so that nothing fine is aliased
        whole = np.array(part.shape[1::-1])
        shrunk = np.maximum(1, np.round(whole / np.maximum(1, steps))).astype(int)
        part = np.asarray(cv2.resize(part, (int(shrunk[0]), int(shrunk[1])), interpolation=cv2.INTER_AREA), np.uint8)
        steps, offset = steps * shrunk / whole, offset * shrunk / whole
    matrix = np.column_stack([np.diag(steps), offset + steps / 2 - 0.5])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut: Any = cv2.warpAffine(part, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def smooth(plane: Any, weight: Any, sigma: float) -> Plane:
    """Return the local mean of what is in the field: blur(plane * weight) / blur(weight), so that no rim shows.

    Args:
        plane: (height, width), float32.
        weight: (height, width), float32: 1 in the field, else 0.
        sigma: Of the Gaussian, pixels.
    """
    inside: Any = cv2.multiply(plane, weight)
    factor = 1 << max(0, int(np.log2(sigma / _SHARPEST)))  # what is this smooth costs little at a smaller size
    height, width = plane.shape
    if factor > 1 and min(height, width) >= 8 * factor:
        size = (width // factor, height // factor)
        inside, weight = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (inside, weight))
        sigma /= factor
    near: Any = cv2.GaussianBlur(weight, (0, 0), sigma)
    mean: Any = cv2.divide(cv2.GaussianBlur(inside, (0, 0), sigma), np.maximum(near, np.float32(1e-3)))
    if mean.shape != plane.shape:
        mean = cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(mean, np.float32)
