"""``validate --format`` and ``--load`` as a user meets them."""

import json
import shutil
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.checks.registry import CHECKS
from lagtool.manifest.value import read_manifest
from lagtool.reporting.findings import read_report
from lagtool.reporting.report import ReportFormat
from tests.cli.refusal import refused
from tests.factories import make_manifest
from tests.trees import snapshot, write

Capture = pytest.CaptureFixture[str]


def test_shown_again_without_the_data(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    write(tree / "non_glaucoma" / "image" / "=1|[x](y)\n.md", b"")
    before = snapshot(tree)
    findings = tmp_path / "findings.jsonl"
    assert run(["validate", str(tree), "-q", "--format", "jsonl", "-o", str(findings)]) == 1
    direct = {}
    for name in ReportFormat:
        assert run(["validate", str(tree), "-q", "--format", name]) == 1
        direct[name] = capsys.readouterr()
        assert direct[name].err == ""
    assert snapshot(tree) == before
    shutil.rmtree(tree)
    for name in ReportFormat:
        assert run(["validate", "--load", str(findings), "--format", name]) == 1
        assert capsys.readouterr() == direct[name]
        target = tmp_path / "out"
        assert run(["validate", "--load", str(findings), "--format", name, "-o", str(target), "--force"]) == 1
        assert target.read_bytes() == direct[name].out.encode()
    assert direct[ReportFormat.JSONL].out.encode() == findings.read_bytes()


def test_the_exit_code_of_what_is_loaded(tmp_path: Path, capsys: Capture) -> None:
    manifest = tmp_path / "m.parquet"
    make_manifest(3143, 1711, profile="lag-part1", image_width=499).write(manifest)
    findings = str(tmp_path / "findings.jsonl")
    assert run(["validate", str(manifest), "--format", "jsonl", "-o", findings]) == 0
    codes = [run(["validate", "--load", findings, "--fail-on", word]) for word in ("error", "warning", "note")]
    assert codes == [0, 0, 1]
    assert len(read_report(findings).results) == len(CHECKS)
    capsys.readouterr()


def test_examples_per_check(tree: Path, capsys: Capture) -> None:
    for number in range(8):
        write(tree / "non_glaucoma" / "image" / f"x{number}.md", b"")
    command = ["validate", str(tree), "-q", "--select", "LAG007"]
    for option, shown in (([], 5), (["--most", "2"], 2), (["--most", "0"], 0), (["--all"], 8)):
        for name in ("text", "markdown"):
            assert run([*command, *option, "--format", name]) == 0
            assert capsys.readouterr().out.count("name fits no template; not counted") == shown


def test_options_that_mean_nothing_arerefused(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    source = str(tree)
    findings = tmp_path / "f.jsonl"
    assert run(["validate", source, "-q", "--format", "jsonl", "-o", str(findings)]) == 1
    contradict = refused(capsys, "validate", source, "--all", "--most", "3")
    assert "--most and --all contradict each other" in contradict
    assert "mean nothing to --format csv" in refused(capsys, "validate", source, "--all", "--format", "csv")
    assert "mean nothing to --format json" in refused(capsys, "validate", source, "--most", "3", "--format", "json")
    assert "means nothing to --format text" in refused(capsys, "validate", source, "--prefix", "data")
    upward = refused(capsys, "validate", source, "--prefix", "../data", "--format", "sarif")
    assert "prefix ../data is no folder within a repository" in upward
    load = ["validate", "--load", str(findings)]
    assert "leave out SOURCE" in refused(capsys, *load, source)
    many = refused(capsys, *load, "--select", "LAG1", "--ignore", "LAG2", "--profile", "lag")
    assert "leave out --profile, --select, --ignore" in many
    assert "Missing argument 'SOURCE', or --load FILE" in refused(capsys, "validate")
    assert "Invalid value for '--format'" in refused(capsys, "validate", source, "--format", "pdf")


def test_files_that_are_no_findings_arerefused(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    manifest = tmp_path / "m.jsonl"
    findings = tmp_path / "f.jsonl"
    assert run(["index", str(tree), "-o", str(manifest), "-q"]) == 0
    assert run(["validate", str(manifest), "--format", "jsonl", "-o", str(findings)]) == 1
    cut = write(tmp_path / "cut.jsonl", findings.read_bytes()[:-200])
    link = tmp_path / "link.jsonl"
    link.symlink_to(findings)
    capsys.readouterr()
    for path, reason in (
        (tmp_path / "none.jsonl", "cannot be read: No such file or directory"),
        (tree, "is a folder"),
        (link, "is a symbolic link"),
        (manifest, "is no findings file (a manifest: give it as SOURCE)"),
        (write(tmp_path / "x.json", b'{"findings": []}'), "is no findings file (its first line is no report"),
        (write(tmp_path / "x.csv", "眼,底\n".encode()), "is no findings file (it holds other characters than ASCII)"),
        (write(tmp_path / "empty", b""), "is no findings file (its first line is not JSON)"),
        (cut, "is damaged at line "),
    ):
        line = refused(capsys, "validate", "--load", str(path))
        assert reason in line
        assert path.name in line
    assert "of another program" in refused(capsys, "validate", str(findings))
    assert read_manifest(manifest).header.root_name == "LAG"


def test_findings_are_not_overwritten(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    findings = tmp_path / "f.jsonl"
    command = ["validate", str(tree), "-q", "--format", "jsonl", "-o", str(findings)]
    assert run(command) == 1
    assert "exists: use --force" in refused(capsys, *command)
    assert "exists: use --force" in refused(capsys, "validate", "--load", str(findings), "-o", str(findings))
    assert "lies inside the dataset" in refused(
        capsys, "validate", str(tree), "--format", "sarif", "-o", str(tree / "x.sarif")
    )


def test_the_prefix_reaches_the_places(tree: Path, capsys: Capture) -> None:
    write(tree / "non_glaucoma" / "image" / "x.md", b"")
    command = ["validate", str(tree), "-q", "--select", "LAG007", "--prefix", "./data/LAG/"]
    assert run([*command, "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::warning file=data/LAG/non_glaucoma/image/x.md,title=")
    assert run([*command, "--format", "gitlab"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["location"]["path"] == "data/LAG/non_glaucoma/image/x.md"
