"""Text in 80 columns: tables whose columns go below each other where they do not fit beside each other."""

from collections.abc import Iterator, Sequence

WIDTH = 80
"""Columns of a terminal that text fits."""

_GAP = "  "


def lay_out_columns(columns: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, an empty line after each block of as many columns as fit.

    Args:
        columns: Cells of each column, all of one number. The first holds the names of the rows: it is repeated in every
            block and set to the left, all others to the right. Rows that are empty in a block are left out there.
    """
    first, *others = columns
    block = [first]
    for column in others:
        if sum(map(_width, (*block, column))) + len(_GAP) * len(block) > WIDTH:
            yield from _lay_out_block(block)
            block = [first]
        block.append(column)
    yield from _lay_out_block(block)


def cut(text: str, width: int) -> str:
    """Return ``text``, cut at its end where it has more than ``width`` characters."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _lay_out_block(block: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [_width(column) for column in block]
    for name, *cells in zip(*block, strict=True):
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        if line := _GAP.join([name.ljust(widths[0]), *padded]).rstrip():
            yield line
    yield ""
