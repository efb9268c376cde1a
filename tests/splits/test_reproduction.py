"""A split made again from its certificate: the same one, or what is different."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lagtool.__main__ import run
from lagtool.duplicates.pairs import record_pairs
from lagtool.manifest.fingerprint import digest_document
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.splits.plan import part_names
from lagtool.synth.fundus import draw_fundus
from tests.benchmarks import views
from tests.factories import make_manifest, row, rows
from tests.test_pairs import likeness
from tests.trees import snapshot

Capture = pytest.CaptureFixture[str]
N, S = "non_glaucoma", "suspicious_glaucoma"


def _paired(n0: int = 12, n1: int = 8, *, without: tuple[Relation, ...] = ()) -> Manifest:
    bare = make_manifest(n0, n1, 6, 4)
    return record_pairs(bare, likeness(bare, (0, 1, Relation.MIRRORED), without=without))


@pytest.fixture
def made(tmp_path: Path, capsys: Capture) -> tuple[str, str]:
    """A manifest with one pair, and the certificate of its split."""
    source, folder = tmp_path / "m.parquet", tmp_path / "out"
    _paired().write(source)
    assert run(["split", str(source), "-o", str(folder), "--ratios", "60/40", "--seed", "7"]) == 0
    capsys.readouterr()
    return str(source), str(folder / "certificate.json")


def _same(capsys: Capture, *arguments: str) -> tuple[int, str]:
    code = run(["split", *arguments])
    return code, " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "options",
    [
        ["--folds", "3"],
        ["--folds", "3", "--test", "0.2"],
        ["--sizes", "rest,5", "--names", "a,b", "--stratify", "class"],
        ["--one-per-group", "--drop-conflicts", "--seed", "3"],
        ["--relations", "identical"],
    ],
)
def test_the_same_split_from_its_certificate(options: list[str], tmp_path: Path, capsys: Capture) -> None:
    source, old, new = str(tmp_path / "m.parquet"), tmp_path / "old", tmp_path / "new"
    _paired().write(source)
    assert run(["split", source, "-o", str(old), *options]) == 0
    capsys.readouterr()
    code, out = _same(capsys, source, "--reproduce", str(old / "certificate.json"), "-o", str(new))
    assert (code, out[:15]) == (0, "The same split:")
    assert {p.name: p.read_bytes() for p in old.iterdir()} == {p.name: p.read_bytes() for p in new.iterdir()}


def test_the_same_split_with_files_that_must_be_given_again(tmp_path: Path, capsys: Capture) -> None:
    source = str(tmp_path / "m.parquet")
    _paired().write(source)
    (tmp_path / "g.csv").write_text("0003,a\n0004,a\n")
    (tmp_path / "h.txt").write_text("0005\n0015\n")
    files = ["--groups", str(tmp_path / "g.csv"), "--holdout", str(tmp_path / "h.txt")]
    assert run(["split", source, "-o", str(tmp_path / "out"), *files, "--folds", "2"]) == 0
    again = ["split", source, "--reproduce", str(tmp_path / "out" / "certificate.json")]
    assert run([*again, *files]) == 0
    capsys.readouterr()
    assert run([*again, *files[:2]]) == 2
    assert "the split was made with --holdout (sha256 " in capsys.readouterr().err
    (tmp_path / "g.csv").write_text("0003,a\n0006,a\n")
    code, out = _same(capsys, *again[1:], *files)
    assert code == 1
    assert "file of groups: sha256" in out

    grown = str(tmp_path / "grown.parquet")
    make_manifest([*rows(12, 8, 6, 4), *rows(4, 4, first=1001)]).write(grown)
    old = str(tmp_path / "out")
    assert run(["split", grown, "-o", str(tmp_path / "more"), "--extend", old]) == 0
    again = ["split", grown, "--reproduce", str(tmp_path / "more" / "certificate.json")]
    assert run([*again, "--extend", old]) == 0
    assert run(again) == 2
    assert "the split was made with --extend" in capsys.readouterr().err


def test_other_data_are_told_by_name(made: tuple[str, str], tmp_path: Path, capsys: Capture) -> None:
    many = rows(12, 8, 6, 4)
    del many[4]
    many.append(row("0900", S))
    bare = make_manifest(many)
    other = str(tmp_path / "other.csv")
    record_pairs(bare, likeness(bare, (0, 1, Relation.MIRRORED))).write(other)
    code, out = _same(capsys, other, "--reproduce", made[1], "-o", str(tmp_path / "new"))
    assert code == 1
    assert out.startswith("Another split: - data: fingerprint")
    assert f"pictures that are no longer there: 1 ({N}/0005)" in out
    assert f"pictures that are new: 1 ({S}/0900)" in out
    assert "split: fingerprint" in out
    assert not (tmp_path / "new").exists()
    code, _ = _same(capsys, other, "--reproduce", made[1], "--format", "json")
    assert code == 1


def test_fewer_pictures_than_the_sizes_say(tmp_path: Path, capsys: Capture) -> None:
    _paired().write(tmp_path / "m.csv")
    assert run(["split", str(tmp_path / "m.csv"), "-o", str(tmp_path / "out"), "--sizes", "15,5"]) == 0
    make_manifest(6, 4).write(tmp_path / "less.csv")
    capsys.readouterr()
    code, out = _same(capsys, str(tmp_path / "less.csv"), "--reproduce", str(tmp_path / "out" / "certificate.json"))
    assert code == 1
    assert "samples: 20 then, 10 now" in out
    assert "the split cannot be made of these data: sizes add up to 20" in out


def test_other_relations_and_groups_are_told(made: tuple[str, str], tmp_path: Path, capsys: Capture) -> None:
    bare, less = str(tmp_path / "bare.csv"), str(tmp_path / "less.csv")
    make_manifest(12, 8, 6, 4).write(bare)
    code, out = _same(capsys, bare, "--reproduce", made[1])
    assert "relations: not looked for now: mirrored, near-duplicate, probably-same-eye, same-eye, turned" in out
    assert "pairs of like pictures: 1 then, 0 now" in out
    assert "groups: 1 group of 2 samples then, 0 groups of 0 samples now" in out
    assert code == int("Another split" in out)
    _paired(without=(Relation.SAME_EYE,)).write(less)
    code, out = _same(capsys, less, "--reproduce", made[1])
    assert code == 0
    assert "Different all the same: - relations: not looked for now: same-eye" in out


def test_moved_pictures_are_told(made: tuple[str, str], capsys: Capture) -> None:
    certificate = Path(made[1])
    document = json.loads(certificate.read_text())
    document["seed"] = 8
    certificate.write_text(json.dumps(_signed(document)))
    code, out = _same(capsys, made[0], "--reproduce", made[1])
    assert code == 1
    assert "pictures in another part: " in out
    (certificate.parent / "manifest.parquet").unlink()
    code, out = _same(capsys, made[0], "--reproduce", made[1])
    assert code == 1
    assert "pictures in another part" not in out


def _signed(document: Any) -> Any:
    """A certificate with the digest that fits it."""
    return document | {"sha256": digest_document(document)} if isinstance(document, dict) else document


def test_a_certificate_with_another_character_is_refused(made: tuple[str, str], capsys: Capture) -> None:
    path = Path(made[1])
    text = path.read_text()
    for position in range(text.index("{"), len(text) - 1, len(text) // 40):
        if not text[position].isspace():
            other = "7" if text[position] != "7" else "8"
            path.write_text(text[:position] + other + text[position + 1 :])
            assert run(["split", made[0], "--reproduce", made[1]]) == 2
            assert "is not a certificate" in capsys.readouterr().err


def _with(**changes: Any) -> Any:
    return lambda document: document | changes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: [], "is not a certificate: format None"),
        (_with(format=1), "is not a certificate: format 1, this lagtool reads 3"),
        (_with(seed="x"), "is not a certificate: seed"),
        (_with(seed=-1), "seed -1 is negative"),
        (_with(parameters={}), "the parameters of the certificate are none"),
        (lambda d: d | {"parameters": d["parameters"] | {"names": ["../a", "b"]}}, "is no name for a part"),
        (lambda d: d | {"relations": d["relations"] | {"looked_for": ["twins"]}}, "is not a certificate"),
    ],
)
def test_a_forged_certificate_is_refused(change: Any, words: str, made: tuple[str, str], capsys: Capture) -> None:
    path = Path(made[1])
    path.write_text(json.dumps(_signed(change(json.loads(path.read_text())))))
    assert run(["split", made[0], "--reproduce", str(path)]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--folds", "3"], "leave out --folds"),
        (["--seed", "7"], "leave out --seed"),
        (["--groups", "g.csv"], "the split was made without --groups"),
    ],
)
def test_what_contradicts_a_certificate(options: list[str], words: str, made: tuple[str, str], capsys: Capture) -> None:
    assert run(["split", made[0], "--reproduce", made[1], *options]) == 2
    assert words in capsys.readouterr().err


def test_a_tree_is_searched_and_its_split_keeps_the_pairs(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    eyes = [draw_fundus(1, number, 0).pixels for number in range(6)]
    for number, eye in enumerate(eyes):
        (tree / N / "image" / f"00{number + 10}.jpg").write_bytes(views.encode(eye))
    copy = views.mirror(eyes[2], np.random.default_rng(0))
    (tree / S / "image" / "0020.jpg").write_bytes(views.encode(copy))
    before = snapshot(tree)
    folder = tmp_path / "out"
    command = ["split", str(tree), "-o", str(folder), "--ratios", "50/50", "--relations", "copies"]
    assert run(command) == 0
    captured = capsys.readouterr()
    assert "1 group with samples of different classes" in captured.err
    out = " ".join(captured.out.split())
    assert "Not looked for: same-eye, probably-same-eye (was not asked for)." in out
    assert "For the methods section: The 12 images were divided" in out
    made = read_manifest(folder / "manifest.parquet")
    assert made.pairs is not None
    assert made.pairs[["a", "b", "relation"]].values.tolist() == [[f"{N}/0012", f"{S}/0020", "mirrored"]]
    parts = dict(zip(made.samples["id"], part_names(made), strict=True))
    assert parts["0012"] == parts["0020"]
    assert run(["split", str(tree), "--reproduce", str(folder / "certificate.json")]) == 0
    manifest = str(tmp_path / "m.parquet")
    assert run(["index", str(tree), "-o", manifest]) == 0
    capsys.readouterr()
    arguments = ["split", manifest, "--root", str(tree), "--relations", "copies", "--ratios", "50/50"]
    assert run([*arguments, "-o", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "test.txt").read_bytes() == (folder / "test.txt").read_bytes()
    assert run([*arguments, "-o", str(tree / "again")]) == 2
    assert snapshot(tree) == before


def test_an_output_is_needed_but_to_compare(made: tuple[str, str], capsys: Capture) -> None:
    assert run(["split", made[0]]) == 2
    assert "--output" in capsys.readouterr().err
