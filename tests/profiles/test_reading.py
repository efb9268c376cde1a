"""Reading profiles: what is taken over, and what is refused, in one line that says where."""

import os
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.profiles import BUILT_IN, Profile, load_profile
from tests.profiles.examples import LEAST

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(place: Path, table: dict[str, Any]) -> None:
    (place / "p.toml").write_text(tomlkit.dumps(table), encoding="utf-8")


def _with(path: str, value: Any) -> dict[str, Any]:
    """Return the least profile with one key set."""
    table: dict[str, Any] = {
        **LEAST,
        "classes": [dict(spec) for spec in LEAST["classes"]],
        "slots": {slot: dict(spec) for slot, spec in LEAST["slots"].items()},
    }
    *steps, last = path.split(".")
    target: Any = table
    for step in steps:
        target = target[int(step)] if step.isdigit() else target.setdefault(step, {})
    target[last] = value
    return table


IMAGE = LEAST["slots"]["image"]
LABEL = {"folder": "label", "files": "{number}.txt"}
FOLDER = (
    "is no folder below the root: names of ASCII letters, digits, '_', '-', '.' and blanks inside, joined by '/', "
    "without '..'"
)
NAME = "may hold ASCII letters, digits, '_', '.' and '-' only, and begins and ends with a letter or digit"
REFUSED: list[tuple[str, Any, str]] = [
    ("colour", 1, "at colour: unknown key; did you mean source?"),
    ("tittle", "x", "at tittle: unknown key; did you mean title?"),
    ("classes.0.image", 5, "at classes.a.image: unknown key; did you mean images?"),
    ("slots.image.widht", 5, "at slots.image.widht: unknown key; did you mean width?"),
    (
        "published_sizes",
        {"min": [1, 1], "median": [2, 2], "max": [3, 3], "mean": [2, 2]},
        "at published_sizes.mean: unknown key; did you mean median?",
    ),
    ("slots.mask", IMAGE, "at slots.mask: unknown slot; did you mean map?"),
    ("name", "../x", f"at name: '../x' {NAME}"),
    ("name", "=cmd()", f"at name: '=cmd()' {NAME}"),
    ("name", 5, "at name: should be a valid string, not 5"),
    ("title", "a\x1b[31mb", "at title: 'a\\x1b[31mb' is not one line of printable text"),
    ("id", 4, "at id: should be a valid string, not 4"),
    ("classes", [], "at classes: is empty"),
    ("classes", {}, "at classes: should be a valid tuple, not a table"),
    ("classes.0.label", True, "at classes.a.label: should be a valid integer, not True"),
    ("classes.0.label", 0.0, "at classes.a.label: should be a valid integer, not 0.0"),
    ("classes.0.label", -1, "at classes.a.label: should be greater than or equal to 0, not -1"),
    ("classes.0.label", 1, "two classes with the same label"),
    ("classes.0.name", "B", "two classes with the same name"),
    ("classes.0.images", "many", "at classes.a.images: should be a valid integer, not 'many'"),
    ("classes.0.folder", "..", f"at classes.a.folder: '..' {FOLDER}"),
    ("classes.0.folder", "/etc", f"at classes.a.folder: '/etc' {FOLDER}"),
    ("classes.0.folder", "a/../../b", f"at classes.a.folder: 'a/../../b' {FOLDER}"),
    ("classes.0.folder", "C:\\x", f"at classes.a.folder: 'C:\\\\x' {FOLDER}"),
    ("classes.0.folder", ".git", f"at classes.a.folder: '.git' {FOLDER}"),
    ("classes.0.folder", "a\x00b", f"at classes.a.folder: 'a\\x00b' {FOLDER}"),
    ("classes.0.folder", "", f"at classes.a.folder: '' {FOLDER}"),
    ("classes.0.mark", "a/b", "at classes.a.mark: should be 1 to 20 letters, digits, '_' and '-', not 'a/b'"),
    (
        "classes.0.folder",
        "b",
        "a and b have one folder for image, and slots.image.files lacks a {class} that tells them apart",
    ),
    ("slots.image.folder", "~/x", f"at slots.image.folder: '~/x' {FOLDER}"),
    ("slots.image.folder", "{class}/{class}", f"at slots.image.folder: '{{class}}/{{class}}' {FOLDER}"),
    ("slots.image.folder", "x/{other}", f"at slots.image.folder: 'x/{{other}}' {FOLDER}"),
    (
        "slots.image.files",
        "(?P<id>a).jpg",
        "at slots.image.files: '(?P<id>a).jpg' is no template of file names: write letters, digits, '_', '-', '.' and "
        "{number}, {number:04}, {name} or {class}, such as image{number}.jpg (a regular expression is not read)",
    ),
    (
        "slots.image.files",
        ["{number}.jpg", "{eye}{number}.jpg"],
        "at slots.image.files: '{eye}{number}.jpg' has the unknown field {eye}: use {number}, {number:04}, {name} or "
        "{class}",
    ),
    ("slots.image.files", ["{number}.jpg"] * 2, "at slots.image.files: names one template twice"),
    ("slots.image.files", [], "at slots.image.files: is empty"),
    (
        "slots.image.files",
        "{class}{number}.jpg",
        "slots.image.files has {class}, but class a has no mark: give it one",
    ),
    ("id", "x", "at id: 'x' has neither {number} nor {name}: add one, by which the files of a sample are found"),
    ("id", "-{number}", "id: '-{number}' makes ids such as '-1': begin and end it with a letter or digit"),
    (
        "slots.image.pattern",
        "(?P<number>[0-9]+)",
        'at slots.image.pattern: is no key: name the files by templates instead, such as files = "image{number}.jpg"',
    ),
    (
        "slots.image.suffixes",
        [".jpg"],
        "at slots.image.suffixes: is no key: the extension stands in the template, such as files = "
        '["{name}.jpg", "{name}.png"]',
    ),
    ("id_width", 4, 'at id_width: is no key: say what ids are made of instead, such as id = "{number:04}"'),
    (
        "slots.image.format",
        "jpeg",
        "at slots.image.format: should be 'JPEG', 'PNG', 'BMP', 'TIFF', 'GIF', 'WEBP' or 'JPEG2000', not 'jpeg'",
    ),
    ("slots.image.width", 500, "at slots.image: has a width or a height only: give both or none"),
    (
        "slots.image.noun",
        "=x",
        "at slots.image.noun: '=x' is no noun in the singular: letters, blanks and hyphens only",
    ),
    ("slots.label", LABEL, "slots.label.values is missing: the texts that label files hold"),
    ("slots.label", {**LABEL, "values": {"a": "0"}}, "at slots.label.values.a: should be a valid integer, not '0'"),
    ("slots", {"label": {**LABEL, "values": {"a": 0}}}, "slots.image is missing"),
    ("slots", [], "at slots: should be a valid dictionary, not a list of 0"),
    ("ids_sha256", "61160AB6", "at ids_sha256: should be 64 hexadecimal digits in lower case, not '61160AB6'"),
    (
        "published_sizes",
        {"min": [5, 5], "median": [2, 2], "max": [3, 3]},
        "at published_sizes: min, median and max are out of order",
    ),
    ("extends", "lga", "at extends: 'lga' is no built-in profile: did you mean lag? choose lag, lag-part1, cvpr2019"),
    ("extends", ["lag"], "at extends: a list of 1 is no built-in profile: choose lag, lag-part1, cvpr2019"),
]


@pytest.mark.parametrize(("path", "value", "words"), REFUSED, ids=[f"{p}-{n}" for n, (p, *_) in enumerate(REFUSED)])
def test_bad_profiles_are_refused_in_one_line(path: str, value: Any, words: str, place: Path, capsys: Capture) -> None:
    _write(place, _with(path, value))
    assert run(["profile", "show", "p.toml"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    expected = f"lagtool: profile p.toml is not valid{' ' if words.startswith('at ') else ': '}{words}"
    assert captured.err == f"{expected}\n"


def test_a_profile_with_a_regular_expression_is_told_what_to_write(place: Path, capsys: Capture) -> None:
    _write(place, _with("slots.image", {"folder": ".", "pattern": "(?P<number>[0-9]+)"}))
    assert run(["profile", "show", "p.toml"]) == 2
    assert capsys.readouterr().err == (
        "lagtool: profile p.toml is not valid at slots.image.pattern: is no key: name the files by templates instead, "
        'such as files = "image{number}.jpg"\n'
    )


def test_the_number_of_further_problems_is_said(place: Path, capsys: Capture) -> None:
    _write(place, _with("slots.image", {"folder": "..", "files": "x", "modes": ["x"]}))
    assert run(["validate", str(place), "--profile", "p.toml"]) == 2
    assert capsys.readouterr().err == (
        f"lagtool: profile p.toml is not valid at slots.image.folder: '..' {FOLDER} (and 2 more problems: see 'lagtool "
        "profile check')\n"
    )


FILES: list[tuple[bytes, str]] = [
    (b"name = [", "is not valid TOML: Invalid value (at end of document)"),
    (b"a = 1\na = 2\n", "is not valid TOML: Cannot overwrite a value (at line 2, column 6)"),
    (b"name = '\xff'", "is not UTF-8 text (byte 8)"),
    ("name = 'x'".encode("utf-16"), "is not UTF-8 text (byte 0)"),
    (b"a = " + b"9" * 5000, "is not valid TOML: Exceeds the limit (4300 digits) for integer string conversion"),
    (b"a = " + b"[" * 100_000, "is not valid TOML: "),
    (b"#" * ((1 << 20) + 1), "is 1,048,577 bytes long, more than the 1,048,576 that such a file may have"),
    (b"", "is not valid at name: is missing (and 2 more problems: see 'lagtool profile check')"),
]


@pytest.mark.parametrize(("data", "words"), FILES, ids=range(len(FILES)))
def test_files_that_are_no_profile(data: bytes, words: str, place: Path, capsys: Capture) -> None:
    (place / "p.toml").write_bytes(data)
    assert run(["profile", "show", "p.toml"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"lagtool: profile p.toml {words}")
    assert captured.err.count("\n") == 1


def test_pipes_folders_and_nothing_are_refused_and_do_not_hang(place: Path) -> None:
    os.mkfifo(place / "pipe.toml")
    (place / "folder.toml").mkdir()
    for name, words in (
        ("pipe.toml", "profile pipe.toml is a named pipe"),
        ("folder.toml", "profile folder.toml is a folder"),
        ("none.toml", "profile none.toml cannot be read: No such file or directory"),
        ("lag-part", "unknown profile 'lag-part': did you mean lag-part1? choose lag, lag-part1, cvpr2019 or name a "
         "file that ends in .toml"),
    ):  # fmt: skip
        with pytest.raises(LagtoolError) as refusal:
            load_profile(name)
        assert str(refusal.value) == words


def test_a_link_to_a_profile_is_followed_and_a_byte_order_mark_taken_off(place: Path) -> None:
    (place / "real.toml").write_bytes(b"\xef\xbb\xbf" + tomlkit.dumps(LEAST).encode())
    (place / "p.toml").symlink_to("real.toml")
    assert load_profile("p.toml") == Profile.model_validate(LEAST)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_profile_extended_by_nothing_is_itself_but_for_fingerprints(name: str, place: Path) -> None:
    _write(place, {"extends": name})
    assert load_profile("p.toml") == load_profile(name).model_copy(update={"ids_sha256": None})


def test_keys_of_slots_are_taken_over_one_by_one_and_lists_as_a_whole(place: Path) -> None:
    _write(
        place,
        {
            "extends": "lag",
            "name": "small",
            "classes": [{"name": "non_glaucoma", "label": 0}, {"name": "suspicious_glaucoma", "label": 1}],
            "slots": {"image": {"width": 256, "height": 256}, "label": {"values": {"normal": 0, "glaucoma": 1}}},
        },
    )
    lag, small = load_profile("lag"), load_profile("p.toml")
    assert small.slots["image"] == lag.slots["image"].model_copy(update={"width": 256, "height": 256})
    assert small.slots["label"].values == {"normal": 0, "glaucoma": 1}
    assert small.slots["map"] == lag.slots["map"]
    assert small.expected("image") == {"non_glaucoma": None, "suspicious_glaucoma": None}
    assert (small.name, small.terms, small.id_width) == ("small", lag.terms, 4)
