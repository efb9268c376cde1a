"""LAG in the layouts in which it circulates: what is recognised, which split is found, and what is said of it."""

import shutil
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.files.root import find_store
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.profiles import BUILT_IN, LAYOUTS, is_built_in, load_profile
from lagtool.scanning.scan import scan
from lagtool.scanning.trees import open_tree
from tests.profiles.copies import LABELS, SAMPLES, write_copy
from tests.trees import write

BY_SPLIT = {s.id: s.split for s in SAMPLES}
TWO = {s.id: "test" if s.split == "test" else "train" for s in SAMPLES}
FOUND = {
    "release": ("lag", None),
    "kaggle": ("lag.kaggle", BY_SPLIT),
    "split-folders": ("lag.split-folders", TWO),
    "split-class": ("lag.split-class", {k: "reference" if v == "train" else v for k, v in TWO.items()}),
    "cyclegan": ("lag.cyclegan", TWO),
    "flat+csv": ("lag.flat", None),
    "flat+text": ("lag.flat", None),
    "flat+onehot": ("lag.flat", None),
    "lists": ("lag.flat", BY_SPLIT),
}


def _column(manifest: Manifest, name: str) -> dict[str, object]:
    return dict(zip(manifest.samples["id"].tolist(), manifest.samples[name].tolist(), strict=True))


@pytest.mark.parametrize("layout", FOUND)
@pytest.mark.parametrize("inside", ["", "LAG", "LAG/LAG"])
def test_layouts_are_recognised_with_their_classes_and_split(layout: str, inside: str, tmp_path: Path) -> None:
    root = write_copy(tmp_path / inside, layout)
    tree = open_tree(tmp_path)
    name, split = FOUND[layout]
    assert (tree.profile.name, tree.root, tree.unmatched) == (name, root, [])
    manifest = scan(tree, jobs=1)
    assert _column(manifest, "label") == LABELS
    assert ("split" in manifest.samples) == (split is not None)
    if split is not None:
        assert _column(manifest, "split") == split
        assert manifest.header.split is not None
        assert set(manifest.header.split["names"]) == set(split.values())
    assert manifest.profile.name.partition(".")[2] == name.partition(".")[2]
    assert manifest.profile.layout() == tree.profile.layout()
    assert find_store(tmp_path, manifest.profile).folder == root
    maps = [s for s in tree.samples if s.map]
    assert len(maps) == (len(SAMPLES) if "map" in tree.profile.slots else 0)


def test_a_json_of_lists_gives_classes_and_nested_splits(tmp_path: Path) -> None:
    manifest = scan(write_copy(tmp_path, "flat+json"), jobs=1)
    assert _column(manifest, "label") == LABELS
    splits = _column(manifest, "split")
    assert {key for key, split in splits.items() if split == "test"} == {k for k, v in TWO.items() if v == "test"}
    assert set(splits.values()) == {"train", "train-unlabeled", "test"}


@pytest.mark.parametrize("layout", [*FOUND, "flat+json"])
@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_manifests_of_all_layouts_read_back_and_update(
    layout: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_copy(tmp_path / "LAG", layout)
    file = str(tmp_path / f"m{suffix}")
    assert run(["index", str(root), "-o", file, "--jobs", "1"]) == 0
    before = read_manifest(file)
    assert before.samples.equals(scan(root, jobs=1).samples)
    assert run(["index", str(root), "-o", file, "--update", "--jobs", "1"]) == 0
    assert read_manifest(file).samples.equals(before.samples)
    assert run(["verify", str(root), file]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("layout", ["kaggle", "flat+csv"])
def test_archives_hold_layouts_too(layout: str, tmp_path: Path) -> None:
    write_copy(tmp_path / "in" / "LAG", layout)
    archive = shutil.make_archive(str(tmp_path / "lag"), "zip", tmp_path / "in")
    packed, loose = scan(archive, jobs=1), scan(tmp_path / "in", jobs=1)
    kept = ["id", "class", "label", "image_path", "image_sha256", *(["split"] if "split" in loose.samples else [])]
    assert packed.samples[kept].equals(loose.samples[kept])
    assert packed.profile == loose.profile


def test_index_says_layout_split_and_the_order_of_class_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_copy(tmp_path / "LAG", "split-folders")
    assert run(["index", str(root), "-o", str(tmp_path / "m.parquet"), "--jobs", "1"]) == 0
    said = capsys.readouterr().err
    assert "layout: split-folders" in said
    assert "split from the folders: train 8, test 2" in said
    assert "class index inverted: ImageFolder numbers these folders glaucoma = 0, non_glaucoma = 1" in said


def test_release_names_keep_their_order_of_class_folders(tmp_path: Path) -> None:
    for sample in SAMPLES:
        folder = ("non_glaucoma", "suspicious_glaucoma")[sample.label]
        write(tmp_path / "train" / folder / f"{sample.id}.jpg", b"")
    tree = open_tree(tmp_path)
    assert tree.profile.name == "lag.split-class"
    assert not any("inverted" in remark for remark in tree.remarks)


def test_a_picture_in_two_splits_is_a_second_file(tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    write(root / "train" / "ng.0004.jpg", b"")
    (unmatched_file,) = open_tree(root).unmatched
    assert (unmatched_file.path, unmatched_file.reason, unmatched_file.detail) == (
        "test/ng.0004.jpg",
        "second-file",
        "train/ng.0004.jpg",
    )


def test_windows_leftovers_and_copies_are_reported(tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    for name in ("Thumbs.db", "desktop.ini", "g.0002 - Copy.jpg", "g.0002 (1).jpg", "g (12).jpg"):
        write(root / "train" / name, b"")
    reasons = {unmatched_file.path: unmatched_file.reason for unmatched_file in open_tree(root).unmatched}
    assert reasons == {
        "train/Thumbs.db": "junk",
        "train/desktop.ini": "junk",
        "train/g.0002 - Copy.jpg": "copy-name",
        "train/g.0002 (1).jpg": "copy-name",
        "train/g (12).jpg": "copy-name",
    }


def test_the_mark_n_is_read_like_ng(tmp_path: Path) -> None:
    for name in ("n.0001.jpg", "g.0002.jpg", "ng.0003.jpg"):
        write(tmp_path / "train" / name, b"")
    classes = {s.id: s.class_name for s in open_tree(tmp_path).samples}
    assert classes == {"0001": "non_glaucoma", "0002": "suspicious_glaucoma", "0003": "non_glaucoma"}


def test_other_folder_names_of_a_class_are_read_and_not_missed(tmp_path: Path) -> None:
    write(tmp_path / "train" / "ng" / "0001.jpg", b"")
    write(tmp_path / "train" / "g" / "0002.jpg", b"")
    write(tmp_path / "test" / "non_glaucoma" / "0003.jpg", b"")
    tree = open_tree(tmp_path)
    assert {s.id: s.class_name for s in tree.samples} == {
        "0001": "non_glaucoma",
        "0002": "suspicious_glaucoma",
        "0003": "non_glaucoma",
    }
    assert [(s.path, s.reason) for s in tree.unmatched] == [("test/glaucoma", "missing-folder")]


def test_a_release_by_name_says_which_layout_the_copy_has(tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    with pytest.raises(LagtoolError, match=r"its layout is that of --profile lag-part1\.kaggle"):
        open_tree(root, "lag-part1")
    assert open_tree(root, "lag-part1.kaggle").profile.ids_sha256 == load_profile("lag-part1").ids_sha256


def test_a_manifest_of_a_layout_is_checked_against_a_release_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_copy(tmp_path / "LAG", "kaggle")
    manifest = str(tmp_path / "m.parquet")
    assert run(["index", str(root), "-o", manifest, "-q"]) == 0
    assert run(["validate", manifest, "--profile", "cvpr2019"]) == 1
    assert "fewer than cvpr2019.kaggle's 3,432" in capsys.readouterr().out


def test_two_layouts_in_one_folder_are_refused(tmp_path: Path) -> None:
    write_copy(write_copy(tmp_path, "kaggle"), "flat+csv")
    with pytest.raises(LagtoolError, match=r"fits the layouts lag\.kaggle and lag\.flat: choose one with --profile"):
        open_tree(tmp_path)
    assert len(open_tree(tmp_path, "lag.flat").samples) == len(SAMPLES)


def test_lost_ids_are_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match="copy that was split"):
        open_tree(write_copy(tmp_path, "renamed"))


@pytest.mark.parametrize("release", BUILT_IN)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_release_has_each_layout(release: str, layout: str) -> None:
    profile = load_profile(f"{release}.{layout}")
    assert is_built_in(profile.name)
    assert [c.images for c in profile.classes] == [c.images for c in load_profile(release).classes]
    assert [c.label for c in profile.classes] == [0, 1]
    assert all(c.maps is None for c in profile.classes) == ("map" not in profile.slots)


@pytest.mark.parametrize("layout", ["kaggle", "split-folders", "split-class", "cyclegan", "lists", "flat+csv"])
def test_every_command_takes_every_layout(layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import lagtool

    root = write_copy(tmp_path / "LAG", layout)
    file = str(tmp_path / "m.parquet")
    assert run(["index", str(root), "-o", file, "--jobs", "1", "-q"]) == 0
    assert run(["validate", file, "--ignore", "counts"]) in (0, 1)
    assert run(["stats", file]) == 0
    assert run(["split", file, "-o", str(tmp_path / "s"), "--folds", "2", "-q"]) == 0
    found = "split" in read_manifest(file).samples
    if found:
        assert run(["audit", file, file, "-q"]) in (0, 1)
    assert run(["export", file, "-o", str(tmp_path / "e"), "--to", "imagefolder", "--root", str(root), "-q"]) == 0
    capsys.readouterr()
    split = FOUND[layout][1]
    part = None if split is None else "reference" if layout == "split-class" else "train"
    expected = len(SAMPLES) if split is None else [*split.values()].count(str(part))
    assert len(lagtool.SampleSet(file, root, split=part)) == expected


def test_every_command_says_how_a_tree_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_copy(tmp_path / "LAG", "flat+csv")
    assert run(["stats", str(root), "--jobs", "1"]) == 0
    assert "note: labels.csv: 10 rows, names from column" in capsys.readouterr().err
    assert run(["stats", str(root), "--jobs", "1", "-q"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["stats", str(write_copy(tmp_path / "release", "release")), "--jobs", "1"]) == 0
    assert "note:" not in capsys.readouterr().err


@pytest.mark.parametrize("names", [("1.jpg", "2.jpg"), ("eye_0001.jpg", "eye_0002.jpg")])
def test_other_glaucoma_sets_in_such_folders_are_not_taken_for_lag(names: tuple[str, str], tmp_path: Path) -> None:
    for word, name in zip(("glaucoma", "non_glaucoma"), names, strict=True):
        write(tmp_path / "train" / word / name, b"")
        write(tmp_path / "images" / name, b"")
    write(tmp_path / "labels.csv", b"filename,label\n")
    with pytest.raises(LagtoolError, match="'lagtool profile draft FOLDER' proposes one"):
        open_tree(tmp_path)
