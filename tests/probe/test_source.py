"""Opening files: nothing blocks, nothing is followed, nothing is read without bound."""

import os
import socket
from pathlib import Path

import pytest

from lagtool.model import State
from lagtool.reading import read_file
from tests.trees import write


def test_a_regular_file_is_read_whole_with_its_facts(tmp_path: Path) -> None:
    path = write(tmp_path / "file", b"abc" * 1000)
    reading = read_file(path, 4096)
    status = path.stat()
    assert (reading.data, reading.state, reading.message) == (b"abc" * 1000, State.OK, "")
    assert (reading.size, reading.mtime_ns, reading.inode) == (3000, status.st_mtime_ns, status.st_ino)


def test_a_file_at_its_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    assert read_file(write(tmp_path / "a", b"x" * 10), 10).state is State.OK
    over = read_file(write(tmp_path / "b", b"x" * 11), 10)
    assert (over.data, over.state) == (None, State.UNREADABLE)
    assert over.message == "is 11 bytes long, more than the 10 that such a file may have"


def test_what_is_no_file_is_named_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "link").symlink_to(write(tmp_path / "file", b"x"))
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # the name of a socket must be short
        server.bind("socket")
        words = {name: read_file(tmp_path / name, 10).message for name in ("folder", "pipe", "socket")}
    assert words == {"folder": "is a folder", "pipe": "is a named pipe", "socket": "is a socket"}
    for name in ("broken", "loop", "zero", "link"):
        reading = read_file(tmp_path / name, 10)
        assert (reading.state, reading.message[:18]) == (State.NOT_A_FILE, "is a symbolic link")


def test_a_sparse_giant_costs_nothing(tmp_path: Path) -> None:
    with (tmp_path / "giant").open("wb") as file:
        file.truncate(64 << 30)
    assert read_file(tmp_path / "giant", 64 << 20).state is State.UNREADABLE


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert read_file(tmp_path / "none", 10).message == "cannot be read: No such file or directory"


def test_a_file_that_keeps_changing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "file", b"x" * 100)
    true_read = os.read

    def read_and_grow(descriptor: int, size: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"more")
        return true_read(descriptor, size)

    monkeypatch.setattr(os, "read", read_and_grow)
    reading = read_file(path, 4096)
    assert (reading.data, reading.state) == (None, State.UNREADABLE)
    assert reading.message == "changed while it was read: index again when nothing writes to it"
