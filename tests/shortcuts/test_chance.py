"""Permutations and folds keep groups whole; corrections are what they are called; words have no optimism."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from lagtool.stats.shortcuts.auc import measure_area
from lagtool.stats.shortcuts.chance import PERMUTATIONS, adjust, deal_folds, judge_facts, shuffle_labels
from lagtool.stats.shortcuts.nuisance import NUISANCES, Values

_WORD = next(fact for fact in NUISANCES if fact.kind == "word")
_NUMBER = next(fact for fact in NUISANCES if fact.kind == "number")


def _words(codes: list[int]) -> Values:
    array = np.array(codes, np.int64)
    return Values(_WORD, np.full(len(array), np.nan), array, tuple(f"w{n}" for n in range(int(array.max()) + 1)))


def _numbers(values: list[float]) -> Values:
    return Values(_NUMBER, np.array(values, float), np.full(len(values), -1, np.int64))


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40), st.integers(0, 99))
def test_shuffled_labels_of_a_group_are_those_of_a_group_of_its_size(rows: list[tuple[int, bool]], seed: int) -> None:
    groups, labels = np.array([g for g, _ in rows], np.int64), np.array([label for _, label in rows])

    def patterns(values: object) -> list[tuple[int, ...]]:
        array = np.asarray(values)
        return sorted(tuple(array[groups == g].astype(int)) for g in np.unique(groups))

    blocks = list(shuffle_labels(labels, groups, 7, np.random.default_rng(seed)))
    assert sum(len(block) for block in blocks) == 7
    for block in blocks:
        for shuffled in block:
            assert patterns(shuffled) == patterns(labels)


def test_every_order_of_labels_is_as_likely() -> None:
    labels = np.array([True, False, False])
    (block,) = shuffle_labels(labels, np.arange(3), 3000, np.random.default_rng(0))
    assert block.sum(axis=0).tolist() == pytest.approx([1000] * 3, abs=120)


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=50, max_size=300), st.integers(2, 6))
def test_folds_keep_groups_whole(rows: list[tuple[int, bool]], folds: int) -> None:
    groups, labels = np.array([g for g, _ in rows], np.int64), np.array([label for _, label in rows])
    dealt = deal_folds(labels, groups, folds, np.random.default_rng(0))
    assert all(len(set(dealt[groups == g])) == 1 for g in np.unique(groups))
    assert set(dealt) <= set(range(folds))


def test_folds_have_the_same_shares() -> None:
    labels = np.arange(11_760) < 4878
    groups = np.arange(11_760)
    groups[:200:2] = groups[1:200:2]  # a hundred pairs
    dealt = deal_folds(labels, groups, 5, np.random.default_rng(0))
    sizes = np.bincount(dealt)
    assert sizes.max() - sizes.min() <= 2
    assert np.ptp(np.bincount(dealt[labels]) / sizes) < 0.002


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_is_benjamini_and_hochbergs(p: list[float]) -> None:
    assert adjust(np.array(p)) == pytest.approx(false_discovery_control(p))


def test_p_is_small_for_what_tells_and_not_for_what_does_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2 == 0
    folds = deal_folds(labels, np.arange(200), 5, rng)
    told = judge_facts(
        [
            _numbers((rng.normal(size=200) + labels).tolist()),
            _numbers(rng.normal(size=200).tolist()),
            _words((labels * (rng.random(200) < 0.7)).astype(int).tolist()),
            _words(rng.integers(0, 8, 200).tolist()),
        ],
        labels,
        np.arange(200),
        folds,
        np.random.default_rng(1),
    )
    least = 1 / (1 + PERMUTATIONS)
    assert (told[0].p, told[2].p) == (least, least)
    assert min(told[1].p, told[3].p) > 0.05
    assert told[2].area.auc == pytest.approx(0.85, abs=0.05)


def test_p_of_chance_is_even_and_words_of_chance_are_not_above_half() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(60):
        labels = rng.permutation(np.arange(60) < 25)
        values = [_numbers(rng.integers(0, 6, 60).tolist()), _words(rng.integers(0, 12, 60).tolist())]
        found.append(judge_facts(values, labels, np.arange(60), deal_folds(labels, np.arange(60), 5, rng), rng))
    for place in (0, 1):
        p = np.array([told[place].p for told in found])
        assert (p <= 0.1).mean() <= 0.2
    assert np.mean([told[1].area.auc for told in found]) == pytest.approx(0.5, abs=0.02)


def test_the_quick_area_of_words_is_the_slow_one() -> None:
    rng = np.random.default_rng(5)
    labels = rng.random(120) < 0.4
    words = _words(rng.integers(0, 6, 120).tolist())
    folds = deal_folds(labels, np.arange(120), 5, rng)
    told = judge_facts([words], labels, np.arange(120), folds, rng)[0]
    from lagtool.stats.shortcuts.chance import _Words

    test = _Words(words, folds)
    slow = measure_area(test.score(labels), labels, np.arange(120), folds).auc
    assert test.measure(labels[None].astype(float))[0] + 0.5 == pytest.approx(slow)
    assert told.area.auc == pytest.approx(slow)


def test_pairs_that_share_a_fact_and_a_label_are_not_taken_for_evidence() -> None:
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(8), 25)  # eight patients, 25 pictures each
    called = {True: 0, False: 0}
    for _ in range(40):
        labels = np.repeat(rng.permutation(np.arange(8) < 4), 25)
        values = [_numbers(np.repeat(rng.normal(size=8), 25).tolist())]
        for known in called:
            codes = groups if known else np.arange(200)
            called[known] += judge_facts(values, labels, codes, codes % 5, rng)[0].p <= 0.05
    assert called[True] <= 6
    assert called[False] >= 25


def test_a_number_is_held_against_where_chance_really_lies() -> None:
    """Within groups the AUC of chance need not be centred on 0.5: then distances from 0.5 would tell nothing."""
    rng = np.random.default_rng(3)
    # One large group holds both labels and low values throughout, the single samples high ones: its labels move only
    # within the group, so that chance alone gives an AUC far from 0.5.
    groups = np.concatenate([np.zeros(60, np.int64), 1 + np.arange(60)])
    labels = np.concatenate([np.arange(60) < 50, np.arange(60) < 10])
    chance = np.concatenate([rng.normal(0, 0.1, 60), rng.normal(5, 0.1, 60)])
    told = chance.copy()
    told[60:][labels[60:]] += 10  # and in the single samples it follows the label: the AUC comes nearer to 0.5
    (null,) = judge_facts([_numbers(chance.tolist())], labels, groups, np.arange(120) % 5, np.random.default_rng(0))
    (found,) = judge_facts([_numbers(told.tolist())], labels, groups, np.arange(120) % 5, np.random.default_rng(0))
    assert null.area[0] < 0.35
    assert null.p > 0.05
    assert abs(found.area[0] - 0.5) < abs(null.area[0] - 0.5)
    assert found.p < 0.01
