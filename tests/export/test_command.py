"""``lagtool export``: what it prints, what it refuses, and the terms that stand in every export."""

from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.export.formats import ExportFormat
from lagtool.export.writing import write_export
from lagtool.manifest.value import read_manifest
from lagtool.profiles import load_profile
from tests.export.data import split_tree
from tests.factories import make_manifest


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    split_tree(tmp_path / "LAG").write(tmp_path / "split.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("place")
def test_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "split.parquet", "--root", "LAG", "--to", "imagefolder", "-o", "out", "--mode", "link"]
    assert run([*arguments, "--split", "train", "--split", "test"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith("out: imagefolder, 12 samples, files by link; 27 files, ")
    assert said.out.splitlines()[1:] == [
        "  part   non_glaucoma  suspicious_glaucoma  with map",
        "  train             5                    4         8",
        "  test              1                    2         3",
    ]
    assert said.err.splitlines() == [
        "lagtool: note: left out: 1 sample whose image is damaged (truncated)",
        "lagtool: note: left out: 3 samples in a part that was not asked for",
    ]


@pytest.mark.usefixtures("place")
def test_a_folder_is_indexed_first_and_marks_hold(capsys: pytest.CaptureFixture[str]) -> None:
    Path("marks.csv").write_text("class,id,action,value,note\nnon_glaucoma,0001,exclude,,\n")
    assert run(["export", "LAG", "--to", "csv", "-o", "out", "--curation", "marks.csv"]) == 0
    assert "left out: 1 sample excluded by a mark" in capsys.readouterr().err
    lines = Path("out/samples.csv").read_text().splitlines()
    assert len(lines) == 1 + 16 - 2
    assert not any(line.startswith("0001,non_glaucoma") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["split.parquet", "--to", "imagefolder"], "imagefolder needs the pictures"),
        (["split.parquet", "--to", "csv", "--size", "64"], "csv does not heed --size"),
        (["split.parquet", "--to", "csv", "--mode", "copy"], "csv does not heed --mode"),
        (["split.parquet", "--to", "csv", "--maps", "resized"], "maps cannot be resized"),
        (["split.parquet", "--to", "csv", "--split", "dev"], "no part is called 'dev': there are train, val, test"),
        (["split.parquet", "--to", "csv", "--fold", "1"], "the manifest has no folds"),
        (["LAG", "--to", "csv", "-o", "LAG/export"], "lies inside the dataset"),
        (["nowhere", "--to", "csv"], "no such file or folder: nowhere"),
        (["LAG", "--to", "tfrecord"], "'tfrecord' is not one of"),
    ],
)
@pytest.mark.usefixtures("place")
def test_what_cannot_be_done_is_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in Path().iterdir())
    assert run(["export", "-o", "out", *arguments]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert words in said.err
    assert sorted(path.name for path in Path().iterdir()) == before


@pytest.mark.parametrize("name", [*ExportFormat])
def test_the_terms_stand_in_every_export(name: str, place: Path) -> None:
    manifest = read_manifest(place / "split.parquet")
    write_export(manifest, place / "LAG", name, place / "out")
    terms, readme = ((place / "out" / file).read_text() for file in ("LICENSE.txt", "README.md"))
    for words in ("academic use only", "must not be uploaded again", "CVPR", "2019", "1903.10831"):
        assert words in " ".join(terms.split())
    assert "**Not to be uploaded.**" in readme
    assert "@inproceedings{li2019attention" in readme
    assert str(manifest.header.content_sha256) in readme
    assert str(place) not in readme + terms


def test_data_of_others_keeps_its_own_terms(tmp_path: Path) -> None:
    ours = load_profile("lag").model_copy(update={"name": "ours", "terms": "Ask us."})
    write_export(make_manifest(1, 1, profile=ours), None, "csv", tmp_path / "out")
    assert (tmp_path / "out" / "LICENSE.txt").read_text().endswith("profile ours\n\nAsk us.\n")
    readme = (tmp_path / "out" / "README.md").read_text()
    assert readme.startswith("# ours: an export for local use\n")
    assert "LAG" not in readme


def test_an_unknown_format_is_told(tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match="no format is called 'tar': there are imagefolder, "):
        write_export(make_manifest(1, 1), None, "tar", tmp_path / "out")
