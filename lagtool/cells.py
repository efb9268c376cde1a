"""Cells of CSV files: text from outside must not become a formula where a spreadsheet opens it."""

# The last four are the full-width forms, which some spreadsheets take for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_cell(text: str) -> str:
    """Return ``text``, after an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def guard_cell(text: str) -> str:
    """Like `escape_cell`, but so that `unguard_cell` gives the text back whatever it is.

    Text that already begins with apostrophes before such a sign gets one more.
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unguard_cell(text: str) -> str:
    """Return the text that `guard_cell` was given: without the apostrophe before what looks like a formula."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
