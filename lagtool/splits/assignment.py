"""Which sample goes into which part: groups first, then single samples in an order of their own."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pandas as pd

from lagtool.splits.allocation import Allocation, Ints, allocate

ALGORITHM = "lagtool-split-1"
# Costs are counted in 1/256 of a sample and squared, in whole numbers: every machine decides the same way, and some
# million samples do not overflow.
_GRAIN = 256

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


def assign(strata: Ints, classes: Ints, groups: Ints, ranks: Ints, sizes: Ints) -> Assignment:
    """Return the part of every sample.

    Groups come first, the largest before the smaller, those of one size in order of their lowest rank. Each goes
    where the cost is lowest: the sum, over all parts and over sizes, classes and strata, of the squared number of
    samples by which a part holds more than its share of the groups placed so far (the lowest part where costs are
    equal). Then `allocate` says how many single samples of each stratum every part still needs, and they are dealt
    out in order of rank.

    Args:
        strata: Stratum (0, 1, ...) of each sample.
        classes: Class (0, 1, ...) of each stratum.
        groups: Group of each sample, any whole numbers; samples with a number of their own are single.
        ranks: Place of each sample in the order to follow, see `order_ranks`.
        sizes: Samples wanted per part; adds up to the number of samples.
    """
    number = len(classes)
    codes, unique = pd.factorize(groups)
    members = np.bincount(codes, minlength=len(unique))
    single = members[codes] == 1
    parts = np.full(len(strata), -1, dtype=np.int64)
    placed = np.zeros((len(sizes), number), dtype=np.int64)
    if not single.all():
        parts[~single], placed = _place_groups(codes[~single], strata[~single], ranks[~single], classes, sizes)
    allocation = allocate(np.bincount(strata, minlength=number), classes, sizes, placed)
    _deal(parts, single, strata, ranks, allocation)
    return Assignment(parts, allocation.slack, allocation.size_slack)


def _deal(parts: Ints, single: Mask, strata: Ints, ranks: Ints, allocation: Allocation) -> None:
    """Fill in the parts of the single samples: stratum by stratum, in order of rank."""
    rows = np.flatnonzero(single)
    rows = rows[np.lexsort((ranks[rows], strata[rows]))]
    by_stratum = allocation.counts.T
    numbers = np.tile(np.arange(by_stratum.shape[1]), by_stratum.shape[0])
    parts[rows] = np.repeat(numbers, by_stratum.ravel())


def _place_groups(codes: Ints, strata: Ints, ranks: Ints, classes: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """Return the part of each sample, all of them in groups, and the samples per part and stratum."""
    number, total = len(classes), int(sizes.sum())
    groups, codes = np.unique(codes, return_inverse=True)
    content = np.zeros((len(groups), number), dtype=np.int64)
    np.add.at(content, (codes, strata), 1)
    first = np.full(len(groups), len(ranks) and int(ranks.max()))
    np.minimum.at(first, codes, ranks)
    # What is balanced: all samples, those of each class, those of each stratum.
    membership = np.eye(int(classes.max()) + 1, dtype=np.int64)[classes]
    balanced = np.hstack([content.sum(axis=1, keepdims=True), content @ membership, content])
    # Samples that a part holds more than its share, times `total`, so that it stays a whole number.
    beyond = np.zeros((len(sizes), balanced.shape[1]), dtype=np.int64)
    homes = np.empty(len(groups), dtype=np.int64)
    for group in np.lexsort((first, -balanced[:, 0])).tolist():
        vector = balanced[group]
        beyond -= np.multiply.outer(sizes, vector)
        change = _cost(beyond + vector * total, total) - _cost(beyond, total)
        home = int(change.argmin())
        homes[group] = home
        beyond[home] += vector * total
    placed = np.zeros((len(sizes), number), dtype=np.int64)
    np.add.at(placed, (homes[codes], strata), 1)
    return homes[codes], placed


def _cost(beyond: Ints, total: int) -> Ints:
    excess = np.maximum(beyond, 0) * _GRAIN // total
    return np.asarray((excess * excess).sum(axis=1), dtype=np.int64)
