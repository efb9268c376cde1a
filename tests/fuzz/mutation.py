"""Changing an input a little: for runs without atheris, and for the short run that is a part of the tests."""

import random
from collections.abc import Sequence

from tests.fuzz.target import LARGEST

_TELLING = tuple(bytes([byte]) for byte in b"\0\xff\n\r\t\"',;{}[]-=#\\")
_WORDS = (
    *(b"null", b"true", b"1e999", b"-1", b"9223372036854775808", b"0.5", b"NaN", b'""', b"[]", b"{}", b"\xed\xa0\x80"),
    *("é".encode(), "\u202e".encode(), b"../", b"\xef\xbb\xbf", b"\xff\xd8\xff", b"0001", b"inf", b"1" * 5_000),
)


def mutate(seeds: Sequence[bytes], rng: random.Random) -> bytes:
    """Return one of the seeds with one to eight changes: bytes, words, stretches left out, doubled or of another."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        _change(data, seeds, rng)
    return bytes(data[:LARGEST])


def _change(data: bytearray, seeds: Sequence[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    length = min(len(data) - at, rng.choice((1, 1, 4, 20, 200)))
    way = rng.randrange(7)
    if way == 0 and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif way == 1:
        data[at : at + 1] = rng.choice(_TELLING)
    elif way == 2:
        data[at : at + rng.choice((0, length))] = rng.choice(_WORDS)
    elif way == 3:
        del data[at : at + length]
    elif way == 4:
        data[at:at] = data[at : at + length] * rng.choice((1, 2, 50))
    elif way == 5:
        other = rng.choice(seeds)
        begin = rng.randrange(len(other) + 1)
        data[at : at + length] = other[begin : begin + rng.choice((4, 40, 400))]
    else:  # a value in place of another: what stands between two marks
        ends = [place for mark in b',:"\n' if (place := data.find(mark, at)) >= 0]
        data[at : min(ends, default=at)] = rng.choice(_WORDS)
