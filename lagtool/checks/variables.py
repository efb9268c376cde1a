"""Settings from the environment and from options."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lagtool.checks.settings import IgnoreRule, Settings, combine, spread_rules
from lagtool.checks.thresholds import Thresholds
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from lagtool.text import count, nearest, show, suggest

FILE_KEYS = tuple(name for name in Settings.model_fields if name != "skip")
"""The keys of a file. There ignoring takes a reason, so that ``skip`` is none of them."""

_WORDINGS = {
    "dict_type": "should be a table",
    "model_type": "should be a table",
    "string_too_short": "should not be empty",
    "string_type": "should be text",
    "too_short": "should not be empty",
    "tuple_type": "should be a list of words",
}

Place = Callable[[list[str]], str]
"""Names where, in the file or among the options, a key stands that is reached by these steps."""


def validate_layer(table: Mapping[str, Any], place: Place, keys: Iterable[str]) -> Settings:
    """Return the settings of one layer.

    Args:
        table: The raw values.
        place: See `Place`.
        keys: The keys that may stand in this layer.

    Raises:
        LagtoolError: The first thing in it that is not understood, and how many more there are.
    """
    known = tuple(keys)
    for key in table:
        if key.replace("-", "_") not in known:
            raise LagtoolError(f"{place([key])}: {_unknown(key, known)}")
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        details = error.errors(include_url=False)
        more = f" (and {count(len(details) - 1, 'more error')})" if len(details) > 1 else ""
        raise LagtoolError(f"{_describe(details[0], table, place)}{more}") from None


def _describe(detail: ErrorDetails, table: Mapping[str, Any], place: Place) -> str:
    steps = list(_steps(detail["loc"], table))
    if not steps:
        return detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = Thresholds.model_fields if steps[0] == "thresholds" else IgnoreRule.model_fields
        return f"{place(steps)}: {_unknown(steps[-1], known)}"
    if detail["type"] == "missing":
        return f"{place(steps[:-1])}: '{show(steps[-1])}' is missing"
    given, message = detail["input"], detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "enum":
        near = nearest(str(given).lower(), Severity, 0.5)
        message = f"choose error, warning or note, not {show(repr(given))}"
        message += f"; did you mean {near}?" if near else ""
    elif detail["type"] != "value_error":
        message = _WORDINGS.get(detail["type"], f"{message[:1].lower()}{message[1:]}")
        message += f", not {show(repr(given), 60)}" if isinstance(given, str | int | float) and given != "" else ""
    return f"{place(steps)}: {message}"


def _steps(location: tuple[int | str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys as a file writes them; a rule is called by the check that it stands under, or by its number."""
    under = ""
    for depth, step in enumerate(location):
        if isinstance(step, int):
            if location[0] == "ignore" and depth == 1:
                under = spread_rules(table["ignore"])[step][0]
                yield under or f"rule {step + 1}"
        elif not (under and step == "check"):  # the key itself is the check
            yield step if location[0] == "severities" else step.replace("_", "-")


def _unknown(key: str, known: Iterable[str]) -> str:
    return f"unknown key; {suggest(key.replace('_', '-'), [name.replace('_', '-') for name in known])}"


PREFIX = "LAGTOOL_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the environment: the key that it sets, and how its text is read.

    ``text``: as it is. ``words``: separated by commas. ``pairs``: ``NAME=VALUE``, separated by commas.
    """

    name: str
    key: str
    kind: Literal["text", "words", "pairs"] = "text"


VARIABLES = (
    Variable(f"{PREFIX}PROFILE", "profile"),
    Variable(f"{PREFIX}SELECT", "select", "words"),
    Variable(f"{PREFIX}IGNORE", "skip", "words"),
    Variable(f"{PREFIX}SEVERITIES", "severities", "pairs"),
    Variable(f"{PREFIX}THRESHOLDS", "thresholds", "pairs"),
    Variable(f"{PREFIX}FAIL_ON", "fail_on"),
    Variable(f"{PREFIX}BASELINE", "baseline"),
    Variable(f"{PREFIX}CURATION", "curation"),
    Variable(f"{PREFIX}MOST", "most"),
)


def read_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings of the variables in ``environment``; an empty one says nothing.

    Raises:
        LagtoolError: One is not understood, or its name looks like a misspelling of one of ours.
    """
    ours = [CONFIG_VARIABLE, *(variable.name for variable in VARIABLES)]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in ours:
            near = nearest(name.removeprefix(PREFIX), [own.removeprefix(PREFIX) for own in ours], 0.75)
            if near:
                raise LagtoolError(f"{show(name)}: unknown variable; did you mean {PREFIX}{near}?")
    table: dict[str, Any] = {}
    names: dict[str, str] = {}
    for variable in VARIABLES:
        names[variable.key] = variable.name
        if text := environment.get(variable.name, "").strip():
            table[variable.key] = _parse(variable, text)
    return validate_layer(table, lambda steps: _join(names, steps), names)


def _parse(variable: Variable, text: str) -> str | list[str] | dict[str, str]:
    if variable.kind == "text":
        return text
    if variable.kind == "words":
        return split_words(text)
    pairs = {}
    for part in split_words(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise LagtoolError(f"{variable.name}: '{show(part)}' is not NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs


def split_words(text: str) -> list[str]:
    """Return the words between the commas of ``text``."""
    return [word.strip() for word in text.split(",") if word.strip()]


def read_options(options: Mapping[str, Any], assignments: Sequence[str] = ()) -> Settings:
    """Return the settings of options: those with names of their own by key, and the ``KEY=VALUE`` of ``--set``.

    KEY is that of a file, with dots (``thresholds.map-low-maximum``); VALUE is TOML, or else the text as it is. An
    option with a name of its own wins over ``--set``; None says nothing.

    Raises:
        LagtoolError: One is not understood.
    """
    table: dict[str, Any] = {}
    for assignment in assignments:
        _assign(table, assignment)
    flags = {key: "--ignore" if key == "skip" else f"--{key.replace('_', '-')}" for key in Settings.model_fields}
    named = {key: value for key, value in options.items() if value is not None}
    return combine(
        validate_layer(table, lambda steps: f"--set {show('.'.join(steps))}", FILE_KEYS),
        validate_layer(named, lambda steps: _join(flags, steps), flags),
    )


def _assign(table: dict[str, Any], assignment: str) -> None:
    key, equals, text = assignment.partition("=")
    steps = [step.strip() for step in key.split(".")]
    if not equals or not all(steps):
        raise LagtoolError(f"--set {show(assignment)}: write KEY=VALUE, like thresholds.map-low-maximum=200")
    inner = table
    for step in steps[:-1]:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            raise LagtoolError(f"--set {show(assignment)}: {show(step)} has a value already, and is no table")
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        parsed = {}
    inner[steps[-1]] = parsed["value"] if len(parsed) == 1 else text


def _join(names: Mapping[str, str], steps: list[str]) -> str:
    return ": ".join([names[steps[0].replace("-", "_")], *map(show, steps[1:])])
