"""The measure of false pairs: an exponential tail is found again, and nothing is made up where there is none."""

import numpy as np
import pytest

from tests.benchmarks.likeness import extrapolate


def test_an_exponential_tail_is_extrapolated() -> None:
    scores = np.random.default_rng(0).exponential(0.03, 20_000)
    rate, excess, number = extrapolate(scores, 10**6, 0.3, 0.05)
    assert excess == pytest.approx(0.03, rel=0.05)
    assert number == np.count_nonzero(scores > 0.05)
    assert rate == pytest.approx(20_000 / 10**6 * np.exp(-10), rel=0.5)


def test_without_a_tail_there_is_no_rate() -> None:
    assert np.isnan(extrapolate(np.array([0.01, 0.02]), 100, 0.3, 0.05)[0])
