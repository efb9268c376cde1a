"""What happens round a command: readers and disks that go away, signals, two at once, changing files, little of all."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lagtool.manifest.value import read_manifest
from lagtool.scanning.scan import scan
from tests.trees import jpeg, link_images, snapshot, write_tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults of this system")
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tree, LAG, and its manifest, m.parquet."""
    folder = tmp_path_factory.mktemp("place")
    scan(write_tree(folder / "LAG", 8, 6)).write(folder / "m.parquet")
    return folder


def _start(place: Path, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": place, **options}
    return subprocess.Popen([sys.executable, "-m", "lagtool", *arguments], **options)


def _run(place: Path, *arguments: str, **options: Any) -> tuple[int, str, str]:
    with _start(place, *arguments, **options) as process:
        out, err = process.communicate(timeout=120)
    assert "Traceback" not in (err or "")
    return process.returncode, out or "", err or ""


def _one_line(err: str, *words: str) -> bool:
    lines = err.splitlines()
    return len(lines) == 1 and lines[0].startswith("lagtool: ") and all(word in lines[0] for word in words)


@pytest.mark.parametrize("arguments", [("checks",), ("--help",), ("validate", "m.parquet", "--format", "json")])
def test_a_reader_that_goes_away_ends_a_command_quietly(place: Path, arguments: Sequence[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code, _, err = _run(place, *arguments, stdout=writing)
    os.close(writing)
    assert (code, err) == (141, "")


def test_standard_output_that_is_full_or_closed(place: Path) -> None:
    with FULL.open("w") as full:
        code, _, err = _run(place, "stats", "m.parquet", stdout=full)
        assert code == 2 and _one_line(err, "standard output: No space left on device")
        # Nobody can read what stderr says; what the command writes is there, and its exit code is the same.
        assert _run(place, "index", "LAG", "-o", "full.parquet", stderr=full)[0] == 0
        assert _run(place, "index", "nowhere", stderr=full)[0] == 2
    assert read_manifest(place / "full.parquet").samples.equals(read_manifest(place / "m.parquet").samples)
    closed = subprocess.run(
        ["sh", "-c", 'exec "$0" -m lagtool index LAG -o closed.csv <&- >&- 2>&-', sys.executable],
        cwd=place,
        check=False,
    )
    assert closed.returncode == 0
    assert len(read_manifest(place / "closed.csv").samples) == 14


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("command", ["report", "split", "synth"])
def test_signals_leave_what_was_there(
    command: str, number: signal.Signals, code: int, place: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = {
        "report": ["report", str(place / "m.parquet"), "-o", str(out)],
        "split": ["split", str(place / "m.parquet"), "-o", str(out), "--ratios", "50/50"],
        "synth": ["synth", str(out), "--scale", "0.0008", "--jobs", "1"],
    }[command]
    assert _run(tmp_path, *arguments, "-q")[0] == 0
    before = _contents(tmp_path)
    # The moment is when something lies beside the output: the work is half done.
    with _start(tmp_path, *arguments, "-q", "-f", *(["--seed", "3"] if command != "report" else [])) as process:
        while process.poll() is None and not list(tmp_path.glob(".*")):
            time.sleep(0.001)
        process.send_signal(number)
        err = process.communicate(timeout=60)[1]
    assert (process.returncode, err) in (
        (code, f"lagtool: {'terminated' if code == 143 else 'interrupted'}\n"),
        (0, ""),
    )
    assert not list(tmp_path.glob(".*"))
    if process.returncode:
        assert _contents(tmp_path) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("index", "LAG", "-o", "{}/m.parquet", "-f"), marks=pytest.mark.slow),
        ("split", "m.parquet", "-o", "{}/split", "--ratios", "50/50", "-f"),
        pytest.param(
            ("export", "m.parquet", "--root", "LAG", "--to", "imagefolder", "--size", "32", "-o", "{}/export", "-f"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_two_runs_at_once_on_one_output(arguments: Sequence[str], place: Path, tmp_path: Path) -> None:
    alone, both = tmp_path / "alone", tmp_path / "both"
    assert _run(place, *(word.format(alone) for word in arguments))[0] == 0
    for _ in range(2):  # into nothing, and over what is there
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(lambda _: _run(place, *(word.format(both) for word in arguments)), range(2)))
        assert {code for code, _, _ in ended} <= {0, 2} and any(code == 0 for code, _, _ in ended)
        assert all(_one_line(err, "cannot write") for code, _, err in ended if code == 2), ended
        assert len(list(both.iterdir())) == 1
        if arguments[0] == "index":
            assert read_manifest(both / "m.parquet").samples.equals(read_manifest(alone / "m.parquet").samples)
        else:
            assert _contents(both) == _contents(alone)


def test_files_that_change_while_they_are_read(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 200, 100)
    image = tree / "non_glaucoma" / "image"
    (tmp_path / "outside.jpg").write_bytes(jpeg(1))
    with _start(tmp_path, "index", "LAG", "-o", "m.parquet", "-q") as process:
        number = 0
        while process.poll() is None:
            number = number % 200 + 1
            path = image / f"{number:04d}.jpg"
            way = number % 6
            try:
                if way == 0:
                    path.unlink()
                elif way == 1:
                    os.truncate(path, 100)
                elif way == 2:
                    path.unlink()
                    path.symlink_to(tmp_path / "outside.jpg")
                elif way == 3:
                    path.unlink()
                    path.mkdir()
                elif way == 4:
                    with path.open("ab") as file:
                        file.write(b"more")
                else:
                    os.utime(path, (2**33, 2**33))  # the year 2242
            except OSError:
                pass
        _, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    manifest = read_manifest(tmp_path / "m.parquet")
    assert len(manifest.samples) == 300
    good = manifest.samples["image_state"].eq("ok")
    assert manifest.samples.loc[good, "image_sha256"].notna().all()
    # Of what changed nothing is believed the next time.
    assert _run(tmp_path, "index", "LAG", "-o", "m.parquet", "--update", "-q")[0] == 0
    assert read_manifest(tmp_path / "m.parquet").samples.equals(scan(tree).samples)


def test_a_clock_that_goes_back_makes_nothing_believed_that_is_not_so(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 3, 2)
    ahead = time.time() + 1e9
    for path in tree.rglob("*.jpg"):
        os.utime(path, (ahead, ahead))
    later = "import time; real = time.time_ns; time.time_ns = lambda: real() + 10**18; "
    later += "from lagtool.__main__ import main; main()"
    command = [sys.executable, "-c", later, "index", str(tree), "-o", str(tmp_path / "m.parquet"), "-q"]
    subprocess.run(command, check=True)  # as if it had been made in thirty years
    changed = tree / "non_glaucoma" / "image" / "0001.jpg"
    data = bytearray(changed.read_bytes())
    data[-30] ^= 1
    changed.write_bytes(data)  # the same size
    os.utime(changed, (ahead, ahead))  # and the same time
    code, _, err = _run(tmp_path, "index", "LAG", "-o", "m.parquet", "--update", "-q")
    assert (code, err) == (0, "")
    assert read_manifest(tmp_path / "m.parquet").samples.equals(scan(tree).samples)


def _limit(kind: int, value: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (value, value))


@pytest.mark.parametrize("most", [8, 12, 24])
def test_few_file_handles(most: int, place: Path, tmp_path: Path) -> None:
    for arguments in (("index", "LAG", "-o", f"{tmp_path}/m.parquet"), ("split", "m.parquet", "-o", f"{tmp_path}/s")):
        code, _, err = _run(place, *arguments, "-q", preexec_fn=_limit(resource.RLIMIT_NOFILE, most))
        assert code == 0 or (code == 2 and _one_line(err, "Too many open files")), err
        assert [path.name for path in tmp_path.iterdir()] in ([], ["m.parquet"], ["m.parquet", "s"], ["s", "m.parquet"])


@pytest.mark.parametrize("megabytes", [100, 300, 600, 700, 800, 1023, 1024, 2000])
def test_little_memory(megabytes: int, place: Path, tmp_path: Path) -> None:
    code, _, err = _run(
        place,
        "index",
        "LAG",
        "-o",
        f"{tmp_path}/m.parquet",
        "-q",
        preexec_fn=_limit(resource.RLIMIT_AS, megabytes << 20),
    )
    # With less, libraries that are loaded crash, or end the process by themselves: so none is.
    assert (code == 2 and _one_line(err, "not enough memory", "ulimit -v")) if megabytes < 1024 else code == 0, err
    assert [path.name for path in tmp_path.iterdir()] == (["m.parquet"] if code == 0 else [])


@pytest.mark.parametrize("size", [0, 1, 5_000])
def test_files_that_may_not_grow(size: int, place: Path, tmp_path: Path) -> None:
    """Like a disk that is full, but for every user: no file may be larger than ``size`` bytes."""
    outputs = {
        "m.parquet": ("index", "LAG", "-f"),
        "split": ("split", "m.parquet", "--ratios", "50/50", "-f"),
        "export": ("export", "m.parquet", "--root", "LAG", "--to", "npz", "--size", "28", "-f"),
        "report": ("report", "m.parquet", "--root", "LAG", "--thumbnails", "--no-shortcuts", "-f"),
        "t": ("synth", "--scale", "0.0005", "-f"),
    }
    for name, arguments in outputs.items():
        out = str(tmp_path / name)
        command = ["synth", out, *arguments[1:]] if name == "t" else [*arguments, "-o", out]
        code, _, err = _run(place, *command, "-q", preexec_fn=_limit(resource.RLIMIT_FSIZE, size))
        assert code == 2 and _one_line(err, "File too large", name), (command, err)
        assert list(tmp_path.iterdir()) == []


def _mounted(script: str) -> list[str]:
    """Return a command that runs a script where mounts are its own; skips where nobody may mount."""
    trial = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    if shutil.which("unshare") is None or subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    return ["unshare", "-m", "sh", "-ec", script, sys.executable]


_READ_ONLY = 'mount --bind "$P" "$P"; mount -o remount,bind,ro "$P"; '


def _shell(script: str, cwd: Path, **variables: str | Path) -> tuple[int, str]:
    given = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    done = subprocess.run(_mounted(script), cwd=cwd, env=given, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_read_only_data_set_and_a_read_only_current_folder(place: Path, tmp_path: Path) -> None:
    before = snapshot(place / "LAG")
    code, err = _shell(
        f'{_READ_ONLY} cd "$P"; "$0" -m lagtool index LAG -o "$OUT/m.csv" -q; '
        '"$0" -m lagtool duplicates LAG -o "$OUT/d" -q',
        place,
        P=place,
        OUT=tmp_path,
    )
    assert (code, err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "m.csv"]
    code, err = _shell(f'{_READ_ONLY} cd "$P"; "$0" -m lagtool index LAG -q', place, P=place)
    assert code == 2 and _one_line(err, "cannot write into .: "), err
    assert snapshot(place / "LAG") == before


@pytest.mark.parametrize(
    "command",
    [
        "index LAG -f -o",
        "stats m.parquet -f -o",
        "split m.parquet --ratios 50/50 -f -o",
        "export m.parquet --to csv -f -o",
        "report m.parquet -f -o",
        "synth --scale 0.0005 -f",
    ],
)
def test_a_read_only_folder_of_outputs(command: str, place: Path, tmp_path: Path) -> None:
    out = f"{tmp_path}/out.csv" if command.startswith("index") else f"{tmp_path}/out"
    assert _run(place, *command.split(), out, "-q")[0] == 0
    before = snapshot(tmp_path)
    code, err = _shell(f'{_READ_ONLY} "$0" -m lagtool {command} "$OUT" -q', place, P=tmp_path, OUT=out)
    assert code == 2 and _one_line(err, "cannot write", "Read-only file system"), err
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("kilobytes", [4, 64, 300])
def test_a_small_disk(kilobytes: int, place: Path, tmp_path: Path) -> None:
    for command in (
        "index LAG -f -o OUT.jsonl",
        "export m.parquet --root LAG --to imagefolder --mode copy -j 2 -f -o OUT",
    ):
        out = command.replace("OUT", '"$P/out"').replace('"$P/out".', '"$P"/out.')
        script = (
            f'mount -t tmpfs -o size={kilobytes}k none "$P"; "$0" -m lagtool {out} -q || {{ ls -A "$P" >&2; exit 2; }}'
        )
        code, err = _shell(script, place, P=tmp_path)
        assert code == 0 or (code == 2 and _one_line(err, "cannot write", "No space left on device")), err


def test_no_place_for_temporary_files_and_no_home(place: Path, tmp_path: Path) -> None:
    missing = {"TMPDIR": "/nowhere", "HOME": "/nowhere", "PATH": os.environ["PATH"]}
    commands = (
        ("index", "LAG", "-o", f"{tmp_path}/m.csv"),
        ("duplicates", "LAG", "-o", f"{tmp_path}/d"),
        ("report", "m.parquet", "-o", f"{tmp_path}/r"),
    )
    for environment in (missing, {"PATH": os.environ["PATH"]}):
        for command in commands:
            code, _, err = _run(place, *command, "-q", "-f", env=environment)
            assert (code, err) == (0, ""), (environment, command)
    # And where nothing at all can be written but the output.
    script = "for p in /tmp /var/tmp /usr/tmp; do test ! -d $p || mount -t tmpfs -o ro none $p; done; "
    script += 'exec "$0" -m lagtool duplicates "$P/LAG" -q'
    if tmp_path.is_relative_to("/tmp"):  # which would be hidden
        script = script.replace("/tmp /var", "/var")
    code, err = _shell(script, Path("/proc"), P=place)
    assert code in (0, 2) and (code == 0 or _one_line(err, "temporary files", "TMPDIR")), err


def _workers(pid: int) -> list[int]:
    """Return the processes that work for a command; while one is started, the thread that starts it waits for it."""
    children = [
        int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [child for child in children if b"scanning.worker" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_worker_that_waits_for_ever_holds_nobody_up(sent: int, code: int, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 2, 2)
    link_images(tree, range(10, 4000))
    command = [sys.executable, "-m", "lagtool", "index", "LAG", "-o", "m.parquet", "-q", "-j", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while len(_workers(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = _workers(process.pid)
    os.kill(workers[-1], signal.SIGSTOP)
    time.sleep(0.5)
    process.send_signal(sent)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, len(err.splitlines())) == (code, 1), err
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
