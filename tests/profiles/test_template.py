"""Templates: what each takes, that what it makes is read back, that none takes long, and what is refused."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.profiles import Profile
from lagtool.profiles.template import MAX_STEM, check_templates, find_ambiguity, read_template

MARKS = ("g", "n")

# Names of public datasets, as their lists have them.
TAKEN = [
    ("image{number}.jpg", "{number:04}", {"image1": "0001", "image0001": "0001", "image12345": "12345"}),
    ("{number:04}.jpg", "{number:04}", {"0001": "0001", "12345": "12345", "0000": "0000"}),
    ("{number}.jpg", "{number}", {"0007": "7", "7": "7", "0": "0", "123456789": "123456789"}),
    ("TRAIN{number:06}.jpg", "TRAIN{number:06}", {"TRAIN000001": "TRAIN000001"}),
    ("{class}{number:04}.jpg", "{class}{number:04}", {"g0001": "g0001", "N0360": "n0360"}),
    ("{class}.{number:04}.jpg", "{number:04}", {"g.0001": "0001", "n.0002": "0002"}),
    ("LAG_train_{class}_{number:04}.jpg", "{number:04}", {"LAG_train_g_0012": "0012"}),
    ("RET{name}.jpg", "{name}", {"RET002OD": "002OD"}),
    (
        "{name}.png",
        "{name}",
        {"r1_Im001": "r1_Im001", "20051019_38557_0100_PP": "20051019_38557_0100_PP", "a-b": "a-b"},
    ),
    ("{name}_mask.png", "{name}", {"a_mask": "a", "a_mask_mask": "a_mask"}),
]
OFF = [
    ("image{number}.jpg", ["1", "Image1", "image", "image1234567890", "image1x", "image-1", "image１"]),
    ("{number:04}.jpg", ["1", "001", "00001", "1234567890"]),
    ("{class}{number:04}.jpg", ["x0001", "0001", "gn0001", "g0001g"]),
    ("{name}.png", ["", "a b", "a.b", "-a", "a_", "é", "a" * (MAX_STEM + 1), "a\n"]),
]
_USE = "use {number}, {number:04}, {name} or {class}"
WRONG = {
    "{nummer}.jpg": f"has the unknown field {{nummer}}: {_USE}",
    "{number:4}.jpg": f"has the unknown field {{number:4}}: {_USE}",
    "{number:00}.jpg": f"has the unknown field {{number:00}}: {_USE}",
    "{}.jpg": f"has the unknown field {{}}: {_USE}",
    "{name.__class__}.jpg": f"has the unknown field {{name.__class__}}: {_USE}",
    "{number}": "has no extension: end it in one, such as {number}.jpg",
    "{number}.jpg.": "has no extension: end it in one, such as {number}.jpg",
    "{number}.{name}": "has no extension: end it in one, such as {number}.jpg",
    "{number}{number}.jpg": "has {number} twice: keep one",
    "{class}.jpg": "has neither {number} nor {name}: add one, by which the files of a sample are found",
    "{name}{number}.jpg": "has both {number} and {name}: keep one, by which the files of a sample are found",
}
NO_TEMPLATE = [
    "(?P<number>[0-9]+).jpg", "(?P<number>[0-9]{1,9})", "{number", "{number.jpg", "number}.jpg", "../{number}.jpg",
    "a b{number}.jpg", r"\d{number}.jpg", "{{number}}.jpg", "é{number}.jpg", "{number}\n.jpg",
]  # fmt: skip


def _profile(files: Any, id_text: str, marks: tuple[str, ...] = MARKS) -> Profile:
    classes = [{"name": f"c{n}", "label": n, "mark": mark} for n, mark in enumerate(marks)]
    return Profile.model_validate(
        {"name": "p", "id": id_text, "classes": classes, "slots": {"image": {"folder": "i", "files": files}}}
    )


@pytest.mark.parametrize(("template", "id_text", "names"), TAKEN, ids=[template for template, *_ in TAKEN])
def test_names_of_real_data_sets_are_taken(template: str, id_text: str, names: dict[str, str]) -> None:
    profile, suffix = _profile(template, id_text), read_template(template).suffix
    assert {stem: profile.key("image", stem + suffix) for stem in names} == names
    assert {stem: profile.key("image", stem + suffix.upper()) for stem in names} == names
    assert {profile.key("image", f"{stem}.gif") for stem in names} == {None}


@pytest.mark.parametrize(("template", "stems"), OFF, ids=[template for template, _ in OFF])
def test_other_names_are_not(template: str, stems: list[str]) -> None:
    parsed = read_template(template)
    profile = _profile(template, "{name}" if "name" in parsed.fields else "{number:04}")
    assert {stem: profile.key("image", stem + parsed.suffix) for stem in stems} == dict.fromkeys(stems)


@pytest.mark.parametrize("template", WRONG)
def test_what_is_wrong_with_a_template_is_said_with_the_remedy(template: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"'{template}' {WRONG[template]}") + "$"):
        check_templates((template,))


@pytest.mark.parametrize("text", NO_TEMPLATE)
def test_what_is_no_template_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as image\{number\}\.jpg \(a regular expression is not read\)$"):
        check_templates((text,))


def test_the_first_template_that_fits_counts() -> None:
    profile = _profile(["{name}_left.jpg", "{name}.jpg", "{name}.png"], "{name}")
    names = ("a_left.jpg", "a.jpg", "a_left.png")
    assert [profile.key("image", name) for name in names] == ["a", "a", "a_left"]


@pytest.mark.parametrize(
    ("template", "marks", "pair"),
    [
        ("{name}_{class}.jpg", ("g", "x_g"), ("g", "x_g")),
        ("{name}{class}.jpg", ("g", "ng"), ("g", "ng")),
        ("{class}{name}.jpg", ("n", "ng"), ("n", "ng")),
        ("{class}{number}.jpg", ("a", "A1"), ("a", "A1")),
        ("{class}{number}.jpg", ("n", "ng"), None),
        ("{name}{class}.jpg", ("g", "n"), None),
        ("{class}_{name}.jpg", ("n", "ng"), None),
        ("Im{number:03}{class}ACRIMA.jpg", ("_", "_g_"), None),
        ("{number}_{class}.jpg", ("g", "x_g"), None),
        ("{name}.jpg", ("g", "g"), None),
    ],
)
def test_marks_that_one_name_could_bear(template: str, marks: tuple[str, ...], pair: tuple[str, str] | None) -> None:
    assert find_ambiguity(read_template(template), marks) == pair


def test_a_thousand_classes_take_no_time() -> None:
    start = time.perf_counter()
    profile = _profile(
        [f"{text}{{class}}_{{name}}.jpg" for text in "abcdefghij"], "{name}", tuple(f"m{n}" for n in range(1000))
    )
    assert profile.key("image", "am7_x.jpg") == "x"
    assert time.perf_counter() - start < 5


_pieces = st.lists(st.sampled_from(["a", "0", "_", "-", ".", "im"]), max_size=3).map("".join)
_fields = st.sampled_from(["{number}", "{number:04}", "{number:09}", "{name}"])
_templates = st.builds("x{}{}{}{}{}x.jpg".format, _pieces, _fields, _pieces, st.sampled_from(["", "{class}"]), _pieces)


@given(_templates, st.integers(0, 10**9 - 1), st.sampled_from(["g", "n", "_g_", "1", "x-1"]))
def test_what_a_template_makes_is_read_back(text: str, number: int, mark: str) -> None:
    template = read_template(text)
    marks = ("g", "n", "_g_", "1", "x-1")
    if find_ambiguity(template, marks) is not None:
        return
    profile = _profile(text, "{name}" if "name" in template.fields else "{number}", marks)
    parts = profile.name_reader("image")(template.fill(str(number), mark))
    assert parts is not None
    assert parts == (str(number), mark if "class" in template.fields else None)


@given(_templates, st.text("a0_-.", max_size=3))
def test_no_template_takes_long(text: str, end: str) -> None:
    pattern = read_template(text).pattern(("a", "aa", "a_a", "0", "00"))
    start = time.perf_counter()
    for unit in ("a", "0", "a_", "_", "x"):
        pattern.fullmatch((unit * MAX_STEM)[: MAX_STEM - len(end)] + end)
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize(
    ("files", "id_text", "words"),
    [
        ("{name}.jpg", "{number:04}", 'has no {number}, which id = "{number:04}" needs: add it, or set id = "{name}"'),
        (["{number}.jpg"], "{class}{number}", 'has no {class}, which id = "{class}{number}" needs: add it'),
        ("_{number}.jpg", "{number}", "'_{number}.jpg' makes names such as '_1.jpg': a name has up to 100 characters "
         "and begins and ends with a letter or digit"),
        ("a" * 100 + "{number}.jpg", "{number}", " makes names such as "),
    ],
)  # fmt: skip
def test_a_profile_whose_names_do_not_tell_samples_is_refused(files: Any, id_text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"slots\.image\.files: .*" + re.escape(words)):
        _profile(files, id_text)
