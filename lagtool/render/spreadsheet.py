"""CSV that a spreadsheet can open: no cell with text from outside becomes a formula."""

import csv
import io
from collections.abc import Iterable

# The last four are the full-width forms, which some spreadsheets take for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_cell(text: str) -> str:
    """Return ``text``, after an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_rows(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return CSV as RFC 4180 has it, but for lines that end in a line feed; cells are taken as they are."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue()
