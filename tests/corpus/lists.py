"""Splits of others, groups, lists to hold out, baselines, findings and certificates: all that others write."""

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.corpus.case import JUDGE, NO_FILES, Case, build, put
from tests.corpus.jpegs import WHOLE

_EVIL = "\x1b[31m\u202e<script>"
_NAMES = [f"non_glaucoma/image/000{n}.jpg" for n in (1, 2, 3)] + [
    f"suspicious_glaucoma/image/000{n}.jpg" for n in (4, 5)
]
_AUDIT = ("m.parquet", "--relations", "none", "--no-config", "--quiet")


def _parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _table(*rows: str, head: str = "path,split") -> bytes:
    return "\n".join([head, *rows, ""]).encode()


_REFUSED: dict[str, tuple[str, bytes | Callable[[], bytes]]] = {
    "csv: empty": ("x.csv", b""),
    "csv: blanks": ("x.csv", b" \n \n"),
    "csv: no part": ("x.csv", _table("a.jpg", head="path")),
    "csv: nothing but headings": ("x.csv", _table()),
    "csv: an open quote": ("x.csv", _table('"a,train')),
    "csv: text behind a quote": ("x.csv", _table('"a"b,train')),
    "csv: a cell of 10 MB": ("x.csv", _table("x" * 10_000_000 + ",train")),
    "csv: a name of 5,000 characters": ("x.csv", _table("x" * 5000 + ",train")),
    "csv: no UTF-8": ("x.csv", b"path,split\ncaf\xe9.jpg,train\n"),
    "csv: zero bytes": ("x.csv", bytes(1000)),
    "csv: a picture": ("x.csv", WHOLE),
    "csv: a part that is missing further on": ("x.csv", b"0001.jpg,train\n0002.jpg,hello\n"),
    "txt: empty": ("train.txt", b""),
    "txt: nothing but remarks": ("train.txt", b"# a\n# b\n"),
    "txt: no part in its name": ("x.txt", b"0001.jpg\n"),
    "txt: a picture": ("train.txt", WHOLE),
    "txt: one line of 10 MB": ("train.txt", b"x" * 10_000_000),
    "txt: a name of 5,000 characters": ("train.txt", b"x" * 5000),
    "json: empty": ("x.json", b""),
    "json: no JSON": ("x.json", b"{'train': []}"),
    "json: cut": ("x.json", b'{"train": ["0001.jpg"'),
    "json: a number": ("x.json", b"1"),
    "json: null": ("x.json", b"null"),
    "json: an empty object": ("x.json", b"{}"),
    "json: empty parts": ("x.json", b'{"train": [], "test": {}}'),
    "json: 100,000 brackets": ("x.json", b"[" * 100_000 + b"]" * 100_000),
    "json: 500 objects deep": ("x.json", b'{"train":' * 500 + b"[]" + b"}" * 500),
    "json: a number of 10,000 digits": ("x.json", b'{"train": [' + b"1" * 10_000 + b"]}"),
    "json: a name of 5,000 characters": ("x.json", _json({"train": ["x" * 5000]})),
    "json: zero bytes": ("x.json", bytes(100)),
    "json: no UTF-8": ("x.json", b'{"train": ["\xff"]}'),
    "jsonl: empty": ("x.jsonl", b""),
    "jsonl: no JSON": ("x.jsonl", b"{]\n"),
    "jsonl: a list": ("x.jsonl", b"[1]\n"),
    "jsonl: no name": ("x.jsonl", b'{"split": "train"}\n'),
    "jsonl: no part": ("x.jsonl", b'{"path": "0001.jpg"}\n'),
    "jsonl: 100,000 brackets": ("x.jsonl", b"[" * 100_000 + b"\n"),
    "jsonl: a number of 10,000 digits": ("x.jsonl", b'{"path": ' + b"1" * 10_000 + b"}\n"),
    "parquet: empty": ("x.parquet", b""),
    "parquet: cut": ("x.parquet", _parquet(pa.table({"path": ["a"], "split": ["train"]}))[:-9]),
    "parquet: no name": ("x.parquet", _parquet(pa.table({"split": ["train"]}))),
    "parquet: no part": ("x.parquet", _parquet(pa.table({"path": ["a.jpg"]}))),
    "parquet: no rows": (
        "x.parquet",
        _parquet(pa.table({"path": pa.array([], pa.string()), "split": pa.array([], pa.string())})),
    ),
    "parquet: names that are lists": ("x.parquet", _parquet(pa.table({"path": [["a"]], "split": ["train"]}))),
    "parquet: a name of 5,000 characters": (
        "x.parquet",
        _parquet(pa.table({"path": ["x" * 5000], "split": ["train"]})),
    ),
    "parquet: 20 million rows of one": (
        "x.parquet",
        lambda: _parquet(pa.table({"path": pa.repeat("a.jpg", 20_000_000), "split": pa.repeat("train", 20_000_000)})),
    ),
    "another suffix": ("x.xlsx", b"PK\3\4"),
    "a pickle": ("x.pkl", b"\x80\x04N."),
}
_JUDGED: dict[str, tuple[str, bytes, int, str]] = {
    "csv: sound": ("x.csv", _table(*(f"{name},train" for name in _NAMES)), 0, ""),
    "csv: a byte order mark and semicolons": (
        "x.csv",
        b"\xef\xbb\xbf" + _table(*(f"{n};train" for n in _NAMES), head="path;split"),
        0,
        "",
    ),
    "csv: names with escapes": ("x.csv", _table(f"{_EVIL}.jpg,train"), 1, "LAG721"),
    "csv: parts with escapes": ("x.csv", _table(*(f"{name},{_EVIL}" for name in _NAMES)), 0, ""),
    "csv: parts that are formulas": ("x.csv", _table(*(f"{name},=cmd()" for name in _NAMES)), 0, ""),
    "csv: names that step out": ("x.csv", _table("../../../../etc/passwd,train", "/dev/zero,test"), 1, "LAG721"),
    "csv: classes with escapes": ("x.csv", _table(f"0001,train,{_EVIL}", head="id,split,class"), 0, ""),
    "csv: a part of 4,000 characters": ("x.csv", _table(*(f"{name},{'x' * 4000}" for name in _NAMES)), 0, ""),
    "csv: 100,000 names that are none": ("x.csv", _table(*(f"x{n}.jpg,train" for n in range(100_000))), 1, "LAG721"),
    "json: a part of 5,000 characters": ("x.json", _json({"x" * 5000: ["a.jpg"], "y": ["b.jpg"]}), 1, "LAG721"),
    "parquet: names of bytes": ("x.parquet", _parquet(pa.table({"path": [b"\xff"], "split": ["train"]})), 1, "LAG721"),
    "csv: 5,000 parts": ("x.csv", _table(*(f"x{n}.jpg,part{n}" for n in range(5_000))), 1, "LAG721"),
    "csv: one name 10,000 times": ("x.csv", _table(*["0001.jpg,train"] * 10_000), 0, "LAG725"),
    "txt: UTF-16": ("train.txt", "\r\n".join(_NAMES).encode("utf-16"), 0, ""),
    "txt: numbers that are none": ("train.txt", "٠٠٠١\n０００１\n-1\n1e3\n0x1\n".encode(), 1, "LAG721"),
    "txt: a number of 4,000 digits": ("train.txt", b"1" * 4000, 1, "LAG72"),
    "txt: lines with escapes": ("train.txt", f"{_EVIL}\n\u2028\x85\x0b\n".encode(), 1, "LAG721"),
    "json: sound": ("x.json", _json({"train": _NAMES[:3], "test": _NAMES[3:]}), 0, ""),
    "json: keys with escapes": ("x.json", _json({_EVIL: _NAMES[:3], "\n": _NAMES[3:]}), 0, ""),
    "json: names that are no text": ("x.json", _json({"train": [1, 1.5, None, True, {}, [], ""]}), 1, "LAG721"),
    "json: half a surrogate": ("x.json", b'{"train": ["\\ud800.jpg", "0001.jpg"]}', 1, "LAG721"),
    "json: a key twice": ("x.json", b'{"train": ["0001.jpg"], "train": ["0002.jpg"]}', 0, ""),
    "json: not a number": ("x.json", b'{"train": [NaN, Infinity, "0001.jpg"]}', 1, "LAG721"),
    "jsonl: objects for names": (
        "x.jsonl",
        b'{"image": {"path": "0001.jpg", "bytes": null}, "split": "train"}\n',
        0,
        "",
    ),
    "parquet: numbers for names": ("x.parquet", _parquet(pa.table({"id": [1, 2], "split": ["train", "test"]})), 0, ""),
    "parquet: parts that are missing": (
        "x.parquet",
        _parquet(pa.table({"id": ["1", "2"], "split": ["train", None]})),
        1,
        "LAG727",
    ),
    "parquet: parts that are dates": (
        "x.parquet",
        _parquet(pa.table({"id": ["1"], "split": pa.array([0], pa.date32())})),
        0,
        "",
    ),
}


def splits() -> Iterator[Case]:
    """Yield splits for the audit."""
    for name, (path, data) in _REFUSED.items():
        heavy = "million" in name
        yield Case("lists", f"audit, {name}", put(path, data), ("audit", path, *_AUDIT), 2, names=path, heavy=heavy)
    for name, (path, data, code, says) in _JUDGED.items():
        for form in ("text", "json"):
            command = ("audit", path, *_AUDIT, "--format", form)
            heavy = "100,000" in name
            yield Case("lists", f"audit {form}, {name}", put(path, data), command, code, says=says, heavy=heavy)
    folders: dict[str, tuple[Callable[[Path], object], int]] = {
        "an empty folder": (Path.mkdir, 2),
        "a folder of links": (_links, 2),
        "a folder of pipes": (_pipes, 2),
        "a folder in itself": (_round, 2),
        "a folder of names with escapes": (_escapes, 1),
        "a folder of empty parts": (_empty_parts, 2),
        "a folder with a damaged manifest": (_damaged, 2),
    }
    for name, (way, code) in folders.items():
        yield Case("lists", f"audit, {name}", build("x", way), ("audit", "x", *_AUDIT), code, names="x")
    yield Case("lists", "audit, nothing", lambda _: None, ("audit", "nowhere.csv", *_AUDIT), 2, names="nowhere.csv")
    pipe = build("x.csv", os.mkfifo)
    yield Case("lists", "audit, a named pipe", pipe, ("audit", "x.csv", *_AUDIT), 2, names="x.csv")
    part = ("audit", "--part", "=x.txt", *_AUDIT)
    yield Case("lists", "audit, a part without a name", put("x.txt", b"0001.jpg\n"), part, 2, says="write NAME=FILE")
    part = ("audit", "--part", f"{_EVIL}=x.txt", *_AUDIT)
    yield Case("lists", "audit, a part named with escapes", put("x.txt", "\n".join(_NAMES).encode()), part, 0)


def _links(folder: Path) -> None:
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "0001.jpg").symlink_to("/dev/zero")
    (folder / "train.txt").symlink_to("/etc/passwd")


def _pipes(folder: Path) -> None:
    (folder / "train").mkdir(parents=True)
    os.mkfifo(folder / "train" / "0001.jpg")
    os.mkfifo(folder / "train.txt")
    os.mkfifo(folder / "manifest.parquet")


def _round(folder: Path) -> None:
    folder.mkdir()
    (folder / "train").symlink_to(".")


def _escapes(folder: Path) -> None:
    (folder / "train" / "\x1b[31m").mkdir(parents=True)
    (folder / "train" / "\x1b[31m" / "\u202e\n.jpg").write_bytes(b"x")
    (folder / "train" / os.fsdecode(b"\xff.jpg")).write_bytes(b"x")


def _empty_parts(folder: Path) -> None:
    (folder / "train").mkdir(parents=True)
    (folder / "test").mkdir()


def _damaged(folder: Path) -> None:
    folder.mkdir()
    (folder / "manifest.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")


_GROUPS: dict[str, bytes] = {
    "empty": b"",
    "blanks": b"\n\n",
    "one column": b"0001\n0002\n",
    "three columns": b"0001,a,b\n",
    "no group column": b"id,a,b\n1,2,3\n",
    "an unknown sample": b"id,group\n9999,a\n",
    "a sample with escapes": f"id,group\n{_EVIL},a\n".encode(),
    "an empty group": b"id,group\n0001,\n",
    "one sample in two groups": b"id,group\n0001,a\n0001,b\n",
    "groups with escapes": f"id,group\n0001,{_EVIL}\n0001,b\n".encode(),
    "no UTF-8": b"id,group\n0001,\xff\n",
    "an open quote": b'id,group\n"0001,a\n',
    "a picture": WHOLE,
    "zero bytes": bytes(100),
    "a cell of 10 MB": b"id,group\n0001," + b"x" * 10_000_000,
}
_HELD: dict[str, bytes] = {
    "empty": b"",
    "nothing but remarks": b"# a\n",
    "an unknown sample": b"9999\n",
    "a sample with escapes": f"{_EVIL}\n".encode(),
    "a path out": b"../../etc/passwd\n",
    "no UTF-8": b"\xff\n",
    "a line of 10 MB": b"x" * 10_000_000,
    "zero bytes": bytes(100),
}


def options() -> Iterator[Case]:
    """Yield files for the options of ``split``."""
    split = ("split", "m.parquet", "-o", "out", "--ratios", "60/40", "--quiet", "--relations", "identical")
    for name, data in _GROUPS.items():
        yield Case("lists", f"groups, {name}", put("x.csv", data), (*split, "--groups", "x.csv"), 2, names="x.csv")
    for name, data in _HELD.items():
        yield Case("lists", f"holdout, {name}", put("x.txt", data), (*split, "--holdout", "x.txt"), 2, names="x.txt")
    for option, path in (("--groups", "x.csv"), ("--holdout", "x.txt"), ("--extend", "x.parquet")):
        for name, way in NO_FILES.items():
            yield Case("lists", f"{option} is {name}", build(path, way), (*split, option, path), 2, names=path)


_FINDINGS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{'a': 1}",
    "a number": b"1",
    "a list": b"[]",
    "null": b"null",
    "no findings": b"{}",
    "findings that are text": b'{"findings": "x"}',
    "a finding that is a number": b'{"findings": [1]}',
    "a finding without a code": b'{"findings": [{"path": "x"}]}',
    "a code that is a number": b'{"findings": [{"code": 1}]}',
    "related that are numbers": b'{"findings": [{"code": "LAG301", "related": [1]}]}',
    "100,000 brackets": b"[" * 100_000,
    "a number of 10,000 digits": b'{"findings": ' + b"1" * 10_000 + b"}",
    "no UTF-8": b"\xff\xfe",
    "zero bytes": bytes(100),
    "a record that is a list": b'{"record": "report"}\n[1]\n',
    "a record that is no JSON": b'{"record": "report"}\n{]\n',
    "a picture": WHOLE,
}


def findings() -> Iterator[Case]:
    """Yield baselines, findings files and certificates."""
    again = ("split", "m.parquet", "--quiet", "--reproduce")
    commands = (
        ("baseline", "x.json", (*JUDGE, "--baseline", "x.json")),
        ("--load", "x.jsonl", ("validate", "--no-config", "--load", "x.jsonl")),
        ("--reproduce", "x.json", (*again, "x.json")),
    )
    for what, path, command in commands:
        for name, data in _FINDINGS.items():
            yield Case("findings", f"{what}: {name}", put(path, data), command, 2, names=path)
        for name, way in NO_FILES.items():
            yield Case("findings", f"{what} is {name}", build(path, way), command, 2, names=path)
    unknown = _json({"findings": [{"code": _EVIL, "path": _EVIL, "sample": "\n", "related": [_EVIL]}]})
    yield Case(
        "findings", "baseline: findings with escapes", put("x.json", unknown), (*JUDGE, "--baseline", "x.json"), 0
    )
    yield Case(
        "findings", "--load: a manifest", lambda _: None, ("validate", "--load", "m.jsonl"), 2, says="a manifest"
    )
    verify = ("verify", "LAG", "x.jsonl", "--quiet")
    yield Case("findings", "verify by no manifest", put("x.jsonl", b"{}"), verify, 2, names="x.jsonl")
    earlier = ("index", "LAG", "-o", "n.parquet", "--earlier", "x.parquet", "--quiet")
    yield Case("findings", "index by no manifest", put("x.parquet", b"PAR1"), earlier, 2, names="x.parquet")


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for some in (splits, options, findings):
        yield from some()
