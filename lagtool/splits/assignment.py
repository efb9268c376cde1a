"""Which sample goes into which part: groups first, then single samples in an order of their own."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pandas as pd

from lagtool.splits.allocation import Allocation, Ints, allocate
from lagtool.splits.balance import Shares, improve, make_shares, place

ALGORITHM = "lagtool-split-2"

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The part (0, 1, ...) of every sample, and how many samples each part gained over the bounds; see `Allocation`."""

    parts: Ints
    slack: int
    size_slack: int


def order_ranks(contents: list[str], seed: int) -> Ints:
    """Return the place (0, 1, ...) of each content in the order that ``seed`` decides.

    The order is that of sha256(algorithm : seed : content), so it depends neither on names nor on the order in which
    the contents come. Equal contents get neighbouring places.

    Args:
        contents: SHA-256 of each picture, 64 hexadecimal digits.
        seed: A whole number from 0 on.
    """
    start = sha256(f"{ALGORITHM}:{seed}:".encode())
    keys = []
    for content in contents:
        digest = start.copy()
        digest.update(bytes.fromhex(content))
        keys.append(digest.digest())
    # 128 of 256 bits order any number of pictures that fits on a disk.
    words = np.frombuffer(b"".join(keys), dtype=">u8").reshape(-1, 4)
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[np.lexsort((words[:, 1], words[:, 0]))] = np.arange(len(keys))
    return ranks


def assign(
    strata: Ints, classes: Ints, groups: Ints, ranks: Ints, sizes: Ints, fixed: Ints | None = None
) -> Assignment:
    """Return the part of every sample.

    What is fixed stays. Groups come next, the largest before the smaller, those of one size in order of their lowest
    rank; `lagtool.splits.balance.place` says where they go. Then `allocate` says how many single samples of each
    stratum every part still needs, and they are dealt out in order of rank.

    Args:
        strata: Stratum (0, 1, ...) of each sample.
        classes: Class (0, 1, ...) of each stratum.
        groups: Group of each sample, any whole numbers; samples with a number of their own are single.
        ranks: Place of each sample in the order to follow, see `order_ranks`.
        sizes: Samples wanted per part; adds up to the number of samples.
        fixed: Part of each sample that has one already, -1 for the others; None: none has. Who is in a group with a
            fixed sample must be fixed, to the same part.
    """
    number = len(classes)
    parts = np.full(len(strata), -1, dtype=np.int64) if fixed is None else fixed.copy()
    codes, unique = pd.factorize(groups)
    members = np.bincount(codes, minlength=len(unique))
    placed = np.zeros((len(sizes), number), dtype=np.int64)
    there = parts >= 0
    np.add.at(placed, (parts[there], strata[there]), 1)
    shares = make_shares(sizes, classes)
    open_ = np.flatnonzero(~there & (members[codes] > 1))
    if len(open_):
        parts[open_] = _place_groups(codes[open_], strata[open_], ranks[open_], placed, shares)
        np.add.at(placed, (parts[open_], strata[open_]), 1)
    allocation = allocate(np.bincount(strata, minlength=number), classes, sizes, placed)
    counts = _even_out(allocation, placed, classes, shares)
    _deal(parts, parts < 0, strata, ranks, counts)
    return Assignment(parts, allocation.slack, allocation.size_slack)


def _even_out(allocation: Allocation, placed: Ints, classes: Ints, shares: Shares) -> Ints:
    """Return the allocation with single samples exchanged where that lowers deviations, within the same bounds.

    Of all the ways to round, one with small deviations is wanted; and where the bounds had to give way for a group,
    they did so everywhere, but most parts need not make use of that.
    """
    strata = len(classes)
    better = improve(allocation.counts, np.eye(strata, dtype=np.int64), placed, shares, move=False)
    held = (better + placed) @ shares.membership[:, 1:]
    product = np.multiply.outer(shares.sizes, held.sum(axis=0))
    low, high = product // shares.total - allocation.slack, -(-product // shares.total) + allocation.slack
    return better if ((low <= held) & (held <= high)).all() else allocation.counts


def _deal(parts: Ints, single: Mask, strata: Ints, ranks: Ints, counts: Ints) -> None:
    """Fill in the parts of the single samples: stratum by stratum, in order of rank."""
    rows = np.flatnonzero(single)
    rows = rows[np.lexsort((ranks[rows], strata[rows]))]
    by_stratum = counts.T
    numbers = np.tile(np.arange(by_stratum.shape[1]), by_stratum.shape[0])
    parts[rows] = np.repeat(numbers, by_stratum.ravel())


def _place_groups(codes: Ints, strata: Ints, ranks: Ints, placed: Ints, shares: Shares) -> Ints:
    """Return the part of each sample, all of them in groups."""
    groups, codes = np.unique(codes, return_inverse=True)
    content = np.zeros((len(groups), placed.shape[1]), dtype=np.int64)
    np.add.at(content, (codes, strata), 1)
    first = np.full(len(groups), len(ranks) and int(ranks.max()))
    np.minimum.at(first, codes, ranks)
    return place(content, np.lexsort((first, -content.sum(axis=1))), placed, shares)[codes]
