"""Facts of pictures, held against drawings whose numbers are known and against naive formulas."""

import hashlib
import io
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lagtool.probe.facts import measure_image, measure_map
from lagtool.probe.jpeg import read_exif, read_structure
from lagtool.probe.picture import Pixels, decode
from lagtool.synth.fundus import draw_fundus


def _fundus(number: int) -> Pixels:
    return draw_fundus(3, number, number % 2).pixels


def _bits(hexadecimal: str) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    return np.unpackbits(np.frombuffer(bytes.fromhex(hexadecimal), np.uint8))


def _distance(one: str, other: str) -> int:
    return int((_bits(one) != _bits(other)).sum())


def _jpeg(pixels: Pixels, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


def test_light_and_colour_agree_with_the_naive_formulas_on_the_whole_picture() -> None:
    for number in range(4):
        pixels = _fundus(number)
        facts = measure_image(pixels)
        whole = pixels.reshape(-1, 3).astype(float)
        luma = whole @ [0.299, 0.587, 0.114]
        highest = whole.max(1)
        saturation = np.divide(highest - whole.min(1), highest, out=np.zeros_like(highest), where=highest > 0).mean()
        assert (facts.red_mean, facts.green_mean, facts.blue_mean) == pytest.approx(tuple(whole.mean(0)), abs=0.5)
        assert (facts.red_std, facts.green_std, facts.blue_std) == pytest.approx(tuple(whole.std(0)), rel=0.08, abs=1)
        assert facts.brightness == pytest.approx(luma.mean(), abs=0.7)
        assert facts.contrast == pytest.approx(luma.std(), rel=0.06)
        assert facts.saturation == pytest.approx(saturation, abs=0.08)
        assert facts.underexposed == pytest.approx((luma < 10).mean(), abs=0.02)


def test_a_flat_picture_has_no_contrast_and_the_level_it_has() -> None:
    facts = measure_image(np.full((500, 500, 3), (200, 100, 50), np.uint8))
    assert (facts.red_mean, facts.green_mean, facts.blue_mean) == (200, 100, 50)
    assert (facts.contrast, facts.sharpness, facts.entropy) == (0, 0, 0)
    assert facts.brightness == pytest.approx(0.299 * 200 + 0.587 * 100 + 0.114 * 50, abs=0.6)
    assert facts.saturation == pytest.approx(0.75, abs=0.003)
    assert (facts.field_left, facts.field_top, facts.field_right, facts.field_bottom) == (0, 0, 1, 1)
    assert (facts.field_share, facts.field_cut) == (1, "left,top,right,bottom")


def test_exposure_and_entropy_of_known_shares() -> None:
    pixels = np.zeros((500, 500, 3), np.uint8)
    pixels[:, 250:] = 255
    facts = measure_image(pixels)
    assert (facts.underexposed, facts.overexposed) == pytest.approx((0.5, 0.5), abs=0.01)
    assert facts.entropy == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("centre", "radius", "cut"),
    [((250, 250), 200, "none"), ((250, 250), 260, "left,top,right,bottom"), ((180, 250), 210, "left")],
)
def test_the_field_of_view_of_a_drawn_disc(centre: tuple[int, int], radius: int, cut: str) -> None:
    pixels = np.zeros((500, 500, 3), np.uint8)
    cv2.circle(pixels, centre, radius, (180, 80, 30), -1)
    facts = measure_image(pixels)
    x, y = centre
    box = tuple(min(500, max(0, edge)) / 500 for edge in (x - radius, y - radius, x + radius, y + radius))
    found = (facts.field_left, facts.field_top, facts.field_right, facts.field_bottom)
    assert found == pytest.approx(box, abs=0.012)
    assert facts.field_share == pytest.approx((pixels[..., 0] > 0).mean(), abs=0.02)
    assert facts.field_cut == cut


def test_blur_lowers_sharpness_step_by_step() -> None:
    for number in range(3):
        pixels = _fundus(number)
        blurred = [cv2.GaussianBlur(pixels, (0, 0), sigma) for sigma in (0.7, 1.4, 3.0)]
        sharpness = [measure_image(np.asarray(one, np.uint8)).sharpness for one in (pixels, *blurred)]
        assert sharpness == sorted(sharpness, reverse=True)
        assert sharpness[0] > 2 * sharpness[1] > 3 * sharpness[2]


def test_copies_are_near_others_are_far_and_the_mirror_is_recognised() -> None:
    originals = [_fundus(number) for number in range(12)]
    facts = [measure_image(pixels) for pixels in originals]
    for pixels, mine in zip(originals, facts, strict=True):
        again = decode(_jpeg(pixels, quality=60), "JPEG").pixels
        small = np.asarray(cv2.resize(pixels, (250, 250), interpolation=cv2.INTER_AREA), np.uint8)
        assert again is not None
        assert _distance(measure_image(again).phash, mine.phash) <= 28
        assert _distance(measure_image(small).phash, mine.phash) <= 24
        mirrored = measure_image(np.ascontiguousarray(pixels[:, ::-1]))
        assert _distance(mirrored.phash, mine.phash_mirror) <= 24
        assert _distance(mirrored.phash_mirror, mine.phash) <= 24
    others = [_distance(a.phash, b.phash) for i, a in enumerate(facts) for b in facts[:i]]
    assert min(others) > 40
    assert {len(mine.phash) for mine in facts} == {64}
    assert {len(mine.phash64) for mine in facts} == {16}


def test_the_pixel_hash_follows_pixels_not_bytes() -> None:
    pixels = _fundus(1)
    plain, with_profile = _jpeg(pixels), _jpeg(pixels, icc_profile=b"x" * 100)
    assert plain != with_profile
    one, two = decode(plain, "JPEG").pixels, decode(with_profile, "JPEG").pixels
    assert one is not None
    assert two is not None
    assert measure_image(one).pixels_sha256 == measure_image(two).pixels_sha256
    assert measure_image(one).pixels_sha256 == hashlib.sha256(b"500x500x3:" + one.tobytes()).hexdigest()
    two = two.copy()
    two[499, 499, 2] ^= 1
    assert measure_image(one).pixels_sha256 != measure_image(two).pixels_sha256


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.booleans())
def test_any_size_is_measured(width: int, height: int, gray: bool) -> None:
    rng = np.random.default_rng(width * 100 + height)
    shape = (height, width) if gray else (height, width, 3)
    pixels = rng.integers(0, 256, shape, np.uint8)
    facts = measure_image(pixels)
    assert 0 <= facts.entropy <= 8
    assert 0 <= facts.field_left <= facts.field_right <= 1
    heat = measure_map(pixels)
    assert heat.min <= heat.mean <= heat.max
    if heat.entropy is not None:
        assert 0 <= heat.entropy <= np.log2(width * height) + 1e-6


def test_a_buffer_changes_nothing() -> None:
    data = _jpeg(_fundus(2))
    buffer = np.empty(2_000_000, np.uint8)
    plain, buffered = decode(data, "JPEG").pixels, decode(data, "JPEG", buffer=buffer).pixels
    assert plain is not None
    assert buffered is not None
    assert np.shares_memory(buffered, buffer)
    assert np.array_equal(plain, buffered)
    small = decode(data, "JPEG", buffer=np.empty(10, np.uint8)).pixels
    assert small is not None
    assert np.array_equal(plain, small)


@pytest.mark.parametrize("quality", [1, 10, 25, 49, 50, 51, 75, 90, 95, 99, 100])
def test_quality_is_read_from_the_tables(quality: int) -> None:
    assert read_structure(_jpeg(_fundus(0), quality=quality)).quality == quality


@pytest.mark.parametrize(("option", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling(option: int, name: str) -> None:
    assert read_structure(_jpeg(_fundus(0), subsampling=option)).subsampling == name
    assert read_structure(_jpeg(_fundus(0)[..., 0].copy())).subsampling == "gray"


def test_metadata_is_noticed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif._ifds[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    structure = read_structure(_jpeg(_fundus(0), exif=exif.tobytes(), icc_profile=b"p" * 50, xmp=b"<x/>"))
    assert structure.exif is not None
    assert read_exif(structure.exif) == (True, 6)
    assert (structure.icc, structure.xmp) == (True, b"<x/>")
    bare = read_structure(_jpeg(_fundus(0)))
    assert (bare.exif, bare.icc, bare.xmp) == (None, False, None)


def test_markers_are_followed_to_the_first_end_whatever_comes_behind_it() -> None:
    ended, whole = b"\xff\xd8\xff\xd9", _jpeg(_fundus(0))
    for file in (ended, ended + whole, ended + whole[:-9]):
        found = read_structure(file)
        assert (found.end, found.problem, found.frame) == (4, "", None)
        assert read_structure(file, to_pixels=True).frame is None


@given(st.binary(max_size=300))
def test_a_damaged_exif_block_states_nothing(block: bytes) -> None:
    facts = read_exif(block)
    assert facts.orientation is None or 1 <= facts.orientation <= 8


def test_a_map_with_one_gaussian_blob() -> None:
    y, x = np.mgrid[0:112, 0:112] + 0.5
    levels = 255 * np.exp(-((x - 40) ** 2 + (y - 70) ** 2) / (2 * 8.0**2))
    facts = measure_map(levels.round().astype(np.uint8))
    assert (facts.centroid_x, facts.centroid_y) == pytest.approx((40 / 112, 70 / 112), abs=0.002)
    assert (facts.peak_x, facts.peak_y) == pytest.approx((40 / 112, 70 / 112), abs=0.006)
    assert facts.spread == pytest.approx(8 * 2**0.5 / 112, rel=0.02)
    assert facts.entropy == pytest.approx(np.log2(2 * np.pi * np.e * 8.0**2), abs=0.05)
    assert facts.mass == pytest.approx(2 * np.pi * 8.0**2 / 112**2, rel=0.01)
    assert (facts.min, facts.color) == (0, False)
    assert facts.max >= 253
    assert facts.zero_share == pytest.approx((levels.round() == 0).mean(), abs=1e-4)


def test_a_black_and_a_uniform_map() -> None:
    black = measure_map(np.zeros((112, 112), np.uint8))
    assert (black.max, black.zero_share, black.centroid_x, black.entropy) == (0, 1, None, None)
    flat = measure_map(np.full((112, 112, 3), 128, np.uint8))
    assert flat.entropy == pytest.approx(np.log2(112 * 112), abs=1e-3)
    assert (flat.centroid_x, flat.color) == (0.5, False)


def test_colour_is_told_from_gray_saved_as_colour() -> None:
    gray = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (112, 112), np.uint8), (0, 0), 5)
    as_colour = decode(_jpeg(np.repeat(np.asarray(gray, np.uint8)[..., None], 3, axis=2)), "JPEG").pixels
    jet = decode(_jpeg(np.asarray(cv2.applyColorMap(gray, cv2.COLORMAP_JET), np.uint8)), "JPEG").pixels
    assert as_colour is not None
    assert jet is not None
    assert (measure_map(as_colour).color, measure_map(jet).color) == (False, True)
