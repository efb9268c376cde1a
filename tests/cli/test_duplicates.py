"""``lagtool duplicates``: exit codes, formats, and what is refused."""

import csv
import io
import json
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
        assert "inside the data set" in capsys.readouterr().err
