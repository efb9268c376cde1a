"""Perceptual hashes: which pictures may be one photograph, in eight positions (mirrored or not, four turns)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.probe.threads import in_one_thread

SIDE = 16
LIMIT = 48
"""Bits of 256 that may differ between a picture and its copy, at least; see `choose_slack`."""

TURNED_LIMIT = 56
"""Bits that may differ where the hash of the turned picture is derived: up to 16 of 256 come out wrong."""

MOST_SLACK = 24
"""Further bits that may differ where few pictures are compared: strangers begin at about 56 bits."""

_SAMPLE = 1400  # pictures on which the slack is chosen
_ROWS, _COLUMNS = 64, 4096  # a tile that stays in the cache of a processor: five times as quick as whole rows
_NARROW = 48  # bits: up to this limit two words tell enough strangers, from there on three

Words = NDArray[np.uint64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True, order=True)
class Position:
    """How a copy lies: mirrored left to right, then turned counter-clockwise by ``turn`` times 90 degrees."""

    mirrored: bool
    turn: int

    def __str__(self) -> str:
        words = ["mirrored"] * self.mirrored + [f"turned by {90 * self.turn} degrees"] * bool(self.turn)
        return " and ".join(words)


UPRIGHT = Position(mirrored=False, turn=0)
POSITIONS = tuple(Position(mirrored, turn) for mirrored in (False, True) for turn in range(4))


def read_bits(hashes: Sequence[str]) -> Bits:
    """Return hashes of 64 hexadecimal digits as bits, (number, 16, 16): rows are vertical frequencies."""
    if not hashes:
        return np.zeros((0, SIDE, SIDE), bool)
    raw = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint8).reshape(len(hashes), SIDE * SIDE // 8)
    return np.unpackbits(raw, axis=1).reshape(-1, SIDE, SIDE).astype(bool)


def derive_bits(upright: Bits, mirrored: Bits, position: Position) -> Bits:
    """Return the hashes that the pictures would have in another position.

    A bit says whether a DCT coefficient lies above the median of all, which lies near 0. Turning a picture transposes
    the coefficients and turns signs, so that bits are transposed and flipped: exact but for coefficients between the
    median and its negative.
    """
    bits = mirrored if position.mirrored else upright
    odd = (np.arange(1, SIDE + 1) % 2 == 1)[:, None]
    for _ in range(position.turn):
        bits = bits.transpose(0, 2, 1) ^ odd  # a quarter turn: transposed, then upside down
    return bits


def pack(bits: Bits) -> Words:
    """Return bits as four words each, (number, 4), the fine frequencies, in which pictures differ most, first."""
    order = np.argsort(-np.add.outer(np.arange(SIDE), np.arange(SIDE)).ravel(), kind="stable")
    packed = np.packbits(bits.reshape(len(bits), SIDE * SIDE)[:, order], axis=1)
    return np.ascontiguousarray(packed).view(np.uint64)


def choose_slack(words: Words, positions: Sequence[Words], candidates: int) -> int:
    """Return how many bits more than the limits may differ, so that about ``candidates`` pairs are near.

    Copies that were cropped or turned a little lie as far apart as some strangers. Where few pictures are compared,
    or unlike ones, there are few such strangers, and all can be looked at. It is estimated on every n-th picture.

    Args:
        words: Hashes, (number, 4).
        positions: The same in each position, in the order of `POSITIONS`.
        candidates: How many pairs are worth opening.
    """
    number = len(words)
    chosen = np.unique(np.linspace(0, max(0, number - 1), min(number, _SAMPLE)).astype(np.int64))
    beyond = np.zeros(MOST_SLACK + 1, np.int64)
    for position, others in zip(POSITIONS, positions, strict=True):
        limit = limit_of(position)
        for _, _, far in find_near(words[chosen], others[chosen], limit + MOST_SLACK, 0, len(chosen)):
            beyond += np.bincount(np.maximum(far - limit, 0), minlength=len(beyond))
    share = len(chosen) * (len(chosen) - 1) / max(1, number * (number - 1))
    return int(np.searchsorted(np.cumsum(beyond), candidates * share, side="right").clip(1, MOST_SLACK + 1)) - 1


def limit_of(position: Position) -> int:
    """Return how many bits may differ between a picture and its copy in a position."""
    return TURNED_LIMIT if position.turn else LIMIT


def find_near(
    words: Words, others: Words, limit: int, first: int, last: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield rows i, j and distances of ``words[i]`` and ``others[j]``, for i in ``first..last`` and j > i.

    All of them: half of the bits (three quarters, with a wide limit) are compared throughout, tile by tile, the rest
    where these alone do not exceed the limit.
    """
    rows, columns = np.ascontiguousarray(words.T), np.ascontiguousarray(others.T)
    screened = 2 if limit <= _NARROW else 3
    unlike, bits, far = (np.empty((_ROWS, _COLUMNS), kind) for kind in (np.uint64, np.uint8, np.uint8))
    for start in range(first, last, _ROWS):
        stop = min(start + _ROWS, last)
        for left in range(start // _COLUMNS * _COLUMNS, len(others), _COLUMNS):
            right = min(left + _COLUMNS, len(others))
            tile = (slice(stop - start), slice(right - left))
            far[tile] = 0
            for word in range(screened):
                np.bitwise_xor(rows[word, start:stop, None], columns[word, None, left:right], out=unlike[tile])
                np.bitwise_count(unlike[tile], out=bits[tile])
                np.add(far[tile], bits[tile], out=far[tile])
            i, j = np.divmod(np.flatnonzero(far[tile] <= limit), right - left)
            i, j = i + start, j + left
            i, j = i[j > i], j[j > i]
            exact = np.bitwise_count(words[i] ^ others[j]).sum(axis=1, dtype=np.int64)
            near = exact <= limit
            yield i[near], j[near], exact[near]


class Screen(NamedTuple):
    """Hashes to compare: as the pictures are, in each position, and how many bits more than the limits may differ."""

    words: Words
    positions: Sequence[Words]
    slack: int


class Block(NamedTuple):
    """Rows of a comparison: the position, and the earlier picture's first row and the one behind its last."""

    position: int
    first: int
    last: int


@in_one_thread
def screen_chunk(screen: Screen, blocks: Sequence[Block]) -> list[NDArray[np.int64]]:
    """Return the pairs whose hashes are near, (number, 4) each: distance, earlier, later, position."""
    found = []
    for position, first, last in blocks:
        limit = limit_of(POSITIONS[position]) + screen.slack
        parts = [
            np.column_stack([far, i, j, np.full(len(i), position)])
            for i, j, far in find_near(screen.words, screen.positions[position], limit, first, last)
        ]
        found.append(np.concatenate([np.zeros((0, 4), np.int64), *parts]))
    return found


def lost_screen(_screen: Screen, blocks: Sequence[Block]) -> list[NDArray[np.int64]]:
    """Say that there is too little memory: no picture is to blame where only numbers are compared."""
    raise MemoryError(f"the comparison of hashes from picture {blocks[0].first} on ended its process")
