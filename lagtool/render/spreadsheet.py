"""CSV that a spreadsheet can open: no cell with text from outside becomes a formula."""

import csv
import io
from collections.abc import Iterable

from lagtool.cells import escape_cell

__all__ = ["escape_cell", "write_rows"]


def write_rows(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return CSV as RFC 4180 has it, but for lines that end in a line feed; cells are taken as they are."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue()
