"""The order of parts: as people speak of them, the others after them by name, with numbers in their order."""

import re
from collections.abc import Iterable

USUAL = {
    name: rank for rank, names in enumerate((("train",), ("val", "valid", "validation"), ("test",))) for name in names
}


def order_parts(names: Iterable[str]) -> list[str]:
    """Return the names of parts in their order: train, val, test, then ..., fold2, fold10, ..."""

    def rank(name: str) -> tuple[int, list[tuple[int, str]]]:
        pieces = re.findall(r"[0-9]+|[^0-9]+", name)
        return USUAL.get(name, 9), [(int(p), "") if p.isascii() and p.isdigit() else (-1, p) for p in pieces]

    return sorted(map(str, names), key=rank)
