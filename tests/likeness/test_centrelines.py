"""Centrelines: packed and mirrored they are the same lines, and giving up early changes no verdict."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lagtool.likeness.agreement import measure_agreement
from lagtool.likeness.centrelines import Centrelines, draw_centrelines
from lagtool.likeness.features import find_features
from lagtool.likeness.registration import align
from lagtool.likeness.table import Extract, FeatureTable, TableWriter
from lagtool.likeness.vessels import measure_darkness, reduce_picture, trace_vessels
from lagtool.probe.picture import Pixels
from lagtool.synth.fundus import draw_fundus


def _draw(pixels: Pixels) -> Centrelines:
    darkness = measure_darkness(pixels)
    return draw_centrelines(darkness, trace_vessels(darkness))


def _extract(pixels: Pixels) -> Extract:
    darkness = measure_darkness(pixels)
    vessels = trace_vessels(darkness)
    lines = draw_centrelines(darkness, vessels).pack()
    return Extract(find_features(darkness, vessels), reduce_picture(pixels).shape[1], lines)


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
    lines = _draw(draw_fundus(0, 5, 0).pixels)
    rng = np.random.default_rng(0)
    for y, x in rng.integers(0, lines.field.shape, (50, 2)):
        far = np.hypot(lines.points[:, 0] - x, lines.points[:, 1] - y)
        # A distance transform of five by five steps is off by less than 2 %.
        assert lines.distance[y, x] == pytest.approx(far.min(), rel=0.03)
        assert far[lines.nearest[y, x]] <= 1.03 * far.min() + 1e-9


def test_mirrored_lines_are_those_of_the_mirrored_picture() -> None:
    picture = reduce_picture(draw_fundus(0, 4, 1).pixels)
    drawn = _draw(np.ascontiguousarray(picture[:, ::-1]))
    mirrored = _draw(picture).mirror()
    at = {tuple(point): number for number, point in enumerate(drawn.points.tolist())}
    both = [(n, at[tuple(point)]) for n, point in enumerate(mirrored.points.tolist()) if tuple(point) in at]
    assert len(both) > 0.99 * len(drawn.points) > 500
    here, there = np.array(both).T
    one = Centrelines(mirrored.points[here], mirrored.directions[here], mirrored.field)
    other = Centrelines(drawn.points[there], drawn.directions[there], drawn.field)
    assert _turned_between(one, other) < 5
    assert (mirrored.field == drawn.field).mean() > 0.99


@pytest.fixture(scope="module")
def views() -> list[Extract]:
    """Four eyes, the first two photographed again."""
    seen = [(1, 0), (2, 0), (3, 0), (4, 0), (1, 1), (2, 1)]
    return [_extract(draw_fundus(0, number, 0, view).pixels) for number, view in seen]


@pytest.fixture
def table(views: list[Extract], tmp_path: Path) -> Iterator[FeatureTable]:
    with TableWriter(tmp_path) as writer:
        for view in [*views, None]:
            writer.add(view)
    yield FeatureTable.load(tmp_path)


def test_giving_up_early_changes_nothing_above_the_threshold(table: FeatureTable) -> None:
    above = []
    for a in range(6):
        for b in range(a + 1, 6):
            alignment = align(table[a].features, table[b].features)
            one, other = (table[number].see_lines(mirrored=False) for number in (a, b))
            if alignment is None or one is None or other is None:
                continue
            whole = measure_agreement(one, other, alignment.matrix)
            early = measure_agreement(one, other, alignment.matrix, 0.38)
            if whole is not None and whole.shared >= 0.38:
                assert early == whole
                above.append((a, b))
            else:
                assert early is None
    assert above == [(0, 4), (1, 5)]


def test_a_table_holds_what_was_written(table: FeatureTable, views: list[Extract]) -> None:
    assert table.pictures == 7
    for number, view in enumerate(views):
        assert (table[number].features.places == view.features.places).all()
        assert (table[number].features.descriptors == view.features.descriptors).all()
        assert (table[number].width, table[number].lines) == (view.width, view.lines)
        lines = table[number].see_lines(mirrored=False)
        assert lines is not None
        assert lines.pack() == view.lines
    assert table[6].see_lines(mirrored=False) is None
    assert not len(table[6].features.places)
