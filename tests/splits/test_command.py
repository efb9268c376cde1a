"""``lagtool split`` as a user meets it: the folder, stdout, stderr, exit codes."""

import csv
import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.manifest.value import read_manifest
from lagtool.reporting.split_table import render_split
from lagtool.reporting.tables import WIDTH
from lagtool.splits.certificate import certify
from lagtool.splits.lists import write_split
from lagtool.splits.split import make_split
from tests.factories import fake_sha256, make_manifest, row, rows
from tests.trees import snapshot

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A manifest of 12 + 8 samples, half of them with a map."""
    path = tmp_path / "m.parquet"
    make_manifest(12, 8, 6, 4).write(path)
    return str(path)


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_folder_holds_lists_manifest_and_certificate(source: str, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "deep" / "out"
    assert run(["split", source, "-o", str(folder), "--sizes", "10,5,rest"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith(
        "lagtool: note: only identical pictures are kept together: the manifest has no pairs"
    )
    assert len(captured.err.splitlines()) == 1
    assert captured.out.splitlines()[:5] == [
        "part   samples    share  non_glaucoma  suspicious_glaucoma  with map",
        "train       10   50.0 %    6 (60.0 %)           4 (40.0 %)         5",
        "val          5   25.0 %    3 (60.0 %)           2 (40.0 %)         2",
        "test         5   25.0 %    3 (60.0 %)           2 (40.0 %)         3",
        "all         20  100.0 %   12 (60.0 %)           8 (40.0 %)        10",
    ]
    content = _content(folder)
    names = [f"{part}.{suffix}" for part in ("test", "train", "val") for suffix in ("csv", "txt")]
    assert list(content) == ["certificate.json", "manifest.parquet", *names]
    certificate = json.loads(content["certificate.json"])
    assert certificate["files"] == {name: sha256(content[name]).hexdigest() for name in names}
    assert certificate["relations"]["looked_for"] == ["byte-identical", "pixel-identical"]
    assert list(certificate["relations"]["not_looked_for"]) == [
        "mirrored",
        "near-duplicate",
        "probably-same-eye",
        "same-eye",
        "turned",
    ]
    assert certificate["split_sha256"] in captured.out
    assert str(tmp_path) not in content["certificate.json"].decode()

    samples = read_manifest(folder / "manifest.parquet").samples
    listed = [path for part in ("train", "val", "test") for path in content[f"{part}.txt"].decode().splitlines()]
    assert sorted(listed) == sorted(samples["image_path"])
    test = samples[samples["split"] == "test"]
    assert content["test.txt"].decode() == "".join(f"{path}\n" for path in test["image_path"])
    table = list(csv.DictReader(content["test.csv"].decode().splitlines()))
    assert [line["id"] for line in table] == test["id"].tolist()
    assert [line["label"] for line in table] == test["label"].astype(str).tolist()
    assert [line["map"] for line in table] == test["map_path"].fillna("").tolist()
    assert b"\r" not in content["test.csv"]


def test_same_source_same_bytes(source: str, tmp_path: Path, capsys: Capture) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        assert run(["split", source, "-o", str(folder), "--format", "json", "--folds", "4"]) == 0
        assert capsys.readouterr().out == (folder / "certificate.json").read_text()
    assert _content(folders[0]) == _content(folders[1])


def test_a_tree_is_split_and_never_written_to(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    before = snapshot(tree)
    assert run(["split", str(tree), "-o", str(tmp_path / "out"), "--folds", "2"]) == 0
    assert "5 samples by lagtool-split-2, seed 0" in capsys.readouterr().out
    assert run(["split", str(tree), "-o", str(tree / "out")]) == 2
    assert "inside the dataset" in capsys.readouterr().err
    assert snapshot(tree) == before


def test_a_filled_folder_needs_force_and_loses_the_earlier_split(source: str, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "out"
    assert run(["split", source, "-o", str(folder), "--folds", "3"]) == 0
    (folder / "fold1.txt").write_text("changed by hand\n")
    (folder / "notes.md").write_text("mine\n")
    assert run(["split", source, "-o", str(folder)]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["split", source, "-o", str(folder), "--force"]) == 0
    left = set(_content(folder))
    assert {"fold1.txt", "notes.md", "train.txt"} <= left
    assert not {"fold0.txt", "fold0.csv", "fold1.csv", "fold2.txt"} & left
    assert json.loads((folder / "certificate.json").read_text())["parameters"]["folds"] is None


@pytest.mark.parametrize(
    "certificate", [b"", b"[]", b"{}", b'{"files": 3}', b'{"files": {"../m.parquet": "x", "notes.md": "y"}}', b"\xff"]
)
def test_a_forged_certificate_removes_nothing(certificate: bytes, source: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.md").write_text("mine\n")
    (folder / "certificate.json").write_bytes(certificate)
    assert run(["split", source, "-o", str(folder), "--force"]) == 0
    assert Path(source).exists()
    assert (folder / "notes.md").read_text() == "mine\n"
    assert json.loads((folder / "certificate.json").read_text())["usable"] == 20


def _fail(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_is_cut_off_leaves_the_earlier_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    write_split(make_split(make_manifest(6, 6)), folder)
    before = _content(folder)
    other = make_split(make_manifest(6, 6), seed=1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("lagtool.manifest.value.Manifest.write", _fail)
        write_split(other, folder, force=True)
    assert _content(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    write_split(other, folder, force=True)
    write_split(other, tmp_path / "alone")
    assert _content(folder) == _content(tmp_path / "alone") != before


def test_where_a_folder_cannot_be_replaced_a_run_that_is_cut_off_leaves_no_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_split(make_split(make_manifest(6, 6)), folder)
    (folder / "figures").mkdir()
    other = make_split(make_manifest(6, 6), seed=1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("lagtool.manifest.value.Manifest.write", _fail)
        write_split(other, folder, force=True)
    assert not (folder / "certificate.json").exists()
    write_split(other, folder, force=True)
    assert (folder / "certificate.json").exists()
    assert (folder / "figures").is_dir()


@pytest.mark.skipif(os.name == "nt", reason="nothing tells a folder in use from one left behind there")
def test_what_a_killed_run_left_goes_and_what_it_moved_aside_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    made = make_split(make_manifest(6, 6))
    write_split(made, folder)
    (folder / "notes.md").write_text("mine")
    half = tmp_path / ".out.0123456789ab.tmp"
    half.mkdir()
    (half / "train.txt").write_text("half")
    (half / ".train.csv.0123456789ab.tmp").write_text("half")
    monkeypatch.setattr("lagtool.output.folder.exchange", lambda *_: False)  # as where a system cannot exchange folders
    folder.rename(tmp_path / ".out.ba9876543210.old.tmp")  # a kill between two steps
    write_split(made, folder, force=True)
    assert (folder / "notes.md").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_forged_part_name_never_becomes_a_path(tmp_path: Path) -> None:
    made = make_split(make_manifest(6, 6))
    forged = make_manifest(6, 6, split="../outside", header={"split": {**(made.header.split or {}), "names": ["../x"]}})
    with pytest.raises(LagtoolError, match=r"'\.\./x' is no name for a part"):
        write_split(forged, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ratios", "70/20/20"], "ratios add up to 110"),
        (["--ratios", "0.5,0.4"], "ratios add up to 0.9"),
        (["--sizes", "10,9"], "add up to 19, but there are 20 usable samples"),
        (["--folds", "9"], "class suspicious_glaucoma has only 8 usable samples"),
        (["--folds", "2", "--sizes", "10,10"], "exclude each other"),
        (["--names", "a,a,b"], "two parts have the same name"),
        (["--names", "a,b,/etc/passwd"], "is no name for a part"),
        (["--seed", "-1"], "seed -1 is negative"),
        (["--seed", "x"], "--seed"),
        (["--stratify", "age"], "--stratify"),
    ],
)
def test_refusals(options: list[str], message: str, source: str, tmp_path: Path, capsys: Capture) -> None:
    assert run(["split", source, "-o", str(tmp_path / "out"), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert message in captured.err
    assert not (tmp_path / "out").exists()


def test_identical_images_of_two_classes_are_noted(tmp_path: Path, capsys: Capture) -> None:
    many = rows(10, 10)
    many[0]["image_sha256"] = many[15]["image_sha256"] = fake_sha256("both")
    many.append(row("0100", image_state="truncated"))
    make_manifest(many).write(tmp_path / "m.csv")
    assert run(["split", str(tmp_path / "m.csv"), "-o", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines()[1].startswith("lagtool: note: 1 group with samples of different classes")
    assert "lagtool duplicates" in captured.err
    assert "Left out: 1 sample (truncated 1)." in captured.out
    assert "Kept together: 1 group of 2 samples, at most 2 in one; 0 crossings." in captured.out.replace("\n", " ")
    assert run(["split", str(tmp_path / "m.csv"), "-o", str(tmp_path / "out"), "--force", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("held_out", "cells"),
    [(range(1, 4), ["3 (100.0 %)", "0 (0.0 %)"]), (range(13, 21), ["0 (0.0 %)", "8 (100.0 %)"])],
    ids=["some of a class", "a class"],
)
def test_a_list_to_hold_out_may_be_of_one_class(
    held_out: range, cells: list[str], source: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "h.txt").write_text("".join(f"{number:04d}\n" for number in held_out))
    assert run(["split", source, "-o", str(tmp_path / "out"), "--holdout", str(tmp_path / "h.txt")]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("test "))
    assert all(cell in line for cell in cells)


def test_text_fits_80_columns_whatever_the_names() -> None:
    manifest = make_manifest(6_882, 4_878, 3_432, 2_392)
    names = [letter * 32 for letter in "abc"]
    for made in (make_split(manifest), make_split(manifest, folds=10), make_split(manifest, names=names)):
        text = render_split(certify(made), "out")
        assert max(map(len, text.splitlines())) <= WIDTH
        assert text.endswith("manifest.parquet, certificate.json\n") or text.endswith("certificate.json\n")
