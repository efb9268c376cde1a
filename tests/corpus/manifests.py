"""Manifests that are damaged, of others, or written to deceive."""

import csv
import io
import json
import os
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from lagtool.manifest.blocks import arrow_schema
from lagtool.manifest.fingerprint import digest_table
from lagtool.manifest.schema import SAMPLE_COLUMNS
from tests.corpus.case import JUDGE, Case, put, read_template
from tests.corpus.jpegs import WHOLE
from tests.factories import make_manifest

_EVIL = "\x1b[31m\u202e<script>alert(1)</script>"
_BAD = "not an intact manifest .*: make it again with 'lagtool index'"
Change = Callable[[dict[str, Any], list[dict[str, Any]]], object]


def _case(name: str, path: str, make: Callable[[Path], object], says: str = _BAD, code: int = 2, **more: Any) -> Case:
    return Case("manifests", name, make, ("validate", path, *JUDGE[2:]), code, says=says, names=path, **more)


def _bytes(
    name: str, path: str, data: bytes | Callable[[], bytes], says: str = _BAD, code: int = 2, **more: Any
) -> Case:
    return _case(name, path, put(path, data), says, code, **more)


def truncated() -> Iterator[Case]:
    """Yield manifests that are cut off."""
    for suffix in ("parquet", "csv", "jsonl"):
        path = f"m.{suffix}"
        whole = read_template(path)
        for name, size in (("1", 1), ("4", 4), ("100", 100), *_parts(len(whole))):
            yield _bytes(f"{suffix} cut at {name}", path, whole[:size])
        yield _bytes(f"{suffix} without its last 10 bytes", path, whole[:-10])
        yield _bytes(f"{suffix} with zeros in the middle", path, _zeroed(whole))
        yield _bytes(f"{suffix} that is empty", path, b"")
        yield _bytes(f"{suffix} of zeros", path, bytes(5000))
        yield _bytes(f"{suffix} that is a picture", path, WHOLE)
        # In Parquet the last bytes count: what stands before them is only more of the same.
        yield _bytes(f"{suffix} twice", path, whole + whole, *(("", 0) if suffix == "parquet" else ()))
    for suffix in ("csv", "jsonl"):
        yield _bytes(f"{suffix} without its last line end", f"m.{suffix}", read_template(f"m.{suffix}")[:-1], "", 0)
        lines = read_template(f"m.{suffix}").splitlines(keepends=True)
        yield _bytes(f"{suffix} without its last row", f"m.{suffix}", b"".join(lines[:-1]))
        yield _bytes(f"{suffix} without its first line", f"m.{suffix}", b"".join(lines[1:]))


def _parts(size: int) -> list[tuple[str, int]]:
    return [(f"{share} %", size * share // 100) for share in (10, 50, 90)]


def _zeroed(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes(50) + data[half + 50 :]


def rewritten(change: Change, *, digest: bool = True) -> bytes:
    """Return the manifest as JSON Lines, its envelope and rows changed, the digest of the rows made to fit them."""
    first, *rest = read_template("m.jsonl").decode().splitlines()
    head = json.loads(first)
    rows = [json.loads(line) for line in rest]
    change(head["lagtool"], rows)
    if digest:
        known = {column.name: column for column in SAMPLE_COLUMNS}
        names = [name for name in head["columns"] if name in known]
        try:
            table = pa.Table.from_pylist(rows, schema=arrow_schema(known[name] for name in names))
            head["lagtool"] |= {"rows": len(rows), "rows_sha256": digest_table(table)}
        except (pa.ArrowException, TypeError, ValueError, AttributeError, OverflowError):
            pass  # rows that no table takes need no digest
    return "".join(json.dumps(line) + "\n" for line in (head, *rows)).encode()


def _row(**values: Any) -> Change:
    return lambda _, rows: rows[0].update(values)


def _head(**values: Any) -> Change:
    return lambda envelope, _: envelope["header"].update(values)


def _unmatched(**values: Any) -> Change:
    unmatched_file = {"path": "x", "kind": "file", "reason": "name", "detail": None, "files": 1, "bytes": 1} | values

    def change(envelope: dict[str, Any], _: list[dict[str, Any]]) -> None:
        envelope["unmatched"] = {name: [value] for name, value in unmatched_file.items()}

    return change


def _profile(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda envelope, _: change(envelope["header"]["profile"])


def hostile() -> Iterator[Case]:
    """Yield manifests whose digests fit and whose contents no lagtool writes."""
    rows: dict[str, Change] = {
        "a class that is none": _row(**{"class": "other"}),
        "a label of the other class": _row(label=1),
        "an id as a number": _row(id=1),
        "an id with a line end": _row(id="0001\n"),
        "an id of another file": _row(id="0009"),
        "an id that steps out": _row(id="../../0001"),
        "a path that steps out": _row(image_path="../../etc/passwd"),
        "an absolute path": _row(image_path="/etc/passwd"),
        "a path of another sample": _row(image_path="non_glaucoma/image/0002.jpg"),
        "a path of another slot": _row(image_path="non_glaucoma/label/0001.txt"),
        "a path of Windows": _row(image_path="C:\\0001.jpg"),
        "a path with escapes": _row(image_path=f"non_glaucoma/image/{_EVIL}.jpg"),
        "a path that is a number": _row(image_path=1),
        "a path that is a list": _row(image_path=["non_glaucoma/image/0001.jpg"]),
        "a path of 10 MB": _row(image_path="x" * 10_000_000),
        "a sha256 that is none": _row(image_sha256="x"),
        "a sha256 in upper case": _row(image_sha256="A" * 64),
        "a state that is none": _row(image_state="fine"),
        "a message with escapes": _row(image_state="corrupt", image_message=_EVIL),
        "a message of 10 MB": _row(image_state="corrupt", image_message="x" * 10_000_000),
        "a message with a line end": _row(image_state="corrupt", image_message="a\nb"),
        "a trailer with escapes": _row(image_trailer=_EVIL),
        "a mode with escapes": _row(image_mode=_EVIL),
        "a label text with escapes": _row(label_raw=_EVIL),
        "a label text with a formula": _row(label_state="invalid", label_value=None, label_message="=cmd()\n"),
        "a subsampling with escapes": _row(image_subsampling=_EVIL),
        "a hash that is none": _row(image_phash="xyz"),
        "half a hash": _row(image_phash="0f"),
        "a width of text": _row(image_width="wide"),
        "a width of 10**30": _row(image_width=10**30),
        "a row without its id": lambda _, rows: rows[0].pop("id"),
        "a row that is empty": lambda _, rows: rows[0].clear(),
        "rows out of order": lambda _, rows: rows.reverse(),
        "one row twice": lambda _, rows: rows.insert(0, rows[0]),
    }
    heads: dict[str, Change] = {
        "no format": lambda envelope, _: envelope["header"].pop("format"),
        "a newer format": _head(format=99),
        "an older format": _head(format=1),
        "a format of text": _head(format="3"),
        "a header that is a list": lambda envelope, _: envelope.update(header=[]),
        "an unknown key": _head(evil=1),
        "a root with escapes": _head(root_name=_EVIL),
        "a root of 10 MB": _head(root_name="x" * 10_000_000),
        "a version with escapes": _head(tool_version=_EVIL),
        "a time with escapes": _head(created=_EVIL),
        "a fingerprint with escapes": _head(content_sha256=_EVIL),
        "a fingerprint of ids with escapes": _head(ids_sha256=_EVIL),
        "no profile": lambda envelope, _: envelope["header"].pop("profile"),
        "a profile that is a path": _head(profile="/etc/passwd"),
        "a profile with escapes": _profile(lambda profile: profile.update(title=_EVIL)),
        "a profile of another name": _profile(lambda profile: profile.update(name="../x")),
        "a pattern in place of templates": _profile(
            lambda profile: profile["slots"]["image"].update(files="(?P<number>([0-9]+)+).jpg")
        ),
        "a template that is none": _profile(lambda profile: profile["slots"]["image"].update(files="{.jpg")),
        "a folder that steps out": _profile(lambda profile: profile["slots"]["image"].update(folder="../x")),
        "pairs without a search": lambda envelope, _: envelope.update(pairs={}, pairs_sha256="x"),
        "a search without pairs": _head(search={}),
        "a split that is a list": _head(split=[1]),
        "marks without columns": _head(curation={"name": "x", "applied": {}, "unknown": 0, "stale": 0, "marks": []}),
        "unmatched that are a list": lambda envelope, _: envelope.update(unmatched=[]),
        "unmatched without columns": lambda envelope, _: envelope.update(unmatched={}),
        "an unmatched file with escapes": _unmatched(path=_EVIL),
        "an unmatched file with a line end": _unmatched(path="a\nb"),
        "an unmatched file whose detail has escapes": _unmatched(detail=_EVIL, reason="folder", kind="folder"),
        "an unmatched file of 10 MB": _unmatched(path="x" * 10_000_000),
        "an unmatched file of an unknown kind": _unmatched(kind=_EVIL),
        "an unmatched file for an unknown reason": _unmatched(reason=_EVIL),
        "an unmatched file that is a number": _unmatched(path=1),
        "fewer rows than told": lambda envelope, _: envelope.update(rows=6),
    }
    for name, change in rows.items():
        yield _bytes(name, "m.jsonl", partial(rewritten, change))
    for name, change in heads.items():
        yield _bytes(name, "m.jsonl", partial(rewritten, change, digest="told" not in name))
    yield _bytes("a group with a formula", "m.parquet", _grouped)
    yield _bytes("a key that is no column", "m.jsonl", partial(rewritten, _row(evil=1)), "", 0)
    yield _bytes("a wrong digest", "m.jsonl", rewritten(_row(image_width=501), digest=False), "edited by hand")
    told = rewritten(lambda envelope, _: envelope.update(rows_sha256=["x"]), digest=False)
    yield _bytes("a digest that is a list", "m.jsonl", told)


def _grouped() -> bytes:
    target = io.BytesIO()
    file = pq.ParquetFile(io.BytesIO(read_template("m.parquet")))
    envelope = json.loads(file.metadata.metadata[b"lagtool"])
    table = file.read()
    table = table.append_column("group", pa.array(["=1+1"] * len(table))).replace_schema_metadata(None)
    envelope["rows_sha256"] = digest_table(table)
    pq.write_table(table.replace_schema_metadata({b"lagtool": json.dumps(envelope).encode()}), target)
    return target.getvalue()


def forms() -> Iterator[Case]:
    """Yield what is wrong with the file format itself."""
    first, rest = read_template("m.jsonl").split(b"\n", 1)
    yield _bytes("jsonl: 100,000 brackets", "m.jsonl", b"[" * 100_000 + b"\n" + rest)
    yield _bytes("jsonl: 100,000 brackets in a row", "m.jsonl", first + b"\n" + b"[" * 100_000)
    yield _bytes("jsonl: 100,000 brackets in the header", "m.jsonl", _deepened(first) + b"\n" + rest)
    yield _bytes("jsonl: 100 brackets in the header", "m.jsonl", _deepened(first, 100) + b"\n" + rest)
    yield _bytes("jsonl: a number of 10,000 digits", "m.jsonl", first + b"\n" + b'{"id": ' + b"1" * 10_000 + b"}\n")
    yield _bytes("jsonl: a number", "m.jsonl", b"1\n")
    yield _bytes("jsonl: null", "m.jsonl", b"null\n" + rest)
    yield _bytes("jsonl: not a number", "m.jsonl", b'{"lagtool": NaN, "columns": NaN}\n')
    yield _bytes("jsonl: columns that are a number", "m.jsonl", b'{"lagtool": {}, "columns": 1}\n')
    yield _bytes("jsonl: columns that are unknown", "m.jsonl", b'{"lagtool": {}, "columns": ["evil"]}\n')
    yield _bytes("jsonl: a row that is a list", "m.jsonl", first + b"\n[1, 2]\n")
    yield _bytes("jsonl: a row that is text", "m.jsonl", first + b'\n"x"\n')
    yield _bytes("jsonl: zero bytes", "m.jsonl", first + b"\n\0\0\0\n" + rest)
    yield _bytes("jsonl: half a character", "m.jsonl", first + b'\n{"id": "\xc3"}\n')
    yield _bytes("jsonl: half a surrogate", "m.jsonl", first + b'\n{"id": "\\ud800"}\n')
    yield _bytes("jsonl: UTF-16", "m.jsonl", read_template("m.jsonl").decode().encode("utf-16"))
    yield _bytes("jsonl: a byte order mark", "m.jsonl", b"\xef\xbb\xbf" + first + b"\n" + rest, "", 0)
    windows = read_template("m.jsonl").replace(b"\n", b"\r\n")
    yield _bytes("jsonl: line ends of Windows", "m.jsonl", windows, "", 0)
    head, body = read_template("m.csv").split(b"\n", 1)
    columns, rows = body.split(b"\n", 1)
    yield _bytes("csv: no header of ours", "m.csv", body, "first line was taken off")
    yield _bytes("csv: a header that is no JSON", "m.csv", b"#lagtool {\n" + body)
    yield _bytes("csv: an open quote", "m.csv", head + b"\n" + columns + b'\n"' + rows)
    yield _bytes(
        "csv: a quote in the middle", "m.csv", head + b"\n" + columns + b"\n" + rows.replace(b'0001"', b'00"01"', 1)
    )
    yield _bytes("csv: zero bytes", "m.csv", head + b"\n" + columns + b"\n\0\0\n" + rows)
    yield _bytes("csv: a cell too many", "m.csv", head + b"\n" + columns + b"\n1," + rows)
    yield _bytes("csv: a cell of 10 MB", "m.csv", head + b"\n" + columns + b"\n" + b"x" * 10_000_000 + b"," + rows)
    yield _bytes("csv: a column twice", "m.csv", head + b"\n" + columns + b',"id"\n' + rows.replace(b"\n", b",1\n"))
    yield _bytes("csv: semicolons", "m.csv", head + b"\n" + body.replace(b",", b";"))
    yield _bytes("csv: no rows and no columns", "m.csv", head + b"\n")
    yield _bytes("csv: line ends of Windows", "m.csv", read_template("m.csv").replace(b"\n", b"\r\n"), "", 0)
    yield _bytes("csv: a byte order mark", "m.csv", b"\xef\xbb\xbf" + head + b"\n" + body)
    yield _bytes("csv: saved by a spreadsheet", "m.csv", _spreadsheet(), "another program|edited by hand|intact")
    for name, make in _parquets().items():
        yield _case(
            f"parquet: {name}",
            "m.parquet",
            make,
            heavy="million" in name or "60 MB" in name,
            megabytes=1500 if "60 MB" in name else 600,
        )


def _deepened(first: bytes, depth: int = 5000) -> bytes:
    head = json.loads(first)
    head["lagtool"]["header"]["split"] = "DEEP"
    return json.dumps(head).encode().replace(b'"DEEP"', b'{"a":' * depth + b"1" + b"}" * depth)


def _spreadsheet() -> bytes:
    """Return the table as a program would write it that reads ids as numbers and drops what it does not know."""
    reader = csv.reader(io.StringIO(read_template("m.csv").decode()))
    target = io.StringIO()
    csv.writer(target).writerows([cell.lstrip("0") for cell in row] for row in reader)
    return target.getvalue().encode()


def _parquets() -> dict[str, Callable[[Path], object]]:
    def table() -> pa.Table:
        return pq.read_table(io.BytesIO(read_template("m.parquet")))

    def write(change: Callable[[pa.Table], pa.Table], **options: Any) -> Callable[[Path], object]:
        return lambda place: pq.write_table(change(table()), place / "m.parquet", **options)

    def metadata(value: bytes) -> Callable[[pa.Table], pa.Table]:
        return lambda table: table.replace_schema_metadata({b"lagtool": value})

    def without(name: str) -> Callable[[pa.Table], pa.Table]:
        return lambda table: table.drop_columns([name])

    def cast(name: str, kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
        return lambda table: table.set_column(table.column_names.index(name), name, pa.array([None] * len(table), kind))

    def many(number: int) -> Callable[[pa.Table], pa.Table]:
        def change(table: pa.Table) -> pa.Table:
            return pa.table(
                {name: pa.repeat(table.column(name)[0], number) for name in table.column_names},
                schema=table.schema,
            )

        return change

    def long(table: pa.Table) -> pa.Table:
        place = table.column_names.index("image_message")
        wide = pa.table({name: pa.repeat(table.column(name)[0], 40_000) for name in table.column_names}, table.schema)
        return wide.set_column(place, "image_message", pa.DictionaryArray.from_arrays([0] * 40_000, ["x" * 1_000_000]))

    nested = pa.array([{"x": [1]}] * 5)
    return {
        "of another program": lambda place: pq.write_table(pa.table({"a": [1]}), place / "m.parquet"),
        "no column at all": lambda place: pq.write_table(pa.table({}), place / "m.parquet"),
        "metadata that are no JSON": write(metadata(b"\xff\xfe")),
        "metadata of brackets": write(metadata(b"[" * 100_000)),
        "metadata of 60 MB": write(metadata(b'{"header": "' + b"x" * 60_000_000 + b'"}')),
        "a column less": write(without("image_sha256")),
        "no ids": write(without("id")),
        "a column more": write(lambda table: table.append_column("evil", pa.array([1] * len(table)))),
        "a column of its own kind": write(lambda table: table.append_column("evil", nested)),
        "ids as numbers": write(cast("id", pa.int64())),
        "a width as text": write(cast("image_width", pa.string())),
        "a path as bytes": write(cast("image_path", pa.binary())),
        "a path as a list": write(cast("image_path", pa.list_(pa.string()))),
        "no rows": write(lambda table: table.slice(0, 0)),
        "rows in other order": write(lambda table: table.take([1, 0, 2, 3, 4])),
        "two columns of one name": lambda place: _twice(place, table()),
        "3 million rows of one": write(many(3_000_000), row_group_size=3_000_000),
        "a long text for many rows": write(long),
        "Feather": lambda place: pyarrow.feather.write_feather(table(), place / "m.parquet"),
        "a pickle": put("m.parquet", pickle.dumps({"a": 1})),
        "a pickle between the marks": put("m.parquet", b"PAR1" + pickle.dumps(os.getcwd) + b"\4\0\0\0PAR1"),
        "a footer longer than the file": put("m.parquet", b"PAR1" + bytes(100) + b"\xff\xff\xff\x7fPAR1"),
    }


def _twice(place: Path, table: pa.Table) -> None:
    pq.write_table(table.append_column("id", table.column("id")), place / "m.parquet")


def large() -> Iterator[Case]:
    """Yield manifests of a million samples, and what is larger than a manifest may be."""
    # Sound, but for the counts: not read in the twinkling of an eye, and not in the memory of a small one.
    yield _case("a million samples", "m.parquet", _million, "", 0, heavy=True, seconds=90, megabytes=4000)
    yield _case("64 GB that are not there", "m.jsonl", _sparse, "more than the 17,179,869,184")


def _million(place: Path) -> None:
    make_manifest(600_000, 400_000).write(place / "m.parquet")


def _sparse(place: Path) -> None:
    os.truncate(place / "m.jsonl", 64 << 30)


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for some in (truncated, hostile, forms, large):
        yield from some()
