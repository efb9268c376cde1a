"""A feasible flow with lower bounds, in whole numbers: the engine of controlled rounding."""

from collections import deque

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
