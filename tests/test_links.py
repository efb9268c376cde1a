"""Links, twins and folders of strangers in a real tree: named as what they are, and never followed."""

import os
import unicodedata
from pathlib import Path

import pytest

from lagtool.checks.runner import Report, validate
from lagtool.reading import read_link
from lagtool.scanning.scan import scan
from tests.trees import CLASSES, jpeg, snapshot, write

N, S = CLASSES


def _report(tree: Path) -> Report:
    before = snapshot(tree)
    report = validate(scan(tree), ignore=["counts"])
    assert snapshot(tree) == before
    return report


def _found(tree: Path) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in _report(tree).findings]


def _outside(tmp_path: Path) -> Path:
    return write(tmp_path / "elsewhere" / "0009.jpg", jpeg(9))


@pytest.mark.parametrize("slot", ["image", "label", "attention_map"])
def test_where_a_link_in_a_samples_place_leads(tree: Path, tmp_path: Path, slot: str) -> None:
    suffix = ".txt" if slot == "label" else ".jpg"
    targets = {"0001": str(_outside(tmp_path)), "0002": f"0003{suffix}", "0003": "nowhere"}
    for key, target in targets.items():
        path = tree / N / slot / f"{key}{suffix}"
        path.unlink()
        path.symlink_to(target)
    # 0002 leads to 0003, which leads to nothing.
    assert _found(tree) == [
        ("LAG107", f"{N}/{slot}/0002{suffix}"),
        ("LAG107", f"{N}/{slot}/0003{suffix}"),
        ("LAG109", f"{N}/{slot}/0001{suffix}"),
    ]
    (tree / N / slot / f"0002{suffix}").unlink()
    (tree / N / slot / f"0002{suffix}").symlink_to(tree / S / slot / f"0004{suffix}")
    (finding,) = (f for f in _report(tree).findings if f.code == "LAG108")
    assert finding.message.startswith("is a symbolic link inside the dataset, to ")
    assert finding.message.endswith(": links are not followed, put the file itself there")


def test_links_in_circles_lead_to_nothing(tree: Path) -> None:
    for name, target in (("0001.jpg", "0002.jpg"), ("0002.jpg", "0001.jpg")):
        (tree / N / "image" / name).unlink()
        (tree / N / "image" / name).symlink_to(target)
    assert [code for code, _ in _found(tree)] == ["LAG107", "LAG107"]


def test_links_beside_the_samples(tree: Path, tmp_path: Path) -> None:
    (tree / "elsewhere").symlink_to(_outside(tmp_path).parent)
    (tree / N / "image" / "more.jpg").symlink_to(_outside(tmp_path))
    (tree / N / "image" / "latest.jpg").symlink_to("0001.jpg")
    (tree / "gone").symlink_to("nowhere")
    report = _report(tree)
    assert [(f.code, f.path) for f in report.findings] == [
        ("LAG015", "elsewhere"),
        ("LAG015", f"{N}/image/more.jpg"),
        ("LAG016", "gone"),
        ("LAG016", f"{N}/image/latest.jpg"),
    ]
    assert report.findings[2].message == "a link, not followed (links to nothing, to nowhere)"


def test_a_linked_folder_says_where_it_leads(tree: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    (tree / S / "label").rename(moved)
    (tree / S / "label").symlink_to(moved)
    (finding,) = (f for f in _report(tree).findings if f.code == "LAG003")
    assert "links out of the dataset" in finding.message


def test_a_root_that_is_itself_reached_through_a_link_has_its_links_inside(tree: Path, tmp_path: Path) -> None:
    (tree / N / "image" / "latest.jpg").symlink_to("0001.jpg")
    (tmp_path / "shortcut").symlink_to(tree)
    assert [f.code for f in validate(scan(tmp_path / "shortcut"), ignore=["counts"]).findings] == ["LAG016"]


def test_a_sibling_whose_name_begins_alike_is_outside(tree: Path) -> None:
    other = write(tree.with_name(f"{tree.name}2") / "0001.jpg", b"x")
    link = tree / "link"
    link.symlink_to(os.path.relpath(other, tree))
    assert str(read_link(link, tree)) == f"out of the dataset, to ../{tree.name}2/0001.jpg"


def test_what_is_no_link_leads_to_nothing(tree: Path) -> None:
    assert str(read_link(tree / N, tree)) == "to nothing"


def test_twins_in_case(tree: Path) -> None:
    for name in ("Notes.md", "notes.md", "NOTES.md"):
        write(tree / name, name.encode())
    if len([path for path in tree.iterdir() if path.suffix == ".md"]) < 3:
        pytest.skip("this file system does not tell cases apart")
    (tree / N / "Image").mkdir()
    write(tree / N / "image" / "0001.JPG", jpeg(50))
    report = _report(tree)
    assert [(f.code, f.path, f.related) for f in report.findings if f.code != "LAG011"] == [
        ("LAG013", "Notes.md", ("NOTES.md",)),
        ("LAG013", f"{N}/Image", (f"{N}/image",)),
        ("LAG013", "notes.md", ("NOTES.md",)),
        ("LAG105", f"{N}/image/0001.JPG", (f"{N}/image/0001.jpg",)),
    ]
    assert report.findings[-1].message.endswith("which was taken; they differ in upper and lower case only")


def test_twins_in_normal_form(tree: Path) -> None:
    composed = "r\u00e9sum\u00e9.txt"
    decomposed = unicodedata.normalize("NFD", composed)
    for name in (composed, decomposed):
        write(tree / N / "label" / name, name.encode())
    if len(list((tree / N / "label").glob("r*.txt"))) < 2:
        pytest.skip("this file system does not tell normal forms apart")
    (finding,) = (f for f in _report(tree).findings if f.code == "LAG014")
    assert (finding.path, finding.related) == (f"{N}/label/{composed}", (f"{N}/label/{decomposed}",))
    assert finding.message.endswith(f"normal form ({composed!a} for {decomposed!a})")


def test_folders_say_what_they_look_like(tree: Path) -> None:
    write(tree / "splited_all" / "train" / N / "0001.jpg", b"x")
    write(tree / "splited_all" / "test" / N / "0002.jpg", b"x")
    write(tree / "old" / "photo.PNG", b"x")
    write(tree / "notes" / "a.txt", b"x")
    assert {f.path: f.message for f in _report(tree).findings} == {
        "notes": "unexpected folder with 1 file",
        "old": "unexpected folder with 1 file: looks like pictures put aside (1 picture)",
        "splited_all": "a copy inside the dataset (not counted) with 2 files: "
        "looks like a split made by a script (2 pictures)",
    }


def test_pictures_beside_the_folders_are_more_than_other_files(tree: Path) -> None:
    for name in ("README.txt", "0001.jpg", f"{N}/0002.PNG"):
        write(tree / name, name.encode())
    assert _found(tree) == [("LAG011", "README.txt"), ("LAG012", "0001.jpg"), ("LAG012", f"{N}/0002.PNG")]
