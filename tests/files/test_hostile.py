"""Archives made to harm, or by strange programs: nothing is followed out of them, and all that is odd is told."""

import gzip
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool import validate
from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.files import open_store
from lagtool.files.members import Contents, Member, why_refused
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.model import Listed, State
from lagtool.reading import LABEL_LIMIT
from lagtool.scanning.scan import scan
from tests.files.places import files_of, shared, write_tar, write_zip
from tests.trees import jpeg, write

HOSTILE = (
    "../outside.jpg",
    "LAG/non_glaucoma/image/../../../../etc/0001.jpg",
    "/etc/0001.jpg",
    "C:/0001.jpg",
    "LAG\\non_glaucoma\\image\\0009.jpg",
    "LAG//non_glaucoma/0001.jpg",
    "LAG/./x.jpg",
)


def _names(manifest: Manifest) -> dict[str, str]:
    return dict(zip(manifest.unmatched["path"], manifest.unmatched["detail"], strict=True))


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz"])
def test_names_that_lead_out_are_refused_and_told(suffix: str, tree: Path, tmp_path: Path) -> None:
    sound = files_of(tree)
    write_it = write_zip if suffix == "zip" else write_tar
    manifest = scan(write_it(tmp_path / f"LAG.{suffix}", {**dict.fromkeys(HOSTILE, b"x"), **sound}))
    assert shared(manifest).equals(shared(scan(tree)))
    told = _names(manifest)
    assert told.keys() == {name.replace("\\", "\\\\") for name in HOSTILE}
    assert told["../outside.jpg"] == told[HOSTILE[1]] == "leads out of the dataset"
    findings = {f.path: f for f in validate(manifest).findings if f.code == "LAG007"}
    assert findings.keys() == told.keys()
    assert "leads out of the dataset" in findings["../outside.jpg"].message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["LAG", f"LAG.{suffix}"]


def test_an_archive_of_backslashes_only_says_so(tree: Path, tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): data for name, data in files_of(tree).items()}
    with pytest.raises(LagtoolError, match=r"15 names that are refused .* holds a backslash"):
        scan(write_zip(tmp_path / "windows.zip", files))


def _tar_link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_links_of_a_tar_are_never_followed(tree: Path, tmp_path: Path) -> None:
    here = "LAG/non_glaucoma/image"
    links = (
        _tar_link(f"{here}/0009.jpg", "/etc/passwd"),
        _tar_link(f"{here}/0010.jpg", "0001.jpg"),
        _tar_link(f"{here}/0011.jpg", "nothing.jpg"),
        _tar_link(f"{here}/more", "../../../elsewhere"),
        _tar_link(f"{here}/0012.jpg", f"{here}/0001.jpg", tarfile.LNKTYPE),
        _tar_link(f"{here}/0013.jpg", "", tarfile.FIFOTYPE),
        _tar_link(f"{here}/pipe", "", tarfile.FIFOTYPE),
    )
    manifest = scan(write_tar(tmp_path / "LAG.tar", files_of(tree), *links))
    rows = manifest.samples.set_index("id").loc[["0009", "0010", "0011", "0012", "0013"]]
    assert rows["image_state"].tolist() == ["link-outside", "link-inside", *["not-a-file"] * 3]
    messages = rows["image_message"].tolist()
    assert messages[0].startswith("is a symbolic link out of the dataset, to /etc/passwd: links are not followed")
    assert messages[1].startswith("is a symbolic link inside the dataset, to 0001.jpg:")
    assert messages[2].startswith("is a symbolic link to nothing, to nothing.jpg:")
    assert "hard link to another member" in messages[3]
    assert messages[4] == "is a named pipe"
    assert rows["image_sha256"].isna().all()
    unmatched = manifest.unmatched.set_index("path")
    assert unmatched.loc["non_glaucoma/image/more", "detail"] == "links out of the dataset, to ../../../elsewhere"
    assert unmatched.loc["non_glaucoma/image/pipe", "reason"] == "special"
    assert {f.code for f in validate(manifest).findings} >= {"LAG015", "LAG010"}


def test_nothing_is_put_below_a_link(tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "LAG.tar"
    write_tar(path, {}, _tar_link("LAG/suspicious_glaucoma", "/tmp"))
    write_tar(path, files_of(tree), mode="a")
    manifest = scan(path)
    assert set(manifest.samples["class"]) == {"non_glaucoma"}
    assert set(manifest.unmatched["detail"].dropna()) >= {"lies below what is no folder"}
    assert "link" in set(manifest.unmatched["reason"])


def test_a_link_of_a_zip_is_one(tree: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "LAG.zip", files_of(tree))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("LAG/non_glaucoma/image/0009.jpg")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "../../../secret.jpg")
    row = scan(path).samples.set_index("id").loc["0009"]
    assert row["image_state"] == "link-outside"
    assert row["image_message"].startswith("is a symbolic link out of the dataset, to ../../../secret.jpg")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_of_two_members_with_one_name_the_last_counts_as_it_would_on_a_disk(
    suffix: str, tree: Path, tmp_path: Path
) -> None:
    twin = "LAG/non_glaucoma/image/0001.jpg"
    path = tmp_path / f"LAG.{suffix}"
    write_it = write_zip if suffix == "zip" else write_tar
    write_it(path, files_of(tree))
    write_it(path, {twin: jpeg(50)}, mode="a")
    manifest = scan(path)
    (tree / "non_glaucoma/image/0001.jpg").write_bytes(jpeg(50))
    assert shared(manifest).equals(shared(scan(tree)))
    assert manifest.unmatched[["path", "reason"]].values.tolist() == [[twin.removeprefix("LAG/"), "second-file"]]
    name = twin.removeprefix("LAG/")
    said = f"competes with {name}, which was taken (the archive has two of that name, and the last one counts)"
    assert [(f.path, f.message) for f in validate(manifest).findings if f.code.startswith("LAG1")] == [(name, said)]


def test_a_file_and_a_folder_of_one_name_are_no_way_in(tree: Path, tmp_path: Path) -> None:
    files = {"LAG/x": b"file", "LAG/x/0001.jpg": b"below", **files_of(tree), "LAG/non_glaucoma/image": b"file"}
    manifest = scan(write_zip(tmp_path / "LAG.zip", files))
    assert shared(manifest).equals(shared(scan(tree)))
    told = _names(manifest)
    assert told["LAG/x/0001.jpg"] == "lies below what is no folder"
    assert told["LAG/non_glaucoma/image"] == "is a file and a folder at once"


def test_names_in_other_encodings_are_unmatched_as_on_a_disk(tree: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "LAG.zip", {**files_of(tree), "LAG/non_glaucoma/image/Q.jpg": b"x"})
    path.write_bytes(path.read_bytes().replace(b"image/Q.jpg", b"image/\xff.jpg"))
    with tarfile.open(tmp_path / "LAG.tar", "w", encoding="utf-8", errors="surrogateescape") as archive:
        archive.add(write(tmp_path / "one", b"x"), "LAG/non_glaucoma/image/\udcff.jpg")
        archive.add(tree, "LAG")
    write(Path(os.fsdecode(os.fsencode(tree) + b"/non_glaucoma/image/\xff.jpg")), b"x")
    here = scan(tree)
    assert here.unmatched["path"].tolist() == ["non_glaucoma/image/\\xff.jpg"]
    for place in (path, tmp_path / "LAG.tar"):
        assert scan(place).unmatched.equals(here.unmatched)


def _patch(path: Path, name: str, offset: int, value: bytes) -> None:
    """Write over a field of a member's entry in the table of contents of a ZIP."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode()) - 46
    assert data[at : at + 4] == b"PK\1\2"
    data[at + offset : at + offset + len(value)] = value
    path.write_bytes(data)


IMAGE = "LAG/non_glaucoma/image/0001.jpg"


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (8, b"\1\0", "encrypted"),
        (10, struct.pack("<H", 12), "rare method"),
        (16, b"\0\0\0\0", "checksum"),
        (24, struct.pack("<I", 30_000), "unpacks to others"),
        (24, struct.pack("<I", 65 << 20), "more than the 67,108,864"),
        (20, struct.pack("<I", 7), "unpacks to others"),
        (20, struct.pack("<I", 0xFFFFFFF0), "4,294,967,280 bytes are said to unpack to"),
        (42, struct.pack("<I", 12345), "no such member at its place"),
    ],
    ids=["encrypted", "method", "checksum", "longer-than-said", "too-long", "cut", "packed-longer", "elsewhere"],
)
def test_what_a_zip_says_wrongly_of_a_member_is_found(
    offset: int, value: bytes, message: str, tree: Path, tmp_path: Path
) -> None:
    path = write_zip(tmp_path / "LAG.zip", files_of(tree))
    _patch(path, IMAGE, offset, value)
    samples = scan(path).samples.set_index("id")
    assert samples.loc["0001", "image_state"] == "unreadable"
    assert message in str(samples.loc["0001", "image_message"])
    assert (samples.drop("0001")["image_state"] == "ok").all()


def test_a_bomb_unpacks_to_no_more_than_was_said(tree: Path, tmp_path: Path) -> None:
    files = {**files_of(tree), "LAG/non_glaucoma/label/0001.txt": b"0" * (50 << 20)}
    path = write_zip(tmp_path / "LAG.zip", files)
    row = scan(path).samples.set_index("id").loc["0001"]
    assert (row["label_state"], row["label_bytes"]) == ("unreadable", 50 << 20)
    _patch(path, "LAG/non_glaucoma/label/0001.txt", 24, struct.pack("<I", 1))
    store = open_store(path)
    reading = store.read("LAG/non_glaucoma/label/0001.txt", LABEL_LIMIT)
    assert reading.data is None
    assert "made to harm" in reading.message


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("keep", [0, 300, 0.5, 0.9])
def test_a_cut_archive_is_told_in_one_line(suffix: str, keep: float, tree: Path, tmp_path: Path) -> None:
    path = (write_zip if suffix == "zip" else write_tar)(tmp_path / f"LAG.{suffix}", files_of(tree))
    data = path.read_bytes()
    path.write_bytes(data[: int(keep if keep > 1 else keep * len(data))])
    with pytest.raises(LagtoolError, match=rf"LAG\.{suffix}.* (damaged|empty)"):
        scan(path)


@pytest.mark.parametrize("name", ["LAG.zip", "LAG.tar", "LAG.tar.gz"])
def test_what_is_no_archive_at_all_is_told(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(b"<html>not found</html>" * 100)
    assert run(["validate", str(tmp_path / name), "--quiet", "--no-config"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert name in said


OTHERS = {
    "empty.zip": (b"", "empty (0 bytes): copy or download it again"),
    "empty.tar": (b"", "empty (0 bytes): copy or download it again"),
    "empty.tar.gz": (b"", "empty (0 bytes): copy or download it again"),
    "page.zip": (b"\n <!DOCTYPE html><title>Log in</title>", "a web page"),
    "page.tar": (b"<html><body>" + b"x" * 600, "a web page"),
    "page.tgz": (b"<HTML>", "a web page"),
    "seven.zip": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "a 7z archive: unpack it, or pack it again as .zip"),
    "rar.zip": (b"Rar!\x1a\x07\x00" + bytes(100), "a RAR archive: unpack it, or pack it again as .zip"),
    "bzip.tar": (b"BZh91AY" + bytes(600), "packed by bzip2"),
    "xz.tar.gz": (b"\xfd7zXZ\x00" + bytes(100), "packed by xz"),
    "first.zip": (b"PK\x07\x08PK\x03\x04" + bytes(100), "the first part of a split ZIP file: join the parts"),
    "lfs.zip": (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS: fetch the file itself"),
    "table.zip": (b"PAR1" + bytes(100), "a Parquet file"),
    "zip.tar": (b"PK\x03\x04" + b"x" * 600, "a ZIP file: name it .zip"),
    "zip.tar.gz": (gzip.compress(b"PK\x03\x04" + b"x" * 600), "unpacks to what is not a TAR file, but a ZIP file"),
    "twice.tar.gz": (gzip.compress(gzip.compress(b"x" * 600)), "not a TAR file, but packed by gzip"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_what_its_name_says_is_called_by_its_own(name: str, tmp_path: Path) -> None:
    content, words = OTHERS[name]
    write(tmp_path / name, content)
    with pytest.raises(LagtoolError) as error:
        scan(tmp_path / name)
    assert f"{name} " in str(error.value)
    assert words in str(error.value)


def test_archives_under_another_archives_name(tree: Path, tmp_path: Path) -> None:
    plain, packed, zipped = (tmp_path / name for name in ("a.tar", "a.tar.gz", "a.zip"))
    write_tar(plain, files_of(tree))
    write_tar(packed, files_of(tree))
    write_zip(zipped, files_of(tree))
    for source, name, words in (
        (plain, "b.tar.gz", "is not packed by gzip, but a TAR file: name it .tar"),
        (plain, "b.zip", "is not a ZIP file, but a TAR file: name it .tar"),
        (packed, "c.tar", "is not a TAR file, but packed by gzip: name it .tar.gz"),
        (packed, "c.zip", "is not a ZIP file, but packed by gzip: name it .tar.gz"),
        (zipped, "d.tar", "is not a TAR file, but a ZIP file: name it .zip"),
        (zipped, "d.tgz", "is not packed by gzip, but a ZIP file: name it .zip"),
    ):
        other = write(tmp_path / name, source.read_bytes())
        with pytest.raises(LagtoolError, match=words):
            scan(other)


@pytest.mark.parametrize("name", ["LAG.z01", "LAG.zip.001", "LAG.tar.gz.00", "LAG.tgz.partaa", "LAG.part1.rar"])
def test_a_part_of_a_split_archive_is_called_one(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, b"PK")
    with pytest.raises(LagtoolError, match="is one part of a split archive: join the parts first"):
        scan(tmp_path / name)


@pytest.mark.parametrize(("at", "value"), [(4, 3), (6, 2), (8, 1)])
def test_the_last_part_of_a_split_zip_is_called_one(at: int, value: int, tree: Path, tmp_path: Path) -> None:
    """Its end tells the number of its disk, that of the first with the table, or fewer members than there are."""
    path = write_zip(tmp_path / "LAG.zip", files_of(tree))
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.rindex(b"PK\5\6") + at, value)
    path.write_bytes(data)
    with pytest.raises(LagtoolError, match="is one part of a split ZIP file"):
        scan(path)


FAR_TIMES = ("1e30", "-1e30", "nan", "inf", "-inf", "10413792000.5", "-1.5", "0", "9223372036.9", "-9223372036.9")


@pytest.mark.parametrize("said", FAR_TIMES)
def test_times_in_a_tar_may_be_any(said: str, tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "LAG.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files_of(tree).items():
            member = tarfile.TarInfo(name)
            member.size, member.pax_headers = len(data), {"mtime": said}
            archive.addfile(member, io.BytesIO(data))
    _hold(path, tmp_path)


@pytest.mark.parametrize("date", [0, 0x0021, 0xFFFF, 0xFF9F])
def test_dates_in_a_zip_may_be_any(date: int, tree: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "LAG.zip", files_of(tree))
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\1\2", at + 1)) >= 0:
        struct.pack_into("<HH", data, at + 12, 0xFFFF if date else 0, date)
    path.write_bytes(data)
    _hold(path, tmp_path)


def test_a_size_in_a_zip_may_be_the_largest(tree: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "LAG.zip", files_of(tree))
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\1\2")
    name, extra = struct.unpack_from("<HH", data, first + 28)
    large = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    struct.pack_into("<I", data, first + 24, 0xFFFFFFFF)
    struct.pack_into("<H", data, first + 30, extra + len(large))
    data[first + 46 + name : first + 46 + name] = large
    end = data.rindex(b"PK\5\6")
    struct.pack_into("<I", data, end + 12, struct.unpack_from("<I", data, end + 12)[0] + len(large))
    path.write_bytes(data)
    _hold(path, tmp_path)


def _hold(path: Path, place: Path) -> None:
    """Index twice, the second time from what is known; quickly as well."""
    target = place / "m.csv"
    for more in (["--update"], ["--update"], ["--force", "--quick"]):
        assert run(["index", str(path), "-o", str(target), "-q", *more]) == 0
    assert run(["index", str(path), "-o", str(target), "-q", "--force"]) == 0
    assert run(["stats", str(target)]) == 0
    assert len(read_manifest(target).samples) == len(scan(path).samples)


def test_a_header_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("LAG/x")
    member.type, member.size = tarfile.XHDTYPE, 5 << 30
    (tmp_path / "LAG.tar").write_bytes(member.tobuf(tarfile.USTAR_FORMAT) + bytes(1024))
    with pytest.raises(LagtoolError, match="part of 5,368,709,120 bytes: it is damaged, or made to harm"):
        scan(tmp_path / "LAG.tar")


def test_a_tar_that_goes_in_circles_is_left(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("LAG/x").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (-1024).to_bytes(12, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "LAG.tar").write_bytes(bytes(header) * 3 + bytes(1024))
    with pytest.raises(LagtoolError, match="damaged"):
        scan(tmp_path / "LAG.tar")


def test_other_kinds_of_archive_are_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "LAG.tar.xz").write_bytes(b"x")
    with pytest.raises(LagtoolError, match=r"pack it again as \.zip or \.tar"):
        scan(tmp_path / "LAG.tar.xz")


def test_an_archive_that_changes_under_the_scan_ends_it(tree: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "LAG.zip", files_of(tree))
    store = open_store(path)
    store.check()
    assert store.read(IMAGE, 1 << 20).state is State.OK
    write_zip(path, {})
    with pytest.raises(LagtoolError, match="changed while it was read"):
        store.read(IMAGE, 1 << 20)


_PARTS = st.sampled_from(["a", "b", "..", ".", "", "c.jpg", "\\", "é", "\0"])


@given(st.lists(st.tuples(st.lists(_PARTS, min_size=1, max_size=4), st.booleans()), max_size=12))
def test_whatever_the_names_every_member_is_placed_or_told(names: list[tuple[list[str], bool]]) -> None:
    contents = Contents()
    for parts, is_folder in names:
        name = "/".join(parts) + ("/" if is_folder else "")
        contents.add(Member(name, "folder" if is_folder else "file", Listed(1)))
    placed = 0
    for folder, entries in contents.folders.items():
        for name, found in entries.items():
            path = f"{folder}/{name}" if folder else name
            assert why_refused(path) == ""
            assert (found.kind == "folder") == (path in contents.folders)
            placed += found.kind == "file"
    assert placed + len(contents.refused) >= sum(not is_folder for _, is_folder in names)
