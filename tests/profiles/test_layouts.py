"""Layouts: where files lie, whatever their order of class and slot, and what a walk makes of them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.files.tree import read_tree
from lagtool.profiles import Profile, load_profile
from tests.profiles.examples import LEAST, documented
from tests.trees import write

FILES = "{class}{number:02}"


def _profile(image: str, label: str | None = None, map_: str | None = None, **keys: Any) -> Profile:
    spec = {"files": f"{FILES}.jpg"}
    slots: dict[str, Any] = {"image": {**spec, "folder": image}}
    if label is not None:
        slots["label"] = {"files": f"{FILES}.txt", "folder": label, "values": {"0": 0, "1": 1}}
    if map_ is not None:
        slots["map"] = {**spec, "files": f"{FILES}_m.jpg", "folder": map_}
    classes = [{"name": "one", "label": 0, "mark": "a"}, {"name": "two", "label": 1, "mark": "b"}]
    return Profile.model_validate({"name": "p", "id": FILES, "classes": classes, "slots": slots, **keys})


ONE_FOLDER: dict[str, Any] = {
    "classes": [
        {"name": "one", "label": 0, "mark": "a", "folder": "."},
        {"name": "two", "label": 1, "mark": "b", "folder": "."},
    ]
}


@pytest.mark.parametrize(
    ("profile", "places", "homes"),
    [
        (_profile("."), ["one", "two"], ["one", "two"]),
        (_profile("x/y", "."), ["one/x/y", "one", "two/x/y", "two"], ["one", "two"]),
        (_profile("{class}", "t/{class}"), ["one", "t/one", "two", "t/two"], ["", ""]),
        (_profile("{class}_i", "{class}_l"), ["one_i", "one_l", "two_i", "two_l"], ["", ""]),
        (_profile("t/{class}/i", "t/{class}/l"), ["t/one/i", "t/one/l", "t/two/i", "t/two/l"], ["t/one", "t/two"]),
        (_profile("i", "l", **ONE_FOLDER), ["i", "l", "i", "l"], ["", ""]),
        (_profile(".", **ONE_FOLDER), ["", ""], ["", ""]),
        (load_profile("lag"), [
            f"{c}/{s}" for c in ("non_glaucoma", "suspicious_glaucoma") for s in ("image", "label", "attention_map")
        ], ["non_glaucoma", "suspicious_glaucoma"]),
    ],
)  # fmt: skip
def test_places(profile: Profile, places: list[str], homes: list[str]) -> None:
    assert ["/".join(place.folder) for place in profile.places()] == places
    assert [profile.folder(place.class_name, place.slot) for place in profile.places()] == places
    assert [profile.home(c.name) for c in profile.classes] == homes


def test_one_layout_written_in_two_ways_is_one() -> None:
    assert _profile("image").layout() == _profile("{class}/image").layout()
    assert _profile(".").layout() == _profile("{class}").layout()
    assert _profile("image").layout() != _profile("Image").layout()
    counted = [{"name": "one", "label": 0, "mark": "A", "images": 7}, {"name": "two", "label": 1, "mark": "b"}]
    assert _profile("image", classes=counted).layout() != _profile("image").layout()  # ids spell the mark
    numbered = {"id": "{number:02}"}
    assert _profile("image", classes=counted, **numbered).layout() == _profile("image", **numbered).layout()


_templates = st.sampled_from([".", "i", "i/j", "{class}", "t/{class}", "t/{class}/i", "{class}_x", "t/i"])


@st.composite
def _trees(draw: st.DrawFn) -> tuple[Profile, set[tuple[str, str, str]]]:
    """Draw a layout, and files in it as (class, slot, id)."""
    keys: dict[str, Any] = ONE_FOLDER if draw(st.booleans()) else {}
    templates = [draw(_templates if not keys else _templates.filter(lambda t: "_x" not in t)) for _ in range(3)]
    profile = _profile(*templates, **keys)
    files = draw(st.sets(st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(["image", "label", "map"]),
                                   st.integers(0, 99)), min_size=1, max_size=12))  # fmt: skip
    return profile, {(name, slot, f"{'a' if name == 'one' else 'b'}{number:02d}") for name, slot, number in files}


@given(_trees())
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
def test_every_file_is_found_in_its_place_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Profile, set[tuple[str, str, str]]]
) -> None:
    profile, files = drawn
    root = tmp_path_factory.mktemp("t")
    for place in profile.places():
        root.joinpath(*place.folder).mkdir(parents=True, exist_ok=True)
    expected: dict[tuple[str, str], dict[str, str]] = {}
    for class_name, slot, key in files:
        name = {"image": f"{key}.jpg", "label": f"{key}.txt", "map": f"{key}_m.JPG"}[slot]
        path = profile.path(class_name, slot, name)  # type: ignore[arg-type]
        write(root / path, b"")
        expected.setdefault((class_name, key), {})[slot] = path
    try:
        tree = read_tree(root, profile)
    except LagtoolError:  # all files lie in the root itself, and none of them is an image, label or map: not so here
        raise AssertionError("the root was not recognised") from None
    assert tree.root == root
    found = {
        (s.class_name, s.id): {slot: path for slot, path in zip(("image", "label", "map"), s[2:], strict=True) if path}
        for s in tree.samples
    }
    assert found == expected
    assert tree.unmatched == []


def _unmatched(root: Path, profile: Profile) -> dict[str, str]:
    return {unmatched_file.path: unmatched_file.reason for unmatched_file in read_tree(root, profile).unmatched}


def test_what_has_no_place_in_a_layout_by_slot_and_class(tmp_path: Path) -> None:
    profile = _profile("Photos/{class}", map_="Masks/{class}")
    for path in (
        "photos/one/a01.jpg",
        "photos/one/a01_m.jpg",
        "photos/one/a02.png",
        "photos/one/a03 (2).jpg",
        "photos/Two/b01.JPG",
        "photos/notes.txt",
        "photos/Thumbs.db",
        "photos/three/x01.jpg",
        "old/one/a01.jpg",
        "Masks/one/a01_m.jpg",
        "readme.md",
    ):
        write(tmp_path / path, b"")
    assert _unmatched(tmp_path, profile) == {
        "Masks/two": "missing-folder",
        "old": "copy-of-tree",
        "photos": "folder-case",
        "photos/Thumbs.db": "junk",
        "photos/Two": "folder-case",
        "photos/notes.txt": "extra-file",
        "photos/one/a01_m.jpg": "name",
        "photos/one/a02.png": "suffix",
        "photos/one/a03 (2).jpg": "copy-name",
        "photos/three": "folder",
        "readme.md": "extra-file",
    }
    assert [s[:3] for s in read_tree(tmp_path, profile).samples] == [
        ("one", "a01", "photos/one/a01.jpg"),
        ("two", "b01", "photos/Two/b01.JPG"),
    ]


def test_missing_folders_are_named_once_from_above(tmp_path: Path) -> None:
    write(tmp_path / "i" / "one" / "a01.jpg", b"")
    profile = _profile("i/{class}", label="l/{class}")
    details = {
        unmatched_file.path: (unmatched_file.reason, unmatched_file.detail)
        for unmatched_file in read_tree(tmp_path, profile).unmatched
    }
    assert details == {
        "i/two": ("missing-folder", "a folder of two"),
        "l": ("missing-folder", "a folder of one, two"),
    }


def test_files_of_two_slots_and_classes_in_one_folder(tmp_path: Path) -> None:
    profile = _profile(".", ".", ".", **ONE_FOLDER)
    for name in ("a01.jpg", "a01.txt", "a01_m.jpg", "B01.jpg", "b02.txt", "x01.jpg", "a1.jpg"):
        write(tmp_path / name, b"")
    tree = read_tree(tmp_path, profile)
    assert list(tree.samples) == [
        ("one", "a01", "a01.jpg", "a01.txt", "a01_m.jpg"),
        ("two", "b01", "B01.jpg", None, None),
        ("two", "b02", None, "b02.txt", None),
    ]
    # x is the mark of no class, and one digit is too few.
    assert _unmatched(tmp_path, profile) == {"x01.jpg": "name", "a1.jpg": "name"}


def test_each_template_tells_the_class_where_classes_share_a_folder() -> None:
    image = {"folder": "i", "files": ["{class}{number}.jpg", "{number}.jpg"]}
    table = {**LEAST, **ONE_FOLDER, "slots": {"image": image}}
    with pytest.raises(ValueError, match=r"one folder for image, and slots\.image\.files lacks a \{class\}"):
        Profile.model_validate(table)
    Profile.model_validate({**table, "slots": {"image": {**image, "files": "{class}{number}.jpg"}}})


def test_a_name_goes_to_the_template_with_more_characters_of_its_own(tmp_path: Path) -> None:
    slots = {"image": {"folder": ".", "files": "{name}.png"}, "map": {"folder": ".", "files": "{name}_mask.png"}}
    profile = Profile.model_validate({**LEAST, "id": "{name}", "slots": slots})
    for name in ("x.png", "x_mask.png", "y.png", "z_mask.png"):
        write(tmp_path / "a" / name, b"")
    assert list(read_tree(tmp_path, profile).samples) == [
        ("a", "x", "a/x.png", None, "a/x_mask.png"),
        ("a", "y", "a/y.png", None, None),
        ("a", "z", None, None, "a/z_mask.png"),
    ]


def test_a_folder_in_the_place_of_a_flat_file_is_seen_once(tmp_path: Path) -> None:
    (tmp_path / "one" / "a01.jpg").mkdir(parents=True)
    write(tmp_path / "two" / "b01.jpg", b"")
    tree = read_tree(tmp_path, _profile("."))
    assert [sample.image for sample in tree.samples] == ["one/a01.jpg", "two/b01.jpg"]
    assert tree.unmatched == []


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        ("TRAIN000001.jpg TRAIN000001.JPG train000001.jpg TRAIN1.jpg TRAIN000002.png", "TRAIN000001 TRAIN000002"),
        ("TRAIN0000001.jpg -TRAIN000001.jpg TRAIN000001.jpg.jpg", ""),
    ],
)
def test_ids_that_are_text(tmp_path: Path, names: str, ids: str) -> None:
    (tmp_path / "p.toml").write_text(documented("airogs"))
    write(tmp_path / "A" / "NRG" / "TRAIN999999.jpg", b"")
    for name in names.split():
        write(tmp_path / "A" / "RG" / name, b"")
    tree = read_tree(tmp_path / "A", str(tmp_path / "p.toml"))
    assert [sample.id for sample in tree.samples if sample.class_name == "RG"] == ids.split()


def test_ids_of_other_widths() -> None:
    profile = Profile.model_validate({**LEAST, "id": "{number:06}"})
    assert [profile.key("image", f"{stem}.jpg") for stem in ("7", "000007", "123456", "0")] == [
        "000007",
        "000007",
        "123456",
        "000000",
    ]
    assert profile.key("image", "1234567890.jpg") is None  # a number has up to nine digits
    narrow = Profile.model_validate({**LEAST, "id": "{number:02}"})
    assert [narrow.key("image", f"{stem}.jpg") for stem in ("7", "0123")] == ["07", "123"]
    text = Profile.model_validate(
        {**LEAST, "id": "{name}", "slots": {"image": {"folder": ".", "files": "im{name}.jpg"}}}
    )
    assert text.key("image", "imx-1.jpg") == "x-1"
    assert [text.key("image", f"{stem}.jpg") for stem in ("im", "im-1", "im=1", "im1-")] == [None] * 4


def test_a_root_is_found_below_and_a_part_is_told_from_it(tmp_path: Path) -> None:
    profile = _profile("Photos/{class}", map_="Masks/{class}")
    write(tmp_path / "deep" / "down" / "Photos" / "one" / "a01.jpg", b"")
    assert read_tree(tmp_path, profile).root == tmp_path / "deep" / "down"
    with pytest.raises(LagtoolError) as refusal:
        read_tree(tmp_path / "deep" / "down" / "Photos", profile)
    assert str(refusal.value) == (
        f"{tmp_path}/deep/down/Photos looks like a part of the dataset: name the folder above it; expected "
        "Photos/one/, Masks/one/, Photos/two/ and Masks/two/"
    )
    with pytest.raises(LagtoolError) as refusal:
        read_tree(tmp_path / "none", _profile(".", **ONE_FOLDER))
    assert str(refusal.value) == f"{tmp_path}/none does not exist: name the folder that holds its files"
    (tmp_path / "none").mkdir()
    write(tmp_path / "none" / "x.txt", b"")
    with pytest.raises(LagtoolError) as refusal:
        read_tree(tmp_path / "none", _profile(".", **ONE_FOLDER))
    assert str(refusal.value) == f"{tmp_path}/none holds no file of a sample; expected its files"


def test_a_folder_that_only_looks_like_one_of_the_layout_is_none(tmp_path: Path) -> None:
    profile = _profile("masks", classes=[{"name": "one", "label": 0, "mark": "a"}])
    write(tmp_path / "one" / "masks" / "a01.jpg", b"")
    write(tmp_path / "one" / "mas\u212as" / "a02.jpg", b"")  # KELVIN SIGN, a k in lower case
    assert _unmatched(tmp_path, profile) == {"one/mas\u212as": "folder"}
