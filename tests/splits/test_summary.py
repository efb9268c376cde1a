"""Distances against their definitions, on small and on drawn numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.splits.summary import (
    kolmogorov_smirnov,
    part_spread,
    standardized_difference,
    summarise_parts,
    total_variation,
)
from tests.factories import make_manifest, row

NUMBERS = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=30)
COUNTS = st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any)


def test_known_values() -> None:
    assert total_variation([1, 1], [3, 1]) == 0.25
    assert total_variation([5, 0], [0, 2]) == 1
    assert standardized_difference([1, 2, 3], [2, 3, 4]) == -1
    assert standardized_difference([1.0, 1.0], [1.0, 1.0]) == 0
    assert standardized_difference([2.0, 2.0], [1.0, 1.0]) == float("inf")
    assert standardized_difference([1.0], [1.0, 2.0]) is None
    assert kolmogorov_smirnov([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5
    assert kolmogorov_smirnov([float("nan")], [1.0]) is None
    assert part_spread(10, 10) == 0
    assert part_spread(4, 10**9) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="no samples"):
        total_variation([0, 0], [1, 0])


@given(COUNTS, COUNTS)
def test_total_variation_is_a_distance(a: list[int], b: list[int]) -> None:
    assert total_variation(a, b) == pytest.approx(total_variation(b, a))
    assert 0 <= total_variation(a, b) <= 1 + 1e-12
    assert total_variation(a, [3 * n for n in a]) == pytest.approx(0)


@given(NUMBERS, NUMBERS)
def test_kolmogorov_smirnov_is_the_largest_gap(a: list[float], b: list[float]) -> None:
    gap = max(abs(np.mean(np.array(a) <= x) - np.mean(np.array(b) <= x)) for x in (*a, *b))
    assert kolmogorov_smirnov(a, b) == pytest.approx(gap)


def test_a_part_drawn_from_the_whole_has_the_stated_spread() -> None:
    rng = np.random.default_rng(0)
    whole = rng.normal(size=200)
    means = [rng.choice(whole, 50, replace=False).mean() / whole.std() for _ in range(4000)]
    assert np.std(means) == pytest.approx(part_spread(50, 200), rel=0.05)


def test_portraits() -> None:
    names = ["train", "train", "test", "train", "test"]
    samples = [row(f"{i:04d}", "non_glaucoma" if i < 4 else "suspicious_glaucoma", map=i != 3) for i in range(1, 6)]
    manifest = make_manifest(samples, split=names, image_brightness=[10.0, 20.0, 30.0, 40.0, 50.0])
    train, test, empty, whole = summarise_parts(manifest, ["train", "test", "val"])
    assert (train.name, test.name, empty.name, whole.name) == ("train", "test", "val", "")
    assert (train.samples, train.classes, train.maps) == (3, {"non_glaucoma": 2, "suspicious_glaucoma": 1}, 3)
    assert (whole.samples, whole.maps, whole.distance) == (5, 4, 0.0)
    # class without map, with map: test 1/2 0 0 1/2; all 1/5 2/5 0 2/5
    assert test.distance == pytest.approx((0.3 + 0.4 + 0.1) / 2)
    assert (test.measures["brightness"].median, whole.measures["brightness"].median) == (40.0, 30.0)
    assert (empty.samples, empty.distance, empty.measures["brightness"].median) == (0, None, None)
    assert whole.measures["contrast"].median is None
    assert summarise_parts(make_manifest(2, 2)) == []
