"""Telling many findings in a bounded number of places."""

from bisect import bisect_right
from collections.abc import Sequence


def share_out(sizes: Sequence[int], limit: int) -> list[int]:
    """Return how many of each group can be told one by one where ``limit`` places are there for all groups.

    A group that is not told whole takes one place more, for all that is left of it. Small groups are told whole
    before a large one gets more than its share.

    Args:
        sizes: Number of findings in each group.
        limit: Number of places; at least the number of groups that are not empty.

    Raises:
        ValueError: There are more groups than places.
    """
    if sum(size > 0 for size in sizes) > limit:
        raise ValueError("more groups than places")

    def count(most: int) -> int:
        return sum(min(size, most) for size in sizes)

    each = bisect_right(range(1, max(sizes, default=0) + 1), limit, key=count)  # places that every group can have
    left = limit - count(each)
    places = []
    for size in sizes:
        extra = int(size > each and left > 0)
        left -= extra
        places.append(min(size, each + extra))
    return [size if size == place else place - 1 for size, place in zip(sizes, places, strict=True)]
