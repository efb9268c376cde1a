"""Patterns: none takes long, and names can be made for those that are taken."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.profiles.pattern import MAX_STEM, check_pattern, compile_pattern, compose_stem, list_examples

LAG = "(?:image)?(?P<number>[0-9]{1,9})"
FINE = (
    LAG,
    "(?P<id>TRAIN[0-9]{6})",
    "(?P<id>(?P<class>[gn])[0-9]{4})",
    "(?i:(?P<class>[NSG])-?(?P<number>[0-9]{1,5}))",
    r"[a-z]+_(?P<number>\d+)_[a-z]+",
    "(?P<id>(?:OD|OS)_[0-9]{3}(?:_[a-z]{1,9})?)",
    "(?P<id>[A-Za-z0-9_-]+)",
    r"^(?P<id>Im[0-9]{3}(?:_g)?_ACRIMA)$",
    "(?P<id>(?>[a-z]{1,9})[0-9]++)",
)
SLOW = (
    "(?P<id>(a+)+b)",
    "(?P<id>(?:a|aa)+b)",
    "(?P<id>(?:[a-z]*[a-z]*)*b)",
    "(?P<id>.*.*.*.*b)",
    "(?P<id>(?:a?){50}a{50})",
    "(?P<id>(?:(?:(?:a{1,50}){1,50}){1,50})b)",
    "(?P<id>(?:(?:)*)*b)",
    "(?P<id>(?:a|b|ab)*c)",
)
WRONG = {
    "(?P<id>a": "not a regular expression: missing ), unterminated subpattern at position 0",
    "(?P<id>[[a])": "not a regular expression: Possible nested set at position 8",
    "(?u)(?P<id>a)": "not a regular expression: ASCII and UNICODE flags are incompatible",
    "(?P<id>a{99999999999})": "not a regular expression: the repetition number is too large",
    "[0-9]+": "needs one group that ties a sample's files together: (?P<number>...) or (?P<id>...)",
    "(?P<id>a)(?P<number>b)": "needs one group that ties a sample's files together: (?P<number>...) or (?P<id>...)",
    "(?P<id>a)(?P<eye>b)": "has the group 'eye': only 'number' or 'id', and 'class', mean anything",
    "(?P<id>a(?=b)b)": "looks around or refers back to a group, which a pattern of names may not",
    "(?P<id>a(?<!b)b)": "looks around or refers back to a group, which a pattern of names may not",
    r"(?P<id>a)(b)\1": "looks around or refers back to a group, which a pattern of names may not",
    "(?P<id>(a)?(?(2)b|c))": "looks around or refers back to a group, which a pattern of names may not",
}


@pytest.mark.parametrize("pattern", FINE)
def test_patterns_of_real_data_sets_are_taken(pattern: str) -> None:
    check_pattern(pattern)
    examples = list_examples(pattern)
    assert examples
    assert all(compile_pattern(pattern).fullmatch(example) for example in examples)


@pytest.mark.parametrize("pattern", SLOW)
def test_patterns_that_could_take_for_ever_are_refused_at_once(pattern: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"^can be matched in too many ways"):
        check_pattern(pattern)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("pattern", WRONG)
def test_what_is_no_pattern_is_refused_with_the_reason(pattern: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(WRONG[pattern])}$"):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(?P<id>[a-z]+[a-z]+[a-z]+9)", "(?P<id>.+.+.+9)", "(?P<id>(?:a|aa){1,12}9)", "(?P<id>(?:a{1,3}){1,9}9)"],
)
def test_the_slowest_that_are_taken_still_end(pattern: str) -> None:
    check_pattern(pattern)
    start = time.perf_counter()
    assert compile_pattern(pattern).fullmatch("a" * MAX_STEM) is None
    assert time.perf_counter() - start < 5


# Pieces that never fit to the end, so that the matcher has to try every way; sizes at which that is seconds at worst.
_atoms = st.sampled_from(["a", "[ab]", ".", r"\w"])
_repeats = st.sampled_from(["", "?", "*", "+", "{1,4}", "*?", "{2}"])
_trees = st.recursive(
    st.tuples(_atoms, _repeats).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.tuples(st.lists(inner, min_size=1, max_size=3), _repeats).map(
            lambda pair: f"(?:{'|'.join(pair[0])}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(_trees)
def test_no_pattern_that_is_taken_takes_long(tree: str) -> None:
    pattern = f"(?P<id>{tree}9)"
    try:
        check_pattern(pattern)
    except ValueError:
        return
    start = time.perf_counter()
    assert compile_pattern(pattern).fullmatch("a" * MAX_STEM) is None
    assert time.perf_counter() - start < 5


@given(number=st.integers(0, 999_999), width=st.integers(1, 6))
def test_a_number_can_be_spelt_and_read_again(number: int, width: int) -> None:
    stem = compose_stem(LAG, number, width, {})
    assert stem == str(number).rjust(width, "0")
    for pattern, given_groups in (("(?P<id>TRAIN[0-9]{6})", {}), ("(?P<id>(?P<class>[gn])[0-9]{1,6})", {"class": "n"})):
        stem = compose_stem(pattern, number, width, given_groups)
        assert stem is not None
        match = compile_pattern(pattern).fullmatch(stem)
        assert match is not None
        assert int(match["id"].lstrip("TRAINn")) == number


def test_what_cannot_be_spelt_is_said() -> None:
    assert compose_stem("(?P<id>TRAIN[0-9]{3})", 1000, 4, {}) is None
    assert compose_stem("(?P<id>(?P<class>[gn])[0-9]{4})", 1, 4, {"class": "x"}) is None
    assert compose_stem("eye[0-9]{2}_(?P<number>[0-9]+)", 7, 4, {}) == "eye00_0007"
    assert compose_stem("(?P<id>[a-z]+)_mask", 7, 4, {"id": "abc"}) == "abc_mask"
