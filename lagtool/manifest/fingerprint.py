"""Fingerprints: one short text that two people compare to know that they have the same data."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lagtool.manifest.blocks import make_scalar, to_numpy
from lagtool.profiles import SLOTS

if TYPE_CHECKING:
    import pandas as pd

BATCH = 1 << 14
"""Rows that are digested, and written, at once: enough for all of LAG, few enough to bound what is held in memory."""

_TEXT = pa.large_string()


class ContentFingerprint:
    """The sha256 over the sorted lines ``label image-sha256 map-sha256 label-file-value``, a missing part as ``-``.

    It depends on the bytes of pictures and maps and on the labels only: not on names, paths, order, times or the
    machine.
    """

    COLUMNS = ("label", "image_sha256", "map_sha256", "label_value")
    """The columns that a batch of samples must have."""

    def __init__(self) -> None:
        self._lines = _SortedLines(apart=3)  # a label and the first digit of a hash, mostly
        self._hashed = False

    def update(self, batch: pa.Table) -> None:
        """Add samples, in any order."""
        self._lines.add(
            _join([pc.fill_null(batch[name].cast(_TEXT), make_scalar("-", _TEXT)) for name in self.COLUMNS])
        )
        self._hashed = self._hashed or batch["image_sha256"].null_count < len(batch)

    def hexdigest(self) -> str | None:
        """Return it; None where no image was hashed."""
        return self._lines.hexdigest() if self._hashed else None


class IdsFingerprint:
    r"""The sha256 over the lines ``id label\n`` of all samples with an image, in order of id.

    For a complete part 1 of LAG this is the published ``61160ab6...d88a``.
    """

    COLUMNS = ("id", "label", "image_path")
    """The columns that a batch of samples must have."""

    def __init__(self) -> None:
        self._lines = _SortedLines()

    def update(self, batch: pa.Table) -> None:
        """Add samples, in any order."""
        there = batch.filter(batch["image_path"].is_valid())
        self._lines.add(_join([there[name].cast(_TEXT) for name in ("id", "label")]))

    def hexdigest(self) -> str:
        """Return it."""
        return self._lines.hexdigest()


class _SortedLines:
    """The sha256 over lines in their order, each with its line end; they come in batches and in any order."""

    def __init__(self, apart: int = 0) -> None:
        """Begin; lines that differ in the first ``apart`` characters are never in one table, so that each is small."""
        self._apart = apart
        self._lines: dict[str, list[pa.ChunkedArray]] = {}

    def add(self, lines: pa.ChunkedArray) -> None:
        heads = pc.utf8_slice_codeunits(lines, 0, self._apart)
        for head in heads.unique():
            self._lines.setdefault(head.as_py(), []).append(lines.filter(pc.equal(heads, head)))

    def hexdigest(self) -> str:
        digest = hashlib.sha256()
        for _, parts in sorted(self._lines.items()):
            lines = pa.concat_arrays([chunk for part in parts for chunk in part.chunks])
            ended = _join([lines.take(pc.sort_indices(lines)), make_scalar("\n", _TEXT)], "")
            _, ends, text = ended.buffers()
            digest.update(memoryview(text)[: int(np.frombuffer(ends, np.int64)[len(ended)])])
        return digest.hexdigest()


def _join(parts: Sequence[Any], between: str = " ") -> Any:
    return pc.binary_join_element_wise(*parts, make_scalar(between, _TEXT))


def content_fingerprint(samples: "pd.DataFrame") -> str | None:
    """Return the `ContentFingerprint` of samples; None where no image was hashed."""
    found = ContentFingerprint()
    found.update(_columns(samples, ContentFingerprint.COLUMNS))
    return found.hexdigest()


def ids_fingerprint(samples: "pd.DataFrame") -> str:
    """Return the `IdsFingerprint` of samples."""
    found = IdsFingerprint()
    found.update(_columns(samples, IdsFingerprint.COLUMNS))
    return found.hexdigest()


def _columns(samples: "pd.DataFrame", names: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array(samples[name]) for name in names})


def files_fingerprint(samples: "pd.DataFrame") -> str:
    r"""Return the sha256 over the lines ``sha256  path\n`` of all files that were read, in order of path.

    That is the sha256 of what ``lagtool verify --sums`` prints: every byte and every name, nothing else.
    """
    lines: list[tuple[str, str]] = []
    for slot in SLOTS:
        files = samples.loc[samples[f"{slot}_sha256"].notna(), [f"{slot}_path", f"{slot}_sha256"]]
        lines.extend(files.itertuples(index=False, name=None))
    return hashlib.sha256(write_sums(lines).encode("ascii", "backslashreplace")).hexdigest()


def write_sums(files: Iterable[tuple[str, str]]) -> str:
    """Return the list that ``sha256sum --check`` reads, in order of path; of pairs of path and digest."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(files))


def digest_document(document: dict[str, Any]) -> str:
    """Return the sha256 over a JSON document, but for its entry ``sha256``, white space and order of keys."""
    known = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(known, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


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
        valid = np.packbits(to_numpy(column.is_valid()))
        digest.update(f"{name}:{column.type}:{len(column)};".encode())
        digest.update(valid.tobytes())
        if pa.types.is_string(column.type):
            filled = column.fill_null(make_scalar("", column.type))
            digest.update(to_numpy(pc.utf8_length(filled)).astype("<i4").tobytes())
            _, ends, text = filled.buffers()
            bounds = np.frombuffer(ends or b"", np.int32)[filled.offset :][: len(filled) + 1]
            digest.update(memoryview(text or b"")[bounds[0] : bounds[-1]] if len(filled) else b"")
        else:
            digest.update(to_numpy(column.fill_null(make_scalar(0, column.type))).tobytes())
    return digest.digest()
