"""Statistics as text: a ledger that a person can read at 80 columns."""

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from lagtool.render.stats_tables import describe_subject, list_tables
from lagtool.render.tables import Table
from lagtool.stats.facts import SHOWN
from lagtool.stats.records import Stats

WIDTH = 80
_GAP = 2
_NARROWEST = 6


def render_text(stats: Stats, facts: Sequence[str] = SHOWN, by: str = "class") -> str:
    """Return all tables below each other, no line wider than 80 columns; long names are cut in the middle."""
    # Wrapping counts characters, of which some take two columns.
    lines = [_cut(line, WIDTH) for subject in describe_subject(stats) for line in textwrap.wrap(subject, WIDTH)]
    for table in list_tables(stats, facts, by):
        lines.extend(("", *lay_out(table)))
    return "\n".join(lines) + "\n"


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
    cut = _cut(text, width)
    space = " " * (width - cell_len(cut))
    return cut + space if left else space + cut


def _cut(text: str, width: int) -> str:
    """Cut ``text`` in the middle where it takes more than ``width`` columns of a terminal."""
    if cell_len(text) <= width:
        return text
    tail_width = (width - 1) // 2
    tail = text[-tail_width:] if tail_width else ""
    while cell_len(tail) > tail_width:
        tail = tail[1:]
    return set_cell_size(text, width - 1 - cell_len(tail)) + "…" + tail
