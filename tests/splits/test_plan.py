"""What can be asked for, and what is refused in one line."""

from typing import Any

import pytest

from lagtool.errors import LagtoolError
from lagtool.splits.plan import make_plan


def test_defaults() -> None:
    plan = make_plan()
    assert plan.ratios == ("70", "15", "15")
    assert plan.names == ("train", "val", "test")
    assert (plan.column, plan.seed, plan.stratify) == ("split", 0, "class-map")
    assert make_plan(ratios=[0.8, 0.2]).names == ("train", "test")
    assert make_plan(ratios=[25] * 4).names == ("part1", "part2", "part3", "part4")
    assert make_plan(folds=3).names == ("fold0", "fold1", "fold2")
    assert make_plan(folds=3).column == "fold"


@pytest.mark.parametrize("ratios", [["70", "15", "15"], [0.7, 0.15, 0.15], ["70.0", "15", "15.00"], [70, 15, 15]])
def test_ways_to_write_the_same_ratios(ratios: list[Any]) -> None:
    assert make_plan(ratios=ratios).part_sizes(4_854) == [3_398, 728, 728]


def test_computed_ratios_may_be_a_rounding_error_off() -> None:
    assert make_plan(ratios=[1 / 3] * 3).part_sizes(10) == [4, 3, 3]
    assert make_plan(ratios=[0.1 + 0.2, 0.7]).part_sizes(10) == [3, 7]


def test_sizes_may_leave_one_to_the_rest() -> None:
    assert make_plan(sizes=[3, 4]).part_sizes(7) == [3, 4]
    assert make_plan(sizes=["rest", "4", "1"]).part_sizes(11_760) == [11_755, 4, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ratios": [70, 15, 16]}, "add up to 101"),
        ({"ratios": ["0.7", "0.2"]}, "add up to 0.9"),
        ({"ratios": [100]}, "1 part"),
        ({"ratios": [100, 0]}, "'0' is not a positive number"),
        ({"ratios": [130, -30]}, "'-30' is not a positive number"),
        ({"ratios": ["1e999999999", "1"]}, "is not a positive number"),
        ({"ratios": ["nan", "\x1b[2J"]}, "is not a positive number"),
        ({"ratios": ["1/3", "2/3"]}, "is not a positive number"),
        ({"ratios": ["٧٠", "30"]}, "is not a positive number"),
        ({"ratios": []}, "add up to 0"),
        ({"sizes": [5]}, "1 part"),
        ({"sizes": [5, 0]}, "'0' is neither"),
        ({"sizes": ["5", "many"]}, "'many' is neither"),
        ({"sizes": ["rest", "rest"]}, "'rest' twice"),
        ({"folds": 1}, "1 fold is not possible"),
        ({"folds": 10**9}, "1,000,000,000 folds are not possible: ask for 2 to 10,000"),
        ({"folds": 3, "names": ["a", "b", "c"]}, "leave out the names"),
        ({"folds": 3, "ratios": [50, 50]}, "exclude each other"),
        ({"sizes": [1, 2], "ratios": [50, 50]}, "exclude each other"),
        ({"names": ["a", "b"]}, "2 names for 3 parts"),
        ({"names": ["a", "b", "A"]}, "same name"),
        ({"names": ["a", "b", ""]}, "'' is no name"),
        ({"names": ["a", "b", "../c"]}, "'../c' is no name"),
        ({"names": ["a", "b", "c" * 33]}, "is no name"),
        ({"names": ["a", "b", "c\n"]}, "'c\\x0a' is no name"),
        ({"stratify": "age"}, "choose class-map, class, none"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_refusals_are_one_line_that_names_the_option(options: dict[str, Any], message: str) -> None:
    with pytest.raises(LagtoolError) as caught:
        make_plan(**options)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("options", "usable", "message"),
    [
        ({}, 2, "2 usable samples cannot fill 3 parts"),
        ({"ratios": ["99.9", "0.1"]}, 100, "part 'test' would get none of 100 usable samples"),
        ({"sizes": [10_928, 832]}, 11_759, "add up to 11,760, but there are 11,759 usable samples: write 'rest'"),
        ({"sizes": [10_928, "rest"]}, 10_928, "leave no rest of 10,928 usable samples"),
    ],
)
def test_refusals_that_depend_on_the_data(options: dict[str, Any], usable: int, message: str) -> None:
    with pytest.raises(LagtoolError, match=message):
        make_plan(**options).part_sizes(usable)
