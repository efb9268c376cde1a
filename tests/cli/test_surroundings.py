"""What lies round a command: Python files in the current folder, helpers that are stopped, results that are URLs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lagtool.__main__ import run
from lagtool.scanning.scan import scan
from tests.cli.refusal import refused
from tests.trees import CLASSES, snapshot, write_tree

COUNT = 210  # as many samples as take processes
MODULES = (
    *("types", "random", "socket", "queue", "token", "logging", "threading", "tempfile", "selectors", "concurrent"),
    *("multiprocessing", "numpy", "pandas", "pyarrow", "cv2", "PIL", "lagtool", "sitecustomize", "matplotlib"),
)
COMMANDS: dict[str, tuple[str, ...]] = {  # those that tests/test_security.py has not
    "index --backend threads": ("index", "LAG", "-o", "out/t.parquet", "--backend", "threads"),
    "audit": ("audit", "split", "LAG", "--relations", "copies"),
    "report": ("report", "m.parquet", "--root", "LAG", "--thumbnails", "-o", "out/report"),
    "export": ("export", "m.parquet", "--root", "LAG", "--to", "imagefolder", "--size", "64", "-o", "out/export"),
    "demo": ("demo", "out/demo", "--scale", "0.02"),
}
ENDLESS: dict[str, tuple[str, ...]] = {
    "duplicates": ("duplicates", "m.parquet", "--root", "LAG"),
    "synth": ("synth", "out/slow", "--scale", "0.5"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tree, its manifest and a split; and a script that is what installing makes of `lagtool`."""
    folder = tmp_path_factory.mktemp("place")
    scan(write_tree(folder / "LAG", COUNT // 2, COUNT // 2)).write(folder / "m.parquet")
    assert run(["split", str(folder / "m.parquet"), "--relations", "identical", "-o", str(folder / "split")]) == 0
    (folder / "bin").mkdir()
    (folder / "bin" / "lagtool").write_text("from lagtool.__main__ import main\nmain()\n")
    return folder


@pytest.fixture
def hostile(place: Path) -> Path:
    """The same folder with Python files that say when they are run."""
    for name in MODULES:
        (place / f"{name}.py").write_text(f"open({str(place / 'RAN')!r}, 'a').write('{name} ')\n")
    (place / "RAN").unlink(missing_ok=True)
    return place


def _start(place: Path, start: Sequence[str], *arguments: str) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "cwd": place}
    return subprocess.Popen([sys.executable, *start, *arguments], env=environment, **options)


@pytest.mark.parametrize("name", COMMANDS)
def test_python_files_of_the_current_folder_are_not_run(name: str, hostile: Path) -> None:
    command = COMMANDS[name]
    (hostile / "out").mkdir(exist_ok=True)
    jobs = () if "threads" in command else ("--jobs", "2")
    force = () if command[0] in ("audit", "demo") else ("--force",)
    with _start(hostile, ["bin/lagtool"], *command, *jobs, *force, "--quiet") as process:
        _, err = process.communicate(timeout=300)
    assert process.returncode in (0, 1), err
    assert not (hostile / "RAN").exists(), (hostile / "RAN").read_text()


def test_nor_by_python_m_but_what_python_itself_takes_first(place: Path) -> None:
    for name in MODULES:
        (place / f"{name}.py").unlink(missing_ok=True)
    for name in ("random", "socket", "queue", "multiprocessing", "numpy"):
        (place / f"{name}.py").write_text(f"open({str(place / 'RAN')!r}, 'a').write('{name} ')\n")
    with _start(place, ["-m", "lagtool"], "index", "LAG", "-o", "m9.parquet", "-j", "2", "-f", "-q") as process:
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert not (place / "RAN").exists()


def test_nor_where_python_heeds_no_variables(hostile: Path) -> None:
    with _start(hostile, ["-E", "bin/lagtool"], "index", "LAG", "-o", "e.parquet", "-j", "2", "-q") as process:
        _, err = process.communicate(timeout=300)
    if "No module named 'lagtool'" in err:
        pytest.skip("lagtool is found by a variable here")
    assert (process.returncode, err) == (0, "")
    assert not (hostile / "RAN").exists()


def _processes_below(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they did; those furthest down last."""
    found = [pid]
    for one in found:
        try:
            found += [
                int(child)
                for path in Path(f"/proc/{one}/task").glob("*/children")
                for child in path.read_text().split()
            ]
        except OSError:
            continue
    return found[1:]


def _is_worker(pid: int) -> bool:
    """Whether a child has become a worker: while it is started, the thread that starts it waits for it."""
    try:
        return b"scanning.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="who started whom is read from /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", ENDLESS)
def test_a_signal_ends_a_command_whose_worker_waits_for_ever(
    name: str, number: signal.Signals, code: int, place: Path
) -> None:
    # A test runner in the background ignores Ctrl-C, and its children inherit that.
    awake = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    (place / "bin" / "awake").write_text(f"{awake}from lagtool.__main__ import main\nmain()\n")
    with _start(place, ["bin/awake"], *ENDLESS[name], "--jobs", "2", "--force", "--quiet") as process:
        workers: list[int] = []
        until = time.monotonic() + 60
        while len(workers) < 2 and process.poll() is None and time.monotonic() < until:
            below = _processes_below(process.pid)
            workers = [pid for pid in below if _parent(pid) == process.pid and _is_worker(pid)]
            time.sleep(0.005)
        assert workers, "it was done before it could be stopped"
        os.kill(workers[-1], signal.SIGSTOP)
        time.sleep(0.5)
        process.send_signal(number)
        asked = time.monotonic()
        time.sleep(0.3)
        process.send_signal(number)  # as people do
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, f"lagtool: {'interrupted' if code == 130 else 'terminated'}\n")
    assert time.monotonic() - asked < 10
    assert all(map(_ended, workers))


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal to another process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_at_any_moment_are_no_traceback(number: signal.Signals, place: Path, tmp_path: Path) -> None:
    """Sent twice: while libraries are imported, files read, Parquet closed, and when all is done."""
    (place / "bin" / "ready").write_text(
        "import os, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from lagtool.__main__ import main\nos.close(int(os.environ['READY']))\nmain()\n"
    )
    command = (sys.executable, "bin/ready", "index", "LAG", "-o", str(tmp_path / "m.parquet"), "-f", "-q")
    codes = set()
    for moment in range(16):
        reading, writing = os.pipe()
        environment = {**os.environ, "READY": str(writing)}
        with subprocess.Popen(
            command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True, pass_fds=(writing,)
        ) as process:
            os.close(writing)
            assert os.read(reading, 1) == b""  # it is about to begin
            os.close(reading)
            for wait in (0.01 + moment * 0.06, 0.05 + moment % 4 * 0.1):
                time.sleep(wait)
                process.send_signal(number)
            _, err = process.communicate(timeout=60)
        codes.add(process.returncode)
        assert err in ("", "lagtool: interrupted\n", "lagtool: terminated\n")
    assert codes <= {0, 130 if number == signal.SIGINT else 143}
    assert codes != {0}
    assert not list(tmp_path.glob(".*.tmp"))


def _parent(pid: int) -> int:
    """Return who started a process; 0: it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="who started whom is read from /proc")
def test_helpers_end_before_the_command_does(place: Path) -> None:
    seen: set[int] = set()
    with _start(place, ["bin/lagtool"], "index", "LAG", "-o", "h.parquet", "-j", "2", "-f", "-q") as process:
        while process.poll() is None:
            seen.update(_processes_below(process.pid))
            time.sleep(0.005)
    assert len(seen) >= 2
    assert all(map(_ended, seen))


WRITERS: dict[str, tuple[str, ...]] = {
    "index": ("index", "LAG", "-o", "{}.parquet"),
    "split": ("split", "m.parquet", "--relations", "identical", "-o", "{}"),
    "report": ("report", "m.parquet", "-o", "{}"),
    "export": ("export", "m.parquet", "--root", "LAG", "--to", "csv", "-o", "{}"),
    "synth": ("synth", "{}", "--scale", "0.001"),
    "demo": ("demo", "{}", "--scale", "0.001"),
    "validate -o": ("validate", "m.parquet", "-o", "{}"),
    "validate --write-baseline": ("validate", "m.parquet", "--write-baseline", "{}"),
    "audit": ("audit", "split", "m.parquet", "--relations", "none", "-o", "{}"),
    "stats": ("stats", "m.parquet", "-o", "{}"),
    "duplicates -o": ("duplicates", "m.parquet", "--root", "LAG", "--relations", "identical", "-o", "{}"),
    "duplicates --manifest": ("duplicates", "m.parquet", "--root", "LAG", "--manifest", "{}.parquet"),
    "curate add": ("curate", "add", "{}", "--class", CLASSES[0], "--id", "0001", "--action", "exclude"),
    "profile new": ("profile", "new", "m.parquet", "-o", "{}.toml"),
}
PLACES = ("s3://eyes/out", "s3:/eyes/out", "https://host/out", "file:///tmp/out", "~/out")


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("name", WRITERS)
def test_results_go_to_this_disk_only(
    name: str, where: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(place / "home"))
    before = snapshot(place)
    line = refused(capsys, *(word.format(where) for word in WRITERS[name]))
    scheme = where.partition(":")[0]
    assert ("not your home folder" if where[0] == "~" else f"cannot write to {scheme}: (a URL)") in line
    assert snapshot(place) == before


@pytest.mark.parametrize("name", ["a~b.csv", "~backup.csv", "C.csv", "notes:2.csv"])
def test_names_that_only_look_like_it(
    name: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["stats", str(place / "m.parquet"), "--format", "csv", "-o", name]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_source_is_looked_at_before_what_it_would_replace(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    (place / "page.zip").write_text("<!DOCTYPE html>")
    for source, words in (
        ("LAGG", "no such file or folder: LAGG"),
        ("~/LAG", "'~' in quotes is not your home folder"),
        ("bin", "bin holds no class folder"),
        ("page.zip", "page.zip is not a ZIP file, but a web page"),
        ("awake", "is neither a folder nor an archive"),
    ):
        (place / "awake").touch()
        for command in ("index", "validate", "stats"):
            assert words in refused(capsys, command, source, "-o", "m.parquet")
    assert "m.parquet exists" in refused(capsys, "index", "LAG", "-o", "m.parquet")
