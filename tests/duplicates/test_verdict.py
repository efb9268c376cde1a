"""The probability of the same eye: its weights come from its table, and more evidence never makes it less."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.duplicates.agreement import Agreement, Way
from lagtool.duplicates.registration import Alignment, Matrix
from lagtool.duplicates.same_eye import Evidence
from lagtool.duplicates.verdict import COPY, PRIOR, PROBABLY, SAME_EYE, WEIGHTS, judge, may_be_dust, score
from lagtool.manifest.header import Relation
from tests.benchmarks.calibrate import TABLE, fit, judge_halves, wilson
from tests.benchmarks.calibrate import judge as judge_table

SHARES = st.floats(0.15, 1)


def _evidence(forth: float, back: float, points: int, inliers: int, pixels: float = 0.0) -> Evidence:
    agreement = Agreement(Way(forth, 0.1, points), Way(back, 0.1, points), 0.9)
    return Evidence(Alignment(np.eye(2, 3), 60, inliers), agreement, pixels)


def test_the_weights_are_those_of_the_table() -> None:
    assert fit(pd.read_csv(TABLE)) == pytest.approx(WEIGHTS, abs=0.011)


def test_no_known_stranger_passes_and_nearly_all_of_one_eye_do() -> None:
    table = pd.read_csv(TABLE)
    passed = judge_table(table, np.array(WEIGHTS)) >= PROBABLY
    assert not passed[table["same"] == 0].any()
    assert passed[table["same"] == 1].mean() > 0.9


def test_weights_of_one_half_judge_the_other_as_well() -> None:
    table = pd.read_csv(TABLE)
    passed = judge_halves(table, PRIOR) >= PROBABLY
    assert not passed[table["same"] == 0].any()
    assert passed[table["same"] == 1].mean() > 0.9


@given(SHARES, SHARES, st.integers(60, 2000), st.integers(5, 150))
def test_more_evidence_is_never_less_sure(forth: float, back: float, points: int, inliers: int) -> None:
    reached = score(_evidence(forth, back, points, inliers))
    assert 0 <= reached <= 1
    assert reached == pytest.approx(score(_evidence(back, forth, points, inliers)))
    assert score(_evidence(min(1, forth + 0.05), back, points, inliers)) >= reached
    assert score(_evidence(forth, back, points, inliers + 1)) >= reached


def test_two_levels_and_copies_are_told_apart() -> None:
    def told(share: float, pixels: float = 0.0) -> Relation | None:
        found = judge(_evidence(share, share, 900, 12, pixels), Relation.TURNED)
        return None if found is None else found[0]

    assert told(0.3) is None
    assert told(0.47) is Relation.PROBABLY_SAME_EYE
    assert told(0.7) is Relation.SAME_EYE
    assert told(0.7, COPY) is Relation.TURNED
    assert 0 < PROBABLY < SAME_EYE < 1


def test_pictures_that_have_not_moved_may_have_dust_in_common() -> None:
    def told(matrix: Matrix, inliers: int, pixels: float = 0.0) -> bool:
        evidence = _evidence(0.7, 0.7, 900, inliers, pixels)
        return may_be_dust(evidence._replace(alignment=Alignment(matrix, 40, inliers)))

    as_it_lies = np.eye(2, 3)
    turned = np.array([[0.995, -0.1, 12.5], [0.1, 0.995, -12.5]])
    zoomed = np.array([[1.1, 0, -12.5], [0, 1.1, -12.5]])
    assert told(as_it_lies, 12)
    assert told(as_it_lies + np.array([[0, 0, 5], [0, 0, -5]]), 12)
    assert not told(as_it_lies, 20), "one eye: half of the features agree"
    assert not told(as_it_lies, 12, COPY)
    assert not any(told(matrix, 12) for matrix in (turned, zoomed, as_it_lies + np.array([[0, 0, 13], [0, 0, 0]])))


def test_intervals_of_shares() -> None:
    assert wilson(0, 30) == pytest.approx((0, 0.1135), abs=1e-3)
    assert wilson(15, 30)[0] == pytest.approx(0.3315, abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
