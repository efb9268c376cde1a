"""One photograph, altered as datasets and programs alter it; and photographs that show next to nothing.

What looks alike though it is not comes from haze: `veil` lays the same one over photographs of different eyes, and
`draw_hazy` draws discs of light, dust and noise without an eye. All are functions of their generator alone.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.views import SIZE, Pixels, View, draw_dirt, reencode


def letterbox(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Change the aspect (0.6 to 1.6), put black or coloured bars beside or above it, and save."""
    aspect = float(np.exp(rng.uniform(np.log(0.6), np.log(1.6))))
    size = (round(SIZE * min(1, aspect)), round(SIZE * min(1, 1 / aspect)))
    small: Any = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    across, down = (int(rng.integers(0, 80)) + SIZE - part for part in size)
    left, top = round(across * rng.uniform(0.3, 0.7)), round(down * rng.uniform(0.3, 0.7))
    colour = [(0, 0, 0), (0, 0, 0), (255, 255, 255), (70, 90, 110)][int(rng.integers(4))]
    sides = (top, down - top, left, across - left)
    boxed: Any = cv2.copyMakeBorder(small, *sides, cv2.BORDER_CONSTANT, value=colour)
    return reencode(np.asarray(boxed, np.uint8), rng)


def cut(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Cut up to an eighth of the picture off above and below, or at one side, and save."""
    height, width = pixels.shape[:2]
    if rng.random() < 0.5:
        top, bottom = (round(height * rng.uniform(0.03, 0.12)) for _ in range(2))
        return reencode(np.ascontiguousarray(pixels[top : height - bottom]), rng)
    return reencode(np.ascontiguousarray(pixels[:, round(width * rng.uniform(0.03, 0.12)) :]), rng)


def enlarge(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Keep the middle, 0.7 to 0.95 of the width, somewhat off the centre, at the old size, and save."""
    height, width = pixels.shape[:2]
    share = rng.uniform(0.7, 0.95)
    left, top = (rng.uniform(0, 1 - share, 2) * (width, height)).astype(int)
    part = pixels[top : top + round(share * height), left : left + round(share * width)]
    return reencode(np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8), rng)


def tilt_far(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Turn by 8 to 25 degrees inside the frame and save."""
    return _warp(pixels, rng, turn=float(rng.uniform(8, 25) * rng.choice([-1, 1])))


def augment(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Do what augmentation for training does: flip, turn up to 20, shift, zoom 0.9 to 1.15, light, and save."""
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    levels = np.clip(pixels * rng.uniform(0.7, 1.3) + rng.uniform(-10, 10), 0, 255).astype(np.uint8)
    shift = tuple(rng.uniform(-0.05, 0.05, 2).tolist())
    return _warp(levels, rng, turn=float(rng.uniform(-20, 20)), zoom=float(rng.uniform(0.9, 1.15)), shift=shift)


def fade(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Take contrast, or light, away from the whole picture, and save."""
    if rng.random() < 0.5:
        return reencode((pixels * rng.uniform(0.2, 0.5)).astype(np.uint8), rng)
    share = rng.uniform(0.3, 0.6)
    return reencode(np.clip(pixels * share + 255 * (1 - share) * 0.5, 0, 255).astype(np.uint8), rng)


def recolour(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Give each channel its own gain and gamma, sharpen or blur, and save."""
    levels = (pixels / 255.0) ** rng.uniform(0.7, 1.4, 3) * rng.uniform(0.7, 1.25, 3) * 255
    soft: Any = cv2.GaussianBlur(levels, (0, 0), 1.5)
    levels = levels + rng.uniform(-0.6, 0.8) * (levels - soft)
    return reencode(np.clip(levels, 0, 255).astype(np.uint8), rng)


def _warp(
    pixels: Pixels,
    rng: np.random.Generator,
    *,
    turn: float,
    zoom: float = 1.0,
    shift: tuple[float, ...] = (0.0, 0.0),
) -> Pixels:
    height, width = pixels.shape[:2]
    matrix: Any = cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom)
    matrix[:, 2] += np.array(shift) * (width, height)
    return reencode(np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC), np.uint8), rng)


ALTERED: dict[str, View] = {
    "letterboxed, aspect 0.6 to 1.6": letterbox,
    "field cut by 3 to 12 % a side": cut,
    "enlarged, 0.7 to 0.95 kept": enlarge,
    "turned by 8 to 25 degrees": tilt_far,
    "augmented for training": augment,
    "faded or darkened": fade,
    "recoloured, sharpened": recolour,
}
"""Near-duplicates, except that `augment` makes a mirror image of every second one."""


def veil(pixels: Pixels, strength: float, seed: int) -> Pixels:
    """Lay strong haze over a photograph, the same for every eye: light, gradient, blur; ``strength`` is 0..1."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width * 2 - 1, y / height * 2 - 1
    inside = cv2.GaussianBlur((pixels.max(axis=2) > 15).astype(np.float32), (0, 0), 1.0)[..., None]
    light = 130 * (1 + rng.normal(0, 0.2) * u + rng.normal(0, 0.2) * v - rng.uniform(0, 0.5) * (u * u + v * v))
    colour = np.array([1.0, rng.uniform(0.6, 0.9), rng.uniform(0.4, 0.8)])
    soft: Any = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 0.5 + 4 * strength)
    levels = soft * (1 - strength) + strength * light[..., None] * colour
    noise = cv2.GaussianBlur(
        np.random.default_rng([seed, int(pixels.sum()) % 2**31]).normal(0, 2, levels.shape), (0, 0), 0.6
    )
    return reencode(np.clip((levels + noise) * inside, 0, 255).astype(np.uint8), rng)


def draw_hazy(rng: np.random.Generator) -> Pixels:
    """Draw a round field that shows no eye: gradients, vignetting, soft blots, noise, JPEG's grid, perhaps dust."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    radius = float(rng.choice([235, 240, 243, 300, 360]))
    u, v = (x - 250) / radius, (y - 250) / radius
    square = u * u + v * v
    light = 1 + rng.normal(0, 0.25) * u + rng.normal(0, 0.25) * v - rng.uniform(-0.1, 0.6) * square
    if rng.random() < 0.6:  # a ring of scattered light, as from a cornea
        light += rng.uniform(0.05, 0.4) * np.exp(-((np.sqrt(square) - rng.uniform(0.7, 1.0)) ** 2) / 0.01)
    for _ in range(int(rng.integers(0, 6))):
        light += _blot(u, v, rng)
    texture: NDArray[Any] = cv2.GaussianBlur(rng.normal(0, 1, (SIZE, SIZE)), (0, 0), rng.uniform(2, 20))
    light += rng.uniform(0, 0.04) * texture / texture.std()
    levels = (rng.uniform(30, 170) * light)[..., None] * np.array([1.0, rng.uniform(0.5, 0.95), rng.uniform(0.2, 0.8)])
    levels = levels + cv2.GaussianBlur(rng.normal(0, rng.uniform(0, 6), levels.shape), (0, 0), 0.6)
    if rng.random() < 0.3:
        levels = levels * _DIRT[int(rng.integers(len(_DIRT)))][..., None]
    rim = np.clip((1 - np.sqrt(square)) * radius / rng.uniform(1, 4), 0, 1)[..., None]
    return reencode(np.clip(levels * rim, 0, 255).astype(np.uint8), rng)


def _blot(u: NDArray[Any], v: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    place = rng.uniform(-0.7, 0.7, 2)
    return np.asarray(
        rng.uniform(-0.3, 0.3) * np.exp(-((u - place[0]) ** 2 + (v - place[1]) ** 2) / rng.uniform(0.01, 0.3))
    )


_DIRT = [draw_dirt(np.random.default_rng(seed), specks) for seed, specks in ((1, 12), (2, 40))]
"""Two dirty lenses that many of the drawn fields were seen through."""
