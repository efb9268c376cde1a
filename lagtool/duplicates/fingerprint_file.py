"""Fingerprint files: hashes and vessel features of a dataset's pictures, to be compared where the pictures cannot go.

What such a file tells whoever has it, see docs/likeness.md, "What a fingerprint file discloses".
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lagtool import __version__
from lagtool.duplicates.centrelines import Centrelines
from lagtool.duplicates.features import DIMENSIONS, MOST, Features
from lagtool.duplicates.pairs import VERSION
from lagtool.duplicates.pictures import Losses
from lagtool.duplicates.same_eye import FILES, take_all
from lagtool.duplicates.search import fill_shelf
from lagtool.duplicates.sets import FIELD, HASHES, PictureSet
from lagtool.duplicates.table import FIRST, Extract, FeatureTable
from lagtool.duplicates.vessels import SIDE
from lagtool.errors import LagtoolError
from lagtool.files.parquet import open_parquet
from lagtool.output.folder import scratch_folder
from lagtool.output.progress import Bar, no_bar
from lagtool.output.writing import write_with
from lagtool.reading import load_file
from lagtool.scanning.workers import count_processes
from lagtool.text import show

FORMAT = 1
"""Version of the file's format."""

_KEY = b"lagtool fingerprint"
_PARTS = {"side": pa.int32(), "width": pa.int16(), "height": pa.int16()}
_PARTS |= dict.fromkeys(("places", "descriptors", "lines"), pa.binary())
_SCHEMA = pa.schema([*((name, pa.binary()) for name in HASHES), *_PARTS.items()])
_HASH_BYTES = 32
_TOGETHER = 256  # pictures, about 6 MB
_LONGEST = 1 << 20  # bytes of one picture's centrelines: every pixel would be one at 5 bytes each
_MOST_BYTES = 16 << 30
_LARGEST = 1 << 20  # pixels, side of a field
_DAMAGE: tuple[type[Exception], ...] = (
    *(ValueError, KeyError, TypeError, OverflowError, RecursionError, OSError),
    *(pa.ArrowException, struct.error, zlib.error),
)


def write_fingerprint(target: str | Path, pictures: PictureSet, *, jobs: int | None = None, bar: Bar = no_bar) -> int:
    """Write the fingerprint file of a dataset; return how many of its pictures are in it without vessels.

    There are no pixels, names, ids, classes or splits in it; rows stand in the order of sha256. Pictures that cannot be
    opened are in it with their hashes only.

    Args:
        target: The file.
        pictures: The pictures, which must be at hand.
        jobs: Processes; None: one per usable core.
        bar: Makes a progress bar.

    Raises:
        LagtoolError: No picture was hashed or could be opened, or the file cannot be written.
    """
    samples = pictures.samples[pictures.samples["image_sha256"].notna()].sort_values("image_sha256", kind="stable")
    hashed = samples["image_phash"].notna().to_numpy(bool)
    if not hashed.any() or pictures.store is None:
        raise LagtoolError(f"{show(pictures.name)}: no picture to take a fingerprint of: name a folder of pictures")
    shelf = fill_shelf(samples[hashed], pictures.store)
    jobs = count_processes(pictures.store.jobs(jobs))
    with scratch_folder(set(FILES)) as folder:
        with bar("Tracing vessels", len(shelf.paths), "images") as advance:
            lost = take_all(shelf, Path(folder), jobs if len(shelf.paths) > _TOGETHER else 1, advance)
        Losses(set(range(len(shelf.paths))), set(lost)).settle(shelf, 1)
        table = FeatureTable.load(Path(folder), FIRST)
        numbers = np.where(hashed, np.cumsum(hashed) - 1, -1)
        extracts = {at: table[number] for at, number in enumerate(numbers.tolist()) if number >= 0}
        sides = dict(zip(np.flatnonzero(hashed).tolist(), shelf.sides, strict=True))
        write_with(Path(target), lambda file: _write(file, samples, extracts, sides))
    return len(lost) + int((~hashed).sum())


def _write(file: IO[bytes], samples: pd.DataFrame, extracts: Mapping[int, Extract], sides: Mapping[int, int]) -> None:
    digest = hashlib.sha256()
    hashes = [[None if pd.isna(text) else bytes.fromhex(text) for text in samples[name]] for name in HASHES]
    with pq.ParquetWriter(
        file, _SCHEMA, compression="zstd", write_page_checksum=True, use_dictionary=False, write_statistics=False
    ) as writer:
        for start in range(0, len(samples), _TOGETHER):
            rows = range(start, min(start + _TOGETHER, len(samples)))
            taken = [_pack(extracts.get(row), sides.get(row, 1)) for row in rows]
            columns = [*(column[rows.start : rows.stop] for column in hashes), *zip(*taken, strict=True)]
            batch = pa.table(
                [pa.array(column, kind) for column, kind in zip(columns, _SCHEMA.types, strict=True)], schema=_SCHEMA
            )
            _absorb(digest, batch)
            writer.write_table(batch)
        head = {"format": FORMAT, "methods": VERSION, "lagtool": __version__, "rows_sha256": digest.hexdigest()}
        writer.add_key_value_metadata({_KEY.decode(): json.dumps(head)})


def _pack(extract: Extract | None, side: int) -> tuple[int, int, int, bytes, bytes, bytes]:
    if extract is None:
        return side, 1, 1, b"", b"", b""
    places, descriptors = extract.features
    return side, *extract.size, places.astype("<f4").tobytes(), descriptors.tobytes(), extract.lines


def _absorb(digest: Any, table: pa.Table) -> None:
    for name in table.column_names:
        for value in table[name].to_pylist():
            data = b"" if value is None else value if isinstance(value, bytes) else str(value).encode()
            digest.update(b"%d:" % len(data) + data)


def read_fingerprint(path: str | Path, name: str) -> PictureSet:
    """Read a fingerprint file; it may come from a stranger, so everything in it is checked.

    Args:
        path: The file.
        name: What the set is called.

    Raises:
        LagtoolError: There is no such file, it is none or damaged, or another version of the methods made it.
    """
    data = load_file(path, _MOST_BYTES, "fingerprint file")
    remedy = "make it again with 'lagtool fingerprint SOURCE -o FILE'"
    try:
        file = open_parquet(data, most_rows=len(data), longest=_LONGEST)
        head = json.loads((file.metadata.metadata or {})[_KEY])
        versions = {key: head[key] for key in ("format", "methods")}
        if versions != {"format": FORMAT, "methods": VERSION}:
            made = " and ".join(f"{key} {show(str(value), 20)}" for key, value in versions.items())
            raise LagtoolError(
                f"fingerprint file {show(path)} has {made}; this lagtool reads format {FORMAT} and methods {VERSION}: "
                f"{remedy} of one version on both sides"
            )
        if not file.schema_arrow.remove_metadata().equals(_SCHEMA):
            raise ValueError("its columns are others")
        table = file.read()
        digest = hashlib.sha256()
        for start in range(0, len(table), _TOGETHER):
            _absorb(digest, table.slice(start, _TOGETHER))
        if digest.hexdigest() != head["rows_sha256"]:
            raise ValueError("its rows are not those that were written")
        return _make_set(table, name)
    except _DAMAGE as error:
        what = show(f"{type(error).__name__}: {error}".splitlines()[0], 120)
        raise LagtoolError(f"{show(path)} is not an intact fingerprint file ({what}): {remedy}") from None


def _make_set(table: pa.Table, name: str) -> PictureSet:
    columns: dict[str, Any] = {column: list(_read_hashes(table[column], column)) for column in HASHES}
    extracts = {}
    for number, row in enumerate(table.select(list(_PARTS)).to_pylist()):
        if columns["image_phash"][number] is not None:
            extracts[number] = _unpack(**row)
    sides = table["side"].to_pylist()
    field = dict.fromkeys(FIELD, 0.0) | {"image_field_right": 1.0, "image_field_bottom": 1.0}
    frame = pd.DataFrame(columns, dtype="string").assign(
        key=[f"{number:06d}" for number in range(1, len(table) + 1)], image_path=""
    )
    frame["split"] = frame["class"] = pd.array([pd.NA] * len(table), dtype="string")
    return PictureSet(name, frame.assign(**(field | {"image_width": sides, "image_height": sides})), None, extracts)


def _read_hashes(column: pa.ChunkedArray, name: str) -> Iterator[str | None]:
    for value in column.to_pylist():
        if (value is None and name == "image_sha256") or (value is not None and len(value) != _HASH_BYTES):
            raise ValueError(f"{name} is no hash")
        yield None if value is None else value.hex()


def _unpack(side: int, width: int, height: int, places: bytes, descriptors: bytes, lines: bytes) -> Extract:
    """Return what was taken of one picture; what no picture can have is refused."""
    if not (1 <= side <= _LARGEST and 1 <= width <= SIDE and 1 <= height <= SIDE):
        raise ValueError("a field of impossible size")
    number = len(descriptors) // DIMENSIONS
    if number > MOST or (len(places), len(descriptors)) != (12 * number, DIMENSIONS * number):
        raise ValueError("features of impossible number")
    at = np.frombuffer(places, "<f4").reshape(number, 3)
    inside = (
        (at > -1).all() and (at[:, :2] < (width + 1, height + 1)).all() and ((at[:, 2] > 0) & (at[:, 2] < SIDE)).all()
    )
    if not inside:  # nor where one is no number
        raise ValueError("features outside of the picture")
    if lines:
        Centrelines.check(lines, (width, height))
    kept = Features(at.astype(np.float32), np.frombuffer(descriptors, np.int8).reshape(number, DIMENSIONS))
    return Extract(kept, (width, height), lines)
