"""Areas under ROC curves: against their definition, against scikit-learn, and intervals that hold what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from lagtool.stats.shortcuts.auc import measure_area, rank

_SCORES = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({label for _, label in rows}) == 2
)


def _alone(number: int) -> NDArray[np.int64]:
    return np.arange(number, dtype=np.int64)


def _split(rows: list[tuple[int, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([score for score, _ in rows], float), np.array([label for _, label in rows])


@given(_SCORES)
def test_it_is_what_scikit_learn_says_and_turns_with_the_scores(rows: list[tuple[int, bool]]) -> None:
    scores, labels = _split(rows)
    area = measure_area(scores, labels, _alone(len(labels)))
    assert area.auc == pytest.approx(roc_auc_score(labels, scores))
    assert 0 <= area.low <= area.auc + 1e-9
    assert area.auc - 1e-9 <= area.high <= 1
    turned = measure_area(-scores, labels, _alone(len(labels)))
    assert turned.auc == pytest.approx(1 - area.auc)
    assert (turned.low, turned.high) == pytest.approx((1 - area.high, 1 - area.low), abs=1e-9)


@given(_SCORES)
def test_without_groups_the_variance_is_delongs(rows: list[tuple[int, bool]]) -> None:
    scores, labels = _split(rows)
    area = measure_area(scores, labels, _alone(len(labels)))
    if min(labels.sum(), (~labels).sum()) < 2 or not 0 < area.auc < 1:
        return
    wins = (scores[labels][:, None] > scores[~labels]) + 0.5 * (scores[labels][:, None] == scores[~labels])
    variance = wins.mean(1).var(ddof=1) / labels.sum() + wins.mean(0).var(ddof=1) / (~labels).sum()
    if variance > 1e-12:
        logit = np.log(area.auc / (1 - area.auc))
        high = 1 / (1 + np.exp(-(logit + 1.96 * np.sqrt(variance) / (area.auc * (1 - area.auc)))))
        assert area.high == pytest.approx(high, abs=1e-4)


def test_equal_values_share_their_ranks() -> None:
    assert rank(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_doubled_samples_are_no_more_evidence_when_their_group_is_known() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 2 == 0
    scores = rng.normal(size=80) + labels
    once = measure_area(scores, labels, _alone(80))
    twice = measure_area(np.tile(scores, 2), np.tile(labels, 2), np.tile(_alone(80), 2))
    naive = measure_area(np.tile(scores, 2), np.tile(labels, 2), _alone(160))
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), abs=0.002)
    assert naive.high - naive.low < 0.8 * (once.high - once.low)


def test_folds_are_not_compared_with_each_other() -> None:
    labels = np.array([False, True] * 4)
    folds = np.repeat([0, 1], 4)
    scores = labels + 10.0 * folds  # perfect within each fold, and of another scale
    assert measure_area(scores, labels, _alone(8), folds.astype(np.int64)).auc == 1.0


@pytest.mark.parametrize("number", [5, 12, 100])
def test_classes_that_do_not_overlap_have_the_exact_interval(number: int) -> None:
    labels = np.arange(2 * number) < number
    area = measure_area(labels.astype(float), labels, _alone(2 * number))
    assert (area.auc, area.high) == (1.0, 1.0)
    assert area.low == pytest.approx(0.025 ** (1 / number))


@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_intervals_hold_the_truth_as_often_as_they_say(shift: float) -> None:
    rng = np.random.default_rng(1)
    truth = {0.0: 0.5, 0.8: 0.714196}[shift]  # of two normal distributions: Phi(shift / sqrt(2))
    labels = np.arange(90) < 30
    held = 0
    for _ in range(400):
        area = measure_area(rng.normal(size=90) + shift * labels, labels, _alone(90))
        held += area.low <= truth <= area.high
    assert 0.92 <= held / 400 <= 0.98
