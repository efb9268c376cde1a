"""Lint: each remark once where it is due, and none on profiles that are fine."""

from typing import Any

import pytest

from lagtool.model import MAX_PIXELS
from lagtool.profiles import BUILT_IN, Profile, load_profile
from lagtool.profiles.lint import _LIMIT_PIXELS, remark
from tests.profiles.examples import LEAST

IMAGE = {**LEAST["slots"]["image"], "folder": "image"}
LABEL = {**IMAGE, "folder": "label", "suffixes": [".txt"], "values": {"0": 0, "1": 1}}
MAP = {**IMAGE, "folder": "map"}
MARKED = "(?P<class>[ab])(?P<number>[0-9]{1,6})"


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


RULE = (
    "up to 100 ASCII letters, digits, '_', '.' and '-', with a letter or digit at both ends; digits only in the group "
    "'number'"
)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?P<id>im [0-9]+)", [f"slots.image.pattern: takes no name that can be a sample's, such as 'im 0': {RULE}"]),
        ("(?P<id>_[0-9]+)", [f"slots.image.pattern: takes no name that can be a sample's, such as '_0': {RULE}"]),
        ("(?P<number>[a-z]+)", [f"slots.image.pattern: takes no name that can be a sample's, such as 'a': {RULE}"]),
        ("(?P<id>a$b)", [f"slots.image.pattern: takes no name that can be a sample's: {RULE}"]),
        ("(?P<id>a{150})", [f"slots.image.pattern: takes no name that can be a sample's: {RULE}"]),
        (
            r"(?P<number>[0-9]{4})\.jpg",
            ["slots.image.pattern: takes '0000.jpg', with a suffix: it is held against the name without its suffix"],
        ),
        (
            "(?P<number>[0-9]{4}).jpg",
            ["slots.image.pattern: ends in a suffix: it is held against the name without its suffix"],
        ),
        ("(?P<number>[0-9]+)", []),
        ("(?P<id>[A-Z ]*[0-9])", []),
    ],
)
def test_patterns_that_take_nothing_plausible(pattern: str, words: list[str]) -> None:
    assert _remarks({"pattern": pattern}) == words


def test_slots_that_do_not_meet_or_claim_the_same_files() -> None:
    assert _remarks(slots={"map": {**MAP, "pattern": "(?P<id>[0-9]{4})"}}) == [
        "slots.map.pattern: ties by 'id', but that of slots.image by 'number': their files hardly ever meet"
    ]
    assert _remarks(
        {"folder": ".", "pattern": "(?P<id>[a-z0-9_]+)"},
        slots={"map": {**MAP, "folder": ".", "pattern": "(?P<id>[a-z0-9]+)_mask"}},
    ) == ["slots.map.pattern: takes '0_mask.jpg', as slots.image does in the same folder: it gets none"]
    assert (
        _remarks(
            {"folder": ".", "pattern": "(?P<id>[a-z0-9]+)"},
            slots={"map": {**MAP, "folder": ".", "pattern": "(?P<id>[a-z0-9]+)_mask"}},
        )
        == []
    )


def test_classes() -> None:
    assert _remarks(classes=_classes()[:1]) == ["classes: is a single class: there is nothing to tell apart"]
    assert _remarks(classes=_classes(mark="a")) == [
        "classes.a.mark: is never looked at: no pattern has a group (?P<class>...)"
    ]
    marks = [{"name": "a", "label": 0, "mark": "A"}, {"name": "b", "label": 1, "mark": "x"}]
    assert _remarks({"pattern": MARKED}, classes=marks) == [
        "classes.b.mark: 'x' is nothing that the group 'class' of slots.image.pattern takes"
    ]
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
    assert _remarks({"suffixes": [".jpg", ".png", ".txt"], "format": "JPEG", "modes": ["RGB", "P"]}) == [
        "slots.image.suffixes: has '.png', but the format is JPEG, not PNG",
        "slots.image.suffixes: has '.txt', which is no suffix of a picture that can be decoded",
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
