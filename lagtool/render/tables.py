"""A table of strings, which each format lays out in its way: here the way of text."""

import textwrap
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from lagtool.render.columns import WIDTH

NONE = "–"
_GAP = 2
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
        lines.append((" " * _GAP + (" " * _GAP).join(cells)).rstrip())
    for note in table.notes:
        lines.extend(textwrap.wrap(note, WIDTH, initial_indent="  ", subsequent_indent="  "))
    return lines


def _fit(table: Table) -> list[int]:
    """Return the columns' widths; where they are too wide, text gives way, the widest column first."""
    rows = (table.columns, *table.rows)
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(table.columns))]
    excess = sum(widths) + _GAP * len(widths) - WIDTH
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
