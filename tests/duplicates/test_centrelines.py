"""Centrelines: packed, mirrored and turned they are the same lines."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lagtool.duplicates.centrelines import Centrelines, draw_centrelines
from lagtool.duplicates.copies import lay
from lagtool.duplicates.hashes import POSITIONS, UPRIGHT, Position
from lagtool.duplicates.same_eye import extract
from lagtool.duplicates.table import Extract, FeatureTable, TableWriter
from lagtool.duplicates.vessels import measure_darkness, trace_vessels
from lagtool.probe.field import Crop
from lagtool.synth.fundus import draw_fundus
from tests.benchmarks.views import crop_to_field


def _draw(crop: Crop) -> Centrelines:
    darkness = measure_darkness(crop)
    return draw_centrelines(darkness, trace_vessels(darkness))


def _turned_between(one: Centrelines, other: Centrelines) -> float:
    """The largest angle, in degrees, between lines at the same points."""
    cosines = np.abs((one.directions * other.directions).sum(axis=1))
    return float(np.degrees(np.arccos(np.clip(cosines, 0, 1))).max())


@pytest.mark.parametrize("shape", [(1, 1), (30, 250), (250, 187)])
def test_packed_lines_are_the_same_lines(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    here = np.argwhere(rng.random(shape) < 0.3)[:, ::-1].astype(np.float64)
    angles = rng.uniform(-4, 4, len(here))
    lines = Centrelines(here, np.column_stack([np.cos(angles), np.sin(angles)]), rng.random(shape) < 0.5)
    again = Centrelines.unpack(lines.pack())
    assert (again.points == lines.points).all()
    assert (again.field == lines.field).all()
    if len(here):
        assert _turned_between(lines, again) <= 0.36


def test_nearest_is_the_nearest() -> None:
    lines = _draw(crop_to_field(draw_fundus(0, 5, 0).pixels))
    rng = np.random.default_rng(0)
    for y, x in rng.integers(0, lines.field.shape, (50, 2)):
        far = np.hypot(lines.points[:, 0] - x, lines.points[:, 1] - y)
        # A distance transform of five by five steps is off by less than 2 %.
        assert lines.distance[y, x] == pytest.approx(far.min(), rel=0.03)
        assert far[lines.nearest[y, x]] <= 1.03 * far.min() + 1e-9


@pytest.mark.parametrize("position", POSITIONS, ids=str)
def test_lines_in_another_position_are_those_of_the_picture_laid_so(position: Position) -> None:
    picture = crop_to_field(draw_fundus(0, 4, 1).pixels)
    drawn = _draw(Crop(lay(picture.pixels, position), lay(picture.mask, position)))
    laid = _draw(picture).lay(position)
    at = {tuple(point): number for number, point in enumerate(drawn.points.tolist())}
    both = [(n, at[tuple(point)]) for n, point in enumerate(laid.points.tolist()) if tuple(point) in at]
    assert len(both) > 0.97 * len(drawn.points) > 500
    here, there = np.array(both).T
    one = Centrelines(laid.points[here], laid.directions[here], laid.field)
    other = Centrelines(drawn.points[there], drawn.directions[there], drawn.field)
    assert np.median(np.abs((one.directions * other.directions).sum(axis=1))) > 0.999
    assert (laid.field == drawn.field).mean() > 0.99


def test_long_lines_are_kept_and_short_ones_known() -> None:
    y = np.concatenate([np.full(80, 20.0), np.full(10, 60.0)])
    x = np.concatenate([np.arange(10.0, 90), np.arange(10.0, 20)])
    lines = Centrelines(np.column_stack([x, y]), np.tile([1.0, 0.0], (90, 1)), np.ones((100, 100), bool))
    extents = lines.measure_extents()
    assert extents[:80].min() > 75
    assert extents[80:].max() < 15
    assert len(lines.keep(extents > 60).points) == 80


@pytest.fixture(scope="module")
def views() -> list[Extract]:
    """Four eyes, the first two photographed again."""
    seen = [(1, 0), (2, 0), (3, 0), (4, 0), (1, 1), (2, 1)]
    return [extract(crop_to_field(draw_fundus(0, number, 0, view).pixels)) for number, view in seen]


@pytest.fixture
def table(views: list[Extract], tmp_path: Path) -> Iterator[FeatureTable]:
    with TableWriter(tmp_path) as writer:
        for view in [*views, None]:
            writer.add(view)
    yield FeatureTable.load(tmp_path)


def test_a_table_holds_what_was_written(table: FeatureTable, views: list[Extract]) -> None:
    assert table.pictures == 7
    for number, view in enumerate(views):
        assert (table[number].features.places == view.features.places).all()
        assert (table[number].features.descriptors == view.features.descriptors).all()
        assert (table[number].size, table[number].lines) == (view.size, view.lines)
        lines = table[number].see_lines(UPRIGHT)
        assert lines is not None
        assert lines.pack() == view.lines
    assert table[6].see_lines(UPRIGHT) is None
    assert not len(table[6].features.places)
