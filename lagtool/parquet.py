"""Parquet files from strangers: what a small file claims to hold is looked at before it is unpacked."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_MAX_METADATA = (1 << 31) - 1  # bytes; many pairs make long metadata, and all of the file is in memory already
_BATCH = 1 << 16


def open_parquet(data: bytes, *, most_rows: int, longest: int) -> pq.ParquetFile:
    """Open a Parquet file in memory.

    A value that repeats takes a few bits per row, so that some kilobytes can claim what no machine can hold. Number of
    rows and length of repeating texts are therefore looked at first; texts that do not repeat take their own length.

    Args:
        data: The file.
        most_rows: Rows that it may have.
        longest: Characters that a text in a column of its own may have.

    Raises:
        ValueError: It claims more.
        pyarrow.ArrowException: It is damaged.
    """
    options: dict[str, Any] = {"page_checksum_verification": True, "thrift_string_size_limit": _MAX_METADATA}
    file = pq.ParquetFile(pa.BufferReader(data), **options)
    rows = file.metadata.num_rows
    if rows > most_rows:
        raise ValueError(f"claims to hold {rows:,} rows in {len(data):,} bytes")
    repeating = _repeating_texts(file)
    if repeating and rows:
        packed = pq.ParquetFile(pa.BufferReader(data), read_dictionary=repeating, **options)
        for batch in packed.iter_batches(_BATCH, columns=repeating, use_threads=False):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                values = column.dictionary if pa.types.is_dictionary(column.type) else column
                if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
                    continue  # categories that are numbers
                size = pc.max(pc.binary_length(values)).as_py()
                if size is not None and size > longest:
                    raise ValueError(f"a text of {size:,} bytes in {name}")
    return file


def _repeating_texts(file: pq.ParquetFile) -> list[str]:
    """Return the names of columns of text in which a value may stand once for many rows."""
    schema, found = file.schema_arrow, set[str]()
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            if column.has_dictionary_page and schema.get_field_index(column.path_in_schema) >= 0:
                kind = schema.field(column.path_in_schema).type
                if (
                    pa.types.is_dictionary(kind)
                    or pa.types.is_string(kind)
                    or pa.types.is_binary(kind)
                    or pa.types.is_large_string(kind)
                ):
                    found.add(column.path_in_schema)
    return sorted(found)
