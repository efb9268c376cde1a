"""The journal: what an interrupted scan had finished is not read again, and no journal ever breaks a scan."""

import io
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lagtool.__main__ import run
from lagtool.blocks import pack_rows
from lagtool.journal import Journal, _records
from lagtool.manifest import Manifest, read_manifest
from lagtool.output import journal_path, write_bytes
from lagtool.profile import load_profile
from lagtool.scanner import Reused, scan
from lagtool.tree import Tree, read_tree
from tests.trees import jpeg, write, write_tree

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no locks of that kind there"),
    pytest.mark.usefixtures("later"),
]

IMAGE = "non_glaucoma/image"


class _StoppedError(Exception):
    pass


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks of small trees are worth a journal."""
    monkeypatch.setattr("lagtool.journal.WORTH_A_JOURNAL", 1)
    monkeypatch.setattr("lagtool.ahead.CHUNK", 2)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "LAG", 6, 4)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "m.parquet"


def _interrupt(tree: Path, target: Path, after: int = 6, earlier: Manifest | None = None, **options: Any) -> None:
    """Scan until ``after`` samples are finished."""

    def advance(done: int) -> None:
        nonlocal after
        after -= done
        if after <= 0:
            raise _StoppedError

    seen = read_tree(tree)
    with pytest.raises(_StoppedError), Journal(target, seen, **options) as journal:
        scan(seen, journal=journal, earlier=earlier, advance=advance, jobs=1)
    assert journal_path(target).is_file()


def _go_on(tree: Path | Tree, target: Path, earlier: Manifest | None = None, **options: Any) -> tuple[Manifest, Reused]:
    """Scan to the end and return the manifest, and how many samples were finished earlier."""
    seen: list[Reused] = []
    found = tree if isinstance(tree, Tree) else read_tree(tree)
    with Journal(target, found, **options) as journal:
        manifest = scan(found, journal=journal, earlier=earlier, notice=seen.append, jobs=1)
        journal.remove()
    assert not journal_path(target).exists()
    return manifest, seen[0]


def test_what_was_finished_is_not_read_again(tree: Path, target: Path) -> None:
    _interrupt(tree, target)
    manifest, reused = _go_on(tree, target)
    assert reused.resumed == 6
    assert manifest.samples.equals(scan(tree).samples)
    assert manifest.header.content_sha256 == scan(tree).header.content_sha256


def test_interrupted_twice(tree: Path, target: Path) -> None:
    _interrupt(tree, target, 4)
    _interrupt(tree, target, 4 + 2)
    write(tree / IMAGE / "0001.jpg", jpeg(80))
    manifest, reused = _go_on(tree, target)
    assert reused.resumed == 5
    assert manifest.samples.equals(scan(tree).samples)


def test_a_journal_and_an_earlier_manifest_add_up(tree: Path, target: Path) -> None:
    earlier = scan(tree)
    for number in (1, 2, 3, 4):
        write(tree / IMAGE / f"{number:04d}.jpg", jpeg(80 + number, 50, 50))
    _interrupt(tree, target, 8, earlier)
    manifest, reused = _go_on(tree, target, earlier)
    assert reused == Reused(6, 2)
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("step", range(8))
def test_a_torn_journal_serves_as_far_as_it_is_whole(tree: Path, target: Path, step: int) -> None:
    _interrupt(tree, target)
    path = journal_path(target)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * step // 8])
    manifest, reused = _go_on(tree, target)
    assert reused.resumed in {0, 2, 4}
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("step", range(40))
def test_a_damaged_journal_breaks_nothing(tree: Path, target: Path, step: int) -> None:
    _interrupt(tree, target)
    path = journal_path(target)
    data = bytearray(path.read_bytes())
    data[len(data) * step // 40] ^= 0x41
    path.write_bytes(data)
    manifest, reused = _go_on(tree, target)
    assert reused.resumed in {0, 2, 4}
    assert manifest.samples.equals(scan(tree).samples)


def _record(payload: bytes) -> bytes:
    return b"%08x %08x\n%s\n" % (len(payload), zlib.crc32(payload), payload)


def _foreign_rows() -> bytes:
    """A block of another program: Arrow, but not the columns of a scan."""
    batch = pa.record_batch({"id": ["0001"], "class": ["non_glaucoma"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"7", b"null", b"{}", b'{"lagtool": "0"}', b"{", b"\xff\xff\xff\xff\0\0\0\0", _foreign_rows()],
    ids=range(9),
)
def test_whole_records_of_something_else_break_nothing(tree: Path, target: Path, payload: bytes) -> None:
    _interrupt(tree, target)
    with journal_path(target).open("ab") as file:
        file.write(_record(payload))
    manifest, reused = _go_on(tree, target)
    assert reused.resumed == 0  # nobody can tell what else is wrong in a journal that whole records spoil
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("step", range(40))
def test_damaged_rows_below_a_right_checksum_break_nothing(tree: Path, target: Path, step: int) -> None:
    _interrupt(tree, target)
    path = journal_path(target)
    blocks = list(_records(io.BytesIO(path.read_bytes())))
    damaged = bytearray(blocks[1][0])
    damaged[len(damaged) * step // 40] ^= 0x41
    path.write_bytes(b"".join(_record(bytes(damaged) if n == 1 else block) for n, (block, _) in enumerate(blocks)))
    manifest, reused = _go_on(tree, target)
    assert reused.resumed <= 6
    assert len(manifest.samples) == 10


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"PK\x03\x04", b"x" * 5000 + b"\n", _record(b"[]")])
def test_a_foreign_file_breaks_nothing(tree: Path, target: Path, content: bytes) -> None:
    write(journal_path(target), content)
    assert _go_on(tree, target)[1].resumed == 0


def test_a_journal_of_another_tree_version_or_profile_is_dropped(
    tree: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupt(tree, target)
    assert _go_on(write_tree(tmp_path / "other", 6, 4), target)[1].resumed == 0
    _interrupt(tree, target)
    assert _go_on(read_tree(tree, load_profile("lag").model_copy(update={"id_width": 5})), target)[1].resumed == 0
    _interrupt(tree, target)
    assert _go_on(tree, target, rehash=True)[1].resumed == 0
    _interrupt(tree, target, rehash=True)
    assert _go_on(tree, target, rehash=True)[1].resumed == 6
    _interrupt(tree, target)
    monkeypatch.setattr("lagtool.journal.__version__", "0.0.9")
    assert _go_on(tree, target)[1].resumed == 0


def test_files_as_young_as_the_interrupted_scan_are_read_again(
    tree: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    youngest = max((tree / IMAGE).rglob("*"), key=lambda path: path.stat().st_ctime_ns).stat().st_ctime_ns
    with monkeypatch.context() as clock:
        clock.setattr("time.time_ns", lambda: youngest)
        _interrupt(tree, target)
    assert _go_on(tree, target)[1].resumed == 0


def test_who_comes_second_goes_without(tree: Path, target: Path) -> None:
    found = read_tree(tree)
    with Journal(target, found) as first:
        first.begin(1, 10)
        before = journal_path(target).read_bytes()
        with Journal(target, found) as second:
            manifest = scan(found, journal=second, jobs=1)
            second.remove()
        assert journal_path(target).read_bytes() == before
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_what_is_no_file_in_its_place_is_left_alone(tree: Path, target: Path, kind: str) -> None:
    path = journal_path(target)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(write(target.with_name("precious"), b"precious"))
    with Journal(target, read_tree(tree)) as journal:
        assert len(scan(tree, journal=journal, jobs=1).samples) == 10
        journal.remove()
    assert path.is_symlink() or path.exists()
    assert kind != "link" or path.read_bytes() == b"precious"


def test_a_full_disk_ends_the_journal_not_the_scan(tree: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_tree(tree)

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with Journal(target, found) as journal:
        monkeypatch.setattr("lagtool.journal.os.write", full)
        assert len(scan(found, journal=journal, jobs=1).samples) == 10


def test_small_trees_need_none(tree: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with Journal(target, read_tree(tree)) as journal:
        journal.begin(1, 1_999)
        journal.add(pack_rows([]))
        assert not journal_path(target).exists()
        journal.begin(1, 2_000)
        assert journal_path(target).exists()
        journal.remove()


def test_the_command_goes_on_and_says_so(tree: Path, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _interrupt(tree, target)
    assert run(["index", str(tree), "-o", str(target)]) == 0
    assert capsys.readouterr().err.startswith("resumed: 6 samples were finished earlier\n")
    assert read_manifest(target).samples.equals(scan(tree).samples)
    assert sorted(path.name for path in target.parent.iterdir()) == ["LAG", "m.parquet"]


def test_temporary_files_of_killed_runs_go_with_the_next(tmp_path: Path) -> None:
    import fcntl

    dead = write(tmp_path / ".m.csv.0123456789ab.tmp", b"half")
    living = write(tmp_path / ".m.csv.ffffffffffff.tmp", b"half")
    others = [write(tmp_path / name, b"") for name in (".n.csv.0123456789ab.tmp", ".m.csv.0123.tmp", "m.csv.tmp")]
    with living.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_bytes(tmp_path / "m.csv", b"whole")
    assert (dead.exists(), living.exists(), all(path.exists() for path in others)) == (False, True, True)
    assert (tmp_path / "m.csv").read_bytes() == b"whole"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("old", [False, True])
def test_a_full_disk_leaves_the_old_manifest_or_none(tmp_path: Path, old: bool) -> None:
    tree = write_tree(tmp_path / "LAG", 1, 1)
    for number in range(10, 700):  # more than 100 KB of manifest
        write(tree / IMAGE / f"{number:04d}.jpg", os.urandom(40))
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount here")
    try:
        target = disk / "m.jsonl"
        if old:
            scan(write_tree(tmp_path / "small", 1, 1)).write(target)
        before = target.read_bytes() if old else b""
        command = [sys.executable, "-m", "lagtool", "index", str(tree), "-o", str(target), "--update"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines() == [f"lagtool: cannot write {target}: No space left on device"]
        assert [path.name for path in disk.iterdir()] == (["m.jsonl"] if old else [])
        assert not old or target.read_bytes() == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)
