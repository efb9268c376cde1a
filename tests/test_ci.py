"""The examples for continuous integration: valid for those who read them, and run as far as a machine alone can."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from lagtool.__main__ import run
from lagtool.manifest.value import read_manifest
from lagtool.reporting.report import ReportFormat
from tests.sessions import blocks
from tests.trees import write, write_tree

ROOT = Path(__file__).parents[1]
PIPELINES = blocks((ROOT / "docs" / "ci.md").read_text("utf-8"), "yaml")
FORMATS = (ROOT / "docs" / "formats.md").read_text("utf-8")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small tree in data/LAG and lagtool on the path, as a runner has them."""
    write_tree(tmp_path / "data" / "LAG")
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "bin" / "lagtool", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m lagtool "$@"\n'.encode())
    (tmp_path / "bin" / "lagtool").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path


def _shell(script: str) -> "subprocess.CompletedProcess[str]":
    """Run a step as GitHub's and GitLab's runners do: bash, and the first failure ends it."""
    return subprocess.run(["bash", "-eo", "pipefail", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "schema"), [("github", "github-workflows"), ("gitlab", "gitlab-ci")])
def test_the_pipelines_are_valid(name: str, schema: str, tmp_path: Path) -> None:
    good = write(tmp_path / "good.yml", PIPELINES[name].encode())
    spoilt = PIPELINES[name].replace("runs-on:", "run-on:").replace("  script:", "  scripts:")
    bad = write(tmp_path / "bad.yml", spoilt.encode())
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", "-o", "json"]
    done = subprocess.run([*command, str(good), str(bad)], capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert answer["parse_errors"] == []
    assert {error["filename"] for error in answer["errors"]} == {str(bad)}, "the schema can fail, and does not"


def _github_steps() -> Iterator[tuple[str, str]]:
    for step in yaml.safe_load(PIPELINES["github"])["jobs"]["validate"]["steps"]:
        if "run" in step and step["name"] != "Install":
            yield step["name"], step["run"]


def test_the_github_workflow_runs(repository: Path) -> None:
    done = {name: _shell(script) for name, script in _github_steps()}
    assert {name: one.returncode for name, one in done.items()} == {"Judge": 0, "Show": 0, "Verdict": 1}
    assert [one.stderr for one in done.values()] == ["", "", ""]
    assert done["Show"].stdout.startswith("::error file=data/LAG/non_glaucoma,title=LAG501 image-count::")
    assert done["Verdict"].stdout.splitlines()[-1].startswith("FAIL: ")
    assert (repository / "summary.md").read_text("utf-8").startswith("## lagtool: FAIL\n")
    (sarif,) = json.loads((repository / "lagtool.sarif").read_text())["runs"]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in sarif["results"]]
    assert "data/LAG/non_glaucoma" in uris


def test_a_workflow_stops_where_nothing_can_be_judged(repository: Path) -> None:
    (repository / "data" / "LAG").rename(repository / "elsewhere")
    steps = dict(_github_steps())
    assert _shell(steps["Judge"]).returncode == 1  # of "test"; what lagtool said was 2
    assert not (repository / "findings.jsonl").exists()
    done = _shell(steps["Show"])
    assert (done.returncode, done.stdout) == (1, "")
    assert "lagtool: findings file findings.jsonl cannot be read: No such file or directory" in done.stderr


def test_the_gitlab_pipeline_runs(repository: Path) -> None:
    job = yaml.safe_load(PIPELINES["gitlab"])["validate"]
    codes = [_shell(line).returncode for line in job["script"]]
    assert codes == [0, 0, 0, 1]
    for path in (*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()):
        assert (repository / path).stat().st_size > 0
    paths = {found["location"]["path"] for found in json.loads((repository / "codequality.json").read_text())}
    assert "data/LAG/non_glaucoma" in paths


def test_a_manifest_can_stand_in_for_the_tree(repository: Path) -> None:
    assert run(["index", "data/LAG", "-o", "data/manifest.parquet", "-q"]) == 0
    (repository / "data" / "LAG").rename(repository / "elsewhere")
    for name, script in _github_steps():
        done = _shell(script.replace(" --prefix data/LAG", "").replace("data/LAG", "data/manifest.parquet"))
        assert (done.returncode, done.stderr) == (int(name == "Verdict"), "")


@pytest.mark.usefixtures("repository")
def test_the_pre_commit_hook_runs() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (configured,) = yaml.safe_load(PIPELINES["pre-commit"])["repos"][0]["hooks"]
    assert configured["id"] == hook["id"]
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    assert re.match(configured["files"], "data/manifest.parquet")
    assert run(["index", "data/LAG", "-o", configured["args"][0], "-q"]) == 0
    assert len(read_manifest(configured["args"][0]).samples) == 5
    command = shlex.join([*shlex.split(hook["entry"]), *configured["args"]])
    done = _shell(command)
    assert (done.returncode, done.stderr) == (1, "")  # the counts are not those of a release
    assert _shell(f"{command} --ignore counts").returncode == 0


def _examples() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", FORMATS, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_examples_of_the_formats_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "data" / "LAG").rename(repository / "LAG")
    shown = set()
    for line in _examples():
        arguments = shlex.split(line)[1:]
        written = [Path(word) for flag, word in pairwise(arguments) if flag == "-o"]
        assert run([*arguments, *(["--force"] if written else []), "-q"]) == int("LAG1" not in arguments), line
        out = capsys.readouterr().out
        assert all(path.read_text("utf-8") for path in written) if written else out, line
        shown.add(arguments[arguments.index("--format") + 1] if "--format" in arguments else "text")
    assert shown == {row.value for row in ReportFormat}, "each format has an example"
