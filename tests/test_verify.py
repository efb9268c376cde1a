"""Fixity: every byte against the manifest, and a list that another program can check."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.files.tree import read_tree
from lagtool.manifest.value import Manifest
from lagtool.reporting.changes import render_fixity
from lagtool.scanning.scan import scan
from lagtool.scanning.verify import Fixity, Unreadable, list_sums, verify
from tests.trees import jpeg, link_images, write, write_tree

IMAGE = "non_glaucoma/image"


def _spoil(tree: Path) -> None:
    """One file of each kind: changed without a trace, missing, unreadable, new."""
    path = tree / IMAGE / "0001.jpg"
    status, data = path.stat(), bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    (tree / IMAGE / "0002.jpg").unlink()
    (tree / IMAGE / "0003.jpg").unlink()
    (tree / IMAGE / "0003.jpg").mkdir()
    write(tree / IMAGE / "0099.jpg", jpeg(9, 20, 20))
    write(tree / "readme.txt", b"")


def test_an_untouched_tree_holds(tree: Path, manifest: Manifest) -> None:
    assert verify(read_tree(tree), manifest) == Fixity(ok=15)


def test_every_kind_of_change_is_found(tree: Path, manifest: Manifest) -> None:
    _spoil(tree)
    done: list[int] = []
    fixity = verify(read_tree(tree), manifest, advance=done.append)
    assert (fixity.ok, sum(done), fixity.holds) == (12, 15, False)
    assert (fixity.changed, fixity.missing) == ([f"{IMAGE}/0001.jpg"], [f"{IMAGE}/0002.jpg"])
    assert [tuple(file) for file in fixity.unreadable] == [(f"{IMAGE}/0003.jpg", "is a folder")]
    assert fixity.new == [f"{IMAGE}/0099.jpg", "readme.txt"]


def test_what_has_no_sha256_is_named_and_is_no_pass(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / IMAGE / "0050.jpg").symlink_to("nowhere")
    write(tree / "readme.txt", b"")
    manifest = scan(tree)
    found = verify(read_tree(tree), manifest)
    why = "is a symbolic link to nothing, to nowhere: links are not followed, put the file itself there"
    assert found == Fixity(ok=15, unproved=[Unreadable(f"{IMAGE}/0050.jpg", why)])
    assert (found.holds, found.differs) == (False, False)
    manifest.write(path := tmp_path / "m.parquet")
    assert run(["verify", str(tree), str(path)]) == 1
    out = capsys.readouterr().out
    assert f"  {IMAGE}/0050.jpg {why}\n" in out
    assert out.splitlines()[-1].startswith("INCOMPLETE: 15 files proved, 1 file cannot be: ")
    assert run(["verify", str(tree), str(path), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "incomplete"
    assert document["without_sha256"] == [{"path": f"{IMAGE}/0050.jpg", "message": why}]
    assert run(["verify", "--sums", str(path)]) == 0
    assert "1 file could not be read when indexed" in capsys.readouterr().err


def test_nothing_proved_is_no_pass(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 0, 0)
    found = verify(read_tree(tree), scan(tree))
    assert (found.ok, found.holds) == (0, False)
    assert "INCOMPLETE: the manifest lists no file" in render_fixity(found)


def test_processes_change_nothing(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 2, 2)
    link_images(tree, range(10, 2100))
    manifest = scan(tree)
    (tree / IMAGE / "0500.jpg").unlink()
    one, two = (verify(read_tree(tree), manifest, jobs=jobs) for jobs in (1, 2))
    assert one == two
    assert (one.ok, one.missing) == (2101, [f"{IMAGE}/0500.jpg"])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_takes_the_list(tree: Path, manifest: Manifest, tmp_path: Path) -> None:
    sums = write(tmp_path / "sums", list_sums(manifest).encode())
    command = ["sha256sum", "--check", "--strict", "--quiet", str(sums)]
    assert subprocess.run(command, cwd=tree, capture_output=True, check=False).returncode == 0
    _spoil(tree)
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{IMAGE}/0001.jpg: FAILED\n" in done.stdout


def test_the_command(tree: Path, manifest: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "m.parquet")
    manifest.write(path)
    assert run(["verify", str(tree), path]) == 0
    assert capsys.readouterr().out.endswith("\n\nPASS: every byte as indexed, 15 files proved.\n")
    assert run(["verify", str(tmp_path), path, "--format", "json"]) == 0  # the folder above the root will do
    assert json.loads(capsys.readouterr().out)["ok"] == 15
    _spoil(tree)
    assert run(["verify", str(tree), path]) == 1
    out = capsys.readouterr().out
    assert f"\nmissing: no longer there\n  {IMAGE}/0002.jpg\n" in out
    assert out.endswith("\nFAIL: not as indexed, 12 files proved.\n")
    assert run(["verify", str(tree), path, "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "fail"
    assert document["unreadable"] == [{"path": f"{IMAGE}/0003.jpg", "message": "is a folder"}]
    for arguments in (["--sums", path], [str(tree), path, "--sums"]):
        assert run(["verify", *arguments]) == 0
        assert capsys.readouterr().out == list_sums(manifest)
    assert run(["verify", str(tree)]) == 2
    assert "lagtool verify SOURCE MANIFEST" in capsys.readouterr().err
    assert run(["verify", str(tree), str(tree)]) == 2
    assert "is a folder, not a manifest" in capsys.readouterr().err
