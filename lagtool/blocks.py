"""Blocks: rows of samples as columns (Arrow record batches), packed for the way between processes and to disk."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lagtool.schema import SAMPLE_COLUMNS, Column

Row = tuple[Any, ...]
ROW_COLUMNS = [column.name for column in SAMPLE_COLUMNS if not column.optional]
"""Names of the values in a row, in order."""

_TOGETHER = 64
_TYPES = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Return the Arrow schema of ``columns``."""
    return pa.schema([(column.name, _TYPES[column.kind]) for column in columns])


ROW_SCHEMA = arrow_schema(column for column in SAMPLE_COLUMNS if not column.optional)


def pack_rows(rows: Sequence[Row]) -> bytes:
    """Return rows, whose values stand in the order of `ROW_COLUMNS`, as one Arrow IPC stream."""
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ((),) * len(ROW_COLUMNS)
    arrays = [_make_array(values, kind) for values, kind in zip(columns, ROW_SCHEMA.types, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, schema=ROW_SCHEMA)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, ROW_SCHEMA) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


def _make_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return ``pa.array(values, kind)``, which imports the whole of pandas first: a third of a second per process."""
    number, gaps = len(values), values.count(None)
    if gaps == number:
        return pa.nulls(number, kind)
    text = kind == pa.string()
    valid = None
    if gaps:
        valid = pa.py_buffer(np.packbits(np.array(values, object) != None, bitorder="little"))  # noqa: E711 - elementwise
        gap: Any = "" if text else 0
        values = [gap if value is None else value for value in values]
    if text:
        joined = "".join(values)
        encoded = joined.encode()
        # One byte a character, as it nearly always is, saves encoding them one by one.
        lengths = map(len, values if len(encoded) == len(joined) else [value.encode() for value in values])
        ends = np.zeros(number + 1, np.int32)
        np.cumsum(np.fromiter(lengths, np.int32, number), out=ends[1:])
        data = [pa.py_buffer(ends), pa.py_buffer(encoded)]
    elif kind == pa.bool_():
        data = [pa.py_buffer(np.packbits(np.array(values, np.bool_), bitorder="little"))]
    else:
        data = [pa.py_buffer(np.array(values, kind.to_pandas_dtype()))]
    return pa.Array.from_buffers(kind, number, [valid, *data], gaps)


class Pile:
    """Blocks as they come, put together a few at a time.

    A batch has buffers of its own for every column, which take more room than the few rows in it: many small ones kept
    to the end would weigh more than the table.
    """

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._batches: list[pa.RecordBatch] = []

    def add(self, block: bytes) -> None:
        """Add a packed block.

        Raises:
            ValueError: It holds other columns than `pack_rows` makes.
            pyarrow.ArrowException: It is none at all.
        """
        with pa.ipc.open_stream(block) as stream:
            if not stream.schema.equals(ROW_SCHEMA):
                raise ValueError("rows of another schema")
            self._batches.extend(stream)
        if len(self._batches) >= _TOGETHER:
            self._combine()

    def to_table(self) -> pa.Table:
        """Return all rows, in order."""
        self._combine()
        return pa.concat_tables(self._tables)

    def _combine(self) -> None:
        self._tables.append(pa.Table.from_batches(self._batches, ROW_SCHEMA).combine_chunks())
        self._batches.clear()


def unpack_rows(blocks: Iterable[bytes]) -> pa.Table:
    """Return packed blocks as one table, one after the other.

    Raises:
        ValueError: One of them holds other columns than `pack_rows` makes.
        pyarrow.ArrowException: One of them is none at all.
    """
    pile = Pile()
    for block in blocks:
        pile.add(block)
    return pile.to_table()
