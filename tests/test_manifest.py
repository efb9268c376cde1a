"""Manifests: three formats, one value; damage and forgery are refused."""

import hashlib
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.manifest.fingerprint import ContentFingerprint, content_fingerprint, ids_fingerprint
from lagtool.manifest.value import Manifest, _parse_envelope, read_manifest
from lagtool.output.writing import SUFFIXES
from lagtool.text import show
from tests.factories import make_manifest, row, unmatched_file
from tests.trees import write


@pytest.fixture(params=SUFFIXES)
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _awkward() -> Manifest:
    """Rows with everything that a careless format changes: NA, leading zeros, commas, quotes, numbers as text."""
    return make_manifest(
        [
            row(
                "0001", label_raw="NA", label_value=None, label_state="invalid", label_message='holds "NA", expected 0'
            ),
            row("0002", map=False, image_message="a,b;c|d", image_state="corrupt", image_width=None),
            row("0010", "suspicious_glaucoma", image=False, map_mean=0.1 + 0.2, map_color=True, label_raw="1e5"),
            row("0011", "suspicious_glaucoma", label=False, image_mtime_ns=2**62 + 1, label_raw="null"),
        ],
        unmatched=[
            unmatched_file('non_glaucoma/image/\\xff, "x".jpg', "name"),
            unmatched_file("a", "folder", kind="folder", files=None),
        ],
    )


def test_all_formats_read_back_to_the_same_manifest(tmp_path: Path, suffix: str) -> None:
    manifest = _awkward()
    path = tmp_path / f"manifest{suffix}"
    manifest.write(path)
    again = read_manifest(path)
    assert again.equals(manifest)
    assert again.samples["id"].tolist() == ["0001", "0002", "0010", "0011"]
    assert again.samples["label_raw"].tolist() == ["NA", "0", "1e5", "null"]
    assert again.samples["map_mean"].tolist()[2] == 0.1 + 0.2
    assert again.samples.dtypes.equals(manifest.samples.dtypes)


def test_the_same_manifest_is_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    _awkward().write(tmp_path / f"a{suffix}")
    _awkward().write(tmp_path / f"b{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_an_empty_manifest_and_split_columns_survive(tmp_path: Path, suffix: str) -> None:
    for manifest in (
        make_manifest([]),
        make_manifest(2, 2, split=["train", "test", None, "train"], fold=[0, 1, None, 2]),
    ):
        manifest.write(tmp_path / f"m{suffix}")
        assert read_manifest(tmp_path / f"m{suffix}").equals(manifest)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raws=st.lists(
        st.none() | st.text(min_size=1, max_size=8).map(show),
        min_size=3,
        max_size=3,
    ),
    numbers=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
    floats=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
)
def test_any_values_survive_any_format(
    tmp_path: Path, raws: list[str | None], numbers: list[int | None], floats: list[float | None]
) -> None:
    rows = [
        row(f"{i:04d}", label_raw=raw, image_bytes=number, map_mean=value)
        for i, (raw, number, value) in enumerate(zip(raws, numbers, floats, strict=True))
    ]
    manifest = make_manifest(rows)
    for ending in SUFFIXES:
        manifest.write(tmp_path / f"any{ending}")
        assert read_manifest(tmp_path / f"any{ending}").equals(manifest)


def test_every_flipped_byte_is_noticed_or_harmless(tmp_path: Path, suffix: str) -> None:
    manifest = _awkward()
    path = tmp_path / f"m{suffix}"
    manifest.write(path)
    data = path.read_bytes()
    refused = 0
    for position in range(0, len(data), max(1, len(data) // 300)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x15]) + data[position + 1 :])
        try:
            again = read_manifest(path)
        except LagtoolError as error:
            assert "is not an intact manifest" in str(error)
            assert "\n" not in str(error)
            refused += 1
        else:
            # Whatever is still read must be the same: digests vouch for rows, pairs and header.
            assert again.equals(manifest)
    assert refused > 50


def _header_bytes(data: bytes) -> range:
    """Where the header stands in a file."""
    start = data.index(b'"header"')
    return range(start, data.index(b'"sha256": "', start) + 75)


def test_a_header_with_another_character_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"m{suffix}"
    make_manifest(3, 2).write(path)
    data = path.read_bytes()
    where = _header_bytes(data)
    for position in [*range(where.start, where.stop, len(where) // 60), data.index(b'"content_sha256": "') + 20]:
        if data[position : position + 1] not in b" ":
            new = b"7" if data[position : position + 1] != b"7" else b"8"
            path.write_bytes(data[:position] + new + data[position + 1 :])
            with pytest.raises(LagtoolError, match="is not an intact manifest"):
                read_manifest(path)


@pytest.mark.parametrize("flip", [0x01, 0x10, 0x15])
def test_every_byte_of_the_header_counts_but_white_space(tmp_path: Path, flip: int) -> None:
    path = tmp_path / "m.csv"
    _awkward().write(path)
    line = path.read_bytes().partition(b"\n")[0].removeprefix(b"#lagtool ")
    assert len(line) > 2000
    before = json.loads(line)
    for position in range(len(line)):
        changed = line[:position] + bytes([line[position] ^ flip]) + line[position + 1 :]
        try:
            after = _parse_envelope(changed)
        except (ValueError, KeyError):
            continue
        assert after == before, f"byte {position}: {changed[position - 20 : position + 20]!r}"


def test_white_space_and_the_order_of_keys_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    manifest = make_manifest(3, 2)
    manifest.write(path)
    line, _, rows = path.read_bytes().partition(b"\n")
    turned = dict(reversed(json.loads(line.removeprefix(b"#lagtool ")).items()))
    path.write_bytes(b"#lagtool " + json.dumps(turned, separators=(" , ", ":  ")).encode() + b"\n" + rows)
    assert read_manifest(path).equals(manifest)


@pytest.mark.parametrize("name", ["content_sha256", "ids_sha256"])
def test_fingerprints_that_are_not_those_of_the_rows_are_refused(tmp_path: Path, suffix: str, name: str) -> None:
    make_manifest(3, 2, header={name: "a" * 64}).write(tmp_path / f"m{suffix}")
    with pytest.raises(LagtoolError, match="its fingerprints are not those of its rows"):
        read_manifest(tmp_path / f"m{suffix}")


@pytest.mark.parametrize("cut", [0, 1, 10, 0.5, -1, -10])
def test_truncated_manifests_are_refused(tmp_path: Path, suffix: str, cut: float) -> None:
    path = tmp_path / f"m{suffix}"
    _awkward().write(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * cut) if 0 < cut < 1 else int(cut)])
    if suffix != ".parquet" and cut == -1:  # only the last line's end is gone
        assert read_manifest(path).equals(_awkward())
        return
    with pytest.raises(LagtoolError, match="is not an intact manifest"):
        read_manifest(path)


def test_manifests_of_other_programs_are_refused(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1]}).to_parquet(tmp_path / "a.parquet")
    write(tmp_path / "b.csv", b"id,class\n1,2\n")
    write(tmp_path / "c.jsonl", b'{"id": 1}\n')
    for name in ("a.parquet", "b.csv", "c.jsonl"):
        with pytest.raises(LagtoolError, match="of another program"):
            read_manifest(tmp_path / name)


def test_what_is_no_manifest_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match=r"a manifest ends in \.parquet, \.csv or \.jsonl"):
        read_manifest(tmp_path / "m.txt")
    with pytest.raises(LagtoolError, match="cannot be read: No such file"):
        read_manifest(tmp_path / "m.csv")
    os.mkfifo(tmp_path / "p.csv")
    with pytest.raises(LagtoolError, match="is a named pipe"):
        read_manifest(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("image_path", "../../etc/passwd", "not the path of"),
        ("image_path", "/etc/passwd", "not the path of"),
        ("image_path", "non_glaucoma/image/0002.jpg", "not the path of"),
        ("image_path", "non_glaucoma/image/../image/0001.jpg", "not the path of"),
        ("image_path", "non_glaucoma/label/0001.jpg", "not the path of"),
        ("label_path", "non_glaucoma/label/=1.txt", "not the path of"),
        ("image_state", "fine", "unknown state"),
        ("image_sha256", "=cmd()", "a value of image_sha256"),
        ("split", "../train", "a value of split"),
        ("group", "a b", "a value of group"),
        ("class", "healthy", "a class that its profile does not have"),
        ("label", 1, "a label that is not its class's"),
        ("id", None, "a sample without id, class or label"),
        ("image_message", "\x1b[2Jgone", "a value of image_message that lagtool does not write"),
        ("class", None, "a sample without id, class or label"),
    ],
)
def test_rows_that_no_scan_makes_are_refused(tmp_path: Path, column: str, value: Any, words: str) -> None:
    forged = make_manifest([row()]).with_columns(**{column: value})
    forged.write(tmp_path / "m.parquet")
    with pytest.raises(LagtoolError, match=words):
        read_manifest(tmp_path / "m.parquet")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"path": None}, "an unmatched file without path, kind or reason"),
        ({"reason": None}, "an unmatched file without path, kind or reason"),
        ({"path": "a\x1b[31mb"}, "a value of path of an unmatched file that lagtool"),
        ({"detail": "\u202eabc"}, "a value of detail of an unmatched file that lagtool"),
    ],
)
def test_unmatched_that_no_scan_makes_are_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    make_manifest(1, unmatched=[{**unmatched_file("a.txt"), **changes}]).write(tmp_path / "m.jsonl")
    with pytest.raises(LagtoolError, match=words):
        read_manifest(tmp_path / "m.jsonl")


def test_one_sample_twice_is_refused(tmp_path: Path) -> None:
    make_manifest([row("0001"), row("0001")]).write(tmp_path / "m.csv")
    with pytest.raises(LagtoolError, match="one sample twice"):
        read_manifest(tmp_path / "m.csv")


def test_a_later_format_is_named(tmp_path: Path) -> None:
    make_manifest(1, header={"format": 99}).write(tmp_path / "m.jsonl")
    with pytest.raises(LagtoolError, match="format version 99, this lagtool reads 4"):
        read_manifest(tmp_path / "m.jsonl")


def test_parquet_and_csv_serve_other_programs(tmp_path: Path) -> None:
    manifest = make_manifest(2, 1)
    manifest.write(tmp_path / "m.parquet")
    assert pq.read_table(tmp_path / "m.parquet").column("id").to_pylist() == ["0001", "0002", "0003"]
    manifest.write(tmp_path / "m.csv")
    assert pd.read_csv(tmp_path / "m.csv", skiprows=1, dtype={"id": str})["id"].tolist() == ["0001", "0002", "0003"]
    manifest.write(tmp_path / "m.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines[1:]] == ["0001", "0002", "0003"]


def test_fingerprints_follow_content_and_nothing_else() -> None:
    manifest = make_manifest(3, 2)
    renamed = manifest.samples.assign(id=[f"9{i:03d}" for i in range(5)], image_mtime_ns=1)
    shuffled = renamed.sample(frac=1, random_state=1)
    assert content_fingerprint(shuffled) == manifest.header.content_sha256
    changed = manifest.samples.assign(label_value=[1, 0, 0, 1, 1])
    assert content_fingerprint(changed) != manifest.header.content_sha256
    assert ids_fingerprint(renamed) != manifest.header.ids_sha256
    assert ids_fingerprint(manifest.samples.iloc[::-1]) == manifest.header.ids_sha256


_HASH = st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 10]), _HASH, _HASH, st.none() | st.integers(0, 20))), st.data())
def test_the_content_fingerprint_is_that_of_the_sorted_lines_in_whatever_batches_they_come(
    rows: list[tuple[int, str | None, str | None, int | None]], data: st.DataObject
) -> None:
    types = (pa.int64(), pa.string(), pa.string(), pa.int64())
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * 4
    table = pa.table(dict(zip(ContentFingerprint.COLUMNS, map(pa.array, columns, types), strict=True)))
    found = ContentFingerprint()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    for start, stop in pairwise([0, *cuts, len(rows)]):
        found.update(table.slice(start, stop - start))
    lines = sorted(" ".join("-" if part is None else str(part) for part in row) + "\n" for row in rows)
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert found.hexdigest() == (expected if any(image for _, image, _, _ in rows) else None)


def test_the_ids_fingerprint_is_the_published_form() -> None:
    # sha256 of "0001 0\n0002 1\n", computed with sha256sum
    samples = make_manifest([row("0001"), row("0002", "suspicious_glaucoma")]).samples
    assert ids_fingerprint(samples) == "df479bfec7d42d94c4a5fc993176c61c4513556f61a5658d06cb870b30c38888"


def test_writing_leaves_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.csv"
    make_manifest(1).write(path)
    before = path.read_bytes()

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LagtoolError, match=r"cannot write .*m\.csv: No space left on device"):
        make_manifest(2).write(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.csv"]  # noqa: PTH208
