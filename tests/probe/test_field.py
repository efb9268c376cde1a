"""The field of view is found wherever the frame, the paper, the light and the size put it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagtool.probe.field import WHOLE, Box, crop_field, find_field, smooth
from lagtool.probe.picture import Pixels, decode

SIDE = 500
NEAR = 2.5 / SIDE  # half a pixel of the reduced picture


def draw_disc(x: float = 250, y: float = 250, radius: float = 220, level: int = 150, size: int = SIDE) -> Pixels:
    """Return a textured disc on black."""
    rows, columns = np.mgrid[0:size, 0:size]
    inside = np.clip(radius - np.hypot(columns + 0.5 - x, rows + 0.5 - y) + 0.5, 0, 1)
    texture = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 120, (size, size)).astype(np.float32), (0, 0), 6)
    light = np.clip(level * (1 + texture / 100), 20, 250) * inside
    return np.asarray(light[..., None] * np.array([1.0, 0.6, 0.3]), np.uint8)


def _pad(pixels: Pixels, sides: tuple[int, int, int, int], colour: tuple[int, int, int]) -> Pixels:
    return np.asarray(cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_CONSTANT, value=colour), np.uint8)


def _photographs(root: Path) -> list[Pixels]:
    decoded = [decode(path.read_bytes(), "JPEG").pixels for path in sorted(root.glob("*/image/*.jpg"))[::4]]
    return [pixels for pixels in decoded if pixels is not None]


def _in_pixels(pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    box = find_field(pixels).box
    return Box(box.left * width, box.top * height, box.right * width, box.bottom * height)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(180, 320),
    y=st.floats(180, 320),
    radius=st.floats(90, 240),
    level=st.integers(40, 220),
    size=st.just(500),
)
def test_a_disc_is_found_to_a_few_tenths_of_a_reduced_pixel(
    x: float, y: float, radius: float, level: int, size: int
) -> None:
    box = _in_pixels(draw_disc(x, y, radius, level, size))
    expected = (x - radius, y - radius, x + radius, y + radius)
    assert np.abs(np.array(box) - np.clip(expected, 0, size)).max() < 3.5


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 100, 130), (200, 100, 50), (9, 8, 10)])
@pytest.mark.parametrize("sides", [(0, 0, 120, 120), (70, 30, 0, 0), (40, 60, 100, 80)])
def test_paper_round_a_picture_changes_nothing(sides: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    alone = np.array(_in_pixels(draw_disc()))
    padded = np.array(_in_pixels(_pad(draw_disc(), sides, colour)))
    assert np.abs(padded - alone - np.tile([sides[2], sides[0]], 2)).max() < 3


@pytest.mark.parametrize("view", ["dark", "half dark", "writing", "bright", "small", "stretched"])
def test_real_fields_stay_where_they_are(real_fundus: Path, view: str) -> None:
    for pixels in _photographs(real_fundus):
        assert np.abs(np.array(find_field(_change(pixels, view)).box) - find_field(pixels).box).max() < NEAR


def _change(pixels: Pixels, view: str) -> Pixels:
    height, width = pixels.shape[:2]
    if view == "dark":
        return np.asarray(pixels * 0.2, np.uint8)
    if view == "half dark":
        return np.asarray(pixels * np.linspace(1.2, 0.2, width)[None, :, None].clip(0, 1), np.uint8)
    if view == "writing":
        written = cv2.putText(pixels.copy(), "OD 12.3", (3, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255))
        return np.asarray(cv2.rectangle(written, (440, 440), (498, 498), (200, 200, 50), -1), np.uint8)
    if view == "bright":
        return np.clip(pixels * 1.3 + 12.0 * (pixels > 12), 0, 255).astype(np.uint8)
    size = (round(width * 0.5), round(height * 0.5)) if view == "small" else (640, 400)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def test_a_picture_that_is_retina_throughout_is_its_own_field(real_fundus: Path) -> None:
    for pixels in _photographs(real_fundus):
        assert find_field(pixels[110:390, 110:390]).box == WHOLE


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_even_picture_has_no_box_of_its_own(level: int) -> None:
    assert find_field(np.full((100, 130, 3), level, np.uint8)).box == WHOLE


def test_a_letterboxed_and_stretched_copy_crops_to_the_same_picture(real_fundus: Path) -> None:
    pixels = _photographs(real_fundus)[0]
    boxed = _pad(
        np.asarray(cv2.resize(pixels, (440, 300), interpolation=cv2.INTER_AREA), np.uint8), (90, 90, 0, 0), (0, 0, 0)
    )
    one, other = (crop_field(p, find_field(p), 250) for p in (pixels, boxed))
    apart = np.abs(one.pixels.astype(int) - other.pixels)[(one.mask & other.mask) > 0]
    assert apart.mean() < 3
    assert (one.mask != other.mask).mean() < 0.03


def test_the_box_keeps_its_shape_where_that_is_asked_for() -> None:
    pixels = draw_disc()[100:400]
    crop = crop_field(pixels, find_field(pixels), 250, square=False)
    assert crop.pixels.shape == (*crop.mask.shape, 3)
    assert crop.mask.shape[1] == 250
    assert crop.mask.shape[0] == pytest.approx(250 * 300 / 440, abs=2)


def test_smoothing_within_the_field_keeps_an_even_field_even_up_to_its_rim() -> None:
    weight = (draw_disc(level=200)[..., 0] > 0).astype(np.float32)
    means = smooth(np.full(weight.shape, 90, np.float32), weight, 9)
    assert np.abs(means[weight > 0] - 90).max() < 0.01
