"""Drawing a scene as a fundus photograph."""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from lagtool.synth.scene import SIZE, Scene, compose_scene

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

MIN_BYTES, MAX_BYTES = 20_000, 60_000

# Light and texture are smooth: a quarter of the pixels is enough for them.
_SMOOTH = SIZE // 2
_FIELD = 1024
_NOISE = 2 * SIZE
_SUBPIXEL = 4  # bits
_DISC_RIM = np.array([238, 150, 72], np.float32)
_DISC_CUP = np.array([255, 226, 138], np.float32)
_BLOOD = np.array([0.28, 0.62, 0.66])  # how much of red, green and blue a dark vessel takes away


@dataclass(frozen=True, eq=False)
class Fundus:
    """A drawn photograph, (500, 500, 3) RGB, and the scene that it shows (``scene.view.disc``: the disc's centre)."""

    pixels: Pixels
    scene: Scene


def draw_fundus(seed: int, number: int, label: int, view: int = 0) -> Fundus:
    """Draw the photograph of sample ``number``; each further ``view`` is another photograph of the same eye."""
    scene = compose_scene(seed, number, label, view)
    return Fundus(render(scene), scene)


def render(scene: Scene) -> Pixels:
    """Draw a scene, (500, 500, 3) RGB."""
    picture: Pixels = cv2.resize(_paint_ground(scene), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    _paint_disc(picture, scene)
    picture = cv2.multiply(picture, _draw_vessels(scene), scale=1 / 255)  # type: ignore[assignment]
    view = scene.view
    row, column = view.noise_place
    noise = _noise()[row : row + SIZE, column : column + SIZE]
    strength = view.noise / 16
    picture = cv2.addWeighted(picture, 1.0, noise, strength, -128 * strength)  # type: ignore[assignment]
    if _shows_rim(scene):
        picture = cv2.multiply(picture, cv2.merge([_draw_field(scene)] * 3), scale=1 / 255)  # type: ignore[assignment]
    return picture


def encode_fundus(pixels: Pixels, quality: int) -> bytes:
    """Return the JPEG of an image; where it would be unlike LAG's 20 to 60 KB, ``quality`` gives way."""
    data = encode_jpeg(pixels, quality)
    while len(data) > MAX_BYTES and quality > 30:
        quality -= 4
        data = encode_jpeg(pixels, quality)
    while len(data) < MIN_BYTES and quality < 98:
        quality += 2
        data = encode_jpeg(pixels, quality)
    return data


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Return the JPEG of a picture: gray in one component, or colour, subsampled 4:2:0."""
    if pixels.ndim == 2:
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels[..., None]), quality, "gray", "gray"))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, "rgb", "420"))


def _paint_ground(scene: Scene) -> Pixels:
    """Paint what is smooth, at half the width: tint, light, choroid, macula, the glow round the disc, a blot."""
    eye, view = scene.eye, scene.view
    half = SIZE / _SMOOTH
    x, y = _grid()
    light_x, light_y = view.light[0] / half, view.light[1] / half
    middle = _SMOOTH / 2
    light = ((x - light_x) ** 2 + (y - light_y) ** 2) * np.float32(-view.falloff / middle**2)
    light += x * np.float32(view.tilt[0] / middle) + y * np.float32(view.tilt[1] / middle)
    light += np.float32(view.gain - view.tilt[0] - view.tilt[1])
    light *= 1 + np.float32(eye.texture_depth) * _look_up_texture(scene)
    scale = view.scale / half
    macula = scene.place(np.array(eye.macula)) / half
    light *= 1 - np.float32(eye.macula_depth) * _bump(macula[0], macula[1], 0.55 * scale)
    light += np.float32(0.16) * _bump(view.disc[0] / half, view.disc[1] / half, 0.85 * scale)
    if view.blot is not None:
        light *= 1 - np.float32(0.55) * _bump(*(value / half for value in view.blot))
    np.clip(light, 0.03, None, out=light)
    # Red saturates first: bright places turn orange and yellow, dark ones red.
    red, green, blue = (light * np.float32(level) for level in eye.tint)
    green *= np.float32(0.72) + np.float32(0.28) * light
    blue *= np.float32(0.7) + np.float32(0.3) * light
    return cv2.convertScaleAbs(cv2.merge([red, green, blue]))  # type: ignore[return-value]


def _paint_disc(picture: Pixels, scene: Scene) -> None:
    """Paint the disc with its cup, as far as it lies in the picture."""
    eye, view = scene.eye, scene.view
    reach = 0.75 * view.scale
    left, top = (max(0, int(centre - reach)) for centre in view.disc)
    right, bottom = (min(SIZE, int(centre + reach) + 1) for centre in view.disc)
    if left >= right or top >= bottom:
        return
    x, y = np.meshgrid(np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
    back = np.linalg.inv(scene.matrix).astype(np.float32)
    dx, dy = x - np.float32(view.disc[0]), y - np.float32(view.disc[1])
    u, v = back[0, 0] * dx + back[0, 1] * dy, back[1, 0] * dx + back[1, 1] * dy
    cos, sin = np.float32(np.cos(eye.disc_turn)), np.float32(np.sin(eye.disc_turn))
    across, along = cos * u + sin * v, cos * v - sin * u
    out = np.hypot(across / np.float32(eye.disc[0]), along / np.float32(eye.disc[1]))
    shift_x, shift_y = (np.float32(value) for value in eye.cup_shift)
    ratio = np.float32(eye.cup_ratio)
    inner = np.hypot(
        (across - shift_x) / (ratio * np.float32(eye.disc[0])), (along - shift_y) / (ratio * np.float32(eye.disc[1]))
    )
    disc = np.clip((1.05 - out) * 7, 0, 1)[..., None] * np.float32(0.86)
    cup = np.clip((1.12 - inner) * 3.2, 0, 1)[..., None]
    ground = picture[top:bottom, left:right].astype(np.float32)
    # The disc is lit by the same light as what surrounds it.
    level = np.clip(ground.mean(axis=(0, 1))[0] / 190, 0.45, 1.1) * eye.disc_light
    colour = (_DISC_RIM * (1 - cup) + _DISC_CUP * cup) * np.float32(level)
    mixed = ground * (1 - disc) + colour * disc
    picture[top:bottom, left:right] = np.clip(mixed, 0, 255).astype(np.uint8)


def _draw_vessels(scene: Scene) -> Pixels:
    """Return what the vessels let through, per channel, 255 being all."""
    eye, view = scene.eye, scene.view
    mask = np.zeros((SIZE, SIZE), np.uint8)
    points = np.round(scene.place(eye.vessels) * (1 << _SUBPIXEL)).astype(np.int32)
    steps = points.shape[1]
    cuts = np.linspace(0, steps - 1, 5).astype(int)
    strokes: dict[tuple[int, int], list[NDArray[np.int32]]] = {}
    for vessel, width, depth in zip(points, eye.widths * view.scale, eye.depths, strict=True):
        # A vessel thins out: four strokes, each narrower than the one before; below one pixel it pales instead.
        for part in range(4):
            thickness = width * (1 - 0.17 * part)
            stroke = (max(1, round(thickness)), round(depth * min(1.0, 0.35 + 0.4 * thickness) * 15))
            strokes.setdefault(stroke, []).append(vessel[cuts[part] : cuts[part + 1] + 1])
    for (thickness, level), lines in sorted(strokes.items()):
        cv2.polylines(mask, lines, isClosed=False, color=(level * 17,), thickness=thickness, shift=_SUBPIXEL)
    mask = cv2.GaussianBlur(mask, (5, 5), 0.55 + view.scale / 130)  # type: ignore[assignment]
    return cv2.LUT(cv2.merge([mask, mask, mask]), _blood_table())  # type: ignore[return-value]


def _shows_rim(scene: Scene) -> bool:
    x, y, radius = scene.view.field
    return radius < math.hypot(max(x, SIZE - x), max(y, SIZE - y)) + 2


def _draw_field(scene: Scene) -> Pixels:
    x, y, radius = scene.view.field
    mask = np.zeros((SIZE, SIZE), np.uint8)
    unit = 1 << _SUBPIXEL
    centre = (round(x * unit), round(y * unit))
    cv2.circle(mask, centre, round(radius * unit), (255,), -1, cv2.LINE_AA, _SUBPIXEL)
    if scene.view.notch is not None:
        angle = scene.view.notch
        at = (round((x + (radius + 3) * np.cos(angle)) * unit), round((y + (radius + 3) * np.sin(angle)) * unit))
        cv2.circle(mask, at, 11 * unit, (0,), -1, cv2.LINE_AA, _SUBPIXEL)
    return cv2.blur(mask, (3, 3))  # type: ignore[return-value]


def _look_up_texture(scene: Scene) -> Plane:
    """Return the choroid's pattern, which lies still in the eye and so moves with the view."""
    half = SIZE / _SMOOTH
    back = np.linalg.inv(scene.matrix) * half * 40  # 40 pixels of the pattern per disc diameter
    place = np.array(scene.eye.texture) % _FIELD
    shift = place - back @ (np.array(scene.view.disc) / half)
    matrix = np.column_stack([back, shift]).astype(np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(  # type: ignore[return-value]
        _texture(), matrix, (_SMOOTH, _SMOOTH), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )


def _bump(x: float, y: float, radius: float) -> Plane:
    """Return a Gaussian of height 1."""
    places = np.arange(_SMOOTH, dtype=np.float32)
    width = np.float32(0.5 / max(radius, 1e-3) ** 2)
    return np.outer(np.exp(-((places - np.float32(y)) ** 2) * width), np.exp(-((places - np.float32(x)) ** 2) * width))


@cache
def _grid() -> tuple[Plane, Plane]:
    x, y = np.meshgrid(np.arange(_SMOOTH, dtype=np.float32), np.arange(_SMOOTH, dtype=np.float32))
    return x, y


@cache
def _texture() -> Plane:
    """Soft patches of three sizes, about -1..1."""
    rng = np.random.default_rng(1)
    total = np.zeros((_FIELD, _FIELD), np.float32)
    for sigma, weight in ((2.2, 0.5), (7, 0.8), (26, 0.9)):
        layer = cv2.GaussianBlur(rng.standard_normal((_FIELD, _FIELD), np.float32), (0, 0), sigma)
        total += np.float32(weight) * layer / layer.std()
    return total


@cache
def _noise() -> Pixels:
    """Noise of a sensor, standard deviation 16 round 128, a little of it shared by neighbours as cameras do."""
    grain = np.random.default_rng(2).standard_normal((_NOISE, _NOISE, 3), np.float32)
    shared = cv2.GaussianBlur(grain, (3, 3), 0.6)
    noise: Pixels = np.clip(128 + 16 * shared / shared.std(), 0, 255).astype(np.uint8)
    return noise


@cache
def _blood_table() -> Pixels:
    level = np.arange(256)[:, None] / 255
    table: Pixels = np.round(255 * (1 - level * _BLOOD)).astype(np.uint8).reshape(1, 256, 3)
    return table
