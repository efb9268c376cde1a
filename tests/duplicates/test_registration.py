"""Features and registration: they hold to the eye, whatever the view, and to nothing else."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lagtool.duplicates.agreement import measure_agreement
from lagtool.duplicates.centrelines import Centrelines, draw_centrelines
from lagtool.duplicates.copies import lay
from lagtool.duplicates.features import Features, find_features, tilt_descriptors
from lagtool.duplicates.hashes import POSITIONS, UPRIGHT, Position
from lagtool.duplicates.registration import align
from lagtool.duplicates.same_eye import Evidence, extract
from lagtool.duplicates.verdict import SAME_EYE, score
from lagtool.duplicates.vessels import SIDE, measure_darkness, trace_vessels
from lagtool.probe.field import Crop
from lagtool.probe.picture import Pixels
from lagtool.synth.fundus import draw_fundus
from tests.benchmarks import views


def _features(pixels: Pixels) -> Features:
    return extract(views.crop_to_field(pixels)).features


def _centrelines(pixels: Pixels) -> Centrelines:
    lines = extract(views.crop_to_field(pixels)).see_lines(UPRIGHT)
    assert lines is not None
    return lines


def _compare(one: Features, other: Features, *, size: float = 0.5) -> NDArray[np.int64]:
    """Return the squared distances of descriptors at the same places."""
    far = np.abs(one.places[:, None] - other.places[None]).sum(axis=2)
    same = far.min(axis=1) < size
    assert same.sum() > 20
    off = one.descriptors[same].astype(np.int64) - other.descriptors[far.argmin(axis=1)[same]]
    squared: NDArray[np.int64] = (off**2).sum(axis=1)
    return squared


@pytest.mark.parametrize("position", POSITIONS, ids=str)
def test_features_in_another_position_are_those_of_the_picture_laid_so(position: Position) -> None:
    crop = views.crop_to_field(draw_fundus(0, 2, 0).pixels)
    laid = extract(crop).see_features(position)
    seen = extract(Crop(lay(crop.pixels, position), lay(crop.mask, position))).features
    assert np.median(_compare(laid, seen)) < 60, "strangers are 1,000 and more apart"


def test_tilted_descriptors_are_about_those_of_the_tilted_picture() -> None:
    crop = views.crop_to_field(draw_fundus(0, 2, 0).pixels)
    seen = extract(crop).features
    height, width = crop.mask.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 18, 1.0)
    pixels, mask = (np.asarray(cv2.warpAffine(plane, matrix, (width, height)), np.uint8) for plane in crop)
    tilted = extract(Crop(pixels, mask)).features
    places = seen.places.copy()
    places[:, :2] = seen.places[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    right = np.median(_compare(Features(places, tilt_descriptors(seen.descriptors, 18)), tilted, size=1.5))
    assert right < 1200
    assert right < 0.5 * np.median(_compare(Features(places, seen.descriptors), tilted, size=1.5))
    assert (tilt_descriptors(seen.descriptors, 0) == seen.descriptors).all()


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
    assert score(Evidence(alignment, agreement, 0.0)) > SAME_EYE
    assert agreement.elsewhere < 0.25
    stranger = measure_agreement(_centrelines(one), _centrelines(other), alignment.matrix)
    assert stranger is None or stranger.shared < 0.35


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_without_detail_has_neither_vessels_nor_features(level: int) -> None:
    flat = np.full((SIDE, SIDE, 3), level, np.uint8)
    darkness = measure_darkness(views.crop_to_field(flat))
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
    traced = trace_vessels(measure_darkness(views.crop_to_field(views.soil(clean, dirt))))
    assert np.count_nonzero(traced) < 0.002 * traced.size


@pytest.mark.parametrize("shape", [(500, 375), (40, 500), (3, 3), (250, 250)])
def test_pictures_of_any_shape_are_taken(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (*shape, 3)).astype(np.uint8)
    darkness = measure_darkness(views.crop_to_field(picture))
    assert max(darkness.levels.shape) == SIDE
    find_features(darkness, trace_vessels(darkness))
