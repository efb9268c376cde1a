"""Which sample goes into which part: groups first, then single samples in an order of their own."""

from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from lagtool.splits.allocation import Allocation, Ints, allocate

# Costs are counted in 1/256 of a sample and squared, in whole numbers: every machine decides the same way, and some
# million samples do not overflow.
_GRAIN = 256
_MOST_STEPS = 1_000
_MOST_EXCHANGES = 1_000_000  # to choose from in one step: where there are more, groups are only moved
_MOST_PARTS = 200
_FAR = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Shares:
    """What is to be balanced: all samples, those of each class, those of each stratum.

    Attributes:
        sizes: Samples wanted per part.
        membership: Array (strata, features) of 0 and 1: what a sample of a stratum counts for.
    """

    sizes: Ints
    membership: Ints

    @property
    def total(self) -> int:
        """Samples in all parts."""
        return int(self.sizes.sum())


def place(content: Ints, order: Ints, placed: Ints, shares: Shares) -> Ints:
    """Return the part of each group.

    First each group, in ``order``, goes where the cost is lowest: the sum over all parts and over sizes, classes and
    strata of the squared number of samples by which a part holds more than its share of what is placed so far (the
    lowest part where costs are equal). Then, as long as one of these lowers the sum of the squared deviations, above or
    below: the group is moved, or the two groups are exchanged, that lower it most.

    Args:
        content: Samples of each group, array (groups, strata).
        order: The groups, in the order in which they are placed; of equal ones the last is moved first.
        placed: Array (parts, strata) of samples that are in a part already.
        shares: What is balanced.
    """
    homes = _place_greedily(content @ shares.membership, order, placed @ shares.membership, shares)
    kinds, kind = np.unique(content, axis=0, return_inverse=True)
    kind = kind.reshape(-1)  # its shape differs between versions of numpy
    counts = np.zeros((len(shares.sizes), len(kinds)), np.int64)
    np.add.at(counts, (homes, kind), 1)
    _follow(homes, kind, order, improve(counts, kinds, placed, shares))
    return homes


def _place_greedily(balanced: Ints, order: Ints, held: Ints, shares: Shares) -> Ints:
    total, sizes = shares.total, shares.sizes
    # Samples that a part holds more than its share, times `total`, so that it stays a whole number.
    beyond = held * total - np.multiply.outer(sizes, held.sum(axis=0))
    homes = np.empty(len(balanced), dtype=np.int64)
    for group in order.tolist():
        vector = balanced[group]
        beyond -= np.multiply.outer(sizes, vector)
        change = _cost(np.maximum(beyond + vector * total, 0), total) - _cost(np.maximum(beyond, 0), total)
        home = int(change.argmin())
        homes[group] = home
        beyond[home] += vector * total
    return homes


def improve(counts: Ints, kinds: Ints, placed: Ints, shares: Shares, *, move: bool = True) -> Ints:
    """Return how many groups of each kind go into each part after the steps that lower the sum of squared deviations.

    A step moves one group, or exchanges two; it is always the best one. Where there are many kinds, groups are moved
    only; where there are very many parts, nothing is done.

    Args:
        counts: Array (parts, kinds) of groups, to begin with.
        kinds: Samples of a group of each kind, array (kinds, strata); each row once.
        placed: Array (parts, strata) of samples that stay where they are.
        shares: What is balanced.
        move: Whether groups may be moved; otherwise they are only exchanged.
    """
    parts, number = counts.shape
    counts = counts.copy()
    if parts > _MOST_PARTS or not number:
        return counts
    vectors = kinds @ shares.membership * shares.total
    held = (counts @ kinds + placed) @ shares.membership
    beyond = held * shares.total - np.multiply.outer(shares.sizes, held.sum(axis=0))
    exchange = parts * parts * (number + 1) ** 2 <= _MOST_EXCHANGES
    # A step of a part: kind i goes out and kind j comes in. The last kind is no group at all.
    ends = np.vstack([vectors, np.zeros_like(vectors[:1])])
    steps = ends[None, :, :] - ends[:, None, :] if exchange else np.stack([-ends, ends])
    changes = np.stack([_changes(part, steps, shares.total) for part in beyond])
    find = _find_exchange if exchange else _find_move
    for _ in range(_MOST_STEPS):
        step = find(changes, counts, move=move)
        if step is None:
            break
        for kind, giver, taker in ((step.out, step.first, step.second), (step.back, step.second, step.first)):
            if kind < number:
                counts[giver, kind] -= 1
                counts[taker, kind] += 1
        beyond[step.first] += ends[step.back] - ends[step.out]
        beyond[step.second] += ends[step.out] - ends[step.back]
        for part in (step.first, step.second):
            changes[part] = _changes(beyond[part], steps, shares.total)
    return counts


class _Step(NamedTuple):
    """Kind ``out`` goes from the first part to the second, and kind ``back`` the other way."""

    first: int
    second: int
    out: int
    back: int


def _changes(beyond: Ints, steps: Ints, total: int) -> Ints:
    """Return by how much each step changes the cost of one part."""
    return _cost(beyond + steps, total) - _cost(beyond, total)


def _find_exchange(changes: Ints, counts: Ints, *, move: bool) -> _Step | None:
    best, step = 0, None
    there = np.hstack([counts > 0, np.full((len(counts), 1), move)])
    for first in range(len(counts)):
        for second in range(first + 1, len(counts)):
            table = changes[first] + changes[second].T
            table = np.where(there[first][:, None] & there[second][None, :], table, 0)
            place_ = int(table.argmin())
            if table.flat[place_] < best:
                best = int(table.flat[place_])
                step = _Step(first, second, *divmod(place_, table.shape[1]))
    return step


def _find_move(changes: Ints, counts: Ints, *, move: bool) -> _Step | None:
    nothing = counts.shape[1]
    best, step = 0, None
    for kind in range(nothing if move else 0):
        give = np.where(counts[:, kind] > 0, changes[:, 0, kind], _FAR)
        table = give[:, None] + changes[:, 1, kind][None, :]
        np.fill_diagonal(table, 0)
        place_ = int(table.argmin())
        if table.flat[place_] < best:
            best = int(table.flat[place_])
            step = _Step(*divmod(place_, len(counts)), kind, nothing)
    return step


def _follow(homes: Ints, kind: Ints, order: Ints, wanted: Ints) -> None:
    """Move groups until every part has as many of each kind as is wanted; the last in order go first."""
    have = np.zeros_like(wanted)
    np.add.at(have, (homes, kind), 1)
    changed = np.flatnonzero((have != wanted).any(axis=0))
    for number in changed.tolist():
        surplus = (have[:, number] - wanted[:, number]).tolist()
        free: list[int] = []
        for group in reversed(order[kind[order] == number].tolist()):
            home = int(homes[group])
            if surplus[home] > 0:
                surplus[home] -= 1
                free.append(group)
        for part, missing in enumerate(surplus):
            for _ in range(-missing):
                homes[free.pop()] = part


def _cost(beyond: Ints, total: int) -> Ints:
    deviation = beyond * _GRAIN // total
    return np.asarray((deviation * deviation).sum(axis=-1), dtype=np.int64)


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
    rank; `lagtool.splits.assignment.place` says where they go. Then `allocate` says how many single samples of each
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
    by_class = np.eye(int(classes.max()) + 1, dtype=np.int64)[classes]
    shares = Shares(sizes, np.hstack([np.ones((number, 1), np.int64), by_class, np.eye(number, dtype=np.int64)]))
    open_ = np.flatnonzero(~there & (members[codes] > 1))
    if len(open_):
        parts[open_] = _place_groups(codes[open_], strata[open_], ranks[open_], placed, shares)
        np.add.at(placed, (parts[open_], strata[open_]), 1)
    allocation = allocate(np.bincount(strata, minlength=number), classes, sizes, placed)
    counts = _even_out(allocation, placed, classes, shares)
    single = np.flatnonzero(parts < 0)  # stratum by stratum, in order of rank
    single = single[np.lexsort((ranks[single], strata[single]))]
    parts[single] = np.repeat(np.tile(np.arange(len(sizes)), number), counts.T.ravel())
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


def _place_groups(codes: Ints, strata: Ints, ranks: Ints, placed: Ints, shares: Shares) -> Ints:
    """Return the part of each sample, all of them in groups."""
    groups, codes = np.unique(codes, return_inverse=True)
    content = np.zeros((len(groups), placed.shape[1]), dtype=np.int64)
    np.add.at(content, (codes, strata), 1)
    first = np.full(len(groups), len(ranks) and int(ranks.max()))
    np.minimum.at(first, codes, ranks)
    return place(content, np.lexsort((first, -content.sum(axis=1))), placed, shares)[codes]
