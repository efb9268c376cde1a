"""Allocation and assignment as properties: bounds, groups, and independence of order."""

from fractions import Fraction
from hashlib import sha256
from math import ceil

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lagtool.splits.allocation import Ints, allocate, find_flow, share_out
from lagtool.splits.assignment import Assignment, Mask, assign, order_ranks
from tests.factories import fake_sha256


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Ints, Ints, Ints]:
    """Sizes of strata, the class of each, and part sizes that add up to the same."""
    classes = sorted(draw(st.lists(st.integers(0, 3), min_size=1, max_size=7)))
    classes = [sorted(set(classes)).index(kind) for kind in classes]
    strata = draw(st.lists(st.integers(0, 200), min_size=len(classes), max_size=len(classes)).filter(any))
    weights = draw(st.lists(st.integers(1, 100), min_size=1, max_size=8))
    return _ints(strata), _ints(classes), _ints(share_out(sum(strata), [Fraction(w) for w in weights]))


@st.composite
def samples(draw: st.DrawFn) -> tuple[Ints, Ints, Ints, Ints]:
    """Stratum and group of each sample, the class of each stratum, part sizes."""
    number = draw(st.integers(2, 120))
    strata = draw(st.lists(st.integers(0, 3), min_size=number, max_size=number))
    groups = draw(st.lists(st.integers(0, draw(st.integers(0, 2 * number))), min_size=number, max_size=number))
    weights = draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    sizes = share_out(number, [Fraction(w) for w in weights])
    return _ints(strata), _ints(groups), _ints([0, 0, 1, 1]), _ints(sizes)


def _levels(table: Ints, classes: Ints) -> Ints:
    """Append the sums over classes to a table (parts, strata)."""
    kinds = [table[:, classes == kind].sum(axis=1) for kind in range(int(classes.max()) + 1)]
    return np.column_stack([table, *kinds])


def _assert_bounds(table: Ints, classes: Ints, sizes: Ints, slack: int) -> None:
    levels = _levels(table, classes)
    product = np.outer(sizes, levels.sum(axis=0))
    total = int(sizes.sum())
    assert (levels >= product // total - slack).all()
    assert (levels <= -(-product // total) + slack).all()


def test_shares_by_largest_remainder() -> None:
    assert share_out(10, [Fraction(1)] * 3) == [4, 3, 3]
    assert share_out(4_854, [Fraction(70), Fraction(15), Fraction(15)]) == [3_398, 728, 728]
    assert share_out(0, [Fraction(1), Fraction(2)]) == [0, 0]


def test_flow_meets_lower_bounds_or_says_that_it_cannot() -> None:
    assert find_flow(3, [(0, 1, 1, 4), (1, 2, 3, 3)], 0, 2) == [3, 3]
    assert find_flow(3, [(0, 1, 0, 2), (1, 2, 3, 3)], 0, 2) is None
    assert find_flow(3, [(0, 1, 2, 1), (1, 2, 0, 3)], 0, 2) is None
    # A greedy path would block the lower bound; only taking flow back solves it.
    edges = [(0, 1, 0, 1), (0, 2, 0, 1), (1, 3, 0, 1), (1, 4, 0, 1), (2, 3, 1, 1), (3, 5, 0, 1), (4, 5, 1, 1)]
    assert find_flow(6, edges, 0, 5) == [1, 1, 0, 1, 1, 1, 1]


@given(tables())
def test_without_groups_everything_is_rounded_to_a_neighbour(table: tuple[Ints, Ints, Ints]) -> None:
    strata, classes, sizes = table
    allocation = allocate(strata, classes, sizes)
    assert (allocation.slack, allocation.size_slack) == (0, 0)
    assert allocation.counts.min() >= 0
    assert allocation.counts.sum(axis=0).tolist() == strata.tolist()
    assert allocation.counts.sum(axis=1).tolist() == sizes.tolist()
    _assert_bounds(allocation.counts, classes, sizes, 0)


def _table(parts: Ints, strata: Ints, shape: tuple[int, int]) -> Ints:
    """Count samples per part and stratum."""
    made = np.zeros(shape, dtype=np.int64)
    np.add.at(made, (parts, strata), 1)
    return made


def _grouped(groups: Ints) -> Mask:
    _, codes, members = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(members[codes] > 1)


def _assert_stated(done: Assignment, strata: Ints, classes: Ints, sizes: Ints, placed: Mask) -> None:
    """Hold an assignment against the slack that it states, and that against how far the ``placed`` samples lie off."""
    shape = len(sizes), len(classes)
    everything = _table(done.parts, strata, shape)
    assert np.abs(everything.sum(axis=1) - sizes).max() <= done.size_slack
    _assert_bounds(everything, classes, sizes, done.slack)
    table = _table(done.parts[placed], strata[placed], shape)
    levels = np.column_stack([_levels(table, classes), table.sum(axis=1)])
    total = int(sizes.sum())
    furthest = Fraction(int(np.abs(levels * total - np.outer(sizes, levels.sum(axis=0))).max()), total)
    assert done.size_slack <= ceil(furthest)
    assert done.slack <= ceil(2 * furthest)


@settings(max_examples=300)
@given(samples(), st.integers(0, 3))
def test_groups_stay_together_within_the_stated_bounds(drawn: tuple[Ints, Ints, Ints, Ints], seed: int) -> None:
    strata, groups, classes, sizes = drawn
    ranks = order_ranks([fake_sha256(str(number)) for number in range(len(strata))], seed)
    done = assign(strata, classes, groups, ranks, sizes)
    assert len(done.parts) == len(strata)
    assert set(done.parts.tolist()) <= set(range(len(sizes)))
    for group in np.unique(groups):
        assert len(set(done.parts[groups == group].tolist())) == 1
    grouped = _grouped(groups)
    _assert_stated(done, strata, classes, sizes, grouped)
    if not grouped.any():
        assert (done.slack, done.size_slack) == (0, 0)


@given(samples(), st.data())
def test_what_is_fixed_stays_within_the_stated_bounds(
    drawn: tuple[Ints, Ints, Ints, Ints], data: st.DataObject
) -> None:
    strata, groups, classes, sizes = drawn
    ranks = order_ranks([fake_sha256(str(number)) for number in range(len(strata))], 0)
    codes = np.unique(groups)
    homes = data.draw(st.lists(st.integers(-1, len(sizes) - 1), min_size=len(codes), max_size=len(codes)))
    fixed = _ints(homes)[np.searchsorted(codes, groups)]
    done = assign(strata, classes, groups, ranks, sizes, fixed)
    assert (done.parts[fixed >= 0] == fixed[fixed >= 0]).all()
    _assert_stated(done, strata, classes, sizes, _grouped(groups) | (fixed >= 0))


@given(samples(), st.randoms(use_true_random=False))
def test_assignment_does_not_depend_on_the_order(drawn: tuple[Ints, Ints, Ints, Ints], random: object) -> None:
    strata, groups, classes, sizes = drawn
    ranks = order_ranks([fake_sha256(str(number)) for number in range(len(strata))], 0)
    order = list(range(len(strata)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first = assign(strata, classes, groups, ranks, sizes)
    # Numbers of groups are names: others in their place change nothing.
    second = assign(strata[order], classes, 1_000 - groups[order], ranks[order], sizes)
    assert first.parts[order].tolist() == second.parts.tolist()


def test_large_groups_are_balanced_as_well_as_they_can_be() -> None:
    """Patients with 10 pictures each: 100 of one class, 50 of the other."""
    groups = np.repeat(np.arange(150), 10)
    strata = np.repeat(_ints([0] * 100 + [1] * 50), 10)
    done = assign(strata, _ints([0, 1]), groups, np.arange(1_500), _ints([1_050, 225, 225]))
    assert np.abs(_table(done.parts, strata, (3, 2)) - np.outer([0.7, 0.15, 0.15], [1_000, 500])).max() <= 10


def test_few_pairs_among_many_cost_nothing() -> None:
    groups = np.arange(1_000)
    groups[100:140] = groups[60:100]
    done = assign(np.arange(1_000) % 4, _ints([0, 0, 1, 1]), groups, np.arange(1_000), _ints([700, 150, 150]))
    assert (done.slack, done.size_slack) == (0, 0)
    assert np.bincount(done.parts).tolist() == [700, 150, 150]


def test_a_group_larger_than_a_part_goes_where_it_fits_and_sizes_are_kept() -> None:
    groups = np.where(np.arange(100) < 40, 1_000, np.arange(100))
    done = assign(np.zeros(100, dtype=np.int64), _ints([0]), groups, np.arange(100), _ints([80, 20]))
    assert set(done.parts[:40].tolist()) == {0}
    assert np.bincount(done.parts).tolist() == [80, 20]


def test_ranks_follow_the_published_definition() -> None:
    contents = [fake_sha256(str(number)) for number in range(50)]
    keys = [sha256(b"lagtool-split-2:7:" + bytes.fromhex(content)).digest() for content in contents]
    assert order_ranks(contents, 7).tolist() == [sorted(keys).index(key) for key in keys]
    assert order_ranks(contents, 8).tolist() != order_ranks(contents, 7).tolist()
