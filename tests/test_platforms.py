"""Rules of Windows and macOS for paths, held on strings: what no file can be called is never made, and understood."""

import os
import subprocess
from pathlib import Path

import pytest

from lagtool.errors import LagtoolError
from lagtool.export.plan import LIMIT, is_portable, portable_names
from lagtool.lists import NameRecord
from lagtool.output.writing import check_target, is_device
from lagtool.profiles import load_profile
from lagtool.splits.lines import find_sample
from lagtool.splits.listed import make_matcher, read_splits, resolve
from lagtool.splits.plan import make_plan
from tests.factories import make_manifest

DEVICES = [
    "con",
    "CON",
    "Con.txt",
    "nul",
    "NUL.tar.gz",
    "aux",
    "prn",
    "com1",
    "COM9.jpg",
    "lpt0",
    "com\u00b9",
    "con .txt",
]
ROOTS = [
    "C:\\Data\\LAG\\",
    "C:/Data/LAG/",
    "\\\\?\\C:\\Data\\LAG\\",
    "\\\\host\\share\\LAG\\",
    "\\\\?\\UNC\\host\\share\\",
    "//host/share/LAG/",
    ".\\",
    "..\\..\\LAG\\",
    "/Volumes/My Disk/LAG/",
]


@pytest.mark.parametrize("name", DEVICES)
def test_names_of_devices(name: str) -> None:
    assert is_device(name)
    assert not is_portable(name)
    assert is_portable(portable_names([name])[0])


@pytest.mark.parametrize("name", ["cons", "con_", "null", "com", "com10", "lpt", "auxiliary", "_con", "0001.con"])
def test_names_that_only_look_like_devices(name: str) -> None:
    assert not is_device(name)


@pytest.mark.parametrize(
    "name",
    [
        "0001.",
        "0001 ",
        " 0001",
        "a\\b",
        "a/b",
        "C:a",
        "a:b",
        "a*",
        "a?",
        "a|b",
        "a<b",
        'a"b',
        "a\n",
        "",
        ".",
        "..",
        "~",
        "x" * 65,
    ],
)
def test_what_no_file_can_be_called_everywhere(name: str) -> None:
    assert not is_portable(name)
    made = portable_names([name])[0]
    assert is_portable(made)
    assert made == made.strip(" .")


def test_twins_of_case_and_normal_form_become_two_names() -> None:
    names = ["r\u00e9sum\u00e9", "re\u0301sume\u0301", "A", "a", "\u0131", "I", "\u212a", "k"]
    made = portable_names(names)
    assert len({name.casefold() for name in made}) == len(names)


def test_a_path_of_an_export_leaves_room_for_its_folder() -> None:
    longest = portable_names(["p" * 300, "c" * 300, "i" * 300])
    assert len("/".join(longest)) + len(".jpeg") <= 3 * LIMIT + 7 < 260 - 60


@pytest.mark.parametrize("names", [["con", "b"], ["a", "NUL"], ["aux", "b"]])
def test_no_part_is_called_like_a_device(names: list[str]) -> None:
    with pytest.raises(LagtoolError, match="is the name of a device on Windows"):
        make_plan(ratios=[50, 50], names=names)


@pytest.mark.parametrize("names", [["Train", "train"], ["a.", "b"], ["a b", "c"], ["../a", "b"], ["a\\b", "c"]])
def test_no_part_is_called_what_no_file_can_be(names: list[str]) -> None:
    with pytest.raises(LagtoolError):
        make_plan(ratios=[50, 50], names=names)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_paths_of_other_systems_name_the_sample(root: str, slash: str, tmp_path: Path) -> None:
    manifest = make_manifest(2, 2)
    path = root + slash.join(["suspicious_glaucoma", "image", "0003.jpg"])
    assert find_sample(make_matcher(manifest), NameRecord("", path, "")) == 2
    (tmp_path / "train.txt").write_text(f"{path}\n{path.upper()}\n", encoding="utf-8")
    (listing,) = read_splits([tmp_path / "train.txt"])
    found = resolve(listing, manifest)
    assert found.numbers("row").tolist() == [2, 2]


@pytest.mark.parametrize("folder", ["..", "a/..", "C:", "a\\b", "/a", "a.", "a ", "\\\\host", "a/con\x00", "", "a//b"])
def test_no_folder_of_a_profile_leaves_the_tree_on_any_system(folder: str, tmp_path: Path) -> None:
    text = folder.encode("unicode_escape").decode().replace("\\x00", "\\u0000")
    (tmp_path / "x.toml").write_text(f'extends = "lag"\nname = "x"\n[slots.image]\nfolder = "{text}"\n')
    with pytest.raises(LagtoolError, match=r"slots\.image\.folder"):
        load_profile(str(tmp_path / "x.toml"))


def test_the_data_set_by_another_name_is_still_the_data_set(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    (root / "sub").mkdir(parents=True)
    other = tmp_path / "lag"  # as a file system that does not tell cases apart would have it
    other.mkdir()
    if (
        os.name != "posix"
        or subprocess.run(["mount", "--bind", root, other], capture_output=True, check=False).returncode
    ):
        pytest.skip("a folder cannot be mounted twice here")
    try:
        with pytest.raises(LagtoolError, match="lies inside the dataset"):
            check_target(other / "sub" / "new" / "m.parquet", force=False, data_root=root)
    finally:
        subprocess.run(["umount", other], check=True)
    check_target(other / "m.parquet", force=False, data_root=root)
