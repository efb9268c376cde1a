"""What an interrupted scan had finished is not read again, and no partial manifest ever breaks a scan."""

import io
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lagtool.__main__ import run
from lagtool.files.tree import Tree, read_tree
from lagtool.manifest.blocks import pack_rows
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.model import ScanOptions
from lagtool.output.progress import Advance
from lagtool.output.writing import partial_path, write_bytes
from lagtool.profiles import load_profile
from lagtool.scanning.index import index_tree
from lagtool.scanning.partial import Partial, _records
from lagtool.scanning.scan import Scan, scan
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
    """Small chunks of small trees are worth keeping."""
    monkeypatch.setattr("lagtool.scanning.partial.WORTH_KEEPING", 1)
    monkeypatch.setattr("lagtool.scanning.scan.CHUNK", 2)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "LAG", 6, 4)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "m.parquet"


def _interrupt(tree: Path, target: Path, after: int = 6, earlier: Manifest | None = None, **options: Any) -> None:
    """Index until ``after`` samples are finished."""

    @contextmanager
    def bar(_title: str, _total: int, _unit: str) -> Iterator[Advance]:
        def advance(done: int) -> None:
            nonlocal after
            after -= done
            if after <= 0:
                raise _StoppedError

        yield advance

    with pytest.raises(_StoppedError):
        index_tree(read_tree(tree), target, earlier=earlier, jobs=1, bar=bar, **options)
    assert partial_path(target).is_file()


def _go_on(
    tree: Path | Tree, target: Path, earlier: Manifest | None = None, **options: Any
) -> tuple[Manifest, int, int]:
    """Index to the end and return the manifest, and how many samples were resumed and how many not read at all."""
    seen: list[int] = []

    @contextmanager
    def bar(_title: str, _total: int, _unit: str) -> Iterator[Advance]:
        yield seen.append

    found = tree if isinstance(tree, Tree) else read_tree(tree)
    made = index_tree(found, target, earlier=earlier, jobs=1, bar=bar, **options)
    assert not partial_path(target).exists()
    return read_manifest(target), made.resumed, seen[0]


def test_what_was_finished_is_not_read_again(tree: Path, target: Path) -> None:
    _interrupt(tree, target)
    manifest, resumed, _ = _go_on(tree, target)
    assert resumed == 6
    assert manifest.samples.equals(scan(tree).samples)
    assert manifest.header.content_sha256 == scan(tree).header.content_sha256


def test_interrupted_twice(tree: Path, target: Path) -> None:
    _interrupt(tree, target, 4)
    _interrupt(tree, target, 4 + 2)
    write(tree / IMAGE / "0001.jpg", jpeg(80))
    manifest, resumed, _ = _go_on(tree, target)
    assert resumed == 5
    assert manifest.samples.equals(scan(tree).samples)


def test_a_partial_manifest_and_an_earlier_manifest_add_up(tree: Path, target: Path) -> None:
    earlier = scan(tree)
    for number in (1, 2, 3, 4):
        write(tree / IMAGE / f"{number:04d}.jpg", jpeg(80 + number, 50, 50))
    _interrupt(tree, target, 8, earlier)
    manifest, resumed, known = _go_on(tree, target, earlier)
    assert (resumed, known) == (2, 8)
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("step", range(8))
def test_a_torn_one_serves_as_far_as_it_is_whole(tree: Path, target: Path, step: int) -> None:
    _interrupt(tree, target)
    path = partial_path(target)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * step // 8])
    manifest, resumed, _ = _go_on(tree, target)
    assert resumed in {0, 2, 4}
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("step", range(40))
def test_a_damaged_one_breaks_nothing(tree: Path, target: Path, step: int) -> None:
    _interrupt(tree, target)
    path = partial_path(target)
    data = bytearray(path.read_bytes())
    data[len(data) * step // 40] ^= 0x41
    path.write_bytes(data)
    manifest, resumed, _ = _go_on(tree, target)
    assert resumed in {0, 2, 4}
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
    with partial_path(target).open("ab") as file:
        file.write(_record(payload))
    manifest, resumed, _ = _go_on(tree, target)
    assert resumed == 0  # nobody can tell what else is wrong in a file that whole records spoil
    assert manifest.samples.equals(scan(tree).samples)


@pytest.mark.parametrize("step", range(40))
def test_damaged_rows_below_a_right_checksum_break_nothing(tree: Path, target: Path, step: int) -> None:
    _interrupt(tree, target)
    path = partial_path(target)
    blocks = list(_records(io.BytesIO(path.read_bytes())))
    damaged = bytearray(blocks[1])
    damaged[len(damaged) * step // 40] ^= 0x41
    path.write_bytes(b"".join(_record(bytes(damaged) if n == 1 else block) for n, block in enumerate(blocks)))
    manifest, resumed, _ = _go_on(tree, target)
    assert resumed <= 6
    assert len(manifest.samples) == 10


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"PK\x03\x04", b"x" * 5000 + b"\n", _record(b"[]")])
def test_a_foreign_file_breaks_nothing(tree: Path, target: Path, content: bytes) -> None:
    write(partial_path(target), content)
    assert _go_on(tree, target)[1] == 0


def test_one_of_another_tree_version_or_profile_is_dropped(
    tree: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupt(tree, target)
    assert _go_on(write_tree(tmp_path / "other", 6, 4), target)[1] == 0
    _interrupt(tree, target)
    assert _go_on(read_tree(tree, load_profile("lag").model_copy(update={"id": "{number:05}"})), target)[1] == 0
    _interrupt(tree, target)
    assert _go_on(tree, target, rehash=True)[1] == 0
    _interrupt(tree, target, rehash=True)
    assert _go_on(tree, target, rehash=True)[1] == 6
    _interrupt(tree, target)
    monkeypatch.setattr("lagtool.scanning.partial.__version__", "0.0.9")
    assert _go_on(tree, target)[1] == 0


def test_files_as_young_as_the_interrupted_scan_are_read_again(
    tree: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    youngest = max((tree / IMAGE).rglob("*"), key=lambda path: path.stat().st_ctime_ns).stat().st_ctime_ns
    with monkeypatch.context() as clock:
        clock.setattr("time.time_ns", lambda: youngest)
        _interrupt(tree, target)
    assert _go_on(tree, target)[1] == 0


def _scan(tree: Path) -> Scan:
    return Scan(read_tree(tree), ScanOptions(), 1, None, lambda _done: None)


def test_who_comes_second_goes_without(tree: Path, target: Path) -> None:
    with Partial(target, _scan(tree)) as first:
        first.begin()
        before = partial_path(target).read_bytes()
        index_tree(read_tree(tree), target, jobs=1)
        assert partial_path(target).read_bytes() == before
    assert read_manifest(target).samples.equals(scan(tree).samples)


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_what_is_no_file_in_its_place_is_left_alone(tree: Path, target: Path, kind: str) -> None:
    path = partial_path(target)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(write(target.with_name("precious"), b"precious"))
    assert index_tree(read_tree(tree), target, jobs=1).samples == 10
    assert path.is_symlink() or path.exists()
    assert kind != "link" or path.read_bytes() == b"precious"


def test_a_full_disk_ends_it_not_the_scan(tree: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lagtool.scanning.partial.os.write", full)
    assert index_tree(read_tree(tree), target, jobs=1).samples == 10


def test_small_trees_need_none(tree: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for worth, kept in ((11, False), (10, True)):
        monkeypatch.setattr("lagtool.scanning.partial.WORTH_KEEPING", worth)
        with Partial(target, _scan(tree)) as partial:
            partial.begin()
            partial.add(pack_rows([]))
            assert partial_path(target).exists() is kept


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
