"""What could not be read is said by ``lagtool index``: how many files, why, and the first of each reason."""

import struct
import zipfile
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.manifest.value import read_manifest, sample_rows
from lagtool.scanning.scan import Tally
from lagtool.scanning.unread import UnreadFiles
from tests.factories import make_manifest
from tests.files.places import files_of
from tests.trees import write_tree

ENCRYPTED = "cannot be read: it is encrypted; unpack the archive with its password first"


def _zip(tree: Path, target: Path, *, method: int = zipfile.ZIP_STORED, spoil: str = "", flag: int = 0) -> Path:
    """Pack a tree; members whose name has ``spoil`` in it get a flag, or another method in the table of contents."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files_of(tree).items():
            archive.writestr(zipfile.ZipInfo(f"LAG/{name}"), data)
    packed = bytearray(target.read_bytes())
    at = packed.find(b"PK\1\2")
    while at >= 0:
        length = struct.unpack_from("<H", packed, at + 28)[0]
        if spoil.encode() in packed[at + 46 : at + 46 + length]:
            packed[at + 8] |= flag
            struct.pack_into("<H", packed, at + 10, method)
        at = packed.find(b"PK\1\2", at + 4)
    target.write_bytes(packed)
    return target


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_nothing_readable_is_an_error_and_no_manifest(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _zip(write_tree(tmp_path / "LAG", 3, 2), tmp_path / "locked.zip", flag=1)
    target = tmp_path / f"m{suffix}"
    assert run(["index", str(source), "-o", str(target)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"lagtool: none of 5 images could be read, so no manifest is written: non_glaucoma/image/0001.jpg {ENCRYPTED}\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["LAG", "locked.zip"]


def test_a_manifest_is_not_replaced_by_one_that_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = write_tree(tmp_path / "LAG", 3, 2)
    target = tmp_path / "m.parquet"
    assert run(["index", str(tree), "-o", str(target)]) == 0
    before = target.read_bytes()
    for image in tree.glob("*/image/*.jpg"):
        image.rename(tmp_path / image.name)
        image.symlink_to(tmp_path / image.name)
    assert run(["index", str(tree), "-o", str(target), "-u"]) == 2
    assert "is a symbolic link out of the dataset" in capsys.readouterr().err
    assert target.read_bytes() == before


def test_every_reason_is_said_with_its_number_and_first_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = write_tree(tmp_path / "LAG", 3, 2)
    (tree / "non_glaucoma" / "image" / "0001.jpg").unlink()
    (tree / "non_glaucoma" / "image" / "0001.jpg").symlink_to("0002.jpg")
    (tree / "non_glaucoma" / "image" / "0003.jpg").unlink()
    (tree / "non_glaucoma" / "image" / "0003.jpg").symlink_to("a/b")
    (tree / "non_glaucoma" / "label" / "0003.txt").unlink()
    (tree / "non_glaucoma" / "label" / "0003.txt").mkdir()
    target = tmp_path / "m.jsonl"
    assert run(["index", str(tree), "-o", str(target)]) == 0
    *_, warning, first, second, third = capsys.readouterr().err.splitlines()
    assert warning == "lagtool: warning: 3 files of 15 could not be read:"
    tail = ": links are not followed, put the file itself there"
    assert [first, second, third] == [
        "  1 x non_glaucoma/label/0003.txt is a folder",
        f"  1 x non_glaucoma/image/0001.jpg is a symbolic link inside the dataset, to 0002.jpg{tail}",
        f"  1 x non_glaucoma/image/0003.jpg is a symbolic link to nothing, to a/b{tail}",
    ]
    assert read_manifest(target).samples["image_sha256"].isna().sum() == 2


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"flag": 1}, ENCRYPTED),
        ({"method": zipfile.ZIP_LZMA}, "cannot be read: packed by a rare method; pack it again with deflate"),
        ({"method": 99}, "cannot be read: packed by a rare method"),
    ],
)
def test_members_that_are_refused(
    how: dict[str, int], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _zip(write_tree(tmp_path / "LAG", 3, 2), tmp_path / "a.zip", spoil="suspicious_glaucoma/image", **how)
    assert run(["index", str(source), "-o", str(tmp_path / "m.csv")]) == 0
    said = capsys.readouterr().err
    assert "lagtool: warning: 2 files of 15 could not be read:\n" in said
    assert f"  2 x suspicious_glaucoma/image/0004.jpg {words}" in said
    assert run(["verify", str(source), str(tmp_path / "m.csv")]) == 1
    assert "INCOMPLETE: 13 files proved, 2 files cannot be" in capsys.readouterr().out


def test_links_and_lengths_are_one_reason_each() -> None:
    links = make_manifest(3, 0, image_state="not-a-file", image_sha256=None)
    links.samples["image_message"] = [
        f"is a symbolic link to nothing, to x{i}: links are not followed, put it" for i in "123"
    ]
    found = UnreadFiles()
    found.update(sample_rows(links, Tally.COLUMNS))
    assert [(reason.files, reason.example) for reason in found.reasons()] == [(3, "non_glaucoma/image/0001.jpg")]
