"""Fingerprints: one short text that two people compare to know that they have the same data."""

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lagtool.profile import SLOTS


def content_fingerprint(samples: pd.DataFrame) -> str | None:
    """Return the sha256 over the sorted lines ``label image-sha256 map-sha256 label-file-value``.

    It depends on the bytes of pictures and maps and on the labels only: not on names, paths, order, times or the
    machine. A missing part stands as ``-``. None where no image was hashed.
    """
    if samples["image_sha256"].isna().all():
        return None
    parts = [
        samples[name].astype("object").where(samples[name].notna(), "-").astype(str).tolist()
        for name in ("label", "image_sha256", "map_sha256", "label_value")
    ]
    return _sha256_lines(" ".join(line) for line in zip(*parts, strict=True))


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


def digest_table(table: pa.Table) -> str:
    """Return the sha256 over the values of a table, column by column, whatever file format carries it."""
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
    return digest.hexdigest()
