"""The manifest: one value that carries everything that is known of a tree."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from pydantic import ValidationError

from lagtool.errors import ForeignFileError, LagtoolError
from lagtool.manifest.blocks import ROW_COLUMNS, arrow_schema
from lagtool.manifest.fingerprint import (
    BATCH,
    TableDigest,
    content_fingerprint,
    digest_document,
    digest_table,
    ids_fingerprint,
)
from lagtool.manifest.header import Header, first_complaint
from lagtool.manifest.rows import RowWriter, is_own_file, make_envelope, read_rows
from lagtool.manifest.rules import LONGEST_TEXT, check_pairs, check_samples, check_unmatched, digest_pairs, sample_keys
from lagtool.manifest.schema import FORMAT_VERSION, PAIR_COLUMNS, SAMPLE_COLUMNS, UNMATCHED_COLUMNS, Column
from lagtool.output.writing import check_suffix, write_with
from lagtool.profiles import SLOTS, Profile, SlotName
from lagtool.reading import load_file
from lagtool.text import count, frame_html, show

_MAX_BYTES = 16 << 30
_SPLIT_NAMES = ("names", "folds", "test", "title")
"""What a split's record says of its names; the rest says how the whole dataset was divided."""
_DTYPES: dict[pa.DataType, Any] = {
    pa.string(): pd.StringDtype("pyarrow"),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


@dataclass(frozen=True, eq=False, repr=False)
class Manifest:
    """A table of samples, a table of unmatched files and a header; and a table of pairs, where these were searched for.

    ``samples`` has one row per sample in the order class, id; ``unmatched`` one row per file, folder or link that
    belongs to no sample; ``pairs`` one row per two similar pictures (None: not searched). What was searched for
    stands in ``header.search``; `lagtool.record_pairs` puts both in. The columns are those of
    `lagtool.manifest.schema`; missing values are ``pandas.NA``; no text is empty.
    """

    samples: pd.DataFrame
    unmatched: pd.DataFrame
    header: Header
    pairs: pd.DataFrame | None = None

    @property
    def profile(self) -> Profile:
        """The profile that the tree was read with."""
        return self.header.profile

    def count_files(self, slot: SlotName) -> int:
        """Return how many samples have a file in ``slot``."""
        return int(self.samples[f"{slot}_path"].notna().sum())

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.samples)

    def __bool__(self) -> bool:
        """A manifest is true, also one without samples."""
        return True

    def __getitem__(self, key: str) -> "pd.Series[Any]":
        """Return the row of one sample, by its id (``"0001"``) or by class and id (``"non_glaucoma/0001"``).

        Raises:
            KeyError: No sample is called so, or several classes have one; the message says which.
        """
        named = self.samples["id"].eq(key).to_numpy(bool) | (sample_keys(self.samples) == key)
        found = self.samples[named]
        if len(found) != 1:
            keys = ", ".join(sample_keys(found)) or "none"
            raise KeyError(f"{count(len(found), 'sample is', 'samples are')} called '{show(key, 80)}': {keys}")
        return found.iloc[0]

    def filter(self, where: "Callable[[pd.DataFrame], Any] | Any" = None, **columns: Any) -> "Manifest":
        """Return the manifest of some of the samples only, such as ``manifest.filter(split="train")``.

        Fingerprints are those of the samples that are left; pairs of two of them are kept. Unmatched files are left
        out, and so is how the split was made, but for its names: what they say holds for the whole dataset only.

        Args:
            where: A mask of the samples, or a function of the table of samples that returns one.
            **columns: A value, or a list of values, that a column has to have; ``class_`` stands for ``class``.

        Raises:
            KeyError: There is no such column.
        """
        mask = np.ones(len(self.samples), bool)
        if where is not None:
            rows = where(self.samples) if callable(where) else where
            mask &= pd.array(rows, dtype="boolean").fillna(value=False).to_numpy(bool)
        for name, value in columns.items():
            values = value if isinstance(value, list | tuple | set | frozenset) else [value]
            mask &= self.samples[name.rstrip("_")].isin(list(values)).to_numpy(bool)
        samples = self.samples[mask].reset_index(drop=True)
        split = self.header.split
        update: dict[str, Any] = {
            "content_sha256": content_fingerprint(samples),
            "ids_sha256": ids_fingerprint(samples),
            "split": split and {key: split[key] for key in _SPLIT_NAMES if key in split},
        }
        pairs = self.pairs
        if pairs is not None:
            keys = sample_keys(samples)
            pairs = pairs[pairs["a"].isin(keys) & pairs["b"].isin(keys)].reset_index(drop=True)
        if self.header.search is not None:
            left = set(sample_keys(samples))
            kept = tuple(key for key in self.header.search.unsearched if key in left)
            update["search"] = self.header.search.model_copy(update={"unsearched": kept})
        return Manifest(samples, self.unmatched.iloc[:0], self.header.model_copy(update=update), pairs)

    def __repr__(self) -> str:
        return f"<Manifest of {self._describe()}>"

    def _repr_html_(self) -> str:
        columns = {"samples": self.samples["id"]} | {
            self.profile.noun(slot, 2): self.samples[f"{slot}_path"] for slot in SLOTS if slot in self.profile.slots
        }
        table = pd.DataFrame(columns).groupby(self.samples["class"].astype(object)).count()
        table.loc["total"] = table.sum()
        notes = ("manifest.samples is the table; lagtool.validate(manifest) checks it",)
        return frame_html(f"Manifest of {self._describe()}", table.rename_axis("class").reset_index(), notes)

    def _describe(self) -> str:
        header, classes = self.header, self.samples["class"].value_counts()
        numbers = ", ".join(f"{int(classes.get(c.name, 0)):,} {c.name}" for c in self.profile.classes)
        more = [
            f"profile {self.profile.name}",
            f"{count(len(self.unmatched), 'unmatched file')}",
            *([] if self.pairs is None else [count(len(self.pairs), "pair")]),
            *([] if header.split is None else ["with a split"]),
            *([] if header.curation is None else [f"curated by {header.curation.name}"]),
        ]
        return f"{show(header.root_name)}: {count(len(self), 'sample')} ({numbers}), {', '.join(more)}"

    def with_columns(self, **columns: Any) -> "Manifest":
        """Return a copy with columns of the samples added or replaced (aligned by position), in schema order."""
        return replace(self, samples=conform(self.samples.assign(**columns), SAMPLE_COLUMNS))

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same rows and the same header; the order of columns and the clocks count too."""
        return self.equals(other) if isinstance(other, Manifest) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # compared by its tables, which can be changed

    def equals(self, other: "Manifest") -> bool:
        """Whether both hold the same rows and the same header, as ``==`` does."""
        same = self.header == other.header and (self.pairs is None) == (other.pairs is None)
        if same and self.pairs is not None and other.pairs is not None:
            same = self.pairs.equals(other.pairs)
        same = same and (self.samples is other.samples or self.samples.equals(other.samples))
        return same and self.unmatched.equals(other.unmatched)

    def write(self, path: str | Path) -> None:
        """Write as ``.parquet``, ``.csv`` or ``.jsonl``, replacing what is there in one step.

        Raises:
            LagtoolError: Another suffix, or the place cannot be written to.
        """
        target = Path(path)
        writer = {".parquet": _write_parquet, ".csv": _write_csv, ".jsonl": _write_jsonl}.get(check_suffix(target))
        assert writer is not None
        write_with(target, lambda file: writer(self, file))


def conform(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return ``frame`` with the schema's columns in the schema's order and types, optional ones where they are there.

    Raises:
        ValueError: A column is missing, unknown or of another type.
    """
    unknown = [str(name) for name in frame.columns if name not in {c.name for c in columns}]
    missing = [c.name for c in columns if not c.optional and c.name not in frame.columns]
    if unknown or missing:
        what = f"unknown column '{show(unknown[0])}'" if unknown else f"column {missing[0]!r} is missing"
        raise ValueError(what)
    used = [c for c in columns if c.name in frame.columns]
    types = {field.name: _DTYPES[field.type] for field in arrow_schema(used)}
    return frame[[c.name for c in used]].astype(types).reset_index(drop=True)


def read_manifest(path: str | Path) -> Manifest:
    """Read a manifest that lagtool wrote; every rule that a tree must pass, its rows must pass again.

    Raises:
        LagtoolError: There is no such file, another program wrote it, it is damaged, or it holds what no lagtool
            writes; the message says which.
    """
    source = Path(path)
    suffix = check_suffix(source)
    data = load_file(source, _MAX_BYTES, "manifest")
    reader = {".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_jsonl}[suffix]
    try:
        return _checked(*reader(data))
    except (
        ForeignFileError,
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
        RecursionError,
        OSError,
        pa.ArrowException,
        MemoryError,
    ) as error:
        place = "header at " if isinstance(error, ValidationError) else ""
        reason = show(f"{place}{first_complaint(error)}", 160)
        kind = LagtoolError if _is_ours(suffix, data) else ForeignFileError
        raise kind(f"{show(source)} is not an intact manifest ({reason}): make it again with 'lagtool index'") from None


def _is_ours(suffix: str, data: bytes) -> bool:
    """Whether a file says that lagtool wrote it, however damaged it is, or of another version."""
    try:
        if suffix == ".parquet":
            return is_own_file(data)
        first = data.partition(b"\n")[0]
        envelope = json.loads(first.removeprefix(b"#lagtool ") if suffix == ".csv" else first)
    except (ValueError, RecursionError):
        return False
    envelope = envelope.get("lagtool") if suffix == ".jsonl" and isinstance(envelope, dict) else envelope
    return isinstance(envelope, dict) and "header" in envelope


def _schema(names: list[str], columns: tuple[Column, ...]) -> pa.Schema:
    known = {c.name: c for c in columns}
    return arrow_schema(known[name] for name in names)


def _table(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pa.Table:
    schema = _schema(list(frame.columns), columns)
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)


def frame_table(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a frame with the types of a manifest.

    The table is used up: each column is given back as soon as it is copied.
    """
    frame = table.to_pandas(types_mapper=_DTYPES.get, split_blocks=True, self_destruct=True)
    return cast(pd.DataFrame, frame)


def frame_unmatched(columns: dict[str, list[Any]]) -> pd.DataFrame:
    """Return columns of unmatched files as a frame with the types of a manifest."""
    return conform(pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in columns.items()}), UNMATCHED_COLUMNS)


def sample_rows(manifest: Manifest, names: Sequence[str] = ROW_COLUMNS) -> pa.Table:
    """Return columns of the samples as an Arrow table: those that a scan makes, without those of later steps."""
    return _table(manifest.samples[list(names)], SAMPLE_COLUMNS)


def _tables(manifest: Manifest) -> Iterator[pa.Table]:
    """Yield the samples as they are written, a batch at a time."""
    for start in range(0, max(1, len(manifest.samples)), BATCH):
        yield _table(manifest.samples.iloc[start : start + BATCH], SAMPLE_COLUMNS)


def envelope(manifest: Manifest, rows: int, digest: str) -> dict[str, Any]:
    """Return what is not in the table of samples itself: header, unmatched files, pairs, and digests of all of it."""
    pairs: dict[str, Any] = {}
    if manifest.pairs is not None and manifest.header.search is not None:
        found = _table(manifest.pairs, PAIR_COLUMNS)
        pairs = {"pairs": found.to_pydict(), "pairs_sha256": digest_pairs(digest_table(found), manifest.header.search)}
    unmatched = _table(manifest.unmatched, UNMATCHED_COLUMNS).to_pydict()
    return make_envelope(manifest.header, rows, digest, unmatched, pairs)


def _digested(manifest: Manifest) -> dict[str, Any]:
    digest = TableDigest()
    for table in _tables(manifest):
        digest.update(table)
    return envelope(manifest, len(manifest.samples), digest.hexdigest())


def _write_parquet(manifest: Manifest, file: Any) -> None:
    with RowWriter(file, _schema(list(manifest.samples.columns), SAMPLE_COLUMNS)) as rows:
        for table in _tables(manifest):
            rows.add(table)
        rows.finish(envelope(manifest, *rows.flush()))


def _read_parquet(data: bytes) -> tuple[pa.Table, dict[str, Any]]:
    # No row is shorter than a byte: its id alone takes more.
    table, found = read_rows(data, most_rows=len(data), longest=LONGEST_TEXT)
    return table, _checked_envelope(found)


def _write_csv(manifest: Manifest, file: Any) -> None:
    file.write(b"#lagtool " + json.dumps(_digested(manifest)).encode() + b"\n")
    for number, table in enumerate(_tables(manifest)):
        pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(include_header=not number))


def _read_csv(data: bytes) -> tuple[pa.Table, dict[str, Any]]:
    first, _, rest = data.partition(b"\n")
    if not first.startswith(b"#lagtool "):
        raise ForeignFileError("a CSV file of another program, or its first line was taken off")
    envelope = _parse_envelope(first.removeprefix(b"#lagtool "))
    convert = pyarrow.csv.ConvertOptions(
        column_types=arrow_schema(SAMPLE_COLUMNS),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return pyarrow.csv.read_csv(io.BytesIO(rest), convert_options=convert, parse_options=parse), envelope


def _write_jsonl(manifest: Manifest, file: Any) -> None:
    columns = list(manifest.samples.columns)
    file.write(json.dumps({"lagtool": _digested(manifest), "columns": columns}).encode() + b"\n")
    for table in _tables(manifest):
        file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n".encode() for row in table.to_pylist())


def _read_jsonl(data: bytes) -> tuple[pa.Table, dict[str, Any]]:
    lines = data.split(b"\n")
    first = json.loads(lines[0])
    if not isinstance(first, dict) or "lagtool" not in first:
        raise ForeignFileError("a JSON Lines file of another program, or its first line was taken off")
    names = [str(name) for name in first["columns"]]
    rows = [json.loads(line) for line in lines[1:] if line]
    return pa.Table.from_pylist(rows, schema=_schema(names, SAMPLE_COLUMNS)), _checked_envelope(first["lagtool"])


def _parse_envelope(data: bytes) -> dict[str, Any]:
    return _checked_envelope(json.loads(data))


def _checked_envelope(envelope: Any) -> dict[str, Any]:
    if not isinstance(envelope, dict) or not {"header", "rows", "rows_sha256", "unmatched"} <= envelope.keys():
        raise ValueError("the header is incomplete")
    version = envelope["header"].get("format") if isinstance(envelope["header"], dict) else None
    if version != FORMAT_VERSION:
        raise ValueError(f"format version {show(str(version))}, this lagtool reads {FORMAT_VERSION}")
    if envelope.get("sha256") != digest_document(envelope):
        raise ValueError("its header is not the one that was written: damaged, or edited by hand")
    return envelope


def _checked(table: pa.Table, envelope: dict[str, Any]) -> Manifest:
    header = Header.model_validate(envelope["header"])
    if len(table) != envelope["rows"] or digest_table(table) != envelope["rows_sha256"]:
        raise ValueError("its rows are not those that were written: damaged, or edited by hand")
    unmatched = envelope["unmatched"]
    unmatched_table = pa.Table.from_pydict(unmatched, schema=_schema(list(unmatched), UNMATCHED_COLUMNS))
    unmatched_rows = conform(frame_table(unmatched_table), UNMATCHED_COLUMNS)
    check_unmatched(unmatched_rows)
    samples = conform(frame_table(table), SAMPLE_COLUMNS)
    check_samples(samples, header.profile)
    if (header.content_sha256, header.ids_sha256) != (content_fingerprint(samples), ids_fingerprint(samples)):
        raise ValueError("its fingerprints are not those of its rows")
    if any((header.curation is None) == (name in samples) for name in ("curation", "curated_class")):
        raise ValueError("marks without their columns, or the other way round")
    pairs = _checked_pairs(envelope, header, samples)
    return Manifest(samples, unmatched_rows, header, pairs)


def _checked_pairs(envelope: dict[str, Any], header: Header, samples: pd.DataFrame) -> pd.DataFrame | None:
    if (header.search is None) != ("pairs" not in envelope):
        raise ValueError("pairs without what was looked for, or the other way round")
    if header.search is None:
        return None
    table = pa.Table.from_pydict(envelope["pairs"], schema=_schema(list(envelope["pairs"]), PAIR_COLUMNS))
    if digest_pairs(digest_table(table), header.search) != envelope["pairs_sha256"]:
        raise ValueError("its pairs are not those that were written: damaged, or edited by hand")
    pairs = conform(frame_table(table), PAIR_COLUMNS)
    check_pairs(pairs, header.search, samples)
    return pairs
