"""What two datasets share: in other names, sizes and positions, with the pictures, a manifest or a fingerprint file."""

import csv
import hashlib
import io
import json
import re
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lagtool.__main__ import run
from lagtool.duplicates import fingerprint_file
from lagtool.duplicates.fingerprint_file import read_fingerprint
from lagtool.duplicates.pairs import VERSION
from lagtool.duplicates.sets import HASHES
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


def _words(capsys: Capture, stream: str = "out") -> str:
    return " ".join(str(getattr(capsys.readouterr(), stream)).split())


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
    command = ["audit", split, str(sets / "LAG"), "--select", "LAG735", "-q"]
    document = [*command, "--format", "json"]
    for other, code, status, number in (("OTHER", 0, "warn", 5), ("STRANGE", 0, "pass", 0)):
        assert run([*document, "--against", str(sets / other)]) == code
        (check,) = json.loads(capsys.readouterr().out)["checks"]
        assert (check["code"], check["status"], check["findings"]) == ("LAG735", status, number)
    assert run([*command, "--against", str(sets / "OTHER")]) == 0
    assert re.search(r"[1-4] of \d samples of part train are in OTHER", _words(capsys))
    assert run(command) == 2
    assert "not compared with another dataset" in capsys.readouterr().out


def test_what_was_not_searched_is_no_pass_and_no_overlap(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    lag, strange, split = str(sets / "LAG"), str(tmp_path / "strange.parquet"), str(tmp_path / "split")
    assert run(["index", str(sets / "STRANGE"), "-o", strange, "-q"]) == 0
    assert run(["split", lag, "-o", split, "--ratios", "60/40", "--relations", "identical", "-q"]) == 0
    capsys.readouterr()
    assert run(["duplicates", lag, "--against", strange, "-q"]) == 0
    assert "no overlap found in what was searched; see below" in _words(capsys)
    assert run(["audit", split, lag, "--select", "LAG735,LAG701", "--against", strange, "--format", "json", "-q"]) == 0
    check = json.loads(capsys.readouterr().out)["checks"][-1]
    assert (check["code"], check["status"]) == ("LAG735", "not applicable")
    assert "near-duplicate, mirrored, turned, same-eye, probably-same-eye (pictures of strange" in check["reason"]


def test_a_manifest_with_its_pictures_tells_all_and_its_splits(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    other, lag = str(sets / "OTHER"), str(sets / "LAG")
    assert (
        run(["split", other, "-o", str(tmp_path / "split"), "--ratios", "60/40", "--relations", "identical", "-q"]) == 0
    )
    manifest = next(str(path) for path in (tmp_path / "split").glob("*.parquet"))
    with_pictures = ["--against", manifest, "--against-root", other]
    capsys.readouterr()
    assert _rows(capsys, lag, *with_pictures, code=1) == TRUTH
    assert run(["duplicates", lag, *with_pictures, "--format", "json", "-q"]) == 0
    by_split = json.loads(capsys.readouterr().out)["overlaps"][0]["by_split"]
    assert {row["one"] for row in by_split} == {"-"}
    assert {row["other"] for row in by_split} <= {"train", "test"}
    assert sum(row["pictures"] for row in by_split) == len(TRUTH)


def test_two_fingerprint_files_are_compared(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    files = [str(tmp_path / f"{name}.fingerprint") for name in ("LAG", "OTHER")]
    for name, file in zip(("LAG", "OTHER"), files, strict=True):
        assert run(["fingerprint", str(sets / name), "-o", file, "-q"]) == 0
    found = _rows(capsys, files[0], "--against", files[1], code=1)
    assert sorted(found.values()) == ["byte-identical", *["same-eye"] * 4]


def test_names_of_two_datasets_are_never_the_same(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "LAG").symlink_to(sets / "OTHER")
    again = ["--against", str(tmp_path / "LAG")] * 3
    assert run(["duplicates", str(sets / "LAG"), *again, "--relations", "identical", "--format", "json", "-q"]) == 0
    overlaps = json.loads(capsys.readouterr().out)["overlaps"]
    assert len({name for one in overlaps for name in (one["one"]["name"], one["other"]["name"])}) == 4


def test_a_tree_of_the_own_profile_is_read_by_it(sets: Path, tmp_path: Path, capsys: Capture) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text(
        'name = "own"\n[[classes]]\nname = "eye"\nlabel = 0\nfolder = "eyes"\n'
        '[slots.image]\nfolder = "."\nfiles = "{number:04}.jpg"\nformat = "JPEG"\n'
    )
    for name in ("A", "B"):
        for number in range(2):
            picture = sets / "LAG" / N / "image" / f"{number:04d}.jpg"
            write(tmp_path / name / "eyes" / picture.name, picture.read_bytes())
    a, b = str(tmp_path / "A"), str(tmp_path / "B")
    assert _rows(capsys, a, "--profile", str(profile), "--against", b, code=1) == {
        (f"eye/000{number}", f"eye/000{number}"): "byte-identical" for number in range(2)
    }


@pytest.mark.parametrize("place", ["tree", "folder", "manifest", "fingerprint", "root"])
def test_nothing_is_written_into_the_other_dataset(place: str, sets: Path, tmp_path: Path, capsys: Capture) -> None:
    other = tmp_path / "OTHER"
    shutil.copytree(sets / "OTHER", other)
    manifest, file, bare = tmp_path / "o.parquet", tmp_path / "o.fingerprint", tmp_path / "bare"
    assert run(["index", str(other), "-o", str(manifest), "-q"]) == 0
    assert run(["fingerprint", str(other), "-o", str(file), "-q"]) == 0
    write(bare / "a.jpg", (other / N / "image" / "0900.jpg").read_bytes())
    against, target = {
        "tree": ([str(other)], other / N / "image" / "0900.jpg"),
        "folder": ([str(bare)], bare / "new.csv"),
        "manifest": ([str(manifest)], manifest),
        "fingerprint": ([str(file)], file),
        "root": ([str(manifest), "--against-root", str(other)], other / "new.csv"),
    }[place]
    before = snapshot(tmp_path)
    command = ["duplicates", str(sets / "LAG"), "--against", *against, "--relations", "identical", "-q", "--force"]
    assert run([*command, "-o", str(target)]) == 2
    assert "lies inside the dataset" in _words(capsys, "err")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["duplicates", "LAG", "--against", "none"], "no such file or folder: none"),
        (["duplicates", "LAG", "--against", "OTHER", "--again"], "--manifest and --again are for pairs of one dataset"),
        (["duplicates", "LAG", "--against", "empty"], "no pictures"),
        (["duplicates", "LAG", "--against", "OTHER", "--against-root", "LAG"], "--against-root is for one --against"),
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


def _lines(width: int, height: int, points: int, *, x: int = 0, field: int | None = None) -> bytes:
    """Pack centrelines as a stranger might: ``points`` all at one place, and a field of so many bytes."""
    places = np.array([[x] * points, [0] * points], "<u2").tobytes() + bytes(points)
    return struct.pack("<HHI", height, width, points) + places + zlib.compress(bytes(field or -(-width * height // 8)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lines": _lines(250, 250, 3)}, None),
        ({"lines": _lines(250, 250, 3, field=50_000_000)}, "a field of another size"),
        ({"lines": _lines(250, 250, 3, x=250)}, "centrelines outside of the picture"),
        ({"lines": _lines(65_535, 65_535, 0)}, "centrelines of another size"),
        ({"lines": _lines(250, 250, 3)[:20]}, "centrelines of another size"),
        ({"lines": _lines(250, 250, 3)[:-9]}, "is not an intact fingerprint file"),
        ({"lines": b"x"}, "is not an intact fingerprint file"),
        ({"places": np.array([np.nan, 1, 1], "<f4").tobytes(), "descriptors": bytes(29)}, "outside of the picture"),
        ({"places": np.array([1, 1, 0], "<f4").tobytes(), "descriptors": bytes(29)}, "outside of the picture"),
        ({"places": bytes(12 * 200), "descriptors": bytes(29 * 200)}, "features of impossible number"),
        ({"places": bytes(12), "descriptors": bytes(28)}, "features of impossible number"),
        ({"width": 0}, "a field of impossible size"),
        ({"side": None}, "is not an intact fingerprint file"),
        ({"image_sha256": None}, "image_sha256 is no hash"),
        ({"image_phash": b"short"}, "image_phash is no hash"),
    ],
)
def test_what_no_picture_can_have_is_refused_though_the_digest_fits(
    change: dict[str, object], words: str | None, tmp_path: Path
) -> None:
    row: dict[str, object] = {"side": 500, "width": 250, "height": 250, "places": b"", "descriptors": b"", "lines": b""}
    row |= dict.fromkeys(HASHES, bytes(32)) | change
    table = pa.Table.from_pylist([row], schema=fingerprint_file._SCHEMA)
    digest = hashlib.sha256()
    fingerprint_file._absorb(digest, table)
    head = {"format": fingerprint_file.FORMAT, "methods": VERSION, "rows_sha256": digest.hexdigest()}
    file = tmp_path / "strange.fingerprint"
    pq.write_table(table.replace_schema_metadata({fingerprint_file._KEY: json.dumps(head)}), file)
    if words is None:
        assert len(read_fingerprint(file, "strange").samples) == 1
        return
    with pytest.raises(LagtoolError, match=words) as caught:
        read_fingerprint(file, "strange")
    assert "\n" not in str(caught.value)
