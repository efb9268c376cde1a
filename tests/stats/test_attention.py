"""Attention maps together, from grids whose figures are known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lagtool.probe.facts import GRID, measure_map
from lagtool.profiles import load_profile
from lagtool.stats import compute_stats
from lagtool.stats.attention import Attention, concentration
from tests.factories import make_manifest, row

N, S = "non_glaucoma", "suspicious_glaucoma"


def _sample(number: int, class_: str, levels: NDArray[np.uint8], **columns: Any) -> dict[str, Any]:
    facts = {f"map_{name}": value for name, value in measure_map(levels)._asdict().items()}
    return row(f"{number:04d}", class_, **facts, **columns)


def _spot(x: int, y: int) -> NDArray[np.uint8]:
    """A map that is bright in one cell of its grid."""
    levels = np.zeros((112, 112), np.uint8)
    levels[7 * y : 7 * y + 7, 7 * x : 7 * x + 7] = 255
    return levels


def _attention(samples: list[dict[str, Any]]) -> Attention:
    attention = compute_stats(make_manifest(samples)).attention
    assert attention is not None
    return attention


@pytest.mark.parametrize("shape", [(112, 112), (160, 48), (16, 16)])
def test_the_grid_holds_the_means_of_its_cells(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    grid = np.frombuffer(bytes.fromhex(measure_map(levels).grid), np.uint8).reshape(GRID, GRID)
    means = levels.reshape(GRID, shape[0] // GRID, GRID, shape[1] // GRID).mean((1, 3))
    assert np.abs(grid - means).max() <= 0.5


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (15, 17), (113, 100)])
def test_maps_of_any_size_have_a_grid_of_the_same_mean(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    grid = np.frombuffer(bytes.fromhex(measure_map(levels).grid), np.uint8)
    assert grid.size == GRID * GRID
    assert grid.mean() == pytest.approx(levels.mean(), abs=0.5)


def test_mean_maps_centres_and_what_two_classes_share() -> None:
    attention = _attention([_sample(1, N, _spot(4, 8)), _sample(2, N, _spot(8, 8)), _sample(3, S, _spot(8, 8))])
    first, second = attention.figures.classes[N], attention.figures.classes[S]
    assert (first.maps, second.maps, attention.figures.total.maps) == (2, 1, 3)
    assert first.mean_map is not None
    assert (first.mean_map[8][4], first.mean_map[8][8], np.sum(first.mean_map)) == (127.5, 127.5, 255.0)
    assert (first.centre_x, first.centre_y) == (0.4062, 0.5312)  # 6.5 and 8.5 of 16
    assert (first.centre_spread, second.centre_spread) == (0.125, 0.0)
    assert attention.between[0].similarity == pytest.approx(0.5)
    assert attention.between[0].correlation == pytest.approx(np.sqrt(127 / 255), abs=1e-3)


@given(st.lists(st.integers(0, 255), min_size=256, max_size=256))
def test_concentration_has_its_laws(levels: list[int]) -> None:
    grid = np.array([levels], float)
    share, gini = concentration(grid)
    if not sum(levels):
        assert np.isnan([share[0], gini[0]]).all()
        return
    differences = np.abs(grid[0][:, None] - grid[0]).sum() / (2 * 256**2 * grid.mean())  # its definition
    assert gini[0] == pytest.approx(differences)
    assert 26 / 256 - 1e-9 <= share[0] <= 1


def test_concentration_of_an_even_map_and_of_a_single_spot() -> None:
    share, gini = concentration(np.array([np.full(256, 7.0), np.eye(256)[3]]))
    assert share.tolist() == [pytest.approx(26 / 256), 1.0]
    assert gini.tolist() == [pytest.approx(0), pytest.approx(255 / 256)]


def test_maps_that_look_at_the_disc_and_maps_that_do_not() -> None:
    def disc(x: float, y: float, score: float = 0.9) -> dict[str, float]:
        return {"image_disc_x": (x + 0.5) / 16, "image_disc_y": (y + 0.5) / 16, "image_disc_score": score}

    samples = [_sample(n, N, _spot(n, 8), **disc(n, 8)) for n in range(2, 12)]
    samples += [_sample(n, S, _spot(n, 8), **disc(15 - n, 1)) for n in range(2, 7)]
    samples += [_sample(9, S, _spot(9, 8), **disc(9, 8, score=0.1)), _sample(10, S, _spot(9, 8))]
    figures = _attention(samples).figures
    on, off = figures.classes[N].disc, figures.classes[S].disc
    assert (on.maps, on.near_percent) == (10, 100.0)
    assert on.distance.median == pytest.approx(0, abs=1e-4)
    assert on.shuffled.median == pytest.approx(1 / 16, abs=1e-4)
    assert on.saliency.median == pytest.approx(np.sqrt(255), abs=1e-3)
    assert (off.maps, off.near_percent) == (5, 0.0)  # the other two have no disc that is trusted
    assert off.saliency.median == pytest.approx(-1 / np.sqrt(255), abs=1e-3)


def test_black_maps_maps_without_grid_and_no_maps() -> None:
    black = _sample(1, N, np.zeros((112, 112), np.uint8))
    attention = _attention([black, row("0002", S), row("0003", S, map=False)])
    one, none = attention.figures.classes[N], attention.figures.classes[S]
    assert (one.maps, one.gini.n, one.gini.missing, one.centre_x) == (1, 0, 1, None)
    assert (none.maps, none.mean_map, none.disc.near_percent) == (0, None, None)
    assert attention.between == ()
    profile = load_profile("lag")
    slots = {name: spec for name, spec in profile.slots.items() if name != "map"}
    assert compute_stats(make_manifest(profile=profile.model_copy(update={"slots": slots}))).attention is None
