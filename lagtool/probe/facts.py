"""What a picture looks like, in numbers: light, colour, sharpness, field of view, likeness, from one decode."""

import hashlib
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.probe.disc import find_disc
from lagtool.probe.picture import Pixels

REDUCED_SIDE = 125
"""Numbers that need no fine detail come from the picture reduced (area average, whole factor) to about this side."""

FIELD_LEVEL = 15
"""Pixels whose brightest channel is above this belong to the field of view; JPEG noise in black stays below."""

UNDER, OVER = 10, 250
CUT_SHARE = 0.05
"""A side cuts the field where at least this share of the picture's border on that side lies in the field."""

_HASH_SIDE = 64
_SIDES = ("left", "top", "right", "bottom")
_LEVELS = np.arange(256)
cv2.setNumThreads(1)  # the scan has its own processes; threads in each would fight for the cores


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


COLOR_TOLERANCE = 16
"""Channels of a gray map saved as colour differ by a few levels after JPEG; a colour overlay by far more."""


def measure_image(pixels: Pixels) -> ImageFacts:
    """Return the facts of an image.

    Args:
        pixels: (height, width, 3) or (height, width), 0..255.
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
    means, deviations = (figures.ravel().tolist() for figures in cv2.meanStdDev(small))
    histogram = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    shares = histogram / gray.size
    brightness = float(shares @ _LEVELS)
    contrast = float(np.sqrt(max(0.0, float(shares @ (_LEVELS * _LEVELS)) - brightness**2)))
    used = shares[shares > 0]
    red, green, blue = cv2.split(small)
    brightest: Any = cv2.max(cv2.max(red, green), blue)
    darkest = cv2.min(cv2.min(red, green), blue)
    saturation = cv2.mean(cv2.divide(cv2.subtract(brightest, darkest), brightest, scale=255))[0] / 255
    _, laplacian = cv2.meanStdDev(cv2.Laplacian(_central_luma(pixels), cv2.CV_16S))
    measured: tuple[float, ...] = (
        *(round(value, 3) for value in (*means, *deviations)),
        round(brightness, 3),
        round(contrast, 3),
        round(saturation, 4),
        round(float(laplacian[0, 0]) ** 2, 3),
        round(float(-(used @ np.log2(used))), 4),
        round(float(shares[:UNDER].sum()), 5),
        round(float(shares[OVER + 1 :].sum()), 5),
    )
    return ImageFacts._make((digest.hexdigest(), *measured, *_field(brightest), *_hashes(gray), *_disc(small)))


def _central_luma(pixels: Pixels) -> Any:
    """Return the luma of the middle of the picture, half as wide and high, at full resolution.

    Sharpness lives in detail that any reduction takes away, and the middle of a fundus photograph is retina.
    """
    height, width = pixels.shape[:2]
    middle = pixels[height // 4 : height - height // 4, width // 4 : width - width // 4]
    return cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY) if middle.ndim == 3 else middle


def _field(brightest: Any) -> tuple[float, float, float, float, float, str]:
    """Return the field's bounding box (left, top, right, bottom; 0..1), its share, and the sides that cut it."""
    mask = brightest > FIELD_LEVEL
    height, width = mask.shape
    box: Any = cv2.boundingRect(mask.view(np.uint8))
    left, top, across, down = (int(value) for value in box)
    borders = (mask[:, 0].mean(), mask[0].mean(), mask[:, -1].mean(), mask[-1].mean())
    cut = ",".join(side for side, share in zip(_SIDES, borders, strict=True) if share >= CUT_SHARE)
    return (
        round(left / width, 4),
        round(top / height, 4),
        round((left + across) / width, 4),
        round((top + down) / height, 4),
        round(float(np.count_nonzero(mask)) / mask.size, 4),
        cut or "none",
    )


def _disc(small: Any) -> tuple[float | None, float | None, float | None]:
    disc = find_disc(small)
    return (None, None, None) if disc is None else (round(disc.x, 4), round(disc.y, 4), round(disc.score, 4))


def _hashes(gray: Any) -> tuple[str, str, str]:
    """Return perceptual hashes of a picture: 256 bits of it, 256 of its mirror image, 64 of it.

    The luma is averaged down to 64 x 64 and transformed (DCT-II); a bit says whether a coefficient, of rows and columns
    1 to 16 (64 bits: 1 to 8), lies above their median. Mirroring left to right turns the sign of the odd columns, so
    the mirror's hash needs no second transform.
    """
    square = cv2.resize(gray, (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(square)[1:17, 1:17]
    mirrored = low * _MIRROR
    return _bits(low), _bits(mirrored), _bits(low[:8, :8])


_MIRROR = np.where(np.arange(1, 17) % 2, -1.0, 1.0).astype(np.float32)[None, :]


def _bits(coefficients: NDArray[Any]) -> str:
    flat = coefficients.ravel()
    middle = np.partition(flat, flat.size // 2)[flat.size // 2]
    return np.packbits(flat >= middle).tobytes().hex()


def measure_map(pixels: Pixels) -> MapFacts:
    """Return the facts of an attention map; of a coloured one, those of its channels' mean.

    Args:
        pixels: (height, width) or (height, width, 3), 0..255.
    """
    color = False
    if pixels.ndim == 3:
        spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
        color = bool(spread.max() > COLOR_TOLERANCE)
        pixels = pixels.mean(axis=2).round().astype(np.uint8)
    height, width = pixels.shape
    columns = pixels.sum(axis=0, dtype=np.int64)
    rows = pixels.sum(axis=1, dtype=np.int64)
    total = int(columns.sum())
    peak_y, peak_x = divmod(int(pixels.argmax()), width)
    histogram = np.bincount(pixels.ravel(), minlength=256)
    centre: tuple[float | None, ...] = (None, None, None, None)
    if total:
        x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        mean_x, mean_y = float(columns @ x) / total, float(rows @ y) / total
        variance = float(columns @ (x - mean_x) ** 2 + rows @ (y - mean_y) ** 2) / total
        # All pixels of one level have the same share of the mass, so the sum runs over 256 levels, not over pixels.
        share = _LEVELS[1:] / total
        entropy = float(-(histogram[1:] * share) @ np.log2(share))
        centre = (round(mean_x, 5), round(mean_y, 5), round(variance**0.5, 5), round(entropy, 4))
    levels = (color, int(pixels.min()), int(pixels.max()), round(total / pixels.size, 4))
    mass = round(total / pixels.size / 255, 6)
    peak = (round((peak_x + 0.5) / width, 5), round((peak_y + 0.5) / height, 5))
    return MapFacts._make((*levels, mass, *peak, *centre, round(int(histogram[0]) / pixels.size, 5)))
