"""What docs/scale.md says of storage is true."""

import re
import shlex
from pathlib import Path

import fsspec
import pytest

from lagtool.__main__ import run
from lagtool.files import filesystem, members
from lagtool.files.ahead import THREADS
from lagtool.reading import LABEL_LIMIT, PICTURE_LIMIT
from tests.files.places import files_of, put, write_zip

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("s3")
def test_the_commands_of_the_page_run(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = files_of(tree)
    write_zip(tmp_path / "LAG.zip", files)
    inner = write_zip(tmp_path / "all.zip", {f"data/{name}": data for name, data in files.items()})
    system = fsspec.filesystem("s3")
    if not system.exists("bucket"):
        system.mkdir("bucket")
    put("s3://bucket", {**files, "everything.zip": inner.read_bytes()})
    commands = re.findall(r"^\$ (lagtool .*)$", PAGE.partition("## Storage")[2], re.MULTILINE)
    assert len(commands) == 3
    # The numbers of a small tree are not the published ones: that is what the verdict is about.
    assert [run([*shlex.split(command)[1:], "--quiet"]) for command in commands] == [0, 1, 0]


def test_the_numbers_of_the_page() -> None:
    assert f"A request has {filesystem.CALL_SECONDS:.0f} seconds" in PAGE
    assert filesystem.ATTEMPTS == 3
    assert f"{THREADS} requests at a time" in PAGE
    assert f"deeper than {members._MAX_DEPTH} folders" in PAGE
    assert (PICTURE_LIMIT, LABEL_LIMIT) == (64 << 20, 4 << 10)
