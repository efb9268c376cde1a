"""``lagtool duplicates``: exit codes, formats, and what is refused."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lagtool.__main__ import run
from lagtool.synth.fundus import draw_fundus
from tests.benchmarks import views
from tests.trees import snapshot, write


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn eyes; a mirror image, a copy in the other class, and a second view."""
    root = tmp_path_factory.mktemp("alike") / "LAG"
    eyes = [draw_fundus(1, number, 0).pixels for number in range(4)]
    here = root / "non_glaucoma" / "image"
    for number, eye in enumerate(eyes):
        write(here / f"{number:04d}.jpg", views.encode(eye))
    write(here / "0010.jpg", views.encode(views.mirror(eyes[0], np.random.default_rng(0))))
    write(here / "0011.jpg", views.encode(draw_fundus(1, 1, 0, view=1).pixels))
    write(root / "suspicious_glaucoma" / "image" / "0012.jpg", views.encode(eyes[2]))
    return root


PAIRS = [
    ["1", "yes", "non_glaucoma/0002", "suspicious_glaucoma/0012", "byte-identical"],
    ["2", "no", "non_glaucoma/0000", "non_glaucoma/0010", "mirrored"],
    ["3", "no", "non_glaucoma/0001", "non_glaucoma/0011", "same-eye"],
]


def test_a_tree(alike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(alike)
    assert run(["duplicates", str(alike), "--format", "csv"]) == 1
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [row[:5] for row in rows[1:]] == PAIRS
    assert snapshot(alike) == before


def test_a_manifest_says_the_same_with_the_pictures_and_less_without(
    alike: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = str(tmp_path / "m.parquet")
    assert run(["index", str(alike), "-o", manifest, "--quiet"]) == 0
    assert run(["duplicates", manifest, "--root", str(alike.parent), "--format", "csv"]) == 1
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [row[:5] for row in rows[1:]] == PAIRS
    assert run(["duplicates", manifest]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "Group 1: 2 images, across classes: non_glaucoma and suspicious_glaucoma" in out
    assert "Not looked for: near-duplicate, mirrored, turned, same-eye, probably-same-eye (needs the pictures" in out


def test_pictures_that_are_not_there_were_not_searched(
    alike: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, record, split = (str(tmp_path / name) for name in ("m.parquet", "pairs.parquet", "split"))
    assert run(["index", str(alike), "-o", manifest, "--quiet"]) == 0
    empty = tmp_path / "EMPTY"
    (empty / "non_glaucoma" / "image").mkdir(parents=True)
    for command in (
        ["duplicates", manifest, "--root", str(empty), "--manifest", record],
        ["split", manifest, "--root", str(empty), "-o", split],
        ["audit", "--part", f"test={alike / 'suspicious_glaucoma'}", manifest, "--root", str(empty)],
    ):
        capsys.readouterr()
        assert run(command) == 2
        captured = capsys.readouterr()
        assert "none of the 6 pictures to compare is there as the manifest has it (6 missing or" in captured.err
        assert captured.out == ""
    assert not Path(record).exists()
    assert not Path(split).exists()


def test_some_pictures_that_are_not_there_are_said_everywhere(
    alike: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, record, split = (str(tmp_path / name) for name in ("m.parquet", "pairs.parquet", "split"))
    assert run(["index", str(alike), "-o", manifest, "--quiet"]) == 0
    part = tmp_path / "PART"
    shutil.copytree(alike, part)
    (part / "non_glaucoma" / "image" / "0003.jpg").unlink()
    key, why = (
        "non_glaucoma/0003",
        "1 of 6 pictures could not be opened, and were not searched (1 missing or unreadable)",
    )
    assert run(["duplicates", manifest, "--root", str(part), "--manifest", record, "--format", "json"]) == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["images_compared"], document["not_searched"], document["remarks"]) == (5, [key], [why])
    assert f"1 sample was not searched: {why}" in captured.err
    assert run(["duplicates", record, "--root", str(alike), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["not_searched"] == [], "searched again, now that it is there"

    assert run(["split", record, "-o", split, "--ratios", "50/50"]) == 0
    captured = capsys.readouterr()
    assert "1 of the 7 images could not be opened for this search" in " ".join(captured.out.split())
    assert f"Not searched: 1 of 7 samples ({why})." in " ".join(captured.out.split())
    assert "1 sample was not searched, and may have a copy in another part" in captured.err
    certificate = json.loads((tmp_path / "split" / "certificate.json").read_text())
    assert certificate["relations"]["unsearched"] == [key]
    assert run(["audit", split, manifest, "--root", str(part), "--format", "json", "--fail-on", "warning"]) == 1
    checks = {check["code"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["LAG731"]["status"] == "not applicable"
    assert checks["LAG731"]["reason"] == "none found, but 1 of 7 samples not searched"
    assert checks["LAG734"]["findings"] == 1


def test_exit_codes_follow_fail_on(alike: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(alike), "--relations", "mirrored"]) == 0
    assert run(["duplicates", str(alike), "--relations", "mirrored", "--fail-on", "warning"]) == 1
    assert run(["duplicates", str(alike), "--relations", "turned", "--fail-on", "note"]) == 0
    assert "none are alike" in capsys.readouterr().out


def test_json_goes_to_a_file(alike: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "pairs.json"
    assert run(["duplicates", str(alike), "--format", "json", "-o", str(target)]) == 1
    assert capsys.readouterr().out == ""
    document = json.loads(target.read_text())
    assert document["verdict"] == "fail"
    assert len(document["groups"]) == 3
    assert run(["duplicates", str(alike), "-o", str(target)]) == 2
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--relations", "twins"], "no relation is called 'twins'"),
        (["--relations", ","], "names none"),
        (["--root", "."], "SOURCE is a folder already"),
    ],
)
def test_what_is_refused(alike: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", str(alike), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_nothing_is_written_into_the_data_set(alike: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = str(tmp_path / "m.parquet")
    assert run(["index", str(alike), "-o", manifest, "--quiet"]) == 0
    for source in ([str(alike)], [manifest, "--root", str(alike)]):
        assert run(["duplicates", *source, "-o", str(alike / "pairs.csv")]) == 2
        assert "inside the dataset" in capsys.readouterr().err
