"""Rows of a manifest in a Parquet file, written as they come: a row group for each batch, its digest beside it."""

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from lagtool.errors import ForeignFileError
from lagtool.files.parquet import open_parquet
from lagtool.manifest.fingerprint import BATCH, TableDigest, digest_document
from lagtool.manifest.header import Header
from lagtool.manifest.schema import SAMPLE_COLUMNS

_KEY = b"lagtool"
_DISTINCT = ("id", "_path", "_sha256", "_phash", "_phash_mirror", "_phash64", "_grid")
"""Columns whose values are nearly all different: a dictionary of them is only looked up in vain."""
_REPEATING = [c.name for c in SAMPLE_COLUMNS if c.kind == "text" and not c.name.endswith(_DISTINCT)]


class RowWriter:
    """Writes rows into a file; what is held in memory does not grow with their number.

    The bytes depend on the rows only, not on how many of them come at a time.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        """Begin.

        Args:
            file: Where to write to.
            schema: Names and types of the columns, as `lagtool.manifest.blocks.arrow_schema` makes them.
        """
        self.rows = 0
        # Parquet verifies nothing unless asked: page checksums find damage in the data, the digest in the footer.
        self._writer = pq.ParquetWriter(
            file, schema, compression="zstd", write_page_checksum=True, use_dictionary=_REPEATING
        )
        self._digest = TableDigest()
        self._waiting = [pa.Table.from_batches([], schema)]

    def __enter__(self) -> "RowWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the writer of an unfinished file while that is open: the garbage collector would complain."""
        if kind is not None:
            with suppress(Exception):
                self._writer.close()
            self._writer.is_open = False

    def add(self, table: pa.Table) -> None:
        """Add rows."""
        self._waiting.append(table)
        if sum(map(len, self._waiting)) < BATCH:
            return
        waiting = pa.concat_tables(self._waiting)
        while len(waiting) >= BATCH:
            self._put(waiting.slice(0, BATCH))
            waiting = waiting.slice(BATCH)
        self._waiting = [waiting]

    def flush(self) -> tuple[int, str]:
        """Write what is left: there are no more rows. Return their number and their digest."""
        waiting = pa.concat_tables(self._waiting)
        if len(waiting) or not self.rows:
            self._put(waiting)
        return self.rows, self._digest.hexdigest()

    def finish(self, envelope: dict[str, Any]) -> None:
        """Write what is not in the rows, after `flush`, and end the file."""
        self._writer.add_key_value_metadata({_KEY.decode(): json.dumps(envelope)})
        self._writer.close()

    def _put(self, batch: pa.Table) -> None:
        self.rows += len(batch)
        self._digest.update(batch)
        together = batch.combine_chunks()
        self._writer.write_table(together, row_group_size=BATCH)


def make_envelope(
    header: Header,
    rows: int,
    digest: str,
    unmatched: Mapping[str, Sequence[Any]],
    pairs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what is not in the table of samples itself: header, unmatched files, pairs, and digests of all of it."""
    document = {
        "header": header.model_dump(mode="json"),
        "rows": rows,
        "rows_sha256": digest,
        "unmatched": {name: list(values) for name, values in unmatched.items()},
        **(pairs or {}),
    }
    return document | {"sha256": digest_document(document)}


def is_own_file(data: bytes) -> bool:
    """Whether a Parquet file has an envelope, whatever is in it."""
    try:
        return _KEY in (pq.read_metadata(io.BytesIO(data)).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def read_rows(data: bytes, *, most_rows: int, longest: int) -> tuple[pa.Table, Any]:
    """Return the rows and the envelope of a Parquet file.

    Args:
        data: The file.
        most_rows: As for `lagtool.files.parquet.open_parquet`.
        longest: As there.

    Raises:
        ForeignFileError: Another program wrote it.
        pyarrow.ArrowException: It is none, or it is damaged.
        ValueError: It claims too much, or its envelope is no JSON.
    """
    file = open_parquet(data, most_rows=most_rows, longest=longest)
    metadata = file.metadata.metadata or {}
    if _KEY not in metadata:
        raise ForeignFileError("a Parquet file of another program")
    return file.read().replace_schema_metadata(None), json.loads(metadata[_KEY])
