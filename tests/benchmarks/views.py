"""Views of a photograph: what else the same eye, or the same picture, may come along as.

All functions take and return (height, width, 3) RGB of 8 bits and are functions of their generator alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from lagtool.duplicates.vessels import SIDE
from lagtool.probe.field import Crop, crop_field, find_field

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


def crop_to_field(pixels: Pixels) -> Crop:
    """Return a picture cropped to its field of view, as the search for one eye takes it."""
    return crop_field(pixels, find_field(pixels), SIDE, square=False)


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


# The same eye at another visit: pairs of photographs, each with one thing that differs between visits and cameras.


@dataclass(frozen=True)
class Visit:
    """What one photograph is taken with; every default changes nothing.

    Attributes:
        share: Radius of the field, of that of the photograph it is made of.
        at: Centre of the field, in radii of that photograph, (right, down).
        turn: Degrees.
        bend: Radial distortion: a point at the rim moves by this share of the radius.
        decentring: Decentring distortion (tangential), right and down, share of the radius at the rim.
        colour: Gain of the three channels.
        gamma: Exponent of the levels.
        haze: Share of scattered light, 0..1.
        blur: Sigma, pixels of 500.
        noise: Gray levels.
        calibre: Pixels of 500 by which vessels are wider (or, below 0, narrower).
        lesions: Number of new spots, dark and bright.
        cut: Target radius, in halves of the frame; above 1 the frame cuts the field.
    """

    share: float = 1.0
    at: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    bend: float = 0.0
    decentring: tuple[float, float] = (0.0, 0.0)
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    haze: float = 0.0
    blur: float = 0.4
    noise: float = 1.5
    calibre: float = 0.0
    lesions: int = 0
    cut: float = 0.95


def visit(pixels: Pixels, how: Visit, rng: np.random.Generator) -> Pixels:
    """Take a photograph of the eye of a square photograph with a round field that nearly fills it."""
    side = pixels.shape[0]
    radius, target = 0.465 * side, how.cut * SIZE / 2
    aged = _age(pixels, how, rng)
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    u, v = (x - SIZE / 2) / target, (y - SIZE / 2) / target
    square = u * u + v * v
    right, down = how.decentring
    bent_u = u * (1 + how.bend * (square - 0.5)) + right * (square + 2 * u * u) / 3 + 2 * down * u * v / 3
    bent_v = v * (1 + how.bend * (square - 0.5)) + down * (square + 2 * v * v) / 3 + 2 * right * u * v / 3
    angle = np.deg2rad(how.turn)
    a, b = np.cos(angle) * how.share, np.sin(angle) * how.share
    map_x = side / 2 + radius * (how.at[0] + a * bent_u - b * bent_v)
    map_y = side / 2 + radius * (how.at[1] + b * bent_u + a * bent_v)
    seen: Any = cv2.remap(aged, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_CUBIC)
    levels = (seen / np.float32(255)) ** np.float32(how.gamma) * np.array(how.colour, np.float32) * np.float32(255)
    veil = levels[square < 1].mean(axis=0) * np.float32(1.15)
    levels = levels * np.float32(1 - how.haze) + veil * np.float32(how.haze)
    levels = np.asarray(cv2.GaussianBlur(levels, (0, 0), how.blur), np.float32)
    levels += rng.normal(0, how.noise, levels.shape).astype(np.float32)
    rim = np.clip((1 - np.sqrt(square)) * target / 2, 0, 1)[..., None]
    return reencode(np.clip(levels * rim, 0, 255).astype(np.uint8), rng)


def _age(pixels: Pixels, how: Visit, rng: np.random.Generator) -> Pixels:
    """Return the eye years later: vessels wider or narrower, new dark and bright spots, a paler and larger cup."""
    aged = pixels.astype(np.float32)
    if how.calibre:
        thick: Any = (cv2.erode if how.calibre > 0 else cv2.dilate)(pixels, np.ones((3, 3), np.uint8))
        aged += np.float32(min(1.0, abs(how.calibre))) * (thick - aged)
    if how.lesions:
        side = pixels.shape[0]
        bright: Any = cv2.GaussianBlur(aged.sum(axis=2), (0, 0), side / 60)
        top = np.unravel_index(int(bright.argmax()), bright.shape)
        cup = np.zeros(pixels.shape[:2], np.float32)
        cv2.circle(cup, (int(top[1]), int(top[0])), round(side / 30), (1.0,), -1)
        aged *= 1 + np.float32(0.2) * cv2.GaussianBlur(cup, (0, 0), side / 120)[..., None]
    for _ in range(how.lesions):
        spot = np.zeros(pixels.shape[:2], np.float32)
        way, far = rng.uniform(0, 2 * np.pi), 0.44 * np.sqrt(rng.uniform(0, 1))
        place = (0.5 + far * np.array([np.cos(way), np.sin(way)])) * pixels.shape[0]
        axes = (int(rng.integers(2, 9)), int(rng.integers(2, 6)))
        cv2.ellipse(spot, (round(place[0]), round(place[1])), axes, float(rng.uniform(0, 180)), 0, 360, (1.0,), -1)
        tint = np.array([0.75, 0.6, 0.7] if rng.random() < 0.6 else [1.15, 1.35, 1.2], np.float32)
        aged *= 1 + (tint - 1) * cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.8, 2.0))[..., None]
    return np.asarray(np.clip(aged, 0, 255), np.uint8)


def _another_camera(rng: np.random.Generator, **changes: Any) -> Visit:
    sign = float(rng.choice([-1, 1]))
    given = {
        "share": rng.uniform(0.8, 0.98),
        "turn": rng.uniform(-6, 6),
        "bend": sign * rng.uniform(0.04, 0.1),
        "decentring": (rng.uniform(-0.03, 0.03), rng.uniform(-0.03, 0.03)),
        "colour": (rng.uniform(0.75, 1.1), rng.uniform(0.75, 1.2), rng.uniform(0.5, 1.4)),
        "gamma": rng.uniform(0.75, 1.35),
        "blur": rng.uniform(0.4, 1.4),
        "noise": rng.uniform(1, 4),
        "cut": float(rng.choice([0.95, 0.98, 1.1])),
    }
    return Visit(**{**given, **changes})


def _far_apart(rng: np.random.Generator, apart: float) -> tuple[Visit, Visit]:
    """Return two visits whose fields, 0.7 as wide as the photograph's, lie ``apart`` of their radii from each other."""
    way = rng.uniform(0, 2 * np.pi)
    step = 0.7 * apart / 2 * np.array([np.cos(way), np.sin(way)])
    one = Visit(share=0.7, at=(float(step[0]), float(step[1])))
    bend = float(rng.choice([-1, 1])) * rng.uniform(0, 0.05)
    return one, _another_camera(rng, share=0.7, at=(-float(step[0]), -float(step[1])), bend=bend)


def _zoom(rng: np.random.Generator) -> tuple[Visit, Visit]:
    share = rng.uniform(0.7, 0.85)
    way, far = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.97 - share)
    place = (float(far * np.cos(way)), float(far * np.sin(way)))
    pair = (Visit(), _another_camera(rng, share=share, at=place, bend=rng.uniform(-0.04, 0.04)))
    return pair if rng.random() < 0.5 else (pair[1], pair[0])


VISITS: dict[str, Callable[[np.random.Generator], tuple[Visit, Visit]]] = {
    "another camera": lambda rng: (Visit(), _another_camera(rng)),
    "zoom 0.7 to 1.4": _zoom,
    "turned by 10 to 25 degrees": lambda rng: (
        Visit(),
        _another_camera(rng, turn=float(rng.choice([-1, 1])) * rng.uniform(10, 25), bend=rng.uniform(-0.03, 0.03)),
    ),
    "upside down": lambda rng: (Visit(), _another_camera(rng, turn=180 + rng.uniform(-6, 6))),
    "frame shifted, 75 % in common": lambda rng: _far_apart(rng, 0.39),
    "frame shifted, 50 % in common": lambda rng: _far_apart(rng, 0.8),
    "haze": lambda rng: (
        Visit(haze=rng.uniform(0.4, 0.6), blur=1.2, noise=2),
        _another_camera(rng, haze=rng.uniform(0.4, 0.7), bend=rng.uniform(-0.04, 0.04)),
    ),
    "out of focus": lambda rng: (Visit(), _another_camera(rng, blur=rng.uniform(2.0, 3.2))),
    "dark": lambda rng: (Visit(), _another_camera(rng, colour=(0.4, 0.32, 0.3), gamma=1.2, noise=rng.uniform(2, 4))),
    "ten years": lambda rng: (
        Visit(),
        _another_camera(
            rng, calibre=float(rng.choice([-0.9, 0.9])), lesions=int(rng.integers(15, 60)), haze=rng.uniform(0.1, 0.4)
        ),
    ),
    "years, camera, haze, blur and bend at once": lambda rng: (
        Visit(bend=rng.uniform(-0.08, 0.08)),
        _another_camera(
            rng,
            share=rng.uniform(0.7, 0.95),
            turn=rng.uniform(-15, 15),
            bend=float(rng.choice([-1, 1])) * rng.uniform(0.1, 0.2),
            decentring=(rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.06)),
            calibre=float(rng.choice([-0.9, 0.9])),
            lesions=int(rng.integers(30, 90)),
            haze=rng.uniform(0.4, 0.75),
            blur=rng.uniform(1.2, 2.4),
            noise=rng.uniform(2, 5),
        ),
    ),
}
"""What differs between two photographs of one eye, in turn; each gives what the two are taken with."""


def draw_fibres(rng: np.random.Generator, fibres: int) -> NDArray[np.float32]:
    """Return fibres on a lens or a sensor, thin, bent and up to a third of the field long, (500, 500), 0..1."""
    dirt = np.ones((SIZE, SIZE), np.float32)
    for _ in range(fibres):
        layer = np.zeros((SIZE, SIZE), np.float32)
        at, angle = rng.uniform(60, SIZE - 60, 2), rng.uniform(0, 2 * np.pi)
        path = [at]
        for _ in range(int(rng.integers(4, 16))):
            angle += rng.normal(0, 0.25)
            path.append(path[-1] + 10 * np.array([np.cos(angle), np.sin(angle)]))
        cv2.polylines(layer, [np.round(path).astype(np.int32)], isClosed=False, color=(1.0,), thickness=2)
        dirt *= 1 - np.float32(rng.uniform(0.2, 0.5)) * cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.8, 1.5))
    return dirt
