"""Labels are bytes: exactly what the profile lists, nothing that merely converts to it."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.model import State
from lagtool.probe.label import parse_label

VALUES = {"0": 0, "1": 1}


@pytest.mark.parametrize("text", [b"1", b"1\n", b"1\r\n", b" 1\t\r\n", codecs.BOM_UTF8 + b"1\r\n"])
def test_blanks_line_ends_and_one_byte_order_mark_are_accepted(text: bytes) -> None:
    label = parse_label(text, VALUES)
    assert (label.value, label.state, label.message) == (1, State.OK, None)


@pytest.mark.parametrize(
    ("text", "state", "message"),
    [
        (b"", State.EMPTY, "is empty"),
        (b" \r\n", State.EMPTY, "holds nothing but blanks"),
        (b"2", State.INVALID, "holds 2, expected 0 or 1"),
        (b"0 1", State.SEVERAL_VALUES, "holds several values (0 1), expected 0 or 1"),
        (b"0\n0", State.SEVERAL_VALUES, "holds several values (0\\n0), expected 0 or 1"),
        (b"01", State.INVALID, "holds 01, expected 0 or 1"),
        (b"+1", State.INVALID, "holds \\x2b1, expected 0 or 1"),
        (b"1.0", State.INVALID, "holds 1.0, expected 0 or 1"),
        ("１".encode(), State.INVALID, "holds \\xef\\xbc\\x91, expected 0 or 1"),
        (b"0,1", State.SEVERAL_VALUES, "holds several values (0,1), expected 0 or 1"),
        (b"1\0", State.NOT_TEXT, "is not plain text (1\\x00), expected 0 or 1"),
        ("1".encode("utf-16-be"), State.NOT_TEXT, "is not plain text (\\x001), expected 0 or 1"),
        ("1".encode("utf-16"), State.NOT_TEXT, "is not plain text (\\xff\\xfe1\\x00), expected 0 or 1"),
        (b"\xff\xd8\xff\xe0", State.NOT_TEXT, "is not plain text (\\xff\\xd8\\xff\\xe0), expected 0 or 1"),
    ],
)
def test_everything_else_is_said_to_be_what_it_is(text: bytes, state: State, message: str) -> None:
    label = parse_label(text, VALUES)
    assert (label.value, label.state, label.message) == (None, state, message)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_harmless_answer(data: bytes) -> None:
    label = parse_label(data, VALUES)
    assert (label.value is not None) == (label.state is State.OK)
    if label.raw is not None:
        assert label.raw.isprintable()
        assert label.raw[0] not in "=+-@\t"
