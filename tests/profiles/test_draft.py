"""`lagtool profile draft`: a profile proposed from what lies in a folder, and what it says it is unsure of."""

import io
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.profiles import Profile, load_profile
from lagtool.reporting.profile_toml import render_draft, render_profile
from lagtool.scanning.draft import Draft, draft_profile
from lagtool.scanning.trees import open_tree
from tests.profiles.copies import LABELS, picture, write_copy
from tests.trees import write

Capture = pytest.CaptureFixture[str]


def _classes(root: Path, profile: Profile) -> dict[str, int]:
    labels = {c.name: c.label for c in profile.classes}
    return {sample.id: labels[sample.class_name] for sample in open_tree(root, profile).samples}


def _mask(levels: tuple[int, ...]) -> bytes:
    pixels = np.full((40, 40), levels[0], np.uint8)
    for depth, level in enumerate(levels[1:], 1):
        pixels[5 * depth : 40 - 5 * depth, 5 * depth : 40 - 5 * depth] = level
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _read(draft: Draft) -> Profile:
    """Return the profile as the written draft reads."""
    table = tomllib.loads(render_draft(draft))
    if "extends" in table:
        return load_profile(table["extends"]).model_copy(update={"name": table["name"]})
    return Profile.model_validate(table)


@pytest.mark.parametrize("layout", ["kaggle", "split-folders", "split-class", "cyclegan", "flat+csv", "release"])
def test_what_index_reads_by_itself_needs_no_draft(layout: str, tmp_path: Path) -> None:
    draft = draft_profile(write_copy(tmp_path, layout), "mine")
    assert draft.found[0].startswith("lagtool index reads it without a profile, as lag")
    assert _read(draft) == draft.profile
    assert len(render_draft(draft).splitlines()) == 4


def test_a_tree_without_ids(tmp_path: Path) -> None:
    root = write_copy(tmp_path, "renamed")
    draft = draft_profile(root, "renamed")
    profile = _read(draft)
    assert profile == draft.profile
    assert sorted(_classes(root, profile).values()) == sorted(LABELS.values())
    assert profile.splits == {"test": ("test",), "train": ("train",), "val": ("val",)}
    assert "this draft reads 10 samples (HE 6, GL 4) and 0 unmatched files" in draft.found
    assert "ImageFolder numbers these folders GL = 0, HE = 1, the opposite of this draft" in draft.unsure


@pytest.mark.parametrize("words", [("glaucoma", "normal"), ("G", "NG"), ("HE", "GL")])
def test_folders_of_classes(words: tuple[str, str], tmp_path: Path) -> None:
    for number, word in enumerate(words * 2):
        write(tmp_path / word / f"eye-{number}.png", picture(number))
    profile = _read(draft_profile(tmp_path, "p"))
    positive = {"glaucoma", "G", "GL"}
    assert {c.name: c.label for c in profile.classes} == {word: int(word in positive) for word in words}
    assert len(open_tree(tmp_path, profile).samples) == 4


def test_classes_of_other_words_are_numbered_and_that_is_said(tmp_path: Path) -> None:
    for number, word in enumerate(("mild", "severe", "none")):
        write(tmp_path / word / f"{number}.jpg", picture(number))
    draft = draft_profile(tmp_path, "p")
    assert {c.name: c.label for c in draft.profile.classes} == {"mild": 0, "none": 1, "severe": 2}
    assert "labels of the classes mild, none, severe: numbered in the order of the alphabet: check them" in draft.unsure


def test_marks_in_names(tmp_path: Path) -> None:
    for number, word in enumerate(("H", "S", "H")):
        write(tmp_path / "all" / f"{word}.{number:03}.jpg", picture(number))
    draft = draft_profile(tmp_path, "p")
    assert _read(draft) == draft.profile
    assert _classes(tmp_path, draft.profile) == {"000": 0, "001": 1, "002": 0}


def _origa(root: Path) -> Path:
    rows = [(f"{n:03}.jpg", "OD", 0.5, "AB"[n % 2], int(n > 2), n // 2) for n in range(1, 6)]
    for number, (name, *_) in enumerate(rows):
        write(root / "Images" / name, picture(number, 64, 64))
        write(root / "Images_Cropped" / name, picture(number, 32, 32))
        write(root / "Masks" / name.replace(".jpg", ".png"), _mask((0, 1, 2)))
    text = "Filename,Eye,ExpCDR,Set,Glaucoma,patient\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    write(root / "OrigaList.csv", text.encode())
    return root


def test_origa(tmp_path: Path) -> None:
    root = _origa(tmp_path)
    draft = draft_profile(root, "origa")
    profile = _read(draft)
    assert profile == draft.profile
    assert _classes(root, profile) == {"001": 0, "002": 0, "003": 1, "004": 1, "005": 1}
    assert profile.labels is not None
    assert (profile.labels.split, profile.labels.patient, profile.labels.eye) == ("Set", "patient", None)
    assert (profile.slots["map"].content, profile.slots["map"].levels) == ("mask", (0, 1, 2))
    tree = open_tree(root, profile)
    assert all(sample.map for sample in tree.samples)
    assert {"group", "split"} == {*tree.columns}
    said = "\n".join(draft.unsure)
    for words in (
        "Images_Cropped/ with 5 pictures is not used",
        "splits are called A, B: name them in splits of [labels]",
        "columns of OrigaList.csv that are not used: Eye, ExpCDR",
        "levels of the masks",
        "size 64 x 64",
    ):
        assert words in said


def test_chunks_of_pictures_with_a_table(tmp_path: Path) -> None:
    """AIROGS: folders 0..5 with TRAIN000000.jpg, and train_labels.csv."""
    for number in range(6):
        write(tmp_path / str(number % 3) / f"TRAIN{number:06}.jpg", picture(number))
    rows = "".join(f"TRAIN{n:06},{('RG', 'NRG')[n % 2]}\n" for n in range(6))
    write(tmp_path / "train_labels.csv", f"challenge_id,class\n{rows}".encode())
    profile = _read(draft_profile(tmp_path, "airogs"))
    assert _classes(tmp_path, profile) == {f"TRAIN{n:06}": 1 - n % 2 for n in range(6)}
    assert open_tree(tmp_path, profile).unmatched == []


def test_labels_as_numbers_that_nothing_explains_are_unsure(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / f"x{number}.jpg", picture(number))
    write(tmp_path / "a.csv", b"file,label\n" + b"".join(f"x{n}.jpg,{n % 2}\n".encode() for n in range(4)))
    draft = draft_profile(tmp_path, "p")
    assert "column label: 1 is taken for glaucoma, 0 for normal; nothing in it says so" in draft.unsure
    write(tmp_path / "a.csv", b"file,label\n" + b"".join(f"x{n}.jpg,{n}\n".encode() for n in range(4)))
    draft = draft_profile(tmp_path, "p")
    assert "column label: nothing says what 0, 1, 2, 3 stand for; name the classes" in draft.unsure
    assert [c.name for c in draft.profile.classes] == ["class-0", "class-1", "class-2", "class-3"]


def test_a_heading_for_health_turns_the_numbers_round(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / f"x{number}.jpg", picture(number))
    write(tmp_path / "a.csv", b"file,healthy\n" + b"".join(f"x{n}.jpg,{n % 2}\n".encode() for n in range(4)))
    assert _classes(tmp_path, draft_profile(tmp_path, "p").profile) == {"x0": 1, "x1": 0, "x2": 1, "x3": 0}


def test_masks_with_an_ending_and_one_column_per_class(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "img" / f"p{number}.jpg", picture(number))
        write(tmp_path / "mask" / f"p{number}_mask.png", _mask((255, 128)))
    write(tmp_path / "t.csv", b"id,normal,glaucoma\np0,1,0\np1,0,1\np2,1,0\n")
    profile = _read(draft_profile(tmp_path, "p"))
    assert _classes(tmp_path, profile) == {"p0": 0, "p1": 1, "p2": 0}
    assert profile.slots["map"].files == ("{name}_mask.png",)
    assert all(sample.map for sample in open_tree(tmp_path, profile).samples)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.txt": b""}, "has no picture"),
        ({"a.jpg": b"", "b.jpg": b""}, "no folder, file name or table tells the classes"),
        ({"a.jpg": b"", "t.csv": b"file,size\na.jpg,12\n"}, "name the table with --labels FILE"),
    ],
)
def test_what_cannot_be_drafted(files: dict[str, bytes], words: str, tmp_path: Path) -> None:
    for name, data in files.items():
        write(tmp_path / name, data)
    with pytest.raises(LagtoolError, match=words):
        draft_profile(tmp_path, "p")


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    root = _origa(tmp_path / "ORIGA")
    write(root / "other.csv", b"x,y\n1,2\n")
    out = str(tmp_path / "origa.toml")
    assert run(["profile", "draft", str(root), "--labels", str(root / "OrigaList.csv"), "-o", out]) == 0
    assert run(["profile", "check", out]) in (0, 1)
    assert load_profile(out).name == "origa"
    assert run(["index", str(root), "--profile", out, "-o", str(tmp_path / "m.parquet"), "--jobs", "1"]) == 0
    capsys.readouterr()
    assert run(["profile", "draft", str(root), "--labels", "other.csv"]) == 2
    assert "other.csv: no column names the pictures" in capsys.readouterr().err
    write(tmp_path / "far.csv", b"")
    assert run(["profile", "draft", str(root), "--labels", str(tmp_path / "far.csv")]) == 2
    assert "lies outside the dataset" in capsys.readouterr().err
    assert run(["profile", "draft", str(root), "-o", str(root / "p.toml")]) == 2
    assert run(["index", str(root), "-o", str(tmp_path / "n.parquet")]) == 2
    assert "'lagtool profile draft FOLDER' proposes one" in capsys.readouterr().err.replace("\n", " ")


def test_splits_and_labels_are_written_as_they_read() -> None:
    for name in ("lag-part1.kaggle", "lag.flat", "lag.split-class"):
        profile = load_profile(name)
        assert Profile.model_validate(tomllib.loads(render_profile(profile))) == profile


def test_drafts_leave_the_dataset_alone(tmp_path: Path) -> None:
    root = _origa(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    draft_profile(root, "p")
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}
