"""Configuration and baseline as a user meets them: what is printed where, and with which exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import lagtool
from lagtool.__main__ import run
from lagtool.manifest.value import read_manifest
from lagtool.reporting.report import render_report
from tests.cli.refusal import refused
from tests.factories import make_manifest, row
from tests.trees import snapshot, write, write_tree

Capture = pytest.CaptureFixture[str]
N, S = "non_glaucoma", "suspicious_glaucoma"

CONFIG = """
select = ["LAG201", "label-empty", "LAG307", "image-mode"]
fail-on = "warning"

[ignore]
label-empty = "written anew when the disk is back"

[[ignore.image-size]]
path = "non_glaucoma/image/00*.jpg"
reason = "scanned again, at a size that the camera of that year has: nobody can change that now"

[[ignore.LAG309]]
sample = "non_glaucoma/0002"
reason = "gray"

[severities]
LAG201 = "note"
"""

LEDGER = """\
LAG: 5 samples, judged by profile lag, the nearest by its numbers, which differ
from every known release: LAG, the whole database (11,760 images)

LABELS
  NOTE  LAG201  label-contradicts-folder  1 note
  PASS  LAG202  label-empty               1 accepted

IMAGES
  WARN  LAG307  image-size                1 warning, 1 accepted
  PASS  LAG309  image-mode

WARNING LAG307 image-size: An image of another size than the rest.
  suspicious_glaucoma/image/0005.jpg: is 480 x 500, expected 500 x 500

NOTE LAG201 label-contradicts-folder: The label file states another class than
  the folder that it lies in.
  non_glaucoma/label/0003.txt: states 1, but its folder stands for 0

ACCEPTED: 2 findings, not counted in the verdict
  LAG202  label-empty                    1  written anew when the disk is back
  LAG307  image-size                     1  scanned again, at a size that the
                                            camera of that year has: nobody can
                                            change that now

REMARKS on the settings
  ignore rule for LAG309; sample non_glaucoma/0002: unused, it matched no
    finding; correct or remove it

FAIL (at warning or above): 0 errors, 1 warning, 1 note in 5 samples; 2 findings
accepted.
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, two below one with lagtool.toml and manifest.parquet."""
    rows = [
        row("0001", N, image_width=480),
        row("0002", N, label_state="empty", label_value=None),
        row("0003", N, label_value=1),
        row("0004", S),
        row("0005", S, image_width=480),
    ]
    make_manifest(rows).write(tmp_path / "manifest.parquet")
    write(tmp_path / "lagtool.toml", CONFIG.encode())
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    return place


SOURCE = "../../manifest.parquet"


def _run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.usefixtures("place")
def test_the_ledger_goes_by_the_file_and_says_which(capsys: Capture) -> None:
    assert _run(capsys, "validate", SOURCE) == (1, LEDGER, "settings: ../../lagtool.toml\n")
    assert _run(capsys, "validate", SOURCE, "--quiet") == (1, LEDGER, "")


@pytest.mark.usefixtures("place")
def test_the_library_says_the_same(capsys: Capture) -> None:
    settings = lagtool.load_settings()
    report = lagtool.validate(lagtool.read_manifest(SOURCE), settings=settings)
    assert render_report(report, threshold=settings.fail_on, most=settings.most) == LEDGER
    document = json.loads(_run(capsys, "validate", SOURCE, "-q", "--format", "json")[1])
    assert document["remarks"] == list(report.remarks)
    assert document["tally"] == {"error": 0, "warning": 1, "note": 1}
    assert [check["severity"] for check in document["checks"] if check["code"] == "LAG201"] == ["note"]


def test_flags_win_over_the_environment_and_that_over_the_file(
    place: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["validate", SOURCE, "--ignore", "LAG307"]  # one note is left
    monkeypatch.setenv("LAGTOOL_FAIL_ON", "note")
    code, out, err = _run(capsys, *arguments)
    assert (code, err) == (1, "settings: ../../lagtool.toml, LAGTOOL_FAIL_ON\n")
    assert "LAG307" not in out  # not run
    assert _run(capsys, *arguments, "--fail-on", "error")[0] == 0
    assert _run(capsys, *arguments, "--set", "fail-on=warning")[0] == 0
    assert _run(capsys, *arguments, "--no-config", "--select", "LAG201", "--fail-on", "error")[0] == 1
    assert _run(capsys, *arguments, "--set", "ignore.LAG201=a slip")[0] == 0
    monkeypatch.setenv("LAGTOOL_IGNORE", "LAG201, LAG307")
    assert _run(capsys, "validate", SOURCE)[0] == 0
    assert _run(capsys, *arguments)[0] == 1  # the option stands in the place of the variable
    write(place / "other.toml", b'select = ["duplicates"]')
    code, out, err = _run(capsys, "validate", SOURCE, "--config", "other.toml")
    assert (code, err) == (0, "settings: other.toml, LAGTOOL_IGNORE, LAGTOOL_FAIL_ON\n")
    assert out.count("PASS  LAG") == 2


def test_what_is_wrong_with_settings_is_said_before_a_scan_and_once(place: Path, capsys: Capture) -> None:
    tree = write_tree(place / "LAG", 1, 1)
    for command in (["validate"], ["index"], ["stats"], ["split", "-o", "out"]):
        write(place / "lagtool.toml", b"fial-on = 1")
        line = "lagtool: lagtool.toml:1: fial-on: unknown key; did you mean fail-on?"
        assert refused(capsys, *command, str(tree)) == line
        assert "contradict each other" in refused(capsys, *command, str(tree), "--config", "x", "--no-config")
        assert "configuration x cannot be read: No such file" in refused(capsys, *command, str(tree), "--config", "x")
    write(place / "lagtool.toml", b"")
    assert refused(capsys, "validate", str(tree), "--set", "mots=1").startswith("lagtool: --set mots: unknown key")
    assert "there is no baseline b.json" in refused(capsys, "validate", str(tree), "--baseline", "b.json", "-q")
    both = ["--baseline", "b.json", "--write-baseline", "b.json"]
    assert "contradict each other" in refused(capsys, "validate", str(tree), *both)


def test_other_commands_take_the_profile(place: Path, capsys: Capture) -> None:
    tree = str(write_tree(place / "LAG", 2, 2))
    write(place.parent / "lagtool.toml", b'profile = "cvpr2019"')
    assert run(["index", tree]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("settings: ../lagtool.toml\n")
    assert captured.err.endswith("; profile: cvpr2019\n")
    assert read_manifest("manifest.parquet").profile.name == "cvpr2019"
    assert "cvpr2019" in _run(capsys, "stats", tree)[1]
    assert "cvpr2019" not in _run(capsys, "stats", tree, "--profile", "lag")[1]
    assert "cvpr2019" not in _run(capsys, "stats", tree, "--no-config")[1]
    assert run(["split", tree, "-o", "out", "--folds", "2"]) == 0
    assert read_manifest("out/manifest.parquet").profile.name == "cvpr2019"


def test_a_baseline_from_its_writing_to_the_next(place: Path, capsys: Capture) -> None:
    tree = write_tree(place / "LAG", 3, 2)
    image, label = tree / N / "image", tree / N / "label"
    write(label / "0001.txt", b"7")
    write(image / "notes.md", b"")
    arguments = ["validate", str(tree), "--no-config", "--ignore", "counts", "--fail-on", "note"]
    assert _run(capsys, *arguments)[0] == 1
    before = snapshot(tree)

    code, out, err = _run(capsys, *arguments, "--write-baseline", "baseline.json")
    assert (code, err) == (0, "baseline.json: 2 findings, accepted from now on by --baseline baseline.json\n")
    tail = """\
ACCEPTED: 2 findings, not counted in the verdict
  LAG007  off-pattern-name               1  in the baseline baseline.json
  LAG203  label-invalid                  1  in the baseline baseline.json

PASS (at note or above): 0 errors, 0 warnings, 0 notes in 5 samples; 2 findings
accepted.
"""
    assert out.endswith(tail)
    assert _run(capsys, *arguments, "--baseline", "baseline.json") == (0, out, "")
    assert snapshot(tree) == before
    # A report is a baseline, too; it is written by the same code.
    assert run([*arguments, "--format", "json", "-o", "report.json"]) == 1
    assert _run(capsys, *arguments, "--baseline", "report.json")[0] == 0

    # One is put right, one is new: the new one counts, and the other is reported as fixed.
    write(label / "0001.txt", b"0")
    write(label / "0002.txt", b"")
    code, out, _ = _run(capsys, *arguments, "--baseline", "baseline.json")
    assert code == 1
    assert "ERROR LAG202 label-empty" in out
    assert "  fixed: 1 finding of the baseline baseline.json; write the baseline again\n" in out
    assert "1 error, 0 warnings, 0 notes in 5 samples; 1 finding\naccepted.\n" in out

    # In a configuration; writing it again replaces it without being asked twice, and what was known stays known.
    write(place / "lagtool.toml", b'baseline = "baseline.json"\nfail-on = "note"\n')
    assert _run(capsys, "validate", str(tree), "--ignore", "counts")[0] == 1
    assert _run(capsys, "validate", str(tree), "--ignore", "counts", "--write-baseline", "baseline.json")[0] == 0
    code, out, _ = _run(capsys, "validate", str(tree), "--ignore", "counts")
    assert (code, "fixed" in out, "2 findings\naccepted" in out) == (0, False, True)


def test_where_a_baseline_may_be_written(place: Path, capsys: Capture) -> None:
    tree = write_tree(place / "LAG", 1, 1)
    arguments = ["validate", str(tree), "--no-config", "--write-baseline"]
    assert "lies inside the dataset" in refused(capsys, *arguments, str(tree / "b.json"))
    assert "name one file" in refused(capsys, *arguments, "b.json", "-o", str(place / "b.json"))
    other = write(place / "thesis.json", b'{"title": "LAG"}')
    assert "exists: use --force" in refused(capsys, *arguments, "thesis.json")
    assert other.read_bytes() == b'{"title": "LAG"}'
    assert _run(capsys, *arguments, "thesis.json", "--force")[0] == 0
    assert json.loads(other.read_text())["verdict"] == "fail"


def test_the_demo_is_not_disturbed(place: Path) -> None:
    write(place / "lagtool.toml", b'select = ["counts"]\nfail-on = "note"\n')
    command = [sys.executable, "-m", "lagtool", "demo", "--scale", "0.003", "--quiet"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "$ lagtool validate lagtool-demo/manifest.parquet --no-config --ignore counts" in done.stdout
