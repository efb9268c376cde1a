"""What a picture looks like, in numbers: light, colour, sharpness, field of view, likeness, from one decode."""

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.probe.field import Field, find_brightest, find_reduced_field
from lagtool.probe.picture import Pixels, level_pixels

_SIDE = 48
_LEVEL = 8  # green levels above this belong to the field of view
_SURROUND = (31, 31)
_DISC = (9, 9)
_VESSEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_VESSEL_WEIGHT = 2.0
_RIM = np.ones((5, 5), np.uint8)
_ELSEWHERE = 8  # pixels, radius: a sixth of the picture
_DARK = 10.0  # levels added to the surround, so that noise in the dark counts little


class Disc(NamedTuple):
    """A disc's probable centre.

    Attributes:
        x: 0..1 from the left.
        y: 0..1 from above.
        score: 0..1, how much the place stands out: 1 less the ratio of the next best place, a sixth of the picture or
            more away, to the best. Not a probability; for what a score is worth see docs/disc.md.
    """

    x: float
    y: float
    score: float


def find_disc(small: NDArray[np.uint8]) -> Disc | None:
    """Return where the optic disc probably is; None where nothing stands out (a black or even picture).

    Args:
        small: (height, width, 3) RGB or (height, width) gray, 0..255, best reduced to 100 to 250 pixels by averaging:
            vessels must be lines of one to five pixels.
    """
    height, width = small.shape[:2]
    shrink = _SIDE / max(height, width)
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    plane: Any = cv2.extractChannel(small, 1) if small.ndim == 3 else small
    green: Any = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
    field: Any = cv2.threshold(green, _LEVEL, 1, cv2.THRESH_BINARY)[1]
    inner: Any = cv2.erode(field, _RIM, borderType=cv2.BORDER_CONSTANT, borderValue=(1,))
    vessels: Any = cv2.morphologyEx(green, cv2.MORPH_BLACKHAT, _VESSEL)
    surround = _sum_surround(cv2.multiply(green, field)) / (_sum_surround(field) + np.float32(0.1))
    # Single precision throughout: these small planes cost what their bytes cost.
    contrast = cv2.addWeighted(green, 1.0, vessels, _VESSEL_WEIGHT, 0.0, dtype=cv2.CV_32F)
    contrast = (contrast - surround) * inner.astype(np.float32) / (surround + np.float32(_DARK))
    response: Any = cv2.boxFilter(contrast, -1, _DISC, borderType=cv2.BORDER_REPLICATE) * inner
    _, best, _, place = cv2.minMaxLoc(response)
    if best <= 0:
        return None
    cv2.circle(response, place, _ELSEWHERE, (0.0,), -1)
    score = 1 - cv2.minMaxLoc(response)[1] / best
    return Disc((place[0] + 0.5) / size[0], (place[1] + 0.5) / size[1], score)


def _sum_surround(plane: Any) -> Any:
    return cv2.boxFilter(plane, cv2.CV_32F, _SURROUND, normalize=False, borderType=cv2.BORDER_REPLICATE)


REDUCED_SIDE = 125
"""Numbers that need no fine detail come from the picture reduced (area average, whole factor) to about this side."""

_WINDOW = 0.3
"""Share of the field's width and height over which a hash takes the local mean away."""

UNDER, OVER = 10, 250
CUT_SHARE = 0.05
"""A side cuts the field where at least this share of the picture's border on that side lies in the field."""

_SIDES = ("left", "top", "right", "bottom")
_LEVELS = np.arange(256)
_LEVEL_LOGS = _LEVELS * np.log2(np.maximum(_LEVELS, 1))
_COUNTS = np.arange(1 << 16)
_COUNT_LOGS = _COUNTS * np.log2(np.maximum(_COUNTS, 1))
_SUMS = np.stack([_LEVELS, _LEVELS**2, _LEVELS < UNDER, _LEVELS > OVER], axis=1).astype(np.float64)


class ImageFacts(NamedTuple):
    """Numbers of one image, in the order of the schema; units and formulas are given there."""

    pixels_sha256: str
    red_mean: float
    green_mean: float
    blue_mean: float
    red_std: float
    green_std: float
    blue_std: float
    brightness: float
    contrast: float
    saturation: float
    sharpness: float
    entropy: float
    underexposed: float
    overexposed: float
    field_left: float
    field_top: float
    field_right: float
    field_bottom: float
    field_share: float
    field_cut: str
    phash: str
    phash_mirror: str
    phash64: str
    disc_x: float | None
    disc_y: float | None
    disc_score: float | None


class MapFacts(NamedTuple):
    """Numbers of one attention map, in the order of the schema."""

    color: bool
    min: int
    max: int
    mean: float
    mass: float
    peak_x: float
    peak_y: float
    centroid_x: float | None
    centroid_y: float | None
    spread: float | None
    entropy: float | None
    zero_share: float
    grid: str
    levels: int
    areas: str | None
    borders: str | None


GRID = 16
"""Cells of a map's grid, across and down."""

MOST_LEVELS = 16
"""A picture of more gray levels is no drawing of regions."""

COLOR_TOLERANCE = 16
"""Channels of a gray map saved as colour differ by a few levels after JPEG; a colour overlay by far more."""


def measure_image(pixels: Pixels, *, disc: bool = True) -> ImageFacts:
    """Return the facts of an image.

    Args:
        pixels: (height, width, 3) or (height, width), 0..255, at a quarter of the picture's size.
        disc: Whether to look for the optic disc, which takes a quarter of the time.
    """
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}x{pixels.shape[2] if pixels.ndim == 3 else 1}:".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    factor = max(1, round(max(width, height) / REDUCED_SIDE))
    size = (max(1, width // factor), max(1, height // factor))
    small: Any = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if factor > 1 else pixels
    if small.ndim == 2:
        small = cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)
    gray: Any = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    means, deviations = cv2.meanStdDev(small)
    histogram = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    brightness, square, under, over = (histogram @ _SUMS / gray.size).tolist()
    red, green, blue = cv2.split(small)
    brightest: Any = find_brightest(small)
    field = find_reduced_field(small, brightest)
    darkest = cv2.min(cv2.min(red, green), blue)
    saturation = cv2.mean(cv2.divide(cv2.subtract(brightest, darkest), brightest, scale=255))[0] / 255
    facts: tuple[Any, ...] = (
        digest.hexdigest(),
        *[round(value, 3) for value in means.ravel().tolist() + deviations.ravel().tolist()],
        round(brightness, 3),
        round(math.sqrt(max(0.0, square - brightness**2)), 3),
        round(saturation, 4),
        _sharpness(pixels),
        round(math.log2(gray.size) - float(_COUNT_LOGS[histogram.astype(np.intp)].sum()) / gray.size, 4),
        round(under, 5),
        round(over, 5),
        *_describe_field(field),
        *_hashes(gray, field),
        *(_disc(green) if disc else (None, None, None)),
    )
    return ImageFacts._make(facts)


def _sharpness(pixels: Pixels) -> float:
    """Return the variance of the Laplacian of the luma in the middle of the picture, half as wide and high.

    It is measured before any further reduction, which takes away the detail that sharpness is, and in the middle, since
    that is retina in every fundus photograph.
    """
    height, width = pixels.shape[:2]
    middle: Any = pixels[height // 4 : height - height // 4, width // 4 : width - width // 4]
    if middle.ndim == 3:
        middle = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY)
    laplacian = cv2.Laplacian(middle, cv2.CV_16S)
    mean = cv2.mean(laplacian)[0]
    return float(round(cv2.norm(laplacian, cv2.NORM_L2SQR) / laplacian.size - mean * mean, 3))


def _describe_field(field: Field) -> tuple[float, float, float, float, float, str]:
    """Return the field's bounding box (left, top, right, bottom; 0..1), its share, and the sides that cut it."""
    mask = field.mask
    borders = (mask[:, 0], mask[0], mask[:, -1], mask[-1])
    cut = (side for side, line in zip(_SIDES, borders, strict=True) if np.count_nonzero(line) >= CUT_SHARE * len(line))
    share = cv2.countNonZero(mask) / mask.size
    return (*(round(min(max(edge, 0.0), 1.0), 4) for edge in field.box), round(share, 4), ",".join(cut) or "none")  # type: ignore[return-value]


def _disc(green: Any) -> tuple[float | None, float | None, float | None]:
    disc = find_disc(green)
    return (None, None, None) if disc is None else (round(disc.x, 4), round(disc.y, 4), round(disc.score, 4))


def _hashes(gray: Any, field: Field) -> tuple[str, str, str]:
    """Return perceptual hashes of a field of view: 256 bits of it, 256 of its mirror image, 64 of it.

    The luma less its local mean, both within the field only, is transformed (DCT-II) over the field's box, so that
    neither frame nor shape, neither rim nor light are in the hash. A bit says whether a coefficient, of rows and
    columns 1 to 16 (64 bits: 1 to 8), lies above their median. Mirroring left to right turns the sign of the odd
    columns, so the mirror's hash needs no second transform.
    """
    mask, box = field.mask, field.box
    height, width = gray.shape
    left, right = round(8 * width * box.left), round(8 * width * box.right)
    top, bottom = round(8 * height * box.top), round(8 * height * box.bottom)
    rows, columns = _cosines(height, top, bottom), _cosines(width, left, right)
    window = [max(3, int(_WINDOW * (last - first) / 8)) | 1 for first, last in ((left, right), (top, bottom))]
    low = (rows @ _flatten(gray, mask, window)).astype(np.float64) @ columns.T
    both = _hex_bits(np.stack((low, low * _MIRROR)).reshape(2, 256))
    return both[:64], both[64:], _hex_bits(low[:8, :8].reshape(1, 64))


def _flatten(gray: Any, mask: Any, window: Sequence[int]) -> NDArray[np.float32]:
    """Return the luma less its mean over a window, both in the field only, in whole numbers; 0 outside."""
    inside = cv2.multiply(gray, mask)
    total, number = (
        cv2.boxFilter(plane, cv2.CV_32F, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
        for plane in (inside, mask)
    )
    # Sums of whole numbers below 2^24 are exact, and so is what a division of them is rounded to.
    mean = cv2.divide(total, np.maximum(number, np.float32(1)))
    np.rint(mean, out=mean)
    return np.asarray(cv2.multiply(cv2.subtract(inside, mean, dtype=cv2.CV_32F), mask, dtype=cv2.CV_32F), np.float32)


@lru_cache(4096)
def _cosines(length: int, first: int, last: int) -> NDArray[np.float32]:
    """Rows 1 to 16 of the DCT-II matrix over a part of ``length`` points, at most 190, in whole numbers (times 512).

    The part is given in eighths of a point, ``first`` to ``last``. Products of whole numbers whose sums stay below
    2^24 in the first, 2^53 in the second multiplication are exact, so that the bits are the same on every machine,
    whatever order its library adds in.
    """
    points = (8 * (np.arange(length) + 0.5) - first) / (last - first)
    cosines = np.round(512 * np.cos(np.pi * np.arange(1, 17)[:, None] * points))
    return np.where((points >= 0) & (points <= 1), cosines, 0).astype(np.float32)


_MIRROR = np.where(np.arange(1, 17) % 2, -1.0, 1.0)[None, :]


def _hex_bits(rows: NDArray[np.float64]) -> str:
    """Return which coefficients of each row lie at or above the row's median, one row after the other."""
    half = rows.shape[1] // 2
    middles = np.partition(rows, half, axis=1)[:, half : half + 1]
    return np.packbits(rows >= middles).tobytes().hex()


def measure_map(pixels: Pixels) -> MapFacts:
    """Return the facts of an attention map; of a coloured one, those of its channels' mean.

    Args:
        pixels: (height, width) or (height, width, 3), 0..255.
    """
    color = False
    if pixels.ndim == 3:
        spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
        color = bool(spread.max() > COLOR_TOLERANCE)
        pixels = level_pixels(pixels)
    height, width = pixels.shape
    size = pixels.size
    lowest, highest, _, _ = cv2.minMaxLoc(pixels)
    peak_y, peak_x = divmod(int(pixels.argmax()), width)
    histogram: Any = cv2.calcHist([pixels], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    moments = cv2.moments(pixels)
    total = moments["m00"]
    centre: tuple[float | None, ...] = (None, None, None, None)
    if total:
        variance = (moments["mu20"] / width**2 + moments["mu02"] / height**2) / total
        # All pixels of one level have the same share of the mass, so the sum runs over 256 levels, not over pixels.
        entropy = math.log2(total) - float(histogram @ _LEVEL_LOGS) / total
        centre = (
            round((moments["m10"] / total + 0.5) / width, 5),
            round((moments["m01"] / total + 0.5) / height, 5),
            round(math.sqrt(max(0.0, variance)), 5),
            round(entropy, 4),
        )
    facts: tuple[Any, ...] = (
        color,
        int(lowest),
        int(highest),
        round(total / size, 4),
        round(total / size / 255, 6),
        round((peak_x + 0.5) / width, 5),
        round((peak_y + 0.5) / height, 5),
        *centre,
        round(float(histogram[0]) / size, 5),
        _grid(pixels),
        *_regions(pixels, histogram),
    )
    return MapFacts._make(facts)


def _regions(pixels: Pixels, histogram: NDArray[np.float64]) -> tuple[int, str | None, str | None]:
    """Return the number of levels, the pixels of each, and how often each two meet side by side or one above the other.

    Of more than `MOST_LEVELS`, which is no drawing of regions, the number only.
    """
    levels = np.flatnonzero(histogram)
    if len(levels) > MOST_LEVELS:
        return len(levels), None, None
    areas = " ".join(f"{level}:{int(histogram[level])}" for level in levels.tolist())
    meetings = np.zeros(1 << 16, np.int64)
    for one, other in ((pixels[:, :-1], pixels[:, 1:]), (pixels[:-1], pixels[1:])):
        edge = one != other
        low, high = np.minimum(one[edge], other[edge]), np.maximum(one[edge], other[edge])
        meetings += np.bincount(low.astype(np.intp) << 8 | high, minlength=1 << 16)
    pairs = np.flatnonzero(meetings).tolist()
    return len(levels), areas, " ".join(f"{pair >> 8}-{pair & 255}:{meetings[pair]}" for pair in pairs) or None


def _grid(pixels: Pixels) -> str:
    """Return the mean gray level of each of 16 x 16 cells, in hexadecimal; a smaller map has its pixels repeated."""
    height, width = pixels.shape
    if height < GRID or width < GRID:
        larger = (width if width >= GRID else GRID * width, height if height >= GRID else GRID * height)
        pixels = np.asarray(cv2.resize(pixels, larger, interpolation=cv2.INTER_NEAREST), np.uint8)
    cells: Any = cv2.resize(pixels, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return str(cells.tobytes().hex())
