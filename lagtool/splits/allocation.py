"""How many samples of each stratum every part gets: integers only, the same on every machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from lagtool.splits.flow import Edge, find_flow

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Allocation:
    """Samples per part and stratum, and how far the bounds had to give way.

    Attributes:
        counts: Array (parts, strata) of samples, those placed beforehand not included.
        slack: Samples by which classes and strata may lie beyond the rounded share; 0 where there are no groups.
        size_slack: Samples by which part sizes may differ from those asked for; 0 where groups leave it possible.
    """

    counts: Ints
    slack: int
    size_slack: int


def share_out(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Return whole numbers in proportion to ``weights`` that add up to ``total`` (largest remainder, ties in order)."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda part: (shares[part] - exact[part], part))
    for part in by_remainder[: total - sum(shares)]:
        shares[part] += 1
    return shares


def allocate(strata: Ints, classes: Ints, sizes: Ints, placed: Ints | None = None) -> Allocation:
    """Return how many samples of each stratum go into each part (controlled rounding).

    Part p should hold ``strata[s] * sizes[p] / N`` samples of stratum s, which is seldom a whole number. Without
    ``placed``, part sizes are kept exactly, and every stratum and every class is rounded to one of the two whole
    numbers next to its share. That such a table exists follows from the proportional one being a fractional flow of a
    network whose bounds are whole numbers. Where groups were placed beforehand, the bounds give way by as little as
    possible: first those of the part sizes, then those of classes and strata. If in no part the placed samples lie
    further than D from their share (in all, in a class, in a stratum), filling up in proportion shows that
    ``size_slack <= ceil(D)`` and ``slack <= ceil(2 D)``.

    Args:
        strata: Samples per stratum, those placed included.
        classes: Class (0, 1, ...) of each stratum.
        sizes: Samples wanted per part; adds up to the sum of ``strata``.
        placed: Array (parts, strata) of samples that are in a part already, or None.
    """
    given = np.zeros((len(sizes), len(strata)), dtype=np.int64) if placed is None else placed
    problem = _Problem(strata, classes, sizes, given)
    if (counts := problem.solve(0, 0)) is not None:
        return Allocation(counts, 0, 0)
    # With a slack of N everything goes, so both searches end.
    most = int(sizes.sum())
    size_slack = _smallest(lambda slack: problem.solve(most, slack) is not None, most)
    slack = _smallest(lambda slack: problem.solve(slack, size_slack) is not None, most)
    solved = problem.solve(slack, size_slack)
    assert solved is not None
    return Allocation(solved, slack, size_slack)


@dataclass(frozen=True, slots=True)
class _Problem:
    strata: Ints
    classes: Ints
    sizes: Ints
    placed: Ints

    def solve(self, slack: int, size_slack: int) -> Ints | None:
        """Return the table within the bounds, or None. Nodes: source, parts, part x class, strata, sink."""
        parts, strata = self.placed.shape
        kinds = int(self.classes.max()) + 1
        total = int(self.sizes.sum())
        membership = np.eye(kinds, dtype=np.int64)[self.classes]
        first_class, first_stratum = 1 + parts, 1 + parts + parts * kinds
        sink = first_stratum + strata
        edges: list[Edge] = []
        cells = self._bounds(self.strata, self.placed, total, slack)
        kinds_bounds = self._bounds(self.strata @ membership, self.placed @ membership, total, slack)
        placed_sizes = self.placed.sum(axis=1).tolist()
        for part, size in enumerate(self.sizes.tolist()):
            low, high = size - size_slack - placed_sizes[part], size + size_slack - placed_sizes[part]
            edges.append((0, 1 + part, max(0, low), high))
            own = first_class + part * kinds
            edges.extend((1 + part, own + kind, *kinds_bounds[part][kind]) for kind in range(kinds))
            edges.extend(
                (own + kind, first_stratum + stratum, *cells[part][stratum])
                for stratum, kind in enumerate(self.classes.tolist())
            )
        for stratum, left in enumerate((self.strata - self.placed.sum(axis=0)).tolist()):
            edges.append((first_stratum + stratum, sink, left, left))
        flow = find_flow(sink + 1, edges, 0, sink)
        if flow is None:
            return None
        table = np.array(flow[: len(flow) - strata], dtype=np.int64).reshape(parts, 1 + kinds + strata)
        return table[:, 1 + kinds :]

    def _bounds(self, wanted: Ints, placed: Ints, total: int, slack: int) -> list[list[tuple[int, int]]]:
        """Return (lower, upper) per part and column: the share rounded down and up, less what is placed."""
        product = np.outer(self.sizes, wanted)
        low = np.maximum(product // total - slack - placed, 0)
        high = -(-product // total) + slack - placed
        return [list(zip(*pair, strict=True)) for pair in zip(low.tolist(), high.tolist(), strict=True)]


def _smallest(works: Callable[[int], bool], most: int) -> int:
    """Return the smallest number in 0..``most`` that works, given that ``most`` works and so does every larger one."""
    low, high = -1, 1
    while high < most and not works(high):
        low, high = high, high * 2
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high
