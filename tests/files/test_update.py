"""What is compared for "unchanged": ETag, checksum, or size and time; and nothing is listed file by file."""

import dataclasses
import os
import time
import zipfile
from pathlib import Path

import fsspec
import pytest

from lagtool.__main__ import run
from lagtool.files.filesystem import FileSystem
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.scanning.scan import scan
from tests.files.places import files_of, put, shared, write_tar
from tests.trees import jpeg

CHANGED = "non_glaucoma/image/0003.jpg"


def _again(source: str | Path, earlier: Manifest) -> tuple[Manifest, int]:
    """Scan again and return the manifest and how many samples were not read."""
    seen: list[int] = []
    manifest = scan(source, earlier=earlier, advance=seen.append)
    return manifest, seen[0]


def test_an_object_with_another_etag_is_read_again(s3: str, damaged: Path) -> None:
    source = put(s3, files_of(damaged))
    known = scan(source)
    same, reused = _again(source, known)
    assert (reused, same.samples.equals(known.samples)) == (11, True)
    size = (damaged / CHANGED).stat().st_size
    put(s3, {f"LAG/{CHANGED}": jpeg(77).ljust(size, b"\0")[:size]})
    now, reused = _again(source, known)
    assert reused == 10
    assert now.samples.equals(scan(source).samples)
    assert not shared(now).equals(shared(known))


def test_an_object_written_again_with_the_same_bytes_keeps_its_etag_but_not_its_time(s3: str, tree: Path) -> None:
    source = put(s3, files_of(tree))
    known = scan(source)
    known.samples["image_mtime_ns"] -= 5_000_000_000
    assert _again(source, known)[1] == 0


def test_a_zip_whose_members_kept_their_times_is_read_for_its_changes_only(damaged: Path, tmp_path: Path) -> None:
    def pack(files: dict[str, bytes]) -> Path:
        with zipfile.ZipFile(tmp_path / "LAG.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
        return tmp_path / "LAG.zip"

    files = files_of(damaged)
    known = scan(pack(files))
    assert _again(tmp_path / "LAG.zip", known)[1] == 11
    data = bytearray(files[f"LAG/{CHANGED}"])
    data[-100] ^= 1  # the same size and time: only the checksum tells
    now, reused = _again(pack({**files, f"LAG/{CHANGED}": bytes(data)}), known)
    assert reused == 10
    assert now.samples.equals(scan(tmp_path / "LAG.zip").samples)


@pytest.mark.parametrize("name", ["LAG.tar", "LAG.tar.gz"])
def test_a_tar_that_was_written_again_is_read_again(name: str, damaged: Path, tmp_path: Path) -> None:
    files = files_of(damaged)
    path = write_tar(tmp_path / name, files)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    known = scan(path)
    # The time of inode change is as young as the scan, and no program can set it: not trusted, as of any file.
    assert _again(path, known)[1] == 0
    known = _later(known)
    assert _again(path, known)[1] == 11
    data = bytearray(files[f"LAG/{CHANGED}"])
    data[-100] ^= 1
    write_tar(path, {**files, f"LAG/{CHANGED}": bytes(data)})
    os.utime(path, (1_600_000_000, 1_600_000_000))
    now, reused = _again(path, known)
    assert reused == 0
    assert shared(now).equals(shared(scan(path)))


def _later(manifest: Manifest) -> Manifest:
    """Return the manifest as if it had been made long after the files were written."""
    assert manifest.header.scan_started_ns is not None
    while time.time_ns() < manifest.header.scan_started_ns + 2_500_000_000:
        time.sleep(0.1)
    header = manifest.header.model_copy(update={"scan_started_ns": manifest.header.scan_started_ns + 2_400_000_000})
    return dataclasses.replace(manifest, header=header)


def test_without_etag_size_and_time_decide_and_the_young_are_read_again(damaged: Path) -> None:
    source = put("memory://data", files_of(damaged))
    known = scan(source)
    assert _again(source, known)[1] == 0
    old = _later(known)
    assert _again(source, old)[1] == 11
    put("memory://data", {f"LAG/{CHANGED}": (damaged / CHANGED).read_bytes()})
    assert _again(source, old)[1] == 10


def test_a_manifest_of_a_folder_proves_nothing_of_another_place(s3: str, damaged: Path) -> None:
    known = scan(damaged)
    now, reused = _again(put(s3, files_of(damaged)), known)
    assert (reused, shared(now).equals(shared(known))) == (0, True)


def test_update_leaves_what_holds_and_tells_what_changed(
    damaged: Path, s3: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = put(s3, files_of(damaged)), tmp_path / "m.parquet"
    arguments = ["index", source, "-o", str(out), "--update", "--no-config"]
    assert run(arguments) == 0
    before = out.read_bytes()
    assert run(arguments) == 0
    assert out.read_bytes() == before
    put(s3, {f"LAG/{CHANGED}": jpeg(77)})
    system, root = fsspec.url_to_fs(source)
    system.rm_file(f"{root}/non_glaucoma/label/0004.txt")
    capsys.readouterr()
    assert run(arguments) == 0
    assert "0 added, 1 changed, 1 removed" in capsys.readouterr().err
    assert shared(read_manifest(out)).equals(shared(scan(source)))


def test_listing_asks_once_per_folder_and_never_per_file(
    s3: str, damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(s3, files_of(damaged))
    calls: list[str] = []
    call = FileSystem.call

    def noted(self: FileSystem, name: str, *arguments: object, **options: object) -> object:
        calls.append(name)
        return call(self, name, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(FileSystem, "call", noted)
    known = scan(source)
    folders = 1 + 2 + 6 + 2  # the root, two classes of three, and an unmatched file one within another
    assert (calls.count("info"), calls.count("ls")) == (1, folders)
    files = int(known.samples[["image_path", "label_path", "map_path"]].notna().to_numpy().sum())
    assert calls.count("cat_file") == files - 1  # one is empty, which the listing tells
    calls.clear()
    scan(source, earlier=known)
    assert (set(calls), len(calls)) == ({"info", "ls"}, folders + 1)
