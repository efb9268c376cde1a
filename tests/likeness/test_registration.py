"""Features and registration: they hold to the eye, whatever the view, and to nothing else."""

import numpy as np
import pytest

from lagtool.likeness.agreement import measure_agreement
from lagtool.likeness.centrelines import Centrelines, draw_centrelines
from lagtool.likeness.features import Features, find_features, mirror_descriptors
from lagtool.likeness.registration import align
from lagtool.likeness.vessels import SIDE, measure_darkness, reduce_picture, trace_vessels
from lagtool.probe.picture import Pixels
from lagtool.synth.fundus import draw_fundus
from tests.benchmarks import views


def _features(pixels: Pixels) -> Features:
    darkness = measure_darkness(pixels)
    return find_features(darkness, trace_vessels(darkness))


def _centrelines(pixels: Pixels) -> Centrelines:
    darkness = measure_darkness(pixels)
    return draw_centrelines(darkness, trace_vessels(darkness))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_mirrored_descriptors_are_those_of_the_mirrored_picture(number: int) -> None:
    picture = reduce_picture(draw_fundus(0, number, 0).pixels)
    straight, mirrored = _features(picture), _features(np.ascontiguousarray(picture[:, ::-1]))
    x = SIDE - 1 - straight.places[:, 0]
    far = np.abs(x[:, None] - mirrored.places[None, :, 0]) + np.abs(
        straight.places[:, 1:2] - mirrored.places[None, :, 1]
    )
    far += np.abs(straight.places[:, 2:] - mirrored.places[None, :, 2])
    nearest = far.argmin(axis=1)
    same = far.min(axis=1) < 0.5
    assert same.sum() > 20
    expected = mirror_descriptors(straight.descriptors).astype(int)
    off = ((expected - mirrored.descriptors[nearest]) ** 2).sum(axis=1)[same]
    assert np.median(off) < 60, "strangers are 1,000 and more apart"
    assert (mirror_descriptors(mirror_descriptors(straight.descriptors)) == straight.descriptors).all()


def test_a_known_movement_is_found_again() -> None:
    picture = draw_fundus(0, 7, 0).pixels
    moved = views.tilt(picture, np.random.default_rng(3))
    alignment = align(_features(picture), _features(moved))
    assert alignment is not None
    assert alignment.inliers > 20
    turn = abs(np.degrees(np.arctan2(alignment.matrix[1, 0], alignment.matrix[0, 0])))
    assert 1.0 < turn < 8.5
    assert np.hypot(*alignment.matrix[:, 0]) == pytest.approx(1, abs=0.02)


def test_two_views_of_one_eye_agree_and_two_eyes_do_not() -> None:
    one, again, other = (draw_fundus(0, n, 0, view).pixels for n, view in ((11, 0), (11, 1), (12, 0)))
    alignment = align(_features(one), _features(again))
    assert alignment is not None
    agreement = measure_agreement(_centrelines(one), _centrelines(again), alignment.matrix)
    assert agreement is not None
    assert agreement.shared > 0.6
    assert agreement.elsewhere < 0.25
    stranger = measure_agreement(_centrelines(one), _centrelines(other), alignment.matrix)
    assert stranger is None or stranger.shared < 0.35


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_without_detail_has_neither_vessels_nor_features(level: int) -> None:
    flat = np.full((SIDE, SIDE, 3), level, np.uint8)
    darkness = measure_darkness(flat)
    vessels = trace_vessels(darkness)
    assert not vessels.any()
    features = find_features(darkness, vessels)
    assert features.places.shape == (0, 3)
    assert align(features, features) is None
    lines = draw_centrelines(darkness, vessels)
    assert measure_agreement(lines, lines, np.eye(2, 3)) is None


def test_dust_on_the_lens_is_no_vessel() -> None:
    clean = np.full((500, 500, 3), 140, np.uint8)
    dirt = views.draw_dirt(np.random.default_rng(0), 60)
    traced = trace_vessels(measure_darkness(reduce_picture(views.soil(clean, dirt))))
    assert np.count_nonzero(traced) < 0.002 * traced.size


@pytest.mark.parametrize("shape", [(500, 375), (40, 500), (3, 3), (250, 250)])
def test_pictures_of_any_shape_are_taken(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (*shape, 3)).astype(np.uint8)
    darkness = measure_darkness(reduce_picture(picture))
    assert max(darkness.levels.shape) == SIDE
    find_features(darkness, trace_vessels(darkness))
