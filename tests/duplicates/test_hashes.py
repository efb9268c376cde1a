"""Hashes: all near pairs are found, and those of turned pictures are derived nearly right."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.duplicates import hashes
from lagtool.duplicates.copies import lay
from lagtool.duplicates.hashes import (
    MOST_SLACK,
    POSITIONS,
    SIDE,
    Bits,
    Position,
    choose_slack,
    derive_bits,
    find_near,
    limit_of,
    pack,
    read_bits,
)
from lagtool.probe.facts import measure_image
from lagtool.synth.fundus import draw_fundus


def _draw_bits(rng: np.random.Generator, number: int) -> Bits:
    """Return hashes in three families, so that near pairs are many and limits are met exactly."""
    base = rng.random((3, SIDE, SIDE)) < 0.5
    return base[rng.integers(0, 3, number)] ^ (rng.random((number, SIDE, SIDE)) < rng.uniform(0, 0.3))


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(0, 128), st.integers(1, 9), st.integers(1, 9))
def test_near_pairs_are_those_of_a_plain_search(seed: int, number: int, limit: int, rows: int, columns: int) -> None:
    bits = _draw_bits(np.random.default_rng(seed), number)
    words = pack(bits)
    with patch.multiple(hashes, _ROWS=rows, _COLUMNS=columns):  # many tiles, cut off at odd places
        found = [
            (int(i), int(j), int(far))
            for part in find_near(words, words, limit, 0, number)
            for i, j, far in zip(*part, strict=True)
        ]
    plain = [
        (i, j, int((bits[i] != bits[j]).sum()))
        for i in range(number)
        for j in range(i + 1, number)
        if (bits[i] != bits[j]).sum() <= limit
    ]
    assert sorted(found) == plain


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(0, 400))
def test_the_limit_is_as_wide_as_the_pairs_worth_opening_allow(seed: int, number: int, candidates: int) -> None:
    bits = _draw_bits(np.random.default_rng(seed), number)
    laid = [pack(derive_bits(bits, bits, position)) for position in POSITIONS]

    def count(slack: int) -> int:
        limits = [limit_of(position) + slack for position in POSITIONS]
        parts = (find_near(laid[0], others, limit, 0, number) for others, limit in zip(laid, limits, strict=True))
        return sum(len(i) for part in parts for i, _, _ in part)

    slack = choose_slack(laid[0], laid, candidates)
    assert 0 <= slack <= MOST_SLACK
    assert slack == 0 or count(slack) <= candidates
    assert slack == MOST_SLACK or count(slack + 1) > candidates


def test_hashes_are_read_as_they_are_written() -> None:
    text = np.packbits(np.eye(SIDE, dtype=bool)).tobytes().hex()
    assert (read_bits([text, text]) == np.eye(SIDE, dtype=bool)).all()


@pytest.mark.parametrize("position", POSITIONS, ids=str)
def test_derived_hashes_are_those_of_the_turned_picture(position: Position) -> None:
    wrong = []
    for number in range(1, 6):
        picture = draw_fundus(3, number, 0).pixels
        straight, turned = measure_image(picture), measure_image(lay(picture, position))
        derived = derive_bits(read_bits([straight.phash]), read_bits([straight.phash_mirror]), position)
        wrong.append(int((derived != read_bits([turned.phash])).sum()))
    assert max(wrong) <= (24 if position.turn else 2), wrong


def test_four_quarter_turns_are_none() -> None:
    bits = np.random.default_rng(0).random((5, SIDE, SIDE)) < 0.5
    once = bits
    for _ in range(4):
        once = derive_bits(once, once, Position(False, 1))
    assert (once == bits).all()
