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
    repeating = _texts(file.schema_arrow)
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


def _texts(schema: pa.Schema) -> list[str]:
    """Return the names of columns of text: in each a value may stand once for many rows.

    Which of them really are written so stands in the footer's facts of each column, which pyarrow cannot be asked for
    where they are damaged: it ends the process.
    """
    kinds = (pa.types.is_dictionary, pa.types.is_string, pa.types.is_binary, pa.types.is_large_string)
    return [field.name for field in schema if any(fits(field.type) for fits in kinds)]
