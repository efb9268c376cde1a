"""Walking: what becomes a sample, what an unmatched file, what is refused."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, get_args
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.files.tree import read_tree
from lagtool.manifest.schema import UNMATCHED_REASONS
from lagtool.model import SampleFiles, UnmatchedReason
from lagtool.profiles import load_profile
from lagtool.text import show
from tests.trees import CLASSES, jpeg, snapshot, write, write_tree


def _unmatched(root: Path) -> dict[str, str]:
    return {unmatched_file.path: unmatched_file.reason for unmatched_file in read_tree(root).unmatched}


def test_a_flawless_tree_has_samples_and_no_unmatched(tree: Path) -> None:
    found = read_tree(tree)
    assert found.samples[0] == SampleFiles(
        "non_glaucoma",
        "0001",
        "non_glaucoma/image/0001.jpg",
        "non_glaucoma/label/0001.txt",
        "non_glaucoma/attention_map/0001.jpg",
    )
    assert [(s.class_name, s.id) for s in found.samples] == [
        ("non_glaucoma", "0001"),
        ("non_glaucoma", "0002"),
        ("non_glaucoma", "0003"),
        ("suspicious_glaucoma", "0004"),
        ("suspicious_glaucoma", "0005"),
    ]
    assert found.unmatched == []


def test_names_of_the_published_description_pair_by_number(tmp_path: Path) -> None:
    for class_name, number in (("non_glaucoma", 1), ("suspicious_glaucoma", 12)):
        write(tmp_path / class_name / "image" / f"image{number}.jpg", b"")
        write(tmp_path / class_name / "label" / f"{number:04d}.txt", b"")
        write(tmp_path / class_name / "attention_map" / f"image{number}.jpg", b"")
    found = read_tree(tmp_path)
    assert [(s.id, s.image is not None, s.label is not None, s.map is not None) for s in found.samples] == [
        ("0001", True, True, True),
        ("0012", True, True, True),
    ]


@pytest.mark.parametrize("above", ["", "one"])
def test_the_root_is_found_from_above_and_under_any_name(tree: Path, tmp_path: Path, above: str) -> None:
    place = tmp_path / "somewhere" / above / "renamed root"
    place.parent.mkdir(parents=True)
    shutil.move(tree, place)
    found = read_tree(tmp_path / "somewhere")
    assert (found.root, len(found.samples)) == (place, 5)


def test_several_data_sets_below_are_refused_by_name(tree: Path) -> None:
    shutil.copytree(tree, tree.parent / "LAG2")
    with pytest.raises(LagtoolError, match=r"several datasets \(LAG, LAG2\): name one"):
        read_tree(tree.parent)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "is empty"),
        (["image/0001.jpg", "label/0001.txt"], "looks like the folder of one class"),
        (["train/GL/LAG_gl_0001.jpg", "test/HE/LAG_he_0002.jpg"], r"copy that was split \(test, train\)"),
        (["0001.jpg", "0002.jpg"], "flat folder of 2 pictures without"),
        (["g.0001.jpg", "ng.0002.jpg"], "named after their class"),
        (["LAG_database_part_1.rar"], "archive that is not unpacked .LAG_database_part_1.rar., expected|unpack it"),
        (["non_glaucoma/0001.jpg"], "class folders that hold none of the expected"),
        (["other/thing.txt"], "holds no class folder"),
    ],
)
def test_foreign_layouts_are_told_what_they_look_like(tmp_path: Path, files: list[str], words: str) -> None:
    for name in files:
        write(tmp_path / name, b"x")
    with pytest.raises(LagtoolError, match=words) as refusal:
        read_tree(tmp_path)
    assert "expected non_glaucoma/ and suspicious_glaucoma/, each with image/, label/, attention_map/" in str(
        refusal.value
    )


def test_no_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match="does not exist: name the folder"):
        read_tree(tmp_path / "nothing")
    with pytest.raises(LagtoolError, match="is not a folder"):
        read_tree(write(tmp_path / "file", b""))


def test_every_kind_of_unmatched_has_its_reason(tree: Path) -> None:
    image = tree / "non_glaucoma" / "image"
    for name in (
        "Thumbs.db",
        "._0001.jpg",
        "0001 - Copy.jpg",
        "0002 (2).jpg",
        "eye_17.jpg",
        "0003.png",
        "1.jpg",
        "\u0661.jpg",
        "x\n.jpg",
    ):
        write(image / name, b"x")
    write(tree / "README.txt", b"x")
    write(tree / "non_glaucoma" / "backup" / "a" / "b.txt", b"xyz")
    write(tree / "splited_all" / "train" / "non_glaucoma" / "0001.jpg", b"x")
    os.mkfifo(image / "pipe")
    write(image / os.fsdecode(b"\xff.jpg"), b"x")
    assert _unmatched(tree) == {
        "README.txt": "extra-file",
        "non_glaucoma/backup": "folder",
        "non_glaucoma/image/._0001.jpg": "junk",
        "non_glaucoma/image/0001 - Copy.jpg": "copy-name",
        "non_glaucoma/image/0002 (2).jpg": "copy-name",
        "non_glaucoma/image/0003.png": "suffix",
        "non_glaucoma/image/1.jpg": "second-file",
        "non_glaucoma/image/Thumbs.db": "junk",
        "non_glaucoma/image/\\xff.jpg": "name",
        "non_glaucoma/image/eye_17.jpg": "name",
        "non_glaucoma/image/pipe": "special",
        "non_glaucoma/image/x\\x0a.jpg": "name",
        "non_glaucoma/image/\u0661.jpg": "name",
        "splited_all": "copy-of-tree",
    }
    assert len(read_tree(tree).samples) == 5


def test_missing_renamed_and_linked_folders(tree: Path, tmp_path: Path) -> None:
    shutil.rmtree(tree / "non_glaucoma" / "attention_map")
    (tree / "non_glaucoma" / "label").rename(tree / "non_glaucoma" / "Label")
    shutil.move(tree / "suspicious_glaucoma" / "image", tmp_path / "elsewhere")
    (tree / "suspicious_glaucoma" / "image").symlink_to(tmp_path / "elsewhere")
    unmatched = {(unmatched_file.path, unmatched_file.reason) for unmatched_file in read_tree(tree).unmatched}
    assert unmatched == {
        ("non_glaucoma/attention_map", "missing-folder"),
        ("non_glaucoma/Label", "folder-case"),
        ("suspicious_glaucoma/image", "link"),
        ("suspicious_glaucoma/image", "missing-folder"),
    }
    samples = read_tree(tree).samples
    assert samples[0].label == "non_glaucoma/Label/0001.txt"
    assert samples[0].map is None
    assert samples[-1].image is None


def test_the_file_named_by_the_id_wins_its_slot(tree: Path) -> None:
    image = tree / "non_glaucoma" / "image"
    for name in ("0001.JPG", "0001.jpeg", "image1.jpg"):
        write(image / name, jpeg(9))
    (image / "0002.jpg").rename(image / "2.jpg")
    (image / "0002.jpg").mkdir()  # a folder never beats a file
    samples = {sample.id: sample.image for sample in read_tree(tree).samples}
    assert samples["0001"] == "non_glaucoma/image/0001.jpg"
    assert samples["0002"] == "non_glaucoma/image/2.jpg"


def test_walking_changes_nothing(tree: Path) -> None:
    before = snapshot(tree)
    read_tree(tree)
    assert snapshot(tree) == before


@given(number=st.integers(0, 999_999_999), zeros=st.integers(0, 3), prefix=st.sampled_from(["", "image"]))
def test_a_number_is_one_id_however_it_is_padded(number: int, zeros: int, prefix: str) -> None:
    profile = load_profile("lag")
    digits = f"{'0' * zeros}{number}"[-9:]
    key = profile.key("image", f"{prefix}{digits}.jpg")
    assert key is not None
    assert int(key) == int(digits)
    assert len(key) == max(4, len(str(int(digits))))
    assert key == profile.key("label", f"{int(digits)}.txt")


@given(st.text(max_size=20))
def test_no_name_off_the_allow_list_becomes_an_id(stem: str) -> None:
    key = load_profile("lag").key("image", f"{stem}.jpg")
    if key is not None:
        assert stem.isascii()
        assert stem.removeprefix("image").isdigit()


def test_two_hundred_levels_are_no_problem(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 1, 1)
    deep = tree / "non_glaucoma" / "/".join(["d"] * 200)
    deep.mkdir(parents=True)
    assert _unmatched(tree) == {"non_glaucoma/d": "folder"}


_NAMES = st.sampled_from(
    [
        "0001.jpg",
        "1.jpg",
        "image1.jpg",
        "0001.JPG",
        "0001.jpeg",
        "0002.jpg",
        "image2.JPEG",
        "0001.txt",
        "image1.txt",
        "0001 - Copy.jpg",
        "0001(2).jpg",
        "notes.md",
        "Thumbs.db",
        "._0001.jpg",
        "=1.jpg",
        "1\n.jpg",
        "0001.png",
        "１.jpg",
    ]
)
_PLACES = st.sampled_from(
    ["non_glaucoma/image", "non_glaucoma/label", "suspicious_glaucoma/image", "suspicious_glaucoma/attention_map"]
)


@given(st.sets(st.tuples(_PLACES, _NAMES), max_size=14), st.randoms(use_true_random=False))
def test_every_file_has_one_place_or_is_a_unmatched_in_whatever_order_they_are_listed(
    files: set[tuple[str, str]], random: Any
) -> None:
    class Shuffled(list[Any]):
        def __enter__(self) -> "Shuffled":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def shuffled(path: Any) -> Shuffled:
        with real(path) as entries:
            listed = Shuffled(entries)
        random.shuffle(listed)
        return listed

    real = os.scandir
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "LAG"
        for class_name in CLASSES:
            for slot in ("image", "label", "attention_map"):
                (root / class_name / slot).mkdir(parents=True)
        for place, name in files:
            write(root / place / name, b"")
        tree = read_tree(root)
        with patch("os.scandir", shuffled):
            again = read_tree(root)
    assert (list(again.samples), again.unmatched) == (list(tree.samples), tree.unmatched)
    placed = [path for sample in tree.samples for path in (sample.image, sample.label, sample.map) if path is not None]
    assert len(set(placed)) == len(placed)
    assert {show(path) for path in placed}.isdisjoint(unmatched_file.path for unmatched_file in tree.unmatched)
    assert len({(sample.class_name, sample.id) for sample in tree.samples}) == len(tree.samples)
    assert sorted([*map(show, placed), *(unmatched_file.path for unmatched_file in tree.unmatched)]) == sorted(
        show(f"{place}/{name}") for place, name in files
    )


def test_every_reason_of_a_unmatched_has_a_meaning() -> None:
    assert list(UNMATCHED_REASONS) == list(get_args(UnmatchedReason))
