"""Placing groups: each where it disturbs the shares least, then moved and exchanged as long as that helps."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lagtool.splits.allocation import Ints

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


def make_shares(sizes: Ints, classes: Ints) -> Shares:
    """Return what is balanced, for strata that belong to ``classes``."""
    number = len(classes)
    by_class = np.eye(int(classes.max()) + 1, dtype=np.int64)[classes]
    return Shares(sizes, np.hstack([np.ones((number, 1), np.int64), by_class, np.eye(number, dtype=np.int64)]))


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
