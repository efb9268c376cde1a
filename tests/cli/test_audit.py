"""``lagtool audit`` as a user meets it: both splits of the planted tree called, formats, exit codes, refusals."""

import json
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.checks.registry import CHECKS
from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.search import find_pairs
from lagtool.manifest.value import Manifest
from lagtool.profiles import load_profile
from lagtool.reporting.findings import read_report
from lagtool.reporting.report import ReportFormat
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree
from tests.benchmarks.audit import LEAKS, find_leaks, list_leaks, write_random, write_slices
from tests.benchmarks.planted import Plant, plant
from tests.cli.refusal import refused
from tests.trees import snapshot

Capture = pytest.CaptureFixture[str]
Planted = tuple[Path, list[Plant], Manifest, Likeness]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A drawn tree with 16 planted copies and 6 second views, its manifest, and what is alike in it."""
    folder = tmp_path_factory.mktemp("planted")
    write_synthetic_tree(folder / "drawn", profile=load_profile("lag"), scale=0.008)
    planted = plant(folder / "drawn", folder / "LAG", 16, 6)
    manifest = scan(folder / "LAG")
    manifest.write(folder / "m.parquet")
    return folder, planted, manifest, find_pairs(manifest, folder / "LAG")


def test_a_leaky_random_split_is_called_one(planted: Planted, tmp_path: Path, capsys: Capture) -> None:
    folder, copies, manifest, likeness = planted
    parts = write_random(manifest, tmp_path / "random.csv", seed=4)
    before = snapshot(folder / "LAG")
    findings = str(tmp_path / "f.jsonl")
    assert run(["audit", str(tmp_path / "random.csv"), str(folder / "LAG"), "--format", "jsonl", "-o", findings]) == 1
    assert snapshot(folder / "LAG") == before
    report = read_report(findings)
    leaks, found = list_leaks(copies, parts), find_leaks(report)
    known = {(a, b) for a, b in zip(likeness.pairs["a"], likeness.pairs["b"], strict=True)}
    known |= {(b, a) for a, b in known}
    assert len(leaks) >= 5
    assert found == leaks & known  # what is alike is found where it crosses, and nothing else
    assert len(found) >= len(leaks) - 2  # a second view may be missed; see docs/likeness.md
    assert {f.code for f in report.findings if f.severity.value == "error"} == LEAKS
    sentence = next(remark for remark in report.remarks if "that are alike" in remark)
    assert f", {len(found)} in several parts (looked for: byte-identical, " in sentence


def test_slices_of_sorted_names_are_noticed(planted: Planted, tmp_path: Path, capsys: Capture) -> None:
    folder, copies, manifest, _ = planted
    parts = write_slices(manifest, tmp_path / "slices.json")
    arguments = ["audit", str(tmp_path / "slices.json"), str(folder / "m.parquet"), "--root", str(folder / "LAG")]
    assert run([*arguments, "--format", "json", "--relations", "byte-identical,near-duplicate,mirrored"]) == 1
    document = json.loads(capsys.readouterr().out)
    codes = {finding["code"]: finding for finding in document["findings"]}
    assert codes["LAG711"]["message"] == "the column split follows the order of the ids in every class"
    assert {"LAG701", "LAG731"} <= set(codes)  # what was planted has the highest ids, so it lies in test
    assert list_leaks(copies, parts)
    assert [part["name"] for part in document["parts"]] == ["train", "val", "test", ""]
    statuses = {check["code"]: check for check in document["checks"]}
    assert statuses["LAG732"]["reason"] == "not looked for: was not asked for"
    missing = "pixel-identical, turned, same-eye, probably-same-eye"
    assert f"not looked for: {missing} (was not asked for)" in document["remarks"]


def test_a_manifest_without_pictures_says_what_was_not_looked_for(
    planted: Planted, tmp_path: Path, capsys: Capture
) -> None:
    folder, _, manifest, _ = planted
    write_random(manifest, tmp_path / "random.csv", seed=4)
    assert run(["audit", str(tmp_path / "random.csv"), str(folder / "m.parquet")]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "not looked for: near-duplicate, mirrored, turned, same-eye, probably-same-eye (needs the pictures" in out
    assert "FAIL LAG701 picture-in-two-parts" in out
    assert "n/a LAG731 copy-in-two-parts" in out


def test_a_split_of_our_own_passes_in_every_format(planted: Planted, tmp_path: Path, capsys: Capture) -> None:
    folder = planted[0]
    source = str(folder / "m.parquet")
    assert run(["split", source, "-o", str(tmp_path / "own"), "--quiet"]) == 0
    capsys.readouterr()
    loaded = str(tmp_path / "f.jsonl")
    assert run(["audit", str(tmp_path / "own"), source, "--format", "jsonl", "-o", loaded]) == 0
    for name in ReportFormat:
        assert run(["audit", str(tmp_path / "own"), source, "--format", name.value]) == 0
        shown = capsys.readouterr().out
        assert run(["validate", "--load", loaded, "--format", name.value]) == 0
        assert capsys.readouterr().out == shown
        assert shown.strip()
    assert run(["audit", str(tmp_path / "own"), source]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("own/manifest.parquet, a split of LAG: ")
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith(("  PASS", "  n/a", "  NOTE")) for line in lines) == sum(
        check.family == "splits" for check in CHECKS
    )
    assert lines[-1].startswith("PASS: 0 errors, 0 warnings")


def test_several_splits_are_judged_one_after_the_other(planted: Planted, tmp_path: Path, capsys: Capture) -> None:
    folder, _, manifest, _ = planted
    source = str(folder / "m.parquet")
    paths = []
    for seed in (1, 2):
        paths.append(str(tmp_path / f"random{seed}.csv"))
        write_random(manifest, Path(paths[-1]), seed)
    assert run(["audit", *paths, source, "--relations", "none", "--ignore", "LAG701"]) == 0
    out = capsys.readouterr().out
    assert [line.split(",")[0] for line in out.splitlines() if ", a split of LAG:" in line] == [
        "random1.csv",
        "random2.csv",
    ]
    assert out.count("photographs that are alike were not looked for") == 2
    assert run(["audit", *paths, source, "--format", "json"]) == 2
    assert "these are 2 splits (random1.csv and random2.csv)" in capsys.readouterr().err


def test_settings_hold_as_in_validate(planted: Planted, tmp_path: Path, capsys: Capture) -> None:
    folder, _, manifest, _ = planted
    source, path = str(folder / "m.parquet"), tmp_path / "random.csv"
    write_random(manifest, path, seed=1)
    base = ["audit", str(path), source, "--quiet"]
    assert run([*base, "--set", "severities.LAG701=note"]) == 0
    assert run([*base, "--select", "LAG711", "--fail-on", "note"]) == 0
    known = str(tmp_path / "known.json")
    assert run([*base, "--write-baseline", known]) == 0
    assert run([*base, "--baseline", known]) == 0
    assert run(base) == 1
    (tmp_path / "lagtool.toml").write_text('[ignore]\nLAG701 = "known copies"\n')
    assert run([*base, "--config", str(tmp_path / "lagtool.toml")]) == 0
    assert "known copies" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["m.parquet"], "give the split first, then the LAG folder or its manifest"),
        (["nowhere.csv", "m.parquet"], "no such file or folder: nowhere.csv"),
        (["LAG", "m.parquet"], "the dataset itself comes last"),
        (["list.txt", "m.parquet"], "list.txt: cannot tell which split it lists"),
        (["m.parquet", "m.parquet"], "m.parquet: the manifest has no split"),
        (["s.csv", "nowhere"], "no such file or folder: nowhere"),
        (["s.csv", "m.parquet", "--relations", "cousins"], "no relation is called 'cousins'"),
        (["s.csv", "m.parquet", "--relations", ","], "--relations names none"),
        (["s.csv", "m.parquet", "--select", "images"], "checks of the family 'splits' only"),
        (["s.csv", "m.parquet", "--select", "LAG799"], "is called 'LAG799'"),
        (["s.csv", "LAG", "--root", "LAG"], "--root is for a manifest"),
        (["m.parquet", "--part", "train"], "write NAME=FILE"),
        (["s.csv", "m.parquet", "--format", "csv", "--most", "3"], "mean nothing to --format csv"),
        (["s.csv", "m.parquet", "-o", "LAG/report.txt"], "report.txt"),
    ],
)
def test_refusals(
    arguments: list[str], message: str, planted: Planted, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    folder = planted[0]
    monkeypatch.chdir(folder)
    (folder / "list.txt").write_text("0001\n")
    (folder / "s.csv").write_text("id,split\n0001,train\n0002,test\n")
    root = ["--root", "LAG"] if arguments[-1] == "LAG/report.txt" else []
    assert message in refused(capsys, "audit", *arguments, *root)


def test_parts_by_option(planted: Planted, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    folder = planted[0]
    monkeypatch.chdir(folder)
    (folder / "first.txt").write_text("0001\n")
    (folder / "second.txt").write_text("0002\nnothing\n")
    arguments = ["audit", "m.parquet", "--part", "train=first.txt", "--part", "test=second.txt", "--format", "csv"]
    assert run([*arguments, "--select", "LAG72"]) == 1
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert line.startswith("LAG721,unknown-name,error,,,\"named in part test, second.txt line 2: 'nothing'")
