"""What a label file states."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lagtool.model import State

_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANKS = b" \t\r\n\v\f"
_SHOWN_BYTES = 64
_SEPARATORS = re.compile(rb"[\s,;]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Label:
    """A label file's content: escaped text, the label it states or None, state and message."""

    raw: str | None
    value: int | None
    state: State
    message: str | None = None


def parse_label(data: bytes, values: Mapping[str, int]) -> Label:
    r"""Read a label: one UTF-8 byte order mark off, blanks off, then exactly one of the texts in ``values``.

    Bytes are compared, never converted: ``int()`` would take digits of other scripts, ``0_0`` and ``+1``.
    """
    return _parse(data, tuple(values.items()))


@lru_cache(1024)  # thousands of files hold the same byte
def _parse(data: bytes, values: tuple[tuple[str, int], ...]) -> Label:
    raw = _escape(data)
    text = data.removeprefix(codecs.BOM_UTF8).strip(_BLANKS)
    if not text:
        return Label(raw, None, State.EMPTY, "is empty" if not data else "holds nothing but blanks")
    for known, value in values:
        if text == known.encode():
            return Label(raw, value, State.OK)
    expected = " or ".join(known for known, _ in values)
    if not _is_text(data):
        return Label(raw, None, State.NOT_TEXT, f"is not plain text ({_escape(text)}), expected {expected}")
    if len(_SEPARATORS.split(text)) > 1:
        return Label(raw, None, State.SEVERAL_VALUES, f"holds several values ({_escape(text)}), expected {expected}")
    return Label(raw, None, State.INVALID, f"holds {_escape(text)}, expected {expected}")


def _is_text(data: bytes) -> bool:
    """Whether it is UTF-8 without control characters, other than blanks and line ends."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.startswith(_BOMS) and not _CONTROL.search(data)


def _escape(data: bytes) -> str | None:
    """Return the first bytes printable and harmless: escapes as in a Python literal, no leading formula character."""
    text = repr(data[:_SHOWN_BYTES])[2:-1].replace("\\'", "'") + ("…" if len(data) > _SHOWN_BYTES else "")
    if text[:1] in ("=", "+", "-", "@"):
        text = f"\\x{ord(text[0]):02x}{text[1:]}"
    return text or None
