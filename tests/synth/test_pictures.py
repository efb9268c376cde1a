"""What is drawn looks like what LAG holds."""

import cv2
import numpy as np
import pytest
import simplejpeg

from lagtool.synth import draw_fundus
from lagtool.synth.attention import draw_attention, encode_map
from lagtool.synth.eye import compose_eye
from lagtool.synth.fundus import encode_fundus, render
from lagtool.synth.scene import Scene, attention_rng, compose_scene

NUMBERS = range(1, 41)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [compose_scene(1, number, number % 2) for number in NUMBERS]


def test_images_have_the_size_and_weight_of_lag(scenes: list[Scene]) -> None:
    files = [encode_fundus(render(scene), scene.view.quality) for scene in scenes]
    assert len(set(files)) == len(files)
    for data in files:
        assert 20_000 <= len(data) <= 60_000
        assert simplejpeg.decode_jpeg_header(data)[:2] == (500, 500)
        assert simplejpeg.decode_jpeg(data, strict=True).shape == (500, 500, 3)


def test_maps_have_the_range_and_mean_of_lag(scenes: list[Scene]) -> None:
    for number, scene in zip(NUMBERS, scenes, strict=True):
        levels = draw_attention(scene, attention_rng(1, number))
        assert (levels.shape, levels.min(), levels.max()) == ((112, 112), 0, 255)
        data = encode_map(levels)
        decoded = simplejpeg.decode_jpeg(data, "gray", strict=True)
        assert 600 <= len(data) <= 1300
        assert decoded.min() == 0
        assert decoded.max() >= 252
        assert 8 <= decoded.mean() <= 22
        assert (decoded < 8).mean() > 0.6


def test_the_disc_is_bright_and_the_vessels_are_dark(scenes: list[Scene]) -> None:
    brighter = 0
    for scene in scenes:
        green = cv2.GaussianBlur(render(scene)[..., 1], (9, 9), 0).astype(int)
        x, y = (round(value) for value in scene.view.disc)
        reach = round(scene.view.scale * 0.4)
        disc = green[y - reach : y + reach, x - reach : x + reach]
        brighter += np.percentile(disc, 90) > np.percentile(green, 85)
    assert brighter >= 0.9 * len(scenes)


def test_discs_lie_on_both_sides_and_some_fields_are_cut(scenes: list[Scene]) -> None:
    assert {scene.eye.side for scene in scenes} == {1, -1}
    corners = [render(scene)[:4, :4].max() for scene in scenes]
    dark = sum(corner < 25 for corner in corners)
    assert 0.4 * len(corners) < dark < len(corners)


def test_the_label_changes_the_cup_alone_and_weakly() -> None:
    eyes = [[compose_eye(np.random.default_rng([5, number]), label) for number in range(300)] for label in (0, 1)]
    for one, other in zip(*eyes, strict=True):
        assert (one.tint, one.disc, one.texture) == (other.tint, other.disc, other.texture)
        assert np.array_equal(one.vessels, other.vessels)
    ratios = [np.array([eye.cup_ratio for eye in group]) for group in eyes]
    assert 0.05 < ratios[1].mean() - ratios[0].mean() < 0.15
    assert compose_scene(5, 7, 0).view == compose_scene(5, 7, 1).view


def test_trunks_run_in_each_eye_where_they_will() -> None:
    # Where each of the eight trunks crosses a circle round the disc: real ones lie some twenty degrees off their mean.
    angles = []
    for number in range(150):
        trunks = compose_eye(np.random.default_rng([6, number]), 0).vessels[:8]
        crossing = np.argmax(np.hypot(trunks[..., 0], trunks[..., 1]) > 1.5, axis=1)
        x, y = trunks[np.arange(8), crossing].T
        angles.append(np.exp(1j * np.arctan2(y, x)))
    spread = np.rad2deg(np.sqrt(-2 * np.log(np.abs(np.mean(angles, axis=0)))))
    assert (spread > 18).all()


def test_strangers_share_neither_noise_nor_choroid(scenes: list[Scene]) -> None:
    assert len({scene.view.grain for scene in scenes}) == len(scenes)
    assert len({scene.eye.texture for scene in scenes}) == len(scenes)


def test_a_hazy_picture_shows_the_eye_weakly_in_a_round_field() -> None:
    for number in range(1, 11):
        clear, hazy = compose_scene(4, number, 0), compose_scene(4, number, 0, hazy=True)
        assert np.array_equal(clear.eye.vessels, hazy.eye.vessels)
        assert clear.view.disc == hazy.view.disc
        pixels = render(hazy)
        assert max(pixels[:8, :8].max(), pixels[-8:, -8:].max()) < 25
        assert (pixels.max(axis=2) > 12).mean() > 0.4
        detail = [
            cv2.Laplacian(cv2.resize(render(s), (125, 125))[30:95, 30:95, 1], cv2.CV_64F).var() for s in (clear, hazy)
        ]
        assert detail[1] < 0.5 * detail[0]


def test_another_view_shows_the_same_eye_otherwise() -> None:
    one, again, other = draw_fundus(3, 8, 1), draw_fundus(3, 8, 1), draw_fundus(3, 8, 1, view=1)
    assert np.array_equal(one.pixels, again.pixels)
    assert not np.array_equal(one.pixels, other.pixels)
    assert np.array_equal(one.scene.eye.vessels, other.scene.eye.vessels)
    assert one.scene.view != other.scene.view
    assert not np.array_equal(one.scene.eye.vessels, draw_fundus(3, 9, 1).scene.eye.vessels)
