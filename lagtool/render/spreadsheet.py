"""CSV that a spreadsheet can open: no cell with text from outside becomes a formula."""

import csv
import io
from collections.abc import Iterable

from lagtool.cells import escape_cell


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
