"""What is published: one version everywhere, the right files, and a wheel that works where nothing else is."""

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

import lagtool

ROOT = Path(__file__).parents[1]
VERSION = lagtool.__version__


def test_one_version_stands_everywhere() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION
    assert re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0] == VERSION
    assert f"rev: v{VERSION}\n" in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_citation_names_both_papers_of_the_data_and_the_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "license"} <= citation.keys()
    assert citation["license"] == "Apache-2.0"
    assert [one["year"] for one in citation["references"]] == [2019, 2020]


def _run(*command: str | Path, cwd: Path, **more: str) -> str:
    # As for somebody who has just installed it: nothing of this repository is on the path.
    names = ("PYTHONPATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    environment = {**{name: value for name, value in os.environ.items() if name not in names}, **more}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel, made from the sdist as those do who build it, and the sdist."""
    pytest.importorskip("build", reason="build is not installed: pip install -e '.[release]'")
    out = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", out, ROOT, cwd=out)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    assert wheel.name == f"lagtool-{VERSION}-py3-none-any.whl"
    assert sdist.name == f"lagtool-{VERSION}.tar.gz"
    return wheel, sdist


def _tracked(*folders: str) -> set[str]:
    return set(_run("git", "ls-files", *folders, cwd=ROOT).splitlines())


@pytest.mark.release
def test_the_wheel_holds_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        files = {name for name in wheel.namelist() if not name.startswith(f"lagtool-{VERSION}.dist-info/")}
        metadata = wheel.read(f"lagtool-{VERSION}.dist-info/METADATA").decode()
    assert files == _tracked("lagtool")
    assert {"lagtool/py.typed", "lagtool/reporting/findings.schema.json", "lagtool/profiles/releases/lag.toml"} <= files
    assert any(name.startswith("lagtool/report/") and not name.endswith(".py") for name in files)
    assert "License-Expression: Apache-2.0" in metadata


@pytest.mark.release
def test_the_sdist_holds_what_is_under_version_control(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as sdist:
        names = [member.name for member in sdist.getmembers() if member.isfile()]
    files = {name.partition("/")[2] for name in names}
    assert files >= _tracked("lagtool", "tests", "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE")
    assert files - _tracked() == {"PKG-INFO"}


@pytest.mark.release
def test_twine_finds_nothing(built: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("twine", reason="twine is not installed: pip install -e '.[release]'")
    said = _run(sys.executable, "-m", "twine", "check", "--strict", *built, cwd=tmp_path)
    assert said.count("PASSED") == 2


@pytest.mark.release
def test_the_wheel_works_in_an_empty_environment(built: tuple[Path, Path], tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=True)
    programs = tmp_path / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
    _run(programs / "python", "-m", "pip", "install", "--quiet", built[0], cwd=tmp_path)

    def say(*arguments: str) -> str:
        return _run(programs / "lagtool", *arguments, cwd=tmp_path)

    assert say("--version") == f"lagtool {VERSION}\n"
    say("synth", "LAG", "--profile", "lag-part1", "--scale", "0.01", "--quiet")
    say("index", "LAG", "--quiet")
    assert "PASS: 0 errors" in say("validate", "manifest.parquet", "--ignore", "counts", "--quiet")
    assert "split  " in say("split", "manifest.parquet", "-o", "split", "--quiet")
    assert "same split" in say("split", "LAG", "--reproduce", "split/certificate.json", "--quiet")
    say("export", "LAG", "--to", "imagefolder", "-o", "export", "--quiet")
    where = _run(programs / "python", "-c", "import lagtool; print(lagtool.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "empty")
    refused = subprocess.run(
        [str(programs / "lagtool"), "report", "manifest.parquet", "-o", "report"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "pip install 'lagtool[report]'" in refused.stderr
