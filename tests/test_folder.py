"""Folders that are put in their place whole, and folders for temporary files."""

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest

from lagtool.errors import LagtoolError
from lagtool.output import folder as folders
from lagtool.output.folder import exchange, put_folder, scratch_folder, temporary_folder


def _make(place: Path, text: str) -> Path:
    place.mkdir()
    (place / "text").write_text(text)
    return place


@pytest.mark.parametrize("can", [True, False])
def test_a_folder_takes_the_place_of_another(can: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not can:
        monkeypatch.setattr(folders, "exchange", lambda *_: False)
    old, made = _make(tmp_path / "out", "old"), _make(tmp_path / ".out.0123456789ab.tmp", "new")
    put_folder(made, old)
    assert (old / "text").read_text() == "new"
    assert (made / "text").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


def test_where_nothing_can_be_exchanged_nothing_is_changed(tmp_path: Path) -> None:
    one = _make(tmp_path / "one", "1")
    assert not exchange(one, tmp_path / "nowhere")
    assert (one / "text").read_text() == "1"


@pytest.mark.skipif(os.name == "nt", reason="nothing tells a folder in use from one left behind there")
def test_temporary_files_of_killed_runs_go_but_those_in_use_young_or_of_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    long_ago = time.time() - 3_600
    for name, file in (("old", "a"), ("young", "a"), ("others", "letter.txt")):
        place = tmp_path / f"lagtool-pictures-{name}"
        place.mkdir()
        (place / file).write_text("")
        if name != "young":
            os.utime(place, (long_ago, long_ago))
    with scratch_folder({"a", "b"}) as used:
        os.utime(used, (long_ago, long_ago))
        with scratch_folder({"a"}):
            left = {path.name.removeprefix("lagtool-pictures-") for path in tmp_path.iterdir()}
            assert {"young", "others", Path(used).name.removeprefix("lagtool-pictures-")} < left
            assert "old" not in left
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lagtool-pictures-others", "lagtool-pictures-young"]


def test_temporary_files_without_room_are_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with (
        pytest.raises(LagtoolError, match=r"no place for temporary files \(No such file .*set TMPDIR"),
        scratch_folder([]),
    ):
        pass
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(LagtoolError, match="No space left on device: set TMPDIR"), scratch_folder([]):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PermissionError), scratch_folder([]):  # not of these files: somebody else's to tell
        raise PermissionError(errno.EACCES, "Permission denied")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="nothing is locked there")
def test_a_new_folder_that_cannot_be_opened_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.open, []

    def refuse(*given: Any, **options: Any) -> int:
        calls.append(given)
        if len(calls) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(*given, **options)

    monkeypatch.setattr("lagtool.output.folder.os.open", refuse)
    with (
        pytest.raises(LagtoolError, match=r"cannot write into .*: Too many open files"),
        temporary_folder(tmp_path / "out", "marker", lambda _: True),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
