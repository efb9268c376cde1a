"""Blocks: rows of samples as columns (Arrow record batches), packed for the way between processes and to disk."""

from collections.abc import Iterable, Sequence
from typing import Any

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
    arrays = [
        # Whole columns of nothing are common, and cost the most where they are converted value by value.
        pa.nulls(len(rows), kind) if values.count(None) == len(rows) else pa.array(values, kind)
        for values, kind in zip(columns, ROW_SCHEMA.types, strict=True)
    ]
    batch = pa.record_batch(arrays, schema=ROW_SCHEMA)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, ROW_SCHEMA) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


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
