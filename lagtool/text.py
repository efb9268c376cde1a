"""The one way in which text from outside (file names, label contents, decoder messages) is shown."""

import os
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def show(text: str | os.PathLike[str], limit: int = 200) -> str:
    r"""Return ``text`` as one printable line that cannot disturb a terminal or a report.

    Control, bidirectional, surrogate and unassigned characters become ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``;
    an undecodable byte of a file name (surrogate-escaped by Python) becomes ``\xNN``. Backslashes are doubled, so
    that the escapes are unambiguous. Text longer than ``limit`` characters is cut in the middle.

    The result is plain text: whoever puts it into markup (HTML, rich) still escapes it for that markup.
    """
    raw = os.fspath(text)
    if len(raw) > limit:
        keep = limit // 2
        raw = f"{raw[:keep]}…{raw[-keep:]}"
    if raw.isascii() and raw.isprintable() and "\\" not in raw:
        return raw
    return "".join(_shown(char) for char in raw)


def is_shown(text: str) -> bool:
    """Whether ``text`` is one printable line, as `show` makes it."""
    return (text.isascii() and text.isprintable()) or not any(_is_hidden(char) for char in text)


def _is_hidden(char: str) -> bool:
    category = unicodedata.category(char)
    return category in _HIDDEN or (category == "Zs" and char != " ")


def _shown(char: str) -> str:
    if char == "\\":
        return "\\\\"
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # PEP 383: an undecodable byte of a file name
        return f"\\x{code - 0xDC00:02x}"
    if _is_hidden(char):
        if code <= 0xFF:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return char


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return ``number`` with thousands separators and the noun in the right number: ``1 image``, ``4,854 images``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def frame_html(title: str, frame: "pd.DataFrame", notes: Iterable[str] = (), *, most: int = 20) -> str:
    """Return a table as a notebook shows it: a title, the first rows, and notes below; all of it escaped.

    Args:
        title: One line above.
        frame: The table; missing values become dashes.
        notes: Lines below.
        most: Rows shown; a note says how many there are more.
    """
    more = [f"{len(frame) - most:,} more rows"] if len(frame) > most else []
    table = frame.head(most).to_html(index=False, na_rep="-", border=0) if len(frame) else ""
    lines = "".join(f"<p><small>{escape(note)}</small></p>" for note in (*more, *notes))
    return f"<div><p><b>{escape(title)}</b></p>{table}{lines}</div>"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known word that is most similar to ``word``; empty where none is (see `difflib.get_close_matches`)."""
    return next(iter(get_close_matches(word, list(known), 1, cutoff)), "")


def suggest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return what to write instead of an unknown word: the nearest, or all that are known."""
    near = nearest(word.lower(), known, cutoff)
    return f"did you mean {near}?" if near else f"choose {', '.join(known)}"


def join_some(words: Sequence[str], most: int = 3) -> str:
    """Return the first words with commas between them, and ``...`` where there are more."""
    return ", ".join([*words[:most], *(["..."] if len(words) > most else [])])


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
