"""Rows arrive as they were sent."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.manifest.blocks import NO_ROWS, ROW_COLUMNS, ROW_SCHEMA, pack_rows, unpack_rows
from lagtool.manifest.schema import SAMPLE_COLUMNS

_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
}
_ROW = st.tuples(*(st.none() | _VALUES[c.kind] for c in SAMPLE_COLUMNS if not c.optional))


@given(st.lists(st.lists(_ROW, max_size=5), max_size=3))
def test_what_is_packed_is_what_arrow_itself_makes_of_it(blocks: list[list[tuple[Any, ...]]]) -> None:
    table = pa.concat_tables([NO_ROWS, *(unpack_rows(pack_rows(rows)) for rows in blocks)])
    table.validate(full=True)
    rows = [row for block in blocks for row in block]
    columns = zip(*rows, strict=True) if rows else ([] for _ in ROW_COLUMNS)
    expected = [pa.array(values, field.type) for values, field in zip(columns, ROW_SCHEMA, strict=True)]
    assert table.equals(pa.table(expected, ROW_SCHEMA))


def test_a_number_too_large_for_its_column_is_refused() -> None:
    row = [None] * len(ROW_COLUMNS)
    row[ROW_COLUMNS.index("image_bytes")] = 2**63  # type: ignore[call-overload]
    with pytest.raises(OverflowError):
        pack_rows([tuple(row)])
