"""Lint: each remark once where it is due, and none on profiles that are fine."""

from typing import Any

import pytest

from lagtool.model import MAX_PIXELS
from lagtool.profiles import BUILT_IN, Profile, load_profile
from lagtool.profiles.lint import _LIMIT_PIXELS, remark
from tests.profiles.examples import LEAST

IMAGE = {**LEAST["slots"]["image"], "folder": "image"}
LABEL = {"folder": "label", "files": "{number}.txt", "values": {"0": 0, "1": 1}}
MAP = {**IMAGE, "folder": "map"}


def _remarks(image: dict[str, Any] | None = None, **keys: Any) -> list[str]:
    slots = {"image": {**IMAGE, **(image or {})}, **keys.pop("slots", {})}
    return [str(problem) for problem in remark(Profile.model_validate({**LEAST, "slots": slots, **keys}))]


def _classes(**first: Any) -> list[dict[str, Any]]:
    return [{"name": "a", "label": 0, **first}, {"name": "b", "label": 1}]


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_profiles_are_fine(name: str) -> None:
    assert remark(load_profile(name)) == []


def test_a_plain_profile_is_fine() -> None:
    assert _remarks(slots={"label": LABEL, "map": MAP}) == []


def test_slots_that_claim_the_same_files() -> None:
    image = {"folder": ".", "files": ["{name}.jpg", "{name}.png"]}
    same = {**MAP, "folder": ".", "files": "{name}.png"}
    assert _remarks(image, id="{name}", slots={"map": same}) == [
        "slots.map.files: fits '1.png', which slots.image takes in the same folder"
    ]
    for other in ({**same, "files": "{name}_mask.png"}, {**same, "folder": "map"}):
        assert _remarks(image, id="{name}", slots={"map": other}) == []


def test_classes() -> None:
    assert _remarks(classes=_classes()[:1]) == ["classes: is a single class: there is nothing to tell apart"]
    assert _remarks(classes=_classes(mark="a")) == ["classes.a.mark: is never looked at: no template has {class}"]
    assert _remarks(classes=_classes(images=5, labels=6, maps=7), slots={"label": LABEL}) == [
        "classes.a.labels: is 6, more than the 5 images that they belong to",
        "classes.a.maps: counts files of a slot that is not there: add slots.map",
    ]


def test_labels() -> None:
    values = {"0": 0, " 1": 1, "2": 2, "": 0}
    assert _remarks(slots={"label": {**LABEL, "values": values, "modes": ["L"], "content": "mask"}}) == [
        "slots.label.modes: means nothing for label files, which hold text",
        "slots.label.values. 1: is never met: blanks round the text of a label file are taken off",
        "slots.label.values.2: stands for the label 2, which no class has",
        "slots.label.values.(empty): is never met: blanks round the text of a label file are taken off",
        "slots.label.content: means something for slots.map only",
    ]
    assert _remarks(slots={"label": {**LABEL, "values": {"0": 0}}}) == [
        "slots.label.values: has no text for the label 1 of class b"
    ]


def test_pictures() -> None:
    assert _remarks(
        {"files": ["{number}.jpg", "{number}.png", "{number}.txt"], "format": "JPEG", "modes": ["RGB", "P"]}
    ) == [
        "slots.image.files: has '.png', but the format is JPEG, not PNG",
        "slots.image.files: has '.txt', which is no extension of a picture that can be decoded",
        "slots.image.modes: has P, which a JPEG never is",
    ]
    assert _remarks({"width": 10_000, "height": 10_000, "values": {"0": 0}}) == [
        "slots.image.values: means nothing for pictures: put it into slots.label",
        "slots.image.width: times height is more than the 50,000,000 pixels that are ever decoded",
    ]
    assert _LIMIT_PIXELS == MAX_PIXELS


def test_a_published_table_that_cannot_hold() -> None:
    table = {"min": [112, 112], "median": [500, 500], "max": [500, 500]}
    assert _remarks({"width": 512, "height": 512}, published_sizes=table) == [
        "published_sizes: leaves out 512 x 512, the size that slots.image expects"
    ]
    assert _remarks({"width": 500, "height": 500}, published_sizes=table) == []
