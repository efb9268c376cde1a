"""Hashes: all near pairs are found, and those of turned pictures are derived nearly right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.likeness.copies import lay
from lagtool.likeness.hashes import POSITIONS, SIDE, Position, derive_bits, find_near, pack, read_bits
from lagtool.probe.facts import measure_image
from lagtool.synth.fundus import draw_fundus


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(0, 128))
def test_near_pairs_are_those_of_a_plain_search(seed: int, number: int, limit: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.random((3, SIDE, SIDE)) < 0.5
    bits = base[rng.integers(0, 3, number)] ^ (rng.random((number, SIDE, SIDE)) < rng.uniform(0, 0.3))
    words = pack(bits)
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
