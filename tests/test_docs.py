"""Documentation is tested like code: generated pages are fresh, examples run, links lead somewhere."""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.checks.registry import CHECKS
from lagtool.export.formats import ExportFormat
from lagtool.profiles import load_profile
from lagtool.reporting.html import findings, thumbnails
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree
from tests.benchmarks.audit import write_slices
from tests.sessions import blocks, commands, play
from tests.test_architecture import LAYERS
from tests.trees import jpeg

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: page() for name, page in module.PAGES.items()}


def test_generated_pages_are_fresh() -> None:
    for name, page in _pages().items():
        assert (DOCS / name).read_text(encoding="utf-8") == page, f"{name} is stale, run: python docs/generate.py"


def test_the_page_of_the_design_says_what_each_room_is_for() -> None:
    page = _page("design.md")
    said = set(re.findall(r"\w+", page[page.index("## Layers") : page.index("## Decisions")]))
    assert {room for rooms in LAYERS for room in rooms} - {"__init__"} <= said


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _run_session(page: str) -> list[int]:
    """Run the session of a page in the current folder and return the exit codes; what it shows is not compared."""
    return [run(command) for command in commands(blocks(page)["session"])]


def _run_python(code: str, place: Path, **variables: str) -> str:
    """Run a script, which must end well and say nothing on stderr; return what it prints."""
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small synthetic tree called LAG."""
    write_synthetic_tree(tmp_path / "LAG", profile=load_profile("lag"), scale=0.003)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_example_runs(place: Path) -> None:
    _run_python(blocks(README, "python")["python"], place)
    assert (place / "split.parquet").is_file()


@pytest.mark.usefixtures("place")
def test_the_session_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    session = blocks(README)["session"]
    assert _run_session(README) == [0, 1, 0, 0]  # the numbers of a small tree are not the published ones
    out = capsys.readouterr().out
    # What the README shows is what the commands print, but for the numbers.
    for line in ("  PASS  LAG202  label-empty", "Images with attention maps (% of the class's images)"):
        assert line in session.splitlines()
        assert line in out.splitlines()


@pytest.mark.slow
def test_the_session_of_the_readme_says_what_it_says_of_a_whole_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    write_synthetic_tree(tmp_path / "LAG", profile=load_profile("lag"))
    assert play(blocks(README)["session"], capfd) == [0, 0, 0, 0]


def test_the_numbers_that_the_readme_states(place: Path) -> None:
    assert f"{len(CHECKS)} checks" in README
    profile = blocks(_page("validate.md"), "toml")["our-copy"]
    (place / "our-copy.toml").write_text(profile)
    assert tomllib.loads(profile)["name"] == load_profile("our-copy.toml").name


def test_the_configuration_example_is_loaded_and_holds(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _page("configuration.md")
    (place / "lagtool.toml").write_text(blocks(page, "toml")["example"])
    small, empty = place / "LAG/non_glaucoma/image/0002.jpg", place / "LAG/suspicious_glaucoma/label"
    small.write_bytes(jpeg(1, 400, 400))
    target = min(empty.iterdir())
    target.rename(empty / "0004.txt")
    (empty / "0004.txt").write_text("")
    assert run(["validate", "LAG", "--ignore", "LAG501"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "settings: lagtool.toml\n"
    ledger = captured.out
    for line in (
        "  PASS  LAG202  label-empty               1 accepted",
        "  PASS  LAG307  image-size                1 accepted",
        "  PASS  LAG502  map-count                 2 accepted",
        "  LAG502  map-count                      2  we only have part 1, and some of its",
    ):
        assert line in ledger.splitlines()
    said = _run_python(blocks(page, "python")["python"], place).splitlines()
    assert "LAG307 non_glaucoma/image/0002.jpg scanned again in 2023, at another size" in said


def test_the_page_of_profiles_shows_what_is_true(place: Path) -> None:
    page = _page("profiles.md")
    profiles = blocks(page, "toml")
    (place / "refuge.toml").write_text(profiles["refuge"])
    assert run(shlex.split("synth REFUGE --profile refuge.toml --scale 0.005 --quiet")) == 0
    # The numbers of the small REFUGE are not the published ones; all else is fine.
    assert [run(command) for command in commands(page)] == [0, 0, 0, 1, 0]
    ours = tomllib.loads((place / "our-copy.toml").read_text(encoding="utf-8"))
    shown = tomllib.loads(profiles["pinned"])
    prints = {"source", "ids_sha256", "content_sha256", "files_sha256"}
    assert (ours.keys() - shown.keys(), shown.keys() - ours.keys()) == (prints, set())
    assert [c.keys() for c in ours["classes"]] == [c.keys() for c in shown["classes"]]
    (place / "shown.toml").write_text(profiles["pinned"])
    assert run(["profile", "check", "shown.toml"]) == 0


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_page_of_the_audit_shows_what_is_true(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _page("audit.md")
    manifest = scan("LAG")
    manifest.write("manifest.parquet")
    write_slices(manifest, place / "theirs.json")
    assert run(shlex.split("split manifest.parquet -o split --sizes 20,rest --quiet")) == 0
    for part, first in (("train", "first.csv"), ("test", "second.csv")):
        (place / first).write_bytes((place / "split" / f"{part}.csv").read_bytes())
        (place / f"{part}.txt").write_bytes((place / "split" / f"{part}.txt").read_bytes())
    capsys.readouterr()
    codes, shown = [], []
    for command in commands(blocks(page)["session"]):
        codes.append(run(command))
        shown.append(capsys.readouterr().out)
    assert codes == [0, 0, 0, 0]
    lines = shown[0].splitlines()
    assert set(blocks(page, "text")["answer"].splitlines()) <= set(lines)
    assert "NOTE LAG711 sliced-by-id: The parts of a split are slices of the sorted ids." in lines
    assert "  the column split follows the order of the ids in every class" in lines
    assert shown[2].startswith("## lagtool: PASS\n")
    assert json.loads((place / "audit.json").read_text())["parts"][-1]["samples"] == len(manifest.samples)
    assert _run_python(blocks(page, "python")["python"], place).startswith("train ")


def test_the_page_of_the_report_shows_what_is_true(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _page("report.md")
    assert _run_session(page) == [0, 0, 0]
    said = next(line for line in page.splitlines() if line.startswith("report/index.html"))
    assert said in capsys.readouterr().err.splitlines()
    assert _run_python(blocks(page, "python")["python"], place) == "index.html\n"
    assert len(list((place / "gallery" / "thumbnails" / "0000").glob("*.jpg"))) == len(scan("LAG").samples)
    assert f"At most {findings.MOST} findings per check" in page
    assert f"at most {thumbnails.SIDE}\npixels" in page


def test_the_page_of_marks_shows_what_is_true(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _page("curation.md")
    assert _run_session(page) == [0, 0, 0, 0, 0]
    assert "curation: curation.csv: 1 exclude, 2 keep-together" in capsys.readouterr().err.splitlines()
    assert _run_python(blocks(page, "python")["python"], place).endswith(" 1\n")


def test_the_page_of_numbers_shows_what_is_true(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _run_python(blocks(_page("stats.md"), "python")["python"], place)
    assert said.startswith(f"{len(scan('LAG').samples)} ")
    assert run(["stats", "LAG", "--facts", "brightness,map_mass", "--quiet"]) == 0
    assert "Images: brightness" in capsys.readouterr().out


def test_the_page_of_training_shows_what_is_true(place: Path) -> None:
    said = _run_python(blocks(_page("training.md"), "python")["python"], place)
    assert "(224, 224, 3)" in said
    assert said.startswith("SampleSet(part train: ")


@pytest.mark.torch
def test_the_loop_of_the_page_of_training_runs(place: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, then pytest -m torch")
    (place / "train.py").write_text(blocks(_page("training.md"), "python")["torch"])
    done = subprocess.run([sys.executable, "train.py"], cwd=place, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first.startswith("LagDataset(part train: ")
    assert second.startswith("torch.Size([3, 64, 64]) torch.Size([1, 64, 64]) torch.bool ")


def test_the_demo_shows_the_whole_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["demo", "--scale", "0.003", "--quiet"]) == 0
    out = capsys.readouterr().out
    for command in ("synth", "index", "validate", "stats", "split"):
        assert f"$ lagtool {command} lagtool-demo/" in out
    assert (tmp_path / "lagtool-demo" / "split" / "certificate.json").is_file()
    assert "lagtool-demo/split/certificate.json" in out
    assert run(["demo", "--scale", "0.003"]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_the_page_of_exports_shows_what_is_true(place: Path) -> None:
    page = _page("export.md")
    assert set(_run_session(page)) == {0}
    # Every format has a section; each snippet runs by itself, in one process: what they import takes its time.
    for name in ExportFormat:
        assert re.search(rf"^## .*\b{name}\b", page, re.MULTILINE), name
    snippets = blocks(page, "python").values()
    assert len(snippets) >= 3
    code = "\n".join(f"exec({snippet!r}, {{}})" for snippet in snippets)
    said = _run_python(code, place, HF_HOME=str(place / "cache"), HF_DATASETS_DISABLE_PROGRESS_BARS="1")
    assert "True {'test': " in said
