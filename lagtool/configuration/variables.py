"""Settings from the environment and from options."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from lagtool.checks.settings import Settings, combine
from lagtool.configuration.layers import FILE_KEYS, validate_layer
from lagtool.display import show
from lagtool.errors import LagtoolError

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
            near = get_close_matches(name.removeprefix(PREFIX), [own.removeprefix(PREFIX) for own in ours], 1, 0.75)
            if near:
                raise LagtoolError(f"{show(name)}: unknown variable; did you mean {PREFIX}{near[0]}?")
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
