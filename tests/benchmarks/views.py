"""Views of a photograph: what else the same eye, or the same picture, may come along as.

All functions take and return (height, width, 3) RGB of 8 bits and are functions of their generator alone.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
View = Callable[[Pixels, np.random.Generator], Pixels]

SIZE = 500


def encode(pixels: Pixels, quality: int = 90) -> bytes:
    """Return the JPEG of a picture."""
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality=quality, colorsubsampling="420"))


def decode(data: bytes) -> Pixels:
    """Return the pixels of a JPEG."""
    pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB")
    return pixels


def reencode(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Save again with another quality."""
    return decode(encode(pixels, int(rng.integers(40, 96))))


def resize(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Scale to another size, 0.45 to 1.6 times as wide, and save."""
    side = round(pixels.shape[1] * float(rng.choice([0.45, 0.6, 0.8, 1.2, 1.6])))
    return reencode(_resize(pixels, side, side), rng)


def crop(pixels: Pixels, rng: np.random.Generator, most: float = 0.08) -> Pixels:
    """Cut up to ``most`` off each side, scale to the old size, and save."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = rng.uniform(0, most, 4)
    part = pixels[round(top * height) : round((1 - bottom) * height), round(left * width) : round((1 - right) * width)]
    return reencode(_resize(part, width, height), rng)


def brighten(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Change brightness, contrast and gamma, each channel a little apart, and save."""
    gain = rng.uniform(0.75, 1.3) * rng.uniform(0.94, 1.06, 3)
    gamma = rng.uniform(0.75, 1.35)
    levels = (pixels / 255.0) ** gamma * gain * 255 + rng.uniform(-12, 12) * (pixels > 12)
    return reencode(np.clip(levels, 0, 255).astype(np.uint8), rng)


def mirror(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Mirror left to right and save."""
    return reencode(np.ascontiguousarray(pixels[:, ::-1]), rng)


def turn(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Turn by 90, 180 or 270 degrees and save."""
    return reencode(np.ascontiguousarray(np.rot90(pixels, int(rng.integers(1, 4)))), rng)


def mirror_and_turn(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Mirror, turn by 90, 180 or 270 degrees and save."""
    return turn(np.ascontiguousarray(pixels[:, ::-1]), rng)


def blur(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Blur a little and save."""
    return reencode(_blur(pixels, rng.uniform(0.6, 1.6)), rng)


def tilt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Turn by a few degrees inside the frame and save."""
    angle = float(rng.uniform(1.5, 8) * rng.choice([-1, 1]))
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return reencode(_warp(pixels, matrix, width, height), rng)


def rephotograph(pixels: Pixels, rng: np.random.Generator, turned: float | None = None) -> Pixels:
    """Take another photograph of the same eye: other framing, scale, turn, lens, light, colour, focus, noise.

    The new round field lies wholly within the old one: 0.6 to 0.95 of its radius, with the framings of LAG (whole
    field with black corners, cut field, no rim at all).

    Args:
        pixels: A square photograph with a round field that nearly fills it.
        rng: Decides everything.
        turned: Turn in degrees; None: up to 8 either way.
    """
    side = pixels.shape[0]
    radius = 0.475 * side
    share = rng.uniform(0.6, 0.95)
    way, far = rng.uniform(0, 2 * np.pi), radius * (1 - share) * np.sqrt(rng.uniform(0, 1))
    at = np.array([side / 2 + far * np.cos(way), side / 2 + far * np.sin(way)])
    shape = rng.random()
    target = rng.uniform(232, 249) if shape < 0.5 else rng.uniform(256, 320) if shape < 0.85 else rng.uniform(354, 380)
    scale = radius * share / target
    angle = np.deg2rad(rng.uniform(-8, 8) if turned is None else turned)
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    centre = SIZE / 2 + rng.normal(0, 2, 2)
    u, v = (x - centre[0]) / target, (y - centre[1]) / target
    bend = 1 + rng.uniform(-0.05, 0.05) * (u * u + v * v)
    shear = rng.normal(0, 0.012, (2, 2))
    dx, dy = u * bend * target * scale, v * bend * target * scale
    a, b = np.cos(angle), np.sin(angle)
    map_x = at[0] + (a + shear[0, 0]) * dx + (-b + shear[0, 1]) * dy
    map_y = at[1] + (b + shear[1, 0]) * dx + (a + shear[1, 1]) * dy
    seen: Any = cv2.remap(pixels, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_CUBIC)
    levels = relight(seen, u, v, rng)
    levels = np.asarray(cv2.GaussianBlur(levels, (0, 0), rng.uniform(0.5, 1.8)), np.float32)
    levels += cv2.GaussianBlur(rng.normal(0, rng.uniform(2, 6), levels.shape).astype(np.float32), (0, 0), 0.6)
    rim = np.clip((1 - np.hypot(u, v)) * target / 2, 0, 1)[..., None]
    return reencode(np.clip(levels * rim, 0, 255).astype(np.uint8), rng)


def relight(seen: Pixels, u: NDArray[Any], v: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a picture under other light: gain, gamma, tint, haze, a gradient, a dark or bright soft spot."""
    levels = (seen / np.float32(255)) ** np.float32(rng.uniform(0.75, 1.35))
    levels *= (rng.uniform(0.7, 1.2) * rng.uniform(0.85, 1.15, 3)).astype(np.float32)
    haze = rng.uniform(0, 0.3)
    levels = levels * np.float32(1 - haze) + np.float32(haze) * levels.mean(axis=(0, 1))
    steep = rng.normal(0, 0.2, 2)
    light = 1 + steep[0] * u + steep[1] * v - rng.uniform(0, 0.35) * (u * u + v * v)
    if rng.random() < 0.4:
        spot = rng.uniform(-0.6, 0.6, 2)
        light += rng.uniform(-0.4, 0.3) * np.exp(-((u - spot[0]) ** 2 + (v - spot[1]) ** 2) / rng.uniform(0.02, 0.15))
    relit: NDArray[np.float32] = (levels * np.clip(light, 0.15, None)[..., None] * 255).astype(np.float32)
    return relit


def soil(pixels: Pixels, dirt: NDArray[np.float32]) -> Pixels:
    """Return a picture taken through a dirty lens; ``dirt`` is what the lens lets through, (height, width), 0..1."""
    return (pixels * dirt[..., None]).astype(np.uint8)


def draw_dirt(rng: np.random.Generator, specks: int = 40) -> NDArray[np.float32]:
    """Return dirt on a lens: small dark round specks, rings and a few short fibres, (500, 500), 0..1."""
    dirt = np.ones((SIZE, SIZE), np.float32)
    for _ in range(specks):
        x, y = rng.uniform(40, SIZE - 40, 2)
        layer = np.zeros((SIZE, SIZE), np.float32)
        kind = rng.random()
        if kind < 0.7:
            cv2.circle(layer, (round(x), round(y)), int(rng.integers(1, 6)), (1.0,), -1, cv2.LINE_AA)
        elif kind < 0.85:
            cv2.circle(layer, (round(x), round(y)), int(rng.integers(5, 11)), (1.0,), 2, cv2.LINE_AA)
        else:
            angle, length = rng.uniform(0, np.pi), rng.uniform(10, 30)
            end = (round(x + length * np.cos(angle)), round(y + length * np.sin(angle)))
            cv2.line(layer, (round(x), round(y)), end, (1.0,), 2, cv2.LINE_AA)
        dirt *= 1 - np.float32(rng.uniform(0.2, 0.55)) * cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.8, 2.0))
    return dirt


def _resize(pixels: Pixels, width: int, height: int) -> Pixels:
    smaller = width < pixels.shape[1]
    resized: Any = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


def _blur(pixels: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _warp(pixels: Pixels, matrix: Any, width: int, height: int) -> Pixels:
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC), np.uint8)
