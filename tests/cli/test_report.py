"""``lagtool report``: exit codes, what is refused, and what is written where."""

from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.manifest.value import Manifest
from tests.trees import jpeg, snapshot, write


def test_a_tree_becomes_a_report_whatever_the_verdict(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(tree)
    out = tmp_path / "report"
    assert run(["report", str(tree), "-o", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{out}/index.html: FAIL: 4 errors, 0 warnings, 0 notes in 5 samples.\n"
    assert sorted(path.name for path in out.iterdir()) == ["findings.csv", "index.html", "lagtool-report.json"]
    assert run(["report", str(tree), "-o", str(out), "-q"]) == 2
    assert "use --force to replace it" in capsys.readouterr().err
    assert run(["report", str(tree), "-o", str(out), "-q", "--force", "--thumbnails"]) == 0
    assert len(list(out.glob("thumbnails/0000/*"))) == 10
    assert snapshot(tree) == before


def test_what_cannot_be_done_is_said_before_the_scan(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], manifest: Manifest
) -> None:
    manifest.write(tmp_path / "m.parquet")
    for arguments, words in [
        ([str(tree), "-o", str(tree / "report")], "lies inside the dataset"),
        ([str(tree), "-o", str(tmp_path), "--force"], "which is not of an earlier report"),
        ([str(tmp_path / "m.parquet"), "-o", str(tmp_path / "r"), "--thumbnails"], "--thumbnails needs the pictures"),
        ([str(tree), "-o", str(tmp_path / "r"), "--split", str(tmp_path / "none.csv")], "none.csv"),
    ]:
        assert run(["report", *arguments]) == 2
        captured = capsys.readouterr()
        assert words in captured.err
        assert captured.out == ""
    assert not (tmp_path / "r").exists()


def test_a_split_of_others_is_shown_and_judged(tree: Path, tmp_path: Path, manifest: Manifest) -> None:
    manifest.write(tmp_path / "m.parquet")
    lines = ["id,class,split", "0001,non_glaucoma,train", "0002,non_glaucoma,test", "0099,non_glaucoma,test"]
    (tmp_path / "theirs.csv").write_text("\n".join(lines) + "\n")
    out = tmp_path / "report"
    assert (
        run(["report", str(tmp_path / "m.parquet"), "-o", str(out), "--split", str(tmp_path / "theirs.csv"), "-q"]) == 0
    )
    html = (out / "index.html").read_text()
    assert "Quality of each part against all parts together" in html
    assert 'id="LAG722"' in html or 'id="LAG721"' in html


def test_thumbnails_of_a_manifest_come_from_its_root(tree: Path, tmp_path: Path, manifest: Manifest) -> None:
    manifest.write(tmp_path / "m.parquet")
    write(tree / "non_glaucoma" / "image" / "0001.jpg", jpeg(77))
    arguments = [str(tmp_path / "m.parquet"), "--root", str(tree), "-o", str(tmp_path / "r"), "--thumbnails", "-q"]
    assert run(["report", *arguments]) == 0
    assert not (tmp_path / "r/thumbnails/0000/0000000.jpg").exists()
    assert (tmp_path / "r/thumbnails/0000/0000001.jpg").exists()


def test_a_configuration_decides_the_verdict(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "lagtool.toml"
    config.write_text('[ignore]\ncounts = "a part only"\n')
    assert run(["report", str(tree), "-o", str(tmp_path / "r"), "--config", str(config)]) == 0
    assert "PASS: 0 errors" in capsys.readouterr().err
    assert "a part only" in (tmp_path / "r" / "index.html").read_text()
