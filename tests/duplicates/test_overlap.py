"""What two datasets share: in other names, sizes and positions, with the pictures, a manifest or a fingerprint file."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from lagtool.__main__ import run
from lagtool.duplicates.fingerprint_file import read_fingerprint
from lagtool.errors import LagtoolError
from lagtool.synth.fundus import draw_fundus
from tests.benchmarks import views
from tests.trees import snapshot, write

N, S = "non_glaucoma", "suspicious_glaucoma"
TRUTH = {
    (f"{N}/0000", f"{N}/0900"): "byte-identical",
    (f"{N}/0001", f"{S}/0901"): "near-duplicate",
    (f"{N}/0002", f"{N}/0902"): "mirrored",
    (f"{S}/0003", f"{S}/0903"): "turned",
    (f"{S}/0004", f"{S}/0904"): "same-eye",
}
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trees, LAG and OTHER, of seven eyes each, five of which are the same; and STRANGE with others only."""
    place = tmp_path_factory.mktemp("sets")
    rng = np.random.default_rng(0)
    for number in range(7):
        data = views.encode(draw_fundus(1, number, 0).pixels)
        write(place / "LAG" / (N if number < 3 else S) / "image" / f"{number:04d}.jpg", data)
        for folder, first in (("OTHER", 20), ("STRANGE", 40)):
            strange = views.encode(draw_fundus(1, first + number, 0).pixels)
            write(place / folder / (N if number % 2 else S) / "image" / f"{first + number:04d}.jpg", strange)
    eyes = [draw_fundus(1, number, 0).pixels for number in range(5)]
    other = place / "OTHER"
    write(other / N / "image" / "0900.jpg", views.encode(eyes[0]))
    write(other / S / "image" / "0901.jpg", views.encode(views.resize(eyes[1], rng), 80))
    write(other / N / "image" / "0902.jpg", views.encode(views.mirror(eyes[2], rng)))
    write(other / S / "image" / "0903.jpg", views.encode(np.ascontiguousarray(np.rot90(eyes[3]))))
    write(other / S / "image" / "0904.jpg", views.encode(draw_fundus(1, 4, 0, view=1).pixels))
    return place


def _rows(capsys: Capture, *command: str, code: int) -> dict[tuple[str, str], str]:
    assert run(["duplicates", *command, "--format", "csv", "-q", "--fail-on", "warning"]) == code
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    return {(row["a"], row["b"]): row["relation"] for row in rows}


def test_pictures_of_both_tell_all_and_leave_both_alone(sets: Path, capsys: Capture) -> None:
    before = snapshot(sets)
    lag, other = str(sets / "LAG"), str(sets / "OTHER")
    assert _rows(capsys, lag, "--against", other, code=1) == TRUTH
    assert _rows(capsys, other, "--against", lag, code=1) == {(b, a): relation for (a, b), relation in TRUTH.items()}
    assert snapshot(sets) == before


def test_nothing_shared_is_no_overlap(sets: Path, capsys: Capture) -> None:
    lag, strange = str(sets / "LAG"), str(sets / "STRANGE")
    assert _rows(capsys, lag, "--against", strange, code=0) == {}
    assert run(["duplicates", lag, "--against", strange, "-q"]) == 0
    out = capsys.readouterr().out
    assert "LAG (7 pictures) against STRANGE (7 pictures): no overlap found" in out
    assert "Not searched" not in out


def test_a_manifest_alone_tells_copies_to_the_byte_and_what_may_be_one(
    sets: Path, tmp_path: Path, capsys: Capture
) -> None:
    manifest = str(tmp_path / "other.parquet")
    assert run(["index", str(sets / "OTHER"), "-o", manifest, "-q"]) == 0
    found = _rows(capsys, str(sets / "LAG"), "--against", manifest, code=1)
    copies = {pair: "hash-near" for pair, relation in TRUTH.items() if relation not in ("byte-identical", "same-eye")}
    assert found == {(f"{N}/0000", f"{N}/0900"): "byte-identical"} | copies
    assert run(["duplicates", str(sets / "LAG"), "--against", manifest]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "3 more may be copies: hashes are near, not confirmed" in out
    assert "Not searched for: near-duplicate, mirrored, turned, same-eye, probably-same-eye (pictures of other" in out


def test_a_fingerprint_file_tells_eyes_and_holds_no_name(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "other.fingerprint"
    assert run(["fingerprint", str(sets / "OTHER"), "-o", str(file), "-q"]) == 0
    found = _rows(capsys, str(sets / "LAG"), "--against", str(file), code=1)
    table = pq.read_table(file)
    order = [value.hex() for value in table["image_sha256"].to_pylist()]
    assert order == sorted(order)
    assert {a: relation for (a, _), relation in found.items()} == {
        a: "byte-identical" if relation == "byte-identical" else "same-eye" for (a, _), relation in TRUTH.items()
    }
    assert all(len(b) == 6 and b.isdecimal() for _, b in found)
    assert set(table.column_names).isdisjoint({"id", "class", "path", "image_path", "split"})
    data = file.read_bytes()
    assert not [word for word in (b"OTHER", b"glaucoma", b"0901", b".jpg", b"\xff\xd8\xff") if word in data]


def test_a_folder_of_pictures_in_no_layout_is_compared_by_path(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    for number, path in enumerate(sorted((sets / "OTHER").rglob("09*.jpg"))):
        write(tmp_path / "found" / "deep" / f"picture {number}.jpg", path.read_bytes())
    found = _rows(capsys, str(sets / "LAG"), "--against", str(tmp_path / "found"), code=1)
    assert sorted(found.values()) == sorted(TRUTH.values())
    assert (f"{N}/0000", "deep/picture 0.jpg") in found
    assert run(["duplicates", str(sets / "LAG"), "--against", str(tmp_path / "found")]) == 0
    assert "found has the layout of no profile: 5 pictures taken by path" in capsys.readouterr().err


def test_several_datasets_and_the_document(sets: Path, capsys: Capture) -> None:
    others = ["--against", str(sets / "OTHER"), "--against", str(sets / "STRANGE")]
    assert run(["duplicates", str(sets / "LAG"), *others, "--format", "json", "-q", "--fail-on", "warning"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["verdict"], [len(one["pairs"]) for one in document["overlaps"]]) == ("fail", [5, 0])
    first = document["overlaps"][0]
    assert first["one"] == {"name": "LAG", "pictures": 7, "compared": 7, "unsearched": []}
    assert {"one": N, "other": S, "pictures": 1} in first["by_class"]
    assert first["by_split"] == []


def test_a_copy_of_another_label_is_an_error(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    write(tmp_path / "OTHER" / S / "image" / "0001.jpg", (sets / "LAG" / N / "image" / "0000.jpg").read_bytes())
    assert run(["duplicates", str(sets / "LAG"), "--against", str(tmp_path / "OTHER"), "-q"]) == 1
    assert "1 of LAG are in OTHER" in capsys.readouterr().out


def test_an_audit_names_the_samples_and_their_splits(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    split = str(tmp_path / "split")
    assert run(["split", str(sets / "LAG"), "-o", split, "--ratios", "60/40", "--relations", "identical", "-q"]) == 0
    capsys.readouterr()
    command = ["audit", split, str(sets / "LAG"), "--select", "LAG735", "--format", "json", "-q", "--relations", "none"]
    assert run([*command, "--against", str(sets / "OTHER")]) == 0
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["code"], check["status"], check["findings"]) == ("LAG735", "warn", 1)
    assert run([*command, "--against", str(sets / "STRANGE")]) == 0
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["status"], check["findings"]) == ("pass", 0)
    assert run(command) == 2
    assert "not compared with another dataset" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["duplicates", "LAG", "--against", "none"], "no such file or folder: none"),
        (["duplicates", "LAG", "--against", "OTHER", "--again"], "--manifest and --again are for pairs of one dataset"),
        (["duplicates", "LAG", "--against", "empty"], "no pictures"),
        (["fingerprint", "LAG", "-o", "a.parquet"], "ends in .fingerprint"),
        (["fingerprint", "LAG", "-o", "LAG/a.fingerprint"], "the dataset is never written to|inside the data"),
        (["validate", "bad.fingerprint"], "is a fingerprint file"),
        (["duplicates", "LAG", "--against", "bad.fingerprint"], "is not an intact fingerprint file"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(
    arguments: list[str], words: str, sets: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LAG", "OTHER"):
        (tmp_path / name).symlink_to(sets / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.fingerprint").write_bytes(b"PAR1 no")
    assert run([*arguments, "-q"]) == 2
    err = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert any(word in err for word in words.split("|")), err


def test_a_changed_fingerprint_file_and_one_of_another_version_are_refused(sets: Path, tmp_path: Path) -> None:
    file = tmp_path / "lag.fingerprint"
    assert run(["fingerprint", str(sets / "LAG"), "-o", str(file), "-q"]) == 0
    whole = read_fingerprint(file, "lag")
    assert len(whole.samples) == 7
    table = pq.read_table(file)
    head = json.loads(pq.ParquetFile(file).metadata.metadata[b"lagtool fingerprint"])
    pq.write_table(table.take([1, 0, 2, 3, 4, 5, 6]), file)
    with pytest.raises(LagtoolError, match="is not an intact fingerprint file"):
        read_fingerprint(file, "lag")
    other = table.replace_schema_metadata({"lagtool fingerprint": json.dumps(head | {"methods": 1})})
    pq.write_table(other, file)
    with pytest.raises(LagtoolError, match="has format 1 and methods 1; this lagtool reads format 1 and methods"):
        read_fingerprint(file, "lag")
