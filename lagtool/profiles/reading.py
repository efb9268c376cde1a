"""Reading profiles: the built-in ones by name, others from TOML files that strangers may have written."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from lagtool.errors import LagtoolError
from lagtool.profiles.parts import SLOTS, ClassSpec, LabelsSpec, PublishedSizes, SlotSpec
from lagtool.profiles.spec import Profile
from lagtool.reading import load_file
from lagtool.text import count, nearest, show, suggest

BUILT_IN = ("lag", "lag-part1", "cvpr2019")
LAYOUTS = ("kaggle", "split-folders", "split-class", "cyclegan", "flat")
"""Forms in which copies of LAG circulate beside that of the authors; each with any release: ``lag-part1.kaggle``."""
EXTENDS = "extends"
LAYOUT = "; layout: "
"""Between the titles of a release and of a layout."""
_MAX_PROFILE_BYTES = 1 << 20
_OWN = {"ids_sha256", "content_sha256", "files_sha256"}
"""Keys that say something of one very dataset: what extends it is another."""

_PATTERNS = {
    "^[0-9a-f]{64}$": "64 hexadecimal digits in lower case",
    "^[A-Za-z0-9_-]{1,20}$": "1 to 20 letters, digits, '_' and '-'",
    "^[A-Za-z0-9_-]{1,32}$": "1 to 32 letters, digits, '_' and '-'",
    "^[A-Za-z0-9_-]{1,40}$": "1 to 40 letters, digits, '_' and '-'",
}


_REPLACED = {
    "pattern": 'is no key: name the files by templates instead, such as files = "image{number}.jpg"',
    "suffixes": 'is no key: the extension stands in the template, such as files = ["{name}.jpg", "{name}.png"]',
    "id_width": 'is no key: say what ids are made of instead, such as id = "{number:04}"',
}
"""Keys that profiles often have elsewhere, or had."""


class Problem(NamedTuple):
    """What is wrong with a profile: the key, as in ``slots.image.width`` (empty: the whole), and a sentence."""

    where: str
    text: str

    def __str__(self) -> str:
        """Return both as one line."""
        return f"{self.where}: {self.text}" if self.where else self.text


@dataclass(frozen=True)
class Reading:
    """What came of reading a profile: the profile, or the problems that leave none; and what it extends."""

    profile: Profile | None
    problems: tuple[Problem, ...]
    extends: str | None


def load_profile(name_or_path: str) -> Profile:
    """Return a built-in profile by name, or the one in a TOML file.

    Raises:
        LagtoolError: There is no such profile, or the file is not a valid profile; the message says where.
    """
    if is_built_in(name_or_path):
        return _built_in(name_or_path)
    reading = read_profile(name_or_path)
    if reading.profile is None:
        first, *others = reading.problems
        at = f" at {first.where}" if first.where else ""
        more = f" (and {count(len(others), 'more problem')}: see 'lagtool profile check')" if others else ""
        raise LagtoolError(f"profile {show(name_or_path)} is not valid{at}: {first.text}{more}")
    return reading.profile


def read_profile(name_or_path: str) -> Reading:
    """Read a profile and say everything that is wrong with it.

    Raises:
        LagtoolError: There is no such profile, or it is no TOML file.
    """
    if is_built_in(name_or_path):
        return Reading(_built_in(name_or_path), (), None)
    path = Path(name_or_path)
    if path.suffix != ".toml":
        raise LagtoolError(
            f"unknown profile '{show(name_or_path)}': {_suggest(name_or_path)} or name a file that ends in .toml"
        )
    origin = show(path)
    # A link to a profile is followed, unlike one in a dataset: it was named by the user.
    return _judge(_parse(load_file(path, _MAX_PROFILE_BYTES, "profile", follow=True), origin))


def is_built_in(name: str) -> bool:
    """Whether a profile is one of LAG that lagtool brings: a release, or a release and a layout."""
    release, _, layout = name.partition(".")
    return release in BUILT_IN and (layout in LAYOUTS or name == release)


@cache
def _built_in(name: str) -> Profile:
    release, _, layout = name.partition(".")
    if layout:
        return lay_out(_built_in(release), _read_own("layouts", layout))
    return _read_own("releases", name)


def _read_own(folder: str, name: str) -> Profile:
    data = resources.files("lagtool.profiles").joinpath(folder, f"{name}.toml").read_bytes()
    profile = _judge(_parse(data, name)).profile
    assert profile is not None
    return profile


def lay_out(release: Profile, layout: Profile) -> Profile:
    """Return a release of LAG with the folders and names of a built-in layout, and what is published of it."""
    published = {c.name: c for c in release.classes}
    maps = "map" in layout.slots
    classes = tuple(
        c.model_copy(update={"images": published[c.name].images, "maps": published[c.name].maps if maps else None})
        for c in layout.classes
    )
    release = _read_own("releases", release.name.partition(".")[0])
    told = {key: getattr(release, key) for key in ("source", "terms", "ids_sha256")}
    update = {
        "name": f"{release.name.partition('.')[0]}.{layout.name.partition('.')[2]}",
        "title": f"{release.title}{LAYOUT}{layout.title.rpartition(LAYOUT)[2]}",
        "classes": classes,
        "published_sizes": release.published_sizes if maps else None,
    }
    return layout.model_copy(update=told | update)


def _parse(data: bytes, origin: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LagtoolError(f"profile {origin} is not UTF-8 text (byte {error.start:,})") from None
    except (ValueError, RecursionError) as error:  # also a number with more digits than Python converts
        reason = show(str(error) or "nested too deeply", 160)
        raise LagtoolError(f"profile {origin} is not valid TOML: {reason}") from None


def _judge(table: dict[str, Any]) -> Reading:
    parent = table.get(EXTENDS)
    if parent is not None and not (isinstance(parent, str) and is_built_in(parent)):
        text = f"{_shown(parent)} is no built-in profile: {_suggest(parent)}"
        return Reading(None, (Problem(EXTENDS, text),), None)
    rest = {key: value for key, value in table.items() if key != EXTENDS}
    whole = rest if parent is None else extend(_built_in(parent), rest)
    try:
        return Reading(Profile.model_validate(whole), (), parent)
    except ValidationError as error:
        return Reading(None, tuple(explain(error, whole)), parent)


def _suggest(word: object) -> str:
    near = nearest(word, _ALL) if isinstance(word, str) else ""
    return f"{f'did you mean {near}? ' if near else ''}choose {', '.join(BUILT_IN)}"


def extend(parent: Profile, table: dict[str, Any]) -> dict[str, Any]:
    """Return the table of a profile that takes from ``parent`` what it does not say itself.

    A key that is given replaces the parent's; of the slots, each key of each. Fingerprints are not passed on.
    """
    inherited = parent.model_dump(exclude=_OWN, exclude_none=True)
    merged = {**inherited, **table}
    slots = table.get("slots")
    if isinstance(slots, dict):
        merged["slots"] = dict(inherited["slots"])
        for slot, spec in slots.items():
            known = inherited["slots"].get(slot)
            merged["slots"][slot] = {**known, **spec} if known is not None and isinstance(spec, dict) else spec
    return merged


def explain(error: ValidationError, table: dict[str, Any]) -> list[Problem]:
    """Return one problem per complaint of pydantic, in words of a profile."""
    problems = []
    complaints = error.errors(include_url=False)
    places = {complaint["loc"] for complaint in complaints}
    for complaint in complaints:
        location = complaint["loc"]
        kind, context = complaint["type"], complaint.get("ctx", {})
        if kind == "extra_forbidden":
            word = str(location[-1])
            text = _REPLACED.get(word) or f"unknown key; {suggest(word, _known_keys(location[:-1]), 0.5)}"
        elif kind == "literal_error" and location[-1] == "[key]":
            location = location[:-1]
            text = f"unknown slot; {suggest(str(location[-1]), SLOTS, 0.5)}"
        elif location[:1] == ("slots",) and len(location) > 1 and location[1] not in SLOTS:
            continue  # what is missing in a slot that is none
        elif kind == "too_short":
            if any(place[: len(location)] == location != place for place in places):
                continue  # it is empty because what was in it was refused
            text = "is empty"
        elif kind == "missing":
            if any((*location[:-1], key) in places for key in _REPLACED):
                continue  # the key that stands there instead says what to write
            text = "is missing"
        elif kind == "string_pattern_mismatch":
            text = f"should be {_PATTERNS[context['pattern']]}, not {_shown(complaint['input'])}"
        elif kind == "literal_error":
            text = f"should be {context['expected']}, not {_shown(complaint['input'])}"
        elif kind == "value_error":
            text = complaint["msg"].removeprefix("Value error, ")
        else:
            text = f"{_plain(complaint['msg'])}, not {_shown(complaint['input'])}"
        problems.append(Problem(_name_place(location, table), text))
    return problems


def _known_keys(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys of the table at a location."""
    models: dict[int | str, type[BaseModel]] = {
        "classes": ClassSpec,
        "slots": SlotSpec,
        "published_sizes": PublishedSizes,
        "labels": LabelsSpec,
    }
    if not location:
        return (EXTENDS, *Profile.model_fields)
    return tuple(models[location[0]].model_fields) if location[0] in models else ()


def _name_place(location: tuple[int | str, ...], table: dict[str, Any]) -> str:
    """Return a location as a path of keys; a class goes by its name where it has one."""
    steps = [str(step) for step in location if step != "[key]"]
    if len(location) > 1 and location[0] == "classes" and isinstance(location[1], int):
        try:
            name = table["classes"][location[1]]["name"]
        except (KeyError, TypeError, IndexError):
            name = None
        steps[1] = name if isinstance(name, str) and name else f"number {location[1] + 1}"
    return show(".".join(steps), 120)


def _plain(message: str) -> str:
    words = message.split(" should ", 1)
    return f"should {words[1]}" if len(words) == 2 else message


def _shown(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    return show(repr(value) if isinstance(value, str) else str(value), 60)


EXTENDS_MEANING = (
    "A built-in profile that this one takes over, but for what it says itself. A key that is given replaces the "
    "other's, lists such as `classes` as a whole; of the slots, each key of each. Fingerprints are not taken over."
)


_ALL = [*BUILT_IN, *(f"{release}.{layout}" for release in BUILT_IN for layout in LAYOUTS)]


def json_schema() -> dict[str, Any]:
    """Return a schema (draft 2020-12) that a file must meet; what a schema cannot say, `load_profile` still checks."""
    schema = Profile.model_json_schema()
    definitions = schema["$defs"]
    required, slot_required = schema.pop("required"), definitions["SlotSpec"].pop("required")
    schema["properties"] = {
        EXTENDS: {"description": EXTENDS_MEANING, "enum": _ALL, "title": "Extends"},
        **schema["properties"],
    }
    whole_slots = {"additionalProperties": {"required": slot_required}, "required": ["image"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A profile of lagtool",
        "if": {"required": [EXTENDS]},
        "then": {"required": ["name"]},
        "else": {"required": required, "properties": {"slots": whole_slots}},
    }
