"""Drawn pictures as files: of the size and in the format that a profile asks for."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.errors import LagtoolError
from lagtool.profiles import SlotName, SlotSpec
from lagtool.synth.attention import MAP_QUALITY, MAP_SIZE, draw_attention, encode_map
from lagtool.synth.fundus import encode_fundus, encode_jpeg, render
from lagtool.synth.scene import SIZE, Scene

SIZES: dict[SlotName, tuple[int, int]] = {"image": (SIZE, SIZE), "map": (MAP_SIZE, MAP_SIZE)}
"""Width and height of what is drawn, in pixels."""

_BACKGROUND, _DISC, _CUP = 255, 128, 0
_WRITERS = {"JPEG": ".jpg", "PNG": ".png", "BMP": ".bmp", "TIFF": ".tiff", "WEBP": ".webp"}
_BY_SUFFIX = {".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF"} | {suffix: name for name, suffix in _WRITERS.items()}
_MODES: dict[SlotName, str] = {"image": "RGB", "map": "L"}

Pixels = NDArray[np.uint8]


def check_drawable(name: str, slot: SlotName, spec: SlotSpec) -> None:
    """Refuse a slot whose pictures cannot be drawn.

    Raises:
        LagtoolError: Its format or modes are none that is written here.
    """
    if format_of(spec) not in _WRITERS:
        wanted = spec.format or f"suffix {spec.suffixes[0]}"
        raise LagtoolError(f"synth cannot follow profile {name}: it writes no {wanted} pictures, as slots.{slot} asks")
    if spec.modes and _MODES[slot] not in spec.modes:
        raise LagtoolError(
            f"synth cannot follow profile {name}: its pictures of slots.{slot} have the mode {_MODES[slot]}, not "
            f"{' or '.join(spec.modes)}"
        )


def format_of(spec: SlotSpec) -> str | None:
    """Return the format in which files of a slot are written: the profile's, or that of the first suffix."""
    return spec.format or _BY_SUFFIX.get(spec.suffixes[0])


def size_of(slot: SlotName, spec: SlotSpec) -> tuple[int, int]:
    """Return width and height of the pictures of a slot: the profile's, or those of LAG."""
    return SIZES[slot] if spec.width is None or spec.height is None else (spec.width, spec.height)


def encode_image(scene: Scene, spec: SlotSpec) -> bytes:
    """Return the file of a drawn photograph."""
    pixels: Any = render(scene)
    if format_of(spec) == "JPEG" and size_of("image", spec) == SIZES["image"]:
        return encode_fundus(pixels, scene.view.quality)
    return _encode(_resize(pixels, size_of("image", spec)), spec, scene.view.quality)


def encode_weights(scene: Scene, rng: np.random.Generator, spec: SlotSpec) -> bytes:
    """Return the file of an attention map."""
    levels = draw_attention(scene, rng)
    if format_of(spec) == "JPEG":
        return encode_map(_resize(levels, size_of("map", spec)))
    return _encode(_resize(levels, size_of("map", spec)), spec, MAP_QUALITY)


def encode_regions(scene: Scene, spec: SlotSpec) -> bytes:
    """Return the file of a mask: 0 in the cup, 128 in the rest of the disc, 255 elsewhere."""
    eye = scene.eye
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    rim = np.column_stack([np.cos(angle) * eye.disc[0], np.sin(angle) * eye.disc[1]])
    turn = np.array([[np.cos(eye.disc_turn), -np.sin(eye.disc_turn)], [np.sin(eye.disc_turn), np.cos(eye.disc_turn)]])
    width, height = size_of("map", spec) if spec.width is not None else SIZES["image"]
    mask = np.full((height, width), _BACKGROUND, np.uint8)
    for outline, level in ((rim, _DISC), (rim * eye.cup_ratio + np.array(eye.cup_shift), _CUP)):
        points = scene.place(outline @ turn.T) * np.array([width / SIZE, height / SIZE])
        cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], (level,), cv2.LINE_8, 4)
    return _encode(mask, spec, MAP_QUALITY)


def _resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if pixels.shape[1::-1] == size:
        return pixels
    smaller = size[0] < pixels.shape[1]
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _encode(pixels: Pixels, spec: SlotSpec, quality: int) -> bytes:
    kind = format_of(spec) or ""
    if kind == "JPEG":
        return encode_jpeg(pixels, quality)
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(_WRITERS[kind], ordered)[1].tobytes()
