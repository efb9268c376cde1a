"""Rows of samples as Arrow columns, packed for the way between processes and to disk."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lagtool.manifest.schema import SAMPLE_COLUMNS, Column

Row = tuple[Any, ...]
ROW_COLUMNS = [column.name for column in SAMPLE_COLUMNS if not column.optional]
"""Names of the values in a row, in order."""

_TYPES = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Return the Arrow schema of ``columns``."""
    return pa.schema([(column.name, _TYPES[column.kind]) for column in columns])


ROW_SCHEMA = arrow_schema(column for column in SAMPLE_COLUMNS if not column.optional)


NO_ROWS = pa.Table.from_batches([], ROW_SCHEMA)


def pack_rows(rows: Sequence[Row]) -> bytes:
    """Return rows, whose values stand in the order of `ROW_COLUMNS`, as one Arrow IPC stream."""
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ((),) * len(ROW_COLUMNS)
    arrays = [make_array(values, kind) for values, kind in zip(columns, ROW_SCHEMA.types, strict=True)]
    return pack_table(pa.Table.from_arrays(arrays, schema=ROW_SCHEMA))


def make_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
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


def make_scalar(value: Any, kind: pa.DataType) -> pa.Scalar:
    """Return ``pa.scalar(value, kind)``, which imports pandas too."""
    return make_array([value], pa.string())[0].cast(kind) if isinstance(value, str) else make_array([value], kind)[0]


def to_numpy(array: pa.Array) -> NDArray[Any]:
    """Return ``array.to_numpy(zero_copy_only=False)`` of numbers or booleans without gaps, likewise."""
    data = array.buffers()[1] or b""
    if array.type == pa.bool_():
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return bits[array.offset : array.offset + len(array)].astype(np.bool_)
    return np.frombuffer(data, array.type.to_pandas_dtype())[array.offset : array.offset + len(array)]


def unpack_rows(block: bytes) -> pa.Table:
    """Return packed rows as a table.

    Raises:
        ValueError: It holds other columns than `pack_rows` makes.
        pyarrow.ArrowException: It is none at all.
    """
    with pa.ipc.open_stream(block) as stream:
        if not stream.schema.equals(ROW_SCHEMA):
            raise ValueError("rows of another schema")
        return stream.read_all()


def pack_table(table: pa.Table) -> bytes:
    """Return a table of rows as `pack_rows` does."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, ROW_SCHEMA) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())
