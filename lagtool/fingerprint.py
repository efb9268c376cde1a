"""Fingerprints: one short text that two people compare to know that they have the same data."""

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lagtool.profile import SLOTS

BATCH = 1 << 14
"""Rows that are digested, and written, at once: enough for all of LAG, few enough to bound what is held in memory."""


def content_fingerprint(samples: pd.DataFrame) -> str | None:
    """Return the sha256 over the sorted lines ``label image-sha256 map-sha256 label-file-value``.

    It depends on the bytes of pictures and maps and on the labels only: not on names, paths, order, times or the
    machine. A missing part stands as ``-``. None where no image was hashed.
    """
    if samples["image_sha256"].isna().all():
        return None
    kind = pa.large_string()
    parts = [
        pc.fill_null(pa.array(samples[name]).cast(kind), "-")
        for name in ("label", "image_sha256", "map_sha256", "label_value")
    ]
    lines = pc.binary_join_element_wise(*parts, pa.scalar(" ", kind))
    lines = pc.binary_join_element_wise(lines, pa.scalar("\n", kind), pa.scalar("", kind))
    lines = lines.take(pc.sort_indices(lines))
    if isinstance(lines, pa.ChunkedArray):
        lines = lines.combine_chunks()
    _, ends, text = lines.buffers()
    last = int(np.frombuffer(ends, np.int64)[len(lines)])
    return hashlib.sha256(memoryview(text)[:last]).hexdigest()


def ids_fingerprint(samples: pd.DataFrame) -> str:
    r"""Return the sha256 over the lines ``id label\n`` of all samples with an image, in order of id.

    For a complete part 1 of LAG this is the published ``61160ab6...d88a``.
    """
    rows = samples[samples["image_path"].notna()]
    return _sha256_lines(
        f"{key} {label}" for key, label in zip(rows["id"].tolist(), rows["label"].tolist(), strict=True)
    )


def files_fingerprint(samples: pd.DataFrame) -> str:
    r"""Return the sha256 over the lines ``sha256  path\n`` of all files that were read, in order of path.

    That is the sha256 of what ``lagtool verify --sums`` prints: every byte and every name, nothing else.
    """
    lines: list[tuple[str, str]] = []
    for slot in SLOTS:
        files = samples.loc[samples[f"{slot}_sha256"].notna(), [f"{slot}_path", f"{slot}_sha256"]]
        lines.extend(files.itertuples(index=False, name=None))
    text = "".join(f"{digest}  {path}\n" for path, digest in sorted(lines))
    return hashlib.sha256(text.encode("ascii", "backslashreplace")).hexdigest()


def _sha256_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256(
        "".join(f"{line}\n" for line in sorted(lines)).encode("ascii", "backslashreplace")
    ).hexdigest()


class TableDigest:
    """The sha256 over the values of a table that comes in batches, column by column, whatever file carries it.

    Of a table of one batch it is that over this batch; of a longer one, that over the digests of its batches.
    """

    def __init__(self) -> None:
        self._batches: list[bytes] = []

    def update(self, batch: pa.Table) -> None:
        """Add `BATCH` rows; only the last batch has fewer."""
        self._batches.append(_digest_batch(batch))

    def hexdigest(self) -> str:
        """Return the digest of what was added; at least one batch, if an empty one."""
        first, *others = self._batches
        return (hashlib.sha256(b"".join(self._batches)).digest() if others else first).hex()


def digest_table(table: pa.Table) -> str:
    """Return the `TableDigest` of a whole table."""
    digest = TableDigest()
    for start in range(0, max(1, len(table)), BATCH):
        digest.update(table.slice(start, BATCH))
    return digest.hexdigest()


def _digest_batch(table: pa.Table) -> bytes:
    digest = hashlib.sha256()
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        valid = np.packbits(column.is_valid().to_numpy(zero_copy_only=False))
        digest.update(f"{name}:{column.type}:{len(column)};".encode())
        digest.update(valid.tobytes())
        if pa.types.is_string(column.type):
            filled = column.fill_null("")
            digest.update(pc.utf8_length(filled).to_numpy().astype("<i4").tobytes())
            _, ends, text = filled.buffers()
            bounds = np.frombuffer(ends or b"", np.int32)[filled.offset :][: len(filled) + 1]
            digest.update(memoryview(text or b"")[bounds[0] : bounds[-1]] if len(filled) else b"")
        else:
            zero = pa.scalar(0).cast(column.type)
            digest.update(column.fill_null(zero).to_numpy(zero_copy_only=False).tobytes())
    return digest.digest()
