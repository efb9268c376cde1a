"""Perceptual hashes: which pictures may be one photograph, in eight positions (mirrored or not, four turns)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 16
LIMIT = 40
"""Bits of 256 that may differ between a picture and its copy."""

TURNED_LIMIT = 52
"""Bits that may differ where the hash of the turned picture is derived: up to 16 of 256 come out wrong."""

_BLOCK = 256
_SCREEN = 2  # words compared first

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


def find_near(
    words: Words, others: Words, limit: int, first: int, last: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield rows i, j and distances of ``words[i]`` and ``others[j]``, for i in ``first..last`` and j > i.

    All of them: half of the bits are compared throughout, the rest where these alone do not exceed the limit.
    """
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        far = np.zeros((stop - start, len(others) - start), np.uint8)
        for word in range(_SCREEN):
            far += np.bitwise_count(words[start:stop, None, word] ^ others[None, start:, word])
        i, j = np.nonzero(far <= limit)
        i, j = i + start, j + start
        later = j > i
        i, j = i[later], j[later]
        exact = np.bitwise_count(words[i] ^ others[j]).sum(axis=1, dtype=np.int64)
        near = exact <= limit
        yield i[near].astype(np.int64), j[near].astype(np.int64), exact[near]
