"""The folder of an export is there whole or not at all; nothing is written elsewhere, no link leads anybody out."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import lagtool
from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.export import files
from lagtool.export.place import MARKER, export_folder, list_files, write_marker
from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest
from tests.export.data import contents
from tests.trees import jpeg, snapshot, write


def test_only_an_earlier_export_is_replaced_and_only_with_force(tmp_path: Path, root: Path, split: Manifest) -> None:
    out = tmp_path / "deep" / "export"
    write_export(split, root, "imagefolder", out)
    first = contents(out)
    with pytest.raises(LagtoolError, match="holds an export: use --force to replace it"):
        write_export(split, root, "csv", out)
    assert contents(out) == first
    write_export(split, root, "csv", out, force=True)
    assert sorted(contents(out)) == ["LICENSE.txt", "README.md", MARKER, "samples.csv"]
    (out / "model.pt").write_bytes(b"mine")
    with pytest.raises(LagtoolError, match=r"holds model\.pt, which is not of an earlier export"):
        write_export(split, root, "csv", out, force=True)
    assert (out / "model.pt").read_bytes() == b"mine"
    assert [path.name for path in out.parent.iterdir()] == ["export"]


def test_a_folder_without_the_mark_of_an_export_is_not_one(tmp_path: Path, root: Path, split: Manifest) -> None:
    out = tmp_path / "photos"
    write(out / "samples.csv", b"mine")
    for mark in (None, b"{}", b"[" * 100_000, b'{"kind": "lagtool export", "files": 3}'):
        if mark is not None:
            (out / MARKER).write_bytes(mark)
        with pytest.raises(LagtoolError, match="which is not of an earlier export"):
            write_export(split, root, "csv", out, force=True)
    assert (out / "samples.csv").read_bytes() == b"mine"


def test_the_data_set_is_never_written_into(tmp_path: Path, root: Path, split: Manifest) -> None:
    before = snapshot(root)
    (tmp_path / "door").symlink_to(root)
    for out in (root, root / "export", tmp_path / "door" / "export"):
        with pytest.raises(LagtoolError, match=r"lies inside the dataset|symbolic link"):
            write_export(split, root, "csv", out, force=True)
    for mode in ("link", "copy"):
        write_export(split, root, "imagefolder", tmp_path / mode, mode=mode)
        shutil.rmtree(tmp_path / mode)
    assert snapshot(root) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_is_interrupted_leaves_nothing(
    error: type[BaseException], tmp_path: Path, root: Path, split: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise error

    monkeypatch.setattr(files, "_write", interrupt)
    with pytest.raises(error):
        write_export(split, root, "imagefolder", tmp_path / "export", mode="copy", jobs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["LAG"]


@pytest.mark.skipif(os.name == "nt", reason="nothing tells a folder in use from one left behind there")
def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path, root: Path, split: Manifest) -> None:
    half, foreign = tmp_path / ".export.0123456789ab.tmp", tmp_path / ".export.ba9876543210.tmp"
    write(half / "train" / "non_glaucoma" / "0001.jpg", b"half")
    write_marker(half, {}, [])
    write(foreign / "notes.txt", b"mine")
    for number, name in enumerate((None, MARKER, f".{MARKER}.0123456789ab.tmp")):  # killed before it had a marker
        begun = tmp_path / f".export.00000000000{number}.tmp"
        begun.mkdir()
        if name is not None:
            write(begun / name, b"")
    with export_folder(tmp_path / "export", force=False) as used:
        assert not half.exists()
        write_export(split, root, "csv", tmp_path / "export")
        assert used.is_dir()
        with pytest.raises(LagtoolError, match="holds an export"):
            write_export(split, root, "csv", tmp_path / "export")
        (tmp_path / "export" / "samples.csv").write_text("by another run, meanwhile")
        shutil.rmtree(tmp_path / "export")
    assert sorted(path.name for path in tmp_path.iterdir()) == [foreign.name, "LAG", "export"]


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="mounting takes a superuser")
def test_a_full_disk_is_told_in_one_line(
    tmp_path: Path, root: Path, split: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    split.write(tmp_path / "m.parquet")
    arguments = ["export", f"{tmp_path}/m.parquet", "--root", f"{root}", "--to", "imagefolder", "--mode", "copy", "-q"]
    try:
        assert run([*arguments, "-o", f"{small}/export"]) == 2
        assert capsys.readouterr().err == f"lagtool: cannot write {small}/export: No space left on device\n"
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_folder_that_cannot_be_listed_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        list_files(tmp_path / "nowhere")


def test_a_link_that_was_indexed_is_left_out(tmp_path: Path, root: Path, split: Manifest) -> None:
    secret = write(tmp_path / "secret.jpg", jpeg(99))
    image = root / "suspicious_glaucoma" / "image" / "0012.jpg"
    image.unlink()
    image.symlink_to(secret)
    export = write_export(lagtool.scan(root), root, "imagefolder", tmp_path / "export", mode="copy")
    assert export.plan.left_out == {
        "whose image is a link, a folder or a device: these are not followed": 1,
        "whose image is damaged (truncated)": 1,
    }
    assert secret.read_bytes() not in [path.read_bytes() for path in (tmp_path / "export").rglob("*.jpg")]


@pytest.mark.parametrize("mode", ["link", "copy", "hardlink"])
def test_a_link_that_came_since_ends_the_export(mode: str, tmp_path: Path, root: Path, split: Manifest) -> None:
    image = root / "non_glaucoma" / "image" / "0001.jpg"
    image.rename(tmp_path / "0001.jpg")
    image.symlink_to(tmp_path / "0001.jpg")  # the same bytes, but outside
    with pytest.raises(LagtoolError, match=r"0001\.jpg is a symbolic link out of the dataset, .*index the dataset"):
        write_export(split, root, "imagefolder", tmp_path / "export", mode=mode)
    image.unlink()
    (tmp_path / "0001.jpg").rename(image)
    folder = root / "non_glaucoma" / "image"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LagtoolError, match=r"non_glaucoma/image is a symbolic link out of the dataset, "):
        write_export(split, root, "imagefolder", tmp_path / "export", mode=mode)
    assert not (tmp_path / "export").exists()


def test_a_file_that_changed_since_ends_the_export(tmp_path: Path, root: Path, split: Manifest) -> None:
    write(root / "non_glaucoma" / "attention_map" / "0001.jpg", jpeg(7, 112, 112, gray=True))
    for mode in ("link", "copy", "hardlink"):
        with pytest.raises(LagtoolError, match=r"attention_map/0001\.jpg is not the file that was indexed"):
            write_export(split, root, "imagefolder", tmp_path / "export", mode=mode)
    export = write_export(split, root, "imagefolder", tmp_path / "export", maps="none")
    assert export.files > 10


def test_names_that_windows_refuses_are_changed_and_told(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "ours.toml"
    profile.write_text(
        'name = "ours"\nid = "{name}"\n[[classes]]\nname = "con"\nlabel = 0\n[[classes]]\nname = "b.c"\nlabel = 1\n'
        '[slots.image]\nfolder = "image"\nfiles = "{name}.jpg"\n'
    )
    for number, path in enumerate(("con/image/nul.jpg", "con/image/A1.jpg", "con/image/a1.jpg", "b.c/image/x-y.jpg")):
        write(root / path, jpeg(number, 64, 64))
    out = tmp_path / "export"
    assert run(["export", f"{root}", "--profile", f"{profile}", "--to", "imagefolder", "-o", f"{out}"]) == 0
    told = capsys.readouterr().err
    assert "2 names of classes made safe for every system: con is called con_, b.c is called b_c" in told
    assert "2 names of samples made safe for every system: " in told
    made = sorted(path for path in contents(out) if path.endswith(".jpg"))
    assert [made[0], made[-1]] == ["all/b_c/x-y.jpg", "all/con_/nul_.jpg"]
    assert len({path.lower() for path in made}) == 4
