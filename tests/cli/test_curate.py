"""``lagtool curate`` as a user meets it."""

import json
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.curation.read import read_curation
from tests.trees import snapshot

Capture = pytest.CaptureFixture[str]
N, S = "non_glaucoma", "suspicious_glaucoma"


def _add(file: Path, *options: str) -> int:
    return run(["curate", "add", str(file), *options])


def test_marks_are_added_once_with_the_picture_that_was_looked_at(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    file, before = tmp_path / "c.csv", snapshot(tree)
    options = ["--manifest", str(tree), "-c", N, "-i", "0001, 0002", "-a", "exclude", "-n", "=blurred"]
    assert _add(file, *options) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"{file}: 2 marks added; 2 in all"
    written = file.read_bytes()
    assert _add(file, *options) == 0
    assert file.read_bytes() == written
    assert snapshot(tree) == before
    marks = read_curation(file).marks
    assert [(mark.sample, mark.note, len(mark.image_sha256)) for mark in marks] == [
        (f"{N}/0001", "=blurred", 64),
        (f"{N}/0002", "=blurred", 64),
    ]
    capsys.readouterr()
    assert run(["curate", "list", str(file), "--format", "json"]) == 0
    assert [mark["id"] for mark in json.loads(capsys.readouterr().out)["marks"]] == ["0001", "0002"]
    assert run(["curate", "list", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "c.csv: 2 marks (2 exclude)",
        "  non_glaucoma/0001  exclude",
        "      =blurred",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-c", N, "-i", "0077", "-a", "exclude"], "0077"),
        (["-c", "glaucoma", "-i", "0001", "-a", "exclude"], "unknown class 'glaucoma'"),
        (["-c", N, "-i", "0001", "-a", "relabel"], "relabel needs the class as its value"),
        (["-c", N, "-i", "0001", "-a", "relabel", "-v", "both"], "unknown class 'both'"),
        (["-c", N, "-i", "0001", "-a", "accept", "-v", "LAG999"], "LAG999"),
        (["-i", " , ", "-a", "exclude"], "--id names no sample"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_written(
    options: list[str], said: str, tree: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert _add(tmp_path / "c.csv", "--manifest", str(tree), *options) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "c.csv").exists()


def test_a_file_in_the_data_set_is_refused(tree: Path, capsys: Capture) -> None:
    before = snapshot(tree)
    assert _add(tree / "c.csv", "--manifest", str(tree), "-c", N, "-i", "0001", "-a", "exclude") == 2
    assert "inside the dataset" in " ".join(capsys.readouterr().err.split())
    assert snapshot(tree) == before


def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "real.csv").write_text("class,id,action\nnon_glaucoma,0001,exclude\n")
    link = tmp_path / "marks.csv"
    link.symlink_to("real.csv")
    assert run(["curate", "add", str(link), "-i", "0002", "-a", "exclude", "-c", "non_glaucoma"]) == 2
    assert "is a symbolic link" in capsys.readouterr().err
    assert link.is_symlink()


def test_a_second_class_for_a_sample_is_refused(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "c.csv"
    assert _add(file, "-c", N, "-i", "0001", "-a", "relabel", "-v", S) == 0
    written = file.read_bytes()
    assert _add(file, "-c", N, "-i", "0001", "-a", "relabel", "-v", N) == 2
    assert "is relabelled to non_glaucoma, in the file to suspicious_glaucoma: remove one" in capsys.readouterr().err
    assert file.read_bytes() == written


def test_check_tells_which_marks_do_not_hold(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "c.csv"
    assert _add(file, "--manifest", str(tree), "-c", N, "-i", "0001", "-a", "exclude") == 0
    assert run(["curate", "check", str(file), str(tree)]) == 0
    assert _add(file, "-c", N, "-i", "0099", "-a", "exclude") == 0
    with (tree / N / "image" / "0001.jpg").open("ab") as picture:
        picture.write(b"more")
    capsys.readouterr()
    assert run(["curate", "check", str(file), str(tree), "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {(f["code"], f["sample"]) for f in report["findings"]} == {("LAG801", f"{N}/0099"), ("LAG802", f"{N}/0001")}


def test_tree_with_marks_and_manifest_that_carries_them_say_the_same(
    tree: Path, tmp_path: Path, capsys: Capture
) -> None:
    file, manifest = tmp_path / "c.csv", tmp_path / "m.parquet"
    assert _add(file, "--manifest", str(tree), "-c", N, "-i", "0001", "-a", "exclude") == 0
    assert run(["index", str(tree), "-o", str(manifest), "--curation", str(file)]) == 0
    said = []
    for source in ([str(tree), "--curation", str(file)], [str(manifest)]):
        capsys.readouterr()
        assert run(["stats", *source, "--format", "json"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert json.loads(said[0])["subject"]["excluded"] == 1
    assert run(["index", str(tree), "-o", str(manifest), "--update"]) == 0
    assert "curation: c.csv (carried over from the earlier manifest): 1 exclude" in capsys.readouterr().err


def test_a_configuration_may_name_the_file(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    assert _add(tmp_path / "c.csv", "-c", N, "-i", "0001", "-a", "exclude") == 0
    (tmp_path / "lagtool.toml").write_text('curation = "c.csv"\n')
    capsys.readouterr()
    assert run(["stats", str(tree), "--config", str(tmp_path / "lagtool.toml"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["subject"]["samples"] == 4
