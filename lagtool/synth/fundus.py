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
_SHRINK = SIZE / _SMOOTH
_PATTERN = 160
_PER_DISC = 20  # pixels of the pattern per disc diameter
_SUBPIXEL = 4  # bits
_DISC_RIM = np.array([250, 132, 58], np.float32)
_DISC_CUP = np.array([272, 200, 96], np.float32)
_PALE = np.array([0.15, 0.5, 0.6], np.float32)  # by how much a crescent beside the disc is brighter than the rest
_FLARE = np.array([18, 14, 92], np.float32)
_BLOOD = np.array([0.26, 0.6, 0.66])  # how much of red, green and blue a dark vessel takes away


@dataclass(frozen=True, eq=False)
class Fundus:
    """A drawn photograph, (500, 500, 3) RGB, and the scene that it shows (``scene.view.disc``: the disc's centre)."""

    pixels: Pixels
    scene: Scene


def draw_fundus(seed: int, number: int, label: int, view: int = 0, *, hazy: bool = False) -> Fundus:
    """Draw the photograph of sample ``number``: see `compose_scene`, of which these are the arguments."""
    scene = compose_scene(seed, number, label, view, hazy=hazy)
    return Fundus(render(scene), scene)


def render(scene: Scene) -> Pixels:
    """Draw a scene, (500, 500, 3) RGB."""
    picture: Pixels = cv2.resize(_paint_ground(scene), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    picture = cv2.multiply(picture, _draw_vessels(scene), scale=1 / 255)  # type: ignore[assignment]
    view = scene.view
    strength = view.noise / 74
    grain = cv2.merge([_draw_grain(view.grain, SIZE)] * 3)
    picture = cv2.addWeighted(picture, 1.0, grain, strength, -127.5 * strength)  # type: ignore[assignment]
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
    """Paint all but the vessels, at half the width: tint, light, choroid, macula, blots, sheen, reflexes, disc."""
    eye, view = scene.eye, scene.view
    clear = np.float32(1 - view.haze)
    disc = np.array(view.disc) / _SHRINK
    scale = view.scale / _SHRINK
    light = _even_light(scene)
    pattern = _lay_pattern(scene)
    light *= 1 + np.float32(eye.texture_depth) * clear * pattern
    light *= 1 - np.float32(eye.macula_depth) * clear * _bump(scene.place(np.array(eye.macula)) / _SHRINK, 0.5 * scale)
    light += np.float32(0.17) * _bump(disc, 0.85 * scale)
    for blot in view.blots:
        light *= 1 - np.float32(blot.strength) * _bump(np.array(blot.place) / _SHRINK, blot.radius / _SHRINK)
    np.clip(light, 0.03, None, out=light)
    # Red saturates first: bright places turn orange and yellow, dark ones red.
    red, green, blue = (light * np.float32(level) for level in eye.tint)
    green *= np.float32(0.72) + np.float32(0.28) * light
    blue *= np.float32(0.7) + np.float32(0.3) * light
    picture: Plane = cv2.merge([red, green, blue])  # type: ignore[assignment]
    if eye.sheen:
        # Nerve fibres shine in ragged patches round the disc and along the arcades.
        shine = np.clip(pattern - 0.5, 0, 1.5) * np.clip(light, 0, 1)
        picture += (shine * np.float32(34 * eye.sheen) * clear * _bump(disc, 1.5 * scale))[..., None]
    for flare in view.flares:
        glow = np.float32(flare.strength) * _bump(np.array(flare.place) / _SHRINK, flare.radius / _SHRINK)
        picture += glow[..., None] * _FLARE
    _paint_disc(picture, scene)
    return cv2.convertScaleAbs(picture)  # type: ignore[return-value]


def _even_light(scene: Scene) -> Plane:
    """Return the light that falls in: strongest at one place, weaker to all sides and across the picture."""
    view = scene.view
    middle = _SMOOTH / 2
    x, y = np.arange(_SMOOTH, dtype=np.float32), np.arange(_SMOOTH, dtype=np.float32)[:, None]
    across, down = (
        np.float32(tilt) * (place / np.float32(middle) - 1)
        - np.float32(view.falloff / middle**2) * (place - np.float32(light / _SHRINK)) ** 2
        for place, tilt, light in zip((x, y), view.tilt, view.light, strict=True)
    )
    light: Plane = (across + (1 + down)) * np.float32(view.gain)
    return light


def _paint_disc(picture: Plane, scene: Scene) -> None:
    """Paint the disc with its cup, and a crescent beside it, into a picture of half the width."""
    eye, view = scene.eye, scene.view
    disc = np.array(view.disc) / _SHRINK
    reach = (0.8 + eye.crescent) * view.scale / _SHRINK
    left, top = np.maximum(0, disc - reach).astype(int)
    right, bottom = np.minimum(_SMOOTH, disc + reach + 1).astype(int)
    cos, sin = np.cos(eye.disc_turn), np.sin(eye.disc_turn)
    back = _SHRINK * np.array([[cos, sin], [-sin, cos]]) @ np.linalg.inv(scene.matrix)
    x, y = np.arange(left, right) - disc[0], np.arange(top, bottom)[:, None] - disc[1]
    across, along = ((row[0] * x + row[1] * y).astype(np.float32) for row in back)

    def cover(shift: tuple[float, float], ratio: float, edge: float, steep: float) -> Plane:
        wide, high = (np.float32(1 / (ratio * half)) for half in eye.disc)
        out = np.hypot((across - np.float32(shift[0])) * wide, (along - np.float32(shift[1])) * high)
        covered: Plane = np.clip((np.float32(edge) - out) * np.float32(steep), 0, 1)
        return covered[..., None]

    sharp = 1 / (1 + 0.25 * view.blur)
    ground = picture[top:bottom, left:right]
    # The disc is lit by the same light as what surrounds it, and tinted by the same lens.
    around = ground.mean(axis=(0, 1))
    level = np.float32(0.9 * np.clip(around[0] / 170, 0.3, 1.1) * eye.disc_light)
    if eye.crescent:
        pale = cover((eye.crescent * 0.8, 0), 1 + eye.crescent, 1.0, 5 * sharp) * np.float32(0.6 * (1 - view.haze))
        ground *= 1 + pale * _PALE
    whole = cover((0, 0), 1, 1.05, 9 * sharp) * np.float32(0.93 * (1 - 0.6 * view.haze))
    cup = cover(eye.cup_shift, eye.cup_ratio, 1.12, 4.5 * sharp)
    ground += whole * ((_DISC_RIM + cup * (_DISC_CUP - _DISC_RIM)) * level + np.float32(0.25) * around - ground)


def _draw_vessels(scene: Scene) -> Pixels:
    """Return what the vessels let through, per channel, 255 being all."""
    eye, view = scene.eye, scene.view
    mask = np.zeros((SIZE, SIZE), np.uint8)
    points = np.round(scene.place(eye.vessels) * (1 << _SUBPIXEL)).astype(np.int32)
    cuts = np.linspace(0, points.shape[1] - 1, 5).astype(int).tolist()
    strokes: dict[tuple[int, int], list[NDArray[np.int32]]] = {}
    # A vessel thins out: four strokes, each narrower than the one before; below one pixel it pales instead.
    widths = view.scale * eye.widths[:, None] * (1 - 0.17 * np.arange(4))
    levels = eye.depths[:, None] * (1 - 0.85 * view.haze) * np.minimum(1, 0.3 + 0.35 * widths) * 15
    whole = np.stack([np.maximum(1, np.rint(widths)), np.rint(levels)], axis=-1).astype(int).tolist()
    for vessel, parts in zip(points, whole, strict=True):
        for part, (thickness, level) in enumerate(parts):
            strokes.setdefault((thickness, level), []).append(vessel[cuts[part] : cuts[part + 1] + 1])
    for (thickness, level), lines in sorted(strokes.items()):
        cv2.polylines(mask, lines, isClosed=False, color=(level * 17,), thickness=thickness, shift=_SUBPIXEL)
    side = 5 if view.blur < 1.2 else 2 * math.ceil(2 * view.blur) + 1
    mask = cv2.GaussianBlur(mask, (side, side), view.blur + view.scale / 200)  # type: ignore[assignment]
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


def _lay_pattern(scene: Scene) -> Plane:
    """Return the choroid's pattern, soft patches or streaks, about -1..1; it is the eye's own and moves with it."""
    grain = _draw_grain(scene.eye.texture, _PATTERN).astype(np.float32) - 127.5

    def smooth(sigma: float) -> Plane:
        # Evenly spread bytes deviate by 74; a Gaussian of this width leaves 1 / (3.54 sigma) of that.
        return cv2.GaussianBlur(grain, (0, 0), sigma) * np.float32(3.54 * sigma / 74)

    fine, middle = smooth(1.1), smooth(2.5)
    coarse = cv2.resize(cv2.resize(grain, (16, 16), interpolation=cv2.INTER_AREA), grain.shape) * np.float32(10 / 74)
    if scene.eye.tigroid:
        middle = np.float32(0.8) - np.abs(middle)
    pattern = np.float32(0.55) * fine + np.float32(0.6) * middle + np.float32(0.35) * coarse
    back = np.linalg.inv(scene.matrix) * _SHRINK * _PER_DISC
    shift = np.array([_PATTERN / 2 - 1.2 * _PER_DISC, _PATTERN / 2]) - back @ (np.array(scene.view.disc) / _SHRINK)
    matrix = np.column_stack([back, shift])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REFLECT_101
    return cv2.warpAffine(pattern, matrix, (_SMOOTH, _SMOOTH), flags=flags, borderMode=border)  # type: ignore[return-value]


def _draw_grain(seed: int, side: int) -> Pixels:
    """Return a square of evenly spread bytes: no two pictures share any, or strangers would match by their noise."""
    return np.frombuffer(np.random.default_rng(seed).bytes(side * side), np.uint8).reshape(side, side)


def _bump(place: NDArray[np.float64], radius: float) -> Plane:
    """Return a Gaussian of height 1."""
    steps = np.arange(_SMOOTH, dtype=np.float32)[:, None]
    x, y = np.exp(-0.5 * ((steps - place) / max(radius, 1e-3)) ** 2).astype(np.float32).T
    return np.outer(y, x)


@cache
def _blood_table() -> Pixels:
    level = np.arange(256)[:, None] / 255
    table: Pixels = np.round(255 * (1 - level * _BLOOD)).astype(np.uint8).reshape(1, 256, 3)
    return table
