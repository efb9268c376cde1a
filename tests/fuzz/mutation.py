"""Changing an input a little: for runs without atheris, and for the short run that is a part of the tests."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from tests.fuzz.target import LARGEST

_TELLING = tuple(bytes([byte]) for byte in b"\0\xff\n\r\t\"',;{}[]-=#\\")
_WORDS = (
    *(b"null", b"true", b"1e999", b"-1", b"9223372036854775808", b"0.5", b"NaN", b'""', b"[]", b"{}", b"\xed\xa0\x80"),
    *("é".encode(), "\u202e".encode(), b"../", b"\xef\xbb\xbf", b"\xff\xd8\xff", b"0001", b"inf", b"1" * 5_000),
)


def mutate(seeds: Sequence[bytes], rng: random.Random) -> bytes:
    """Return one of the seeds with one to eight changes: bytes, words, stretches left out, doubled or of another.

    Of JSON, every other time, values and keys are changed instead, and it stays JSON.
    """
    seed = rng.choice(seeds)
    if rng.random() < 0.5 and (changed := mutate_json(seed, rng)) is not None:
        return changed
    data = bytearray(seed)
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


_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**63 - 1,
    2**63,
    1e308,
    -0.5,
    "",
    "0",
    "x",
    "\u202e",
    "=1+1",
    "a/../b",
    [],
    {},
)
_MARK = b"#lagtool "


def mutate_json(data: bytes, rng: random.Random) -> bytes | None:
    """Return JSON, or lines of JSON, with one to four values or keys changed; None where it is none."""
    mark = _MARK if data.startswith(_MARK) else b""
    try:
        whole = [json.loads(data)]
        ends = b""
    except ValueError:
        first, ends, rest = data.removeprefix(mark).partition(b"\n")
        try:  # of a table as CSV only the first line is JSON
            whole = [json.loads(line) for line in ([first] if mark else [first, *rest.split(b"\n")]) if line.strip()]
        except ValueError:
            return None
        ends = b"\n" + (rest if mark else b"")
    except RecursionError:
        return None
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = [place for line in rng.sample(whole, min(2, len(whole))) for place in _walk(line)]
        if places:
            _change_value(*rng.choice(places), whole, rng)
    return (mark + b"\n".join(json.dumps(line).encode() for line in whole) + ends)[: 4 * LARGEST]


def _walk(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a value, with what holds it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _walk(inner)


def _change_value(holder: Any, key: Any, whole: list[Any], rng: random.Random) -> None:
    way = rng.randrange(5)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[rng.choice((f"{key}x", "", "path", "id"))] = holder.pop(key)
    elif way == 2:
        other, place = rng.choice(list(_walk(rng.choice(whole))) or [(holder, key)])
        holder[key] = json.loads(json.dumps(other[place]))  # a copy: nothing may hold itself
    elif way == 3 and isinstance(holder[key], str):
        at = rng.randrange(len(holder[key]) + 1)
        holder[key] = holder[key][:at] + rng.choice(("", "x", "\n", "é", "0")) + holder[key][at + 1 :]
    else:
        holder[key] = rng.choice(_VALUES) if rng.random() < 0.9 else [rng.choice(_VALUES)] * 3
