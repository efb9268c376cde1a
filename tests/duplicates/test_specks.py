"""Dust on the lens of a camera is found by its place; vessels, and pictures of other cameras, are left alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lagtool.duplicates.centrelines import Centrelines
from lagtool.duplicates.features import NO_FEATURES
from lagtool.duplicates.specks import FEWEST, find_specks, kind_of, remove_specks
from lagtool.duplicates.table import Extract, FeatureTable, TableWriter
from lagtool.duplicates.vessels import SIDE

SIZE = (SIDE, SIDE)
DUST = np.column_stack([np.arange(60.0, 100), np.full(40, 90.0)])


def _eye(seed: int, *, dusty: bool) -> Extract:
    """Return eight straight vessels at random, and a fibre at one place."""
    rng = np.random.default_rng(seed)
    points, directions = [DUST] * dusty, [np.tile([1.0, 0.0], (len(DUST), 1))] * dusty
    for _ in range(8):
        angle = rng.uniform(0, np.pi)
        way = np.array([np.cos(angle), np.sin(angle)])
        line = np.unique(np.round(rng.uniform(60, 190, 2) + np.arange(-50, 50)[:, None] * way), axis=0)
        points.append(line)
        directions.append(np.tile(way, (len(line), 1)))
    lines = Centrelines(np.concatenate(points), np.concatenate(directions), np.ones(SIZE[::-1], bool))
    return Extract(NO_FEATURES, SIZE, lines.pack())


def _table(folder: Path, extracts: Sequence[Extract]) -> FeatureTable:
    with TableWriter(folder) as writer:
        for extract in extracts:
            writer.add(extract)
    return FeatureTable.load(folder)


def test_dust_is_removed_and_vessels_stay(tmp_path: Path) -> None:
    dusty, clean = [_eye(seed, dusty=True) for seed in range(20)], [_eye(seed, dusty=False) for seed in range(20)]
    specks = find_specks(_table(tmp_path, dusty), ["camera"] * 20)
    for with_dust, without in zip(dusty, clean, strict=True):
        left = Centrelines.unpack(remove_specks(with_dust, specks["camera"]).lines).points
        wanted = Centrelines.unpack(without.lines).points
        assert 0.9 * len(wanted) < len(left) <= len(wanted)


def test_vessels_that_meet_by_chance_are_hardly_touched(tmp_path: Path) -> None:
    clean = [_eye(seed, dusty=False) for seed in range(30)]
    specks = find_specks(_table(tmp_path, clean), ["camera"] * 30)
    left = [remove_specks(extract, specks["camera"]) if specks else extract for extract in clean]
    before, after = (sum(len(Centrelines.unpack(e.lines).points) for e in extracts) for extracts in (clean, left))
    assert after > 0.97 * before


def test_of_few_pictures_nothing_is_known(tmp_path: Path) -> None:
    few = [_eye(seed, dusty=True) for seed in range(FEWEST - 1)]
    assert find_specks(_table(tmp_path, few), ["camera"] * len(few)) == {}


def test_copies_of_one_picture_are_no_dust(tmp_path: Path) -> None:
    table = _table(tmp_path, [_eye(1, dusty=False)] * 20)
    assert find_specks(table, ["camera"] * 20, np.arange(20) == 0) == {}
    assert find_specks(table, ["camera"] * 20), "uncounted they would be"


def test_a_camera_is_known_by_size_and_shape() -> None:
    assert kind_of(495, (250, 249)) == kind_of(500, (250, 250)) != kind_of(640, (250, 250))
    assert kind_of(500, (250, 200)) != kind_of(500, (250, 250))
