"""Blocks: rows of samples as columns (Arrow record batches), packed for the way between processes and to disk."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lagtool.schema import SAMPLE_COLUMNS, Column

Row = tuple[Any, ...]
ROW_COLUMNS = [column.name for column in SAMPLE_COLUMNS if not column.optional]
"""Names of the values in a row, in order."""

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


def unpack_rows(blocks: Iterable[bytes]) -> pa.Table:
    """Return packed blocks as one table, one after the other.

    Raises:
        ValueError: One of them holds other columns than `pack_rows` makes.
        pyarrow.ArrowException: One of them is none at all.
    """
    batches: list[pa.RecordBatch] = []
    for block in blocks:
        with pa.ipc.open_stream(block) as stream:
            if not stream.schema.equals(ROW_SCHEMA):
                raise ValueError("rows of another schema")
            batches.extend(stream)
    return pa.Table.from_batches(batches, ROW_SCHEMA)
