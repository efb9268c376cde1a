"""The index finds pictures with features in common, however it is asked."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.duplicates.features import DIMENSIONS, NO_FEATURES, Features, lay_descriptors
from lagtool.duplicates.hashes import POSITIONS, UPRIGHT, Position
from lagtool.duplicates.index import CLOSEST, FARTHEST, Index, build_index, find_candidates
from lagtool.duplicates.registration import squared_distances
from lagtool.duplicates.same_eye import plan_search
from lagtool.duplicates.table import Extract, FeatureTable, TableWriter

WIDTH = 250
MIRRORED = Position(mirrored=True, turn=0)


def _strangers(rng: np.random.Generator, pictures: int, each: int = 30) -> list[Features]:
    places = rng.uniform(20, 230, (pictures, each, 3)).astype(np.float32)
    places[..., 2] = 6
    descriptors = rng.integers(-60, 61, (pictures, each, DIMENSIONS)).astype(np.int8)
    return [Features(p, d) for p, d in zip(places, descriptors, strict=True)]


def _see_again(features: Features, rng: np.random.Generator, noise: int = 4) -> Features:
    """The same features, turned, zoomed, shifted, their descriptors a little off."""
    angle, zoom = np.deg2rad(rng.uniform(-10, 10)), rng.uniform(0.7, 1.4)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places = features.places.copy()
    places[:, :2] = places[:, :2] @ turn.T.astype(np.float32) + rng.uniform(-20, 20, 2).astype(np.float32)
    places[:, 2] *= zoom
    off = rng.integers(-noise, noise + 1, features.descriptors.shape)
    return Features(places, (features.descriptors + off).astype(np.int8))


def _write(folder: Path, pictures: Sequence[Features]) -> FeatureTable:
    with TableWriter(folder) as writer:
        for features in pictures:
            writer.add(Extract(features, (WIDTH, WIDTH), b""))
    return FeatureTable.load(folder)


def _table(pictures: Sequence[Features]) -> FeatureTable:
    with tempfile.TemporaryDirectory() as folder:
        mapped = _write(Path(folder), pictures)
        return replace(mapped, places=np.array(mapped.places), descriptors=np.array(mapped.descriptors))


def _search(table: FeatureTable, position: Position = UPRIGHT) -> list[tuple[int, int]]:
    found = find_candidates(table, build_index(table), 0, table.pictures, position, 0)
    assert (found[:, 2] >= 2).all()
    return [(int(i), int(j)) for i, j, _ in found]


def test_a_second_view_is_found_among_strangers() -> None:
    rng = np.random.default_rng(0)
    pictures = _strangers(rng, 60)
    pictures += [_see_again(pictures[7], rng), _see_again(pictures[30], rng)]
    assert _search(_table(pictures)) == [(7, 60), (30, 61)]


def test_a_mirrored_view_is_found_in_a_mirrored_search_only() -> None:
    rng = np.random.default_rng(1)
    pictures = _strangers(rng, 20)
    again = _see_again(pictures[3], rng)
    places = again.places.copy()
    places[:, 0] = WIDTH - 1 - places[:, 0]
    pictures.append(Features(places, lay_descriptors(again.descriptors, MIRRORED)))
    table = _table(pictures)
    assert _search(table, MIRRORED) == [(3, 20)]
    assert _search(table) == []


def test_the_same_descriptors_at_other_places_are_no_candidate() -> None:
    rng = np.random.default_rng(2)
    pictures = _strangers(rng, 20)
    moved = rng.permutation(pictures[5].places)
    pictures.append(Features(moved, pictures[5].descriptors))
    assert len(_search(_table(pictures))) <= 1


def test_a_feature_that_is_everywhere_is_no_mark_of_an_eye() -> None:
    rng = np.random.default_rng(3)
    dust = _strangers(rng, 1, 12)[0]
    pictures = [
        Features(np.concatenate([f.places, dust.places]), np.concatenate([f.descriptors, dust.descriptors]))
        for f in _strangers(rng, 300, 8)
    ]
    table = _table(pictures)
    found = find_candidates(table, build_index(table), 0, 40, UPRIGHT, 0)
    assert len(found) == 0, "the first 40 pictures have more than 250 later ones with the same dust"


@given(st.integers(0, 2**32 - 1))
def test_stretches_together_find_what_one_search_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = _strangers(rng, 12)
    pictures += [_see_again(pictures[int(rng.integers(0, 12))], rng) for _ in range(6)]
    table = _table(pictures)
    index = build_index(table)
    cuts = [0, *sorted(rng.integers(0, 19, 3).tolist()), 18]
    parts = [find_candidates(table, index, a, b, UPRIGHT, 0) for a, b in pairwise(cuts)]
    assert sorted(map(tuple, np.concatenate(parts)[:, :2].tolist())) == _search(table)


def test_the_plan_covers_every_picture_once_per_kind() -> None:
    for number in (0, 1, 999, 1000, 2501):
        plan = plan_search(number)
        for position in POSITIONS:
            for tilt in (-18, 0, 18) if position.turn == 0 else (0,):
                parts = [s for s in plan if (s.position, s.tilt) == (position, tilt)]
                assert [n for s in parts for n in range(s.first, s.last)] == list(range(number))


def test_saved_and_mapped_it_finds_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    pictures = _strangers(rng, 30)
    pictures.append(_see_again(pictures[2], rng))
    build_index(_write(tmp_path, pictures)).save(tmp_path)
    again, index = FeatureTable.load(tmp_path), Index.load(tmp_path)
    assert find_candidates(again, index, 0, 31, UPRIGHT, 0)[:, :2].tolist() == [[2, 30]]
    assert CLOSEST <= index.farthest <= FARTHEST


@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_pictures_without_features_are_no_trouble(pictures: int) -> None:
    assert _search(_table([NO_FEATURES] * pictures)) == []


@given(st.integers(0, 2**32 - 1))
def test_distances_are_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-127, 128, (n, DIMENSIONS)).astype(np.int8) for n in (5, 7))
    plain = ((a.astype(np.int64)[:, None] - b.astype(np.int64)[None]) ** 2).sum(axis=2)
    assert (squared_distances(a, b) == plain).all()
