"""How many samples of each stratum every part gets: integers only, the same on every machine."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Edge = tuple[int, int, int, int]


def find_flow(nodes: int, edges: list[Edge], source: int, sink: int) -> list[int] | None:
    """Return a flow for each edge from ``source`` to ``sink`` that respects all bounds, or None where there is none.

    Among several flows always the same one is returned.

    Args:
        nodes: Number of nodes, which are 0..nodes-1.
        edges: (from, to, lower, upper) each, with 0 <= lower; an edge with upper < lower makes it impossible.
        source: Node where the flow begins.
        sink: Node where it ends; how much arrives is up to the bounds.
    """
    if any(upper < lower for _, _, lower, upper in edges):
        return None
    # The usual reduction: the lower bounds are sent at once, and a second source and sink even out what that leaves
    # too much or too little at each node. The bounds can be met if that second flow fills all its edges.
    excess = [0] * nodes
    for tail, head, lower, _ in edges:
        excess[head] += lower
        excess[tail] -= lower
    start, end = nodes, nodes + 1
    network = _Network(nodes + 2)
    for tail, head, lower, upper in edges:
        network.add(tail, head, upper - lower)
    network.add(sink, source, sum(upper for _, _, _, upper in edges))
    wanted = 0
    for node, amount in enumerate(excess):
        if amount > 0:
            network.add(start, node, amount)
            wanted += amount
        elif amount < 0:
            network.add(node, end, -amount)
    if network.fill(start, end) < wanted:
        return None
    return [lower + network.room[2 * index + 1] for index, (_, _, lower, _) in enumerate(edges)]


class _Network:
    """Residual network of Dinic's algorithm; edge 2i and its reverse 2i + 1 lie side by side."""

    def __init__(self, nodes: int) -> None:
        self.heads: list[int] = []
        self.room: list[int] = []
        self.leaving: list[list[int]] = [[] for _ in range(nodes)]

    def add(self, tail: int, head: int, room: int) -> None:
        self.leaving[tail].append(len(self.heads))
        self.leaving[head].append(len(self.heads) + 1)
        self.heads += (head, tail)
        self.room += (room, 0)

    def fill(self, start: int, end: int) -> int:
        """Send as much as possible from ``start`` to ``end`` and return how much that is."""
        total = 0
        while (levels := self._levels(start, end)) is not None:
            untried = [0] * len(self.leaving)
            while sent := self._send(start, end, levels, untried):
                total += sent
        return total

    def _levels(self, start: int, end: int) -> list[int] | None:
        levels = [-1] * len(self.leaving)
        levels[start] = 0
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for edge in self.leaving[node]:
                head = self.heads[edge]
                if self.room[edge] and levels[head] < 0:
                    levels[head] = levels[node] + 1
                    queue.append(head)
        return levels if levels[end] >= 0 else None

    def _send(self, start: int, end: int, levels: list[int], untried: list[int]) -> int:
        """Send along one shortest path; ``untried`` remembers, per node, the edges that led nowhere."""
        path: list[int] = []
        node = start
        while node != end:
            edges = self.leaving[node]
            while untried[node] < len(edges):
                edge = edges[untried[node]]
                if self.room[edge] and levels[self.heads[edge]] == levels[node] + 1:
                    path.append(edge)
                    node = self.heads[edge]
                    break
                untried[node] += 1
            else:
                if not path:
                    return 0
                node = self.heads[path.pop() ^ 1]
                untried[node] += 1
        sent = min(self.room[edge] for edge in path)
        for edge in path:
            self.room[edge] -= sent
            self.room[edge ^ 1] += sent
        return sent


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
    size_slack = bisect_left(range(most), True, key=lambda slack: problem.solve(most, slack) is not None)
    slack = bisect_left(range(most), True, key=lambda slack: problem.solve(slack, size_slack) is not None)
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
