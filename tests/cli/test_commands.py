"""The command line as a user meets it: what is printed where, and with which exit code."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.manifest.value import read_manifest
from lagtool.scanning.scan import scan
from tests.cli.refusal import refused
from tests.factories import make_manifest
from tests.trees import CLASSES, link_images, snapshot, write, write_tree

Capture = pytest.CaptureFixture[str]


def test_index_writes_a_manifest_and_says_so(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "m.csv"
    before = snapshot(tree)
    assert run(["index", str(tree), "-o", str(target)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith(
        "m.csv: 5 samples, 0 unmatched files\n  5 images, 5 label files, 5 attention maps; nearest release: lag-part1\n"
    )
    assert len(read_manifest(target).samples) == 5
    assert snapshot(tree) == before


def test_index_writes_into_the_working_folder_by_default(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["index", "LAG", "-q"]) == 0
    assert (tmp_path / "manifest.parquet").is_file()
    assert sorted(path.name for path in tree.iterdir()) == list(CLASSES)


@pytest.mark.usefixtures("tree")
def test_beside_the_tree_is_not_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["index", ".", "-o", "manifest.parquet", "-q"]) == 0
    assert run(["validate", ".", "-o", "report.txt", "-q"]) == 1
    assert run(["index", ".", "-o", "LAG/manifest.parquet", "-q"]) == 2
    assert "lies inside the dataset" in capsys.readouterr().err


def test_a_tree_and_its_manifest_are_judged_alike(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    write(tree / "non_glaucoma" / "label" / "0001.txt", b"1")
    outputs = []
    for source in (str(tree), str(tmp_path / "m.parquet"), str(tmp_path / "m.jsonl")):
        if not Path(source).is_dir():
            assert run(["index", str(tree), "-o", source, "-q"]) == 0
        assert run(["validate", source, "--format", "json"]) == 1
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2]
    document = json.loads(outputs[0])
    assert document["verdict"] == "fail"
    assert [f["path"] for f in document["findings"] if f["code"] == "LAG201"] == ["non_glaucoma/label/0001.txt"]


def test_the_ledger_fits_80_columns_and_ends_with_the_verdict(tree: Path, capsys: Capture) -> None:
    long_name = "x" * 200 + ".md"
    write(tree / "non_glaucoma" / "image" / long_name, b"")
    write(tree / "non_glaucoma" / "image" / "[red]\x1b[31m\u202e.md", b"")
    assert run(["validate", str(tree)]) == 1
    out = capsys.readouterr().out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "  PASS  LAG201  label-contradicts-folder\n" in out
    assert "  WARN  LAG007  off-pattern-name          2 warnings\n" in out
    assert "  non_glaucoma, images                              3,143          3      -3,140\n" in out
    assert out.splitlines()[-1] == "FAIL: 4 errors, 2 warnings, 0 notes in 5 samples."


def test_fail_on_moves_the_exit_code(tree: Path, capsys: Capture) -> None:
    write(tree / "non_glaucoma" / "image" / "eye.jpg", b"")
    write(tree / "README", b"")
    arguments = ["validate", str(tree), "--ignore", "counts"]
    assert [run([*arguments, "--fail-on", word]) for word in ("error", "warning", "note")] == [0, 1, 1]
    assert run(["validate", str(tree), "--select", "labels"]) == 0
    capsys.readouterr()


def test_output_goes_to_a_file_that_is_not_overwritten(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "report.json"
    arguments = ["validate", str(tree), "--ignore", "counts", "--format", "json", "-o", str(target)]
    assert run(arguments) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(target.read_text())["verdict"] == "pass"
    assert "exists: use --force" in refused(capsys, *arguments)
    assert run([*arguments, "--force"]) == 0


@pytest.mark.parametrize("command", ["index", "validate", "stats", "split"])
def test_what_cannot_be_read_is_refused_in_one_line(command: str, tmp_path: Path, capsys: Capture) -> None:
    extra = ["-o", str(tmp_path / "out")] if command == "split" else []
    (tmp_path / "empty").mkdir()
    (tmp_path / "classless" / "pictures").mkdir(parents=True)
    damaged = tmp_path / "damaged.parquet"
    make_manifest(3, 2).write(damaged)
    damaged.write_bytes(damaged.read_bytes()[:-20])
    assert "no such file or folder" in refused(capsys, command, str(tmp_path / "none"), *extra)
    assert "is empty; expected" in refused(capsys, command, str(tmp_path / "empty"), *extra)
    assert "holds no class folder" in refused(capsys, command, str(tmp_path / "classless"), *extra)
    assert "is empty (0 bytes)" in refused(capsys, command, str(write(tmp_path / "x.zip", b"")), *extra)
    assert "is neither a folder nor" in refused(capsys, command, str(write(tmp_path / "x.dat", b"")), *extra)
    assert "not an intact manifest" in refused(capsys, command, str(damaged), *extra)
    assert "of another program" in refused(capsys, command, str(write(tmp_path / "y.csv", b"a,b\n")), *extra)


def test_bad_options_are_refused_in_one_line(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    assert "Missing argument" in refused(capsys, "validate")
    assert "No such option" in refused(capsys, "validate", str(tree), "--no-such")
    assert "No such command" in refused(capsys, "valdate", str(tree))
    assert "unknown profile 'lga'" in refused(capsys, "validate", str(tree), "--profile", "lga")
    assert "did you mean orphan-map" in refused(capsys, "validate", str(tree), "--select", "orphan-mapp")
    assert "a manifest ends in" in refused(capsys, "index", str(tree), "-o", str(tmp_path / "m.xls"))
    inside = refused(capsys, "index", str(tree), "-o", str(tree / "m.parquet"))
    assert "lies inside the dataset" in inside
    target = write(tmp_path / "m.parquet", b"")
    assert "exists: use --force" in refused(capsys, "index", str(tree), "-o", str(target))
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a regular file" in refused(capsys, "index", str(tree), "-o", str(tmp_path / "pipe.csv"), "--force")


def test_a_place_that_cannot_be_written_is_refused(tree: Path, capsys: Capture) -> None:
    assert "cannot write" in refused(capsys, "index", str(tree), "-o", "/proc/nowhere/m.parquet", "-q")


def test_a_profile_from_a_file(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    profile = tmp_path / "mine.toml"
    counts = "".join(
        f'[[classes]]\nname = "{name}"\nlabel = {label}\nimages = {n}\nmaps = {n}\n'
        for label, (name, n) in enumerate(zip(CLASSES, (3, 2), strict=True))
    )
    profile.write_text(f'extends = "lag"\nname = "mine"\n{counts}')
    assert run(["validate", str(tree), "--profile", str(profile), "--fail-on", "warning"]) == 0
    assert "mine is complete: 5 images, 5 attention maps" in capsys.readouterr().out
    profile.write_text('extends = "lag"\nname = "mine"\ncolour = 1\n')
    assert "not valid at colour" in refused(capsys, "validate", str(tree), "--profile", str(profile))
    profile.write_text("name = [")
    assert "is not valid TOML" in refused(capsys, "validate", str(tree), "--profile", str(profile))


@pytest.mark.parametrize("wait", [0, 0.2])
@pytest.mark.parametrize(
    ("sent", "code", "word"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]
)
def test_an_interrupted_index_leaves_no_litter(tmp_path: Path, sent: int, code: int, word: str, wait: float) -> None:
    tree = write_tree(tmp_path / "LAG", 1, 1)
    link_images(tree, range(10, 3000))
    results = tmp_path / "results"
    results.mkdir()
    # A test runner in the background ignores Ctrl-C, and its children inherit that.
    start = "import signal, lagtool.__main__ as m; signal.signal(signal.SIGINT, signal.default_int_handler); m.main()"
    command = [sys.executable, "-c", start, "index", str(tree), "-o", str(results / "m.parquet")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (results / ".m.parquet.partial").exists() and time.monotonic() < deadline:
        time.sleep(0.01)  # until it scans: before that there is nothing to leave behind
    time.sleep(wait)
    process.send_signal(sent)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert f"lagtool: {word}" in err
    assert "Traceback" not in err
    # No part of a manifest; what was finished is kept for the next run, which takes the file away.
    assert [path.name for path in results.iterdir()] in ([], [".m.parquet.partial"])
    assert run(["index", str(tree), "-o", str(results / "m.parquet"), "-q"]) == 0
    assert [path.name for path in results.iterdir()] == ["m.parquet"]


@pytest.mark.parametrize("group", [[], ["profile"], ["curate"]])
def test_a_group_without_a_command_shows_its_help(group: list[str], capsys: Capture) -> None:
    assert run([*group, "--help"]) == 0
    wanted = capsys.readouterr().out
    assert run(group) == 2
    shown, err = capsys.readouterr()
    assert (shown.strip(), err) == (wanted.strip(), "")


def test_version_and_help(capsys: Capture) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("lagtool 0.")
    for command in ("index", "validate"):
        assert run([command, "--help"]) == 0
        assert "SOURCE" in capsys.readouterr().out


def test_a_bug_does_not_look_like_findings(
    tree: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lagtool.scanning.index.index_tree", lambda *_, **__: 1 / 0)
    assert run(["index", str(tree), "-o", str(tmp_path / "m.parquet")]) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "this is a bug in lagtool" in err


def test_only_one_class_there_is_a_finding_not_a_refusal(tree: Path, capsys: Capture) -> None:
    shutil.rmtree(tree / "non_glaucoma")
    assert run(["validate", str(tree), "--format", "json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert ("LAG001", "non_glaucoma") in {(f["code"], f["path"]) for f in findings}


def test_an_update_reads_what_changed_and_lists_it(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "m.parquet"
    arguments = ["index", str(tree), "-o", str(target), "--update"]
    assert run(arguments) == 0
    assert "files:" not in capsys.readouterr().err  # the first time there is nothing to compare with
    image = tree / "non_glaucoma" / "image"
    write(image / "0001.jpg", b"other")
    (image / "0002.jpg").rename(image / "0009.jpg")
    assert run([*arguments, "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "added": ["non_glaucoma/image/0009.jpg"],
        "changed": ["non_glaucoma/image/0001.jpg"],
        "removed": ["non_glaucoma/image/0002.jpg"],
        "unchanged": 13,
    }
    assert captured.err.endswith(
        "  files: 1 added, 1 changed, 1 removed, 13 unchanged\n    + non_glaucoma/image/0009.jpg\n"
        "    ~ non_glaucoma/image/0001.jpg\n    - non_glaucoma/image/0002.jpg\n"
    )
    assert read_manifest(target).samples.equals(scan(tree).samples)


@pytest.mark.usefixtures("later")
def test_a_manifest_that_still_holds_is_left_as_it_is(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "m.parquet"
    arguments = ["index", str(tree), "-o", str(target), "--update"]
    assert run(arguments) == 0
    before = target.stat()
    assert run(arguments) == 0
    assert "files: 0 added, 0 changed, 0 removed, 15 unchanged\n" in capsys.readouterr().err
    assert target.stat().st_ino == before.st_ino
    assert run([*arguments, "--rehash"]) == 0
    assert target.stat().st_ino != before.st_ino
    other = tmp_path / "n.csv"
    assert run(["index", str(tree), "-o", str(other), "--earlier", str(target)]) == 0
    assert read_manifest(other).samples.equals(read_manifest(target).samples)
    write(tree / "README", b"")
    assert run(arguments) == 0
    assert len(read_manifest(target).unmatched) == 1


def test_a_broken_manifest_is_no_obstacle_to_an_update(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "m.parquet"
    make_manifest(3, 2).write(target)
    broken = bytearray(target.read_bytes())
    broken[4:44] = bytes(40)
    target.write_bytes(broken)
    assert run(["index", str(tree), "-o", str(target), "--update"]) == 0
    assert "lagtool: note: all is read: " in capsys.readouterr().err
    assert len(read_manifest(target).samples) == 5


def test_options_of_an_update_that_contradict_each_other(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "m.parquet"
    manifest = make_manifest(3, 2, header={"split": {"seed": 0}})
    manifest.write(target)
    arguments = ["index", str(tree), "-o", str(target)]
    assert "holds a split" in refused(capsys, *arguments, "--update")
    assert "contradict each other" in refused(capsys, *arguments, "--update", "--earlier", str(target))
    assert "need a folder" in refused(capsys, "index", str(target), "-o", str(tmp_path / "x.csv"), "--update")
    broken = write(tmp_path / "b.parquet", b"")
    assert "not an intact manifest" in refused(
        capsys, "index", str(tree), "-o", str(tmp_path / "y.csv"), "--earlier", str(broken)
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("results.csv", b"patient,iop\n1,17\n"),
        ("results.csv", b""),
        ("results.csv", b"#lagtool found nothing here\n"),
        ("pred.jsonl", b"{'image': '0001.jpg'}\n"),
        ("pred.jsonl", b'\n{"image": "0001.jpg"}\n'),
        ("pred.jsonl", b'{"lagtool": "0.1", "score": 1}\n'),
        ("pred.jsonl", b"\xff\xfe\x00"),
        ("pred.jsonl", b"[" * 100_000),
        ("x.parquet", b"some notes"),
        ("x.parquet", b""),
        ("x.parquet", b"PAR1 broken"),
    ],
)
def test_an_update_does_not_replace_somebody_elses_file(
    name: str, content: bytes, tree: Path, tmp_path: Path, capsys: Capture
) -> None:
    target = write(tmp_path / name, content)
    refusal = refused(capsys, "index", str(tree), "-o", str(target), "--update")
    assert "is a file of another program: use --force" in refusal
    assert target.read_bytes() == content
    assert run(["index", str(tree), "-o", str(target), "--update", "--force"]) == 0
    assert len(read_manifest(target).samples) == 5


def test_a_new_baseline_replaces_only_findings_of_lagtool(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    ours, other = tmp_path / "ours.json", write(tmp_path / "other.json", b'{"tool": "eslint", "findings": []}')
    for _ in range(2):
        assert run(["validate", str(tree), "--write-baseline", str(ours), "-q"]) == 0
    capsys.readouterr()
    assert "other.json exists" in refused(capsys, "validate", str(tree), "--write-baseline", str(other))


@pytest.mark.parametrize("place", ["s3://eyes/out.parquet", "https://h/out.parquet", "file:///tmp/out.parquet"])
@pytest.mark.parametrize("command", ["index", "split", "report", "validate", "synth"])
def test_results_do_not_go_to_urls(
    command: str, place: str, tree: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    arguments = [place] if command == "synth" else [str(tree), "-o", place]
    assert "(a URL): results go to a path on this disk" in refused(capsys, command, *arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
