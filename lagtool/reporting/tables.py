"""A table of strings, which each format lays out in its way: here the way of text."""

import csv
import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size

from lagtool.text import escape_cell

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


NONE = "–"
_GAP_OF_TABLES = 2
_NARROWEST = 6


@dataclass(frozen=True, slots=True)
class Table:
    """A table of strings.

    Attributes:
        title: What the figures are, and what percentages are of.
        columns: Headings.
        text_columns: How many columns, from the left, hold text; the others hold numbers.
        rows: Cells; they may hold text from outside, printable but not escaped for any markup.
        notes: Sentences that belong below.
    """

    title: str
    columns: tuple[str, ...]
    text_columns: int
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def name_of(name: str | None) -> str:
    """Return what the row of a class, or of all (None), is called."""
    return "total" if name is None else name


def percent_of(number: float | None) -> str:
    """Return a percentage with one decimal."""
    return NONE if number is None else f"{number:.1f}"


def sentence_case(noun: str) -> str:
    """Return ``noun`` as it begins a sentence."""
    return noun[:1].upper() + noun[1:]


def lay_out(table: Table) -> list[str]:
    """Return the lines of a table with its title and notes, none wider than 80 columns."""
    widths = _fit(table)
    lines = textwrap.wrap(table.title, WIDTH)
    for row in (table.columns, *table.rows):
        cells = [
            _pad(text, width, left=column < table.text_columns)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((" " * _GAP_OF_TABLES + (" " * _GAP_OF_TABLES).join(cells)).rstrip())
    for note in table.notes:
        lines.extend(textwrap.wrap(note, WIDTH, initial_indent="  ", subsequent_indent="  "))
    return lines


def _fit(table: Table) -> list[int]:
    """Return the columns' widths; where they are too wide, text gives way, the widest column first."""
    rows = (table.columns, *table.rows)
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(table.columns))]
    excess = sum(widths) + _GAP_OF_TABLES * len(widths) - WIDTH
    while excess > 0:
        # Numbers give way only where there is no text left to shorten: then they are cut, which shows.
        texts = [column for column in range(table.text_columns) if widths[column] > _NARROWEST]
        widest = max(texts or range(len(widths)), key=lambda column: widths[column])
        widths[widest] -= 1
        excess -= 1
    return widths


def _pad(text: str, width: int, *, left: bool) -> str:
    cut = cut_middle(text, width)
    space = " " * (width - cell_len(cut))
    return cut + space if left else space + cut


def cut_middle(text: str, width: int) -> str:
    """Return ``text``, cut in the middle where it takes more than ``width`` columns of a terminal."""
    if cell_len(text) <= width:
        return text
    tail_width = (width - 1) // 2
    tail = text[-tail_width:] if tail_width else ""
    while cell_len(tail) > tail_width:
        tail = tail[1:]
    return set_cell_size(text, width - 1 - cell_len(tail)) + "…" + tail


def write_rows(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return CSV as RFC 4180 has it, but for lines that end in a line feed; cells are taken as they are."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue()


def write_cell(value: object) -> str:
    """Return a value as a cell: empty where it is not known, numbers in full, text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, int | float) else escape_cell(str(value))


_NUMBERS = re.compile(r"\[\s+((?:-?[0-9][0-9.eE+-]*,\s+)*-?[0-9][0-9.eE+-]*)\s+\]")


def dump(value: Any) -> str:
    """Return a JSON document in ASCII, indented, with lists of numbers each on one line.

    Raises:
        ValueError: It holds what JSON cannot (NaN, infinity).
    """
    text = json.dumps(value, indent=2, allow_nan=False)
    # A line break is no part of any JSON string, and the pattern needs one: what it matches is a list.
    return _NUMBERS.sub(lambda match: f"[{' '.join(match[1].split())}]", text) + "\n"
