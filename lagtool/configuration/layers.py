"""One layer of settings: a table of raw values becomes settings, or a sentence that says what is wrong, and where."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lagtool.checks.settings import IgnoreRule, Settings, spread_rules
from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from lagtool.thresholds import Thresholds

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
        near = get_close_matches(str(given).lower(), [severity.value for severity in Severity], 1, 0.5)
        message = f"choose error, warning or note, not {show(repr(given))}"
        message += f"; did you mean {near[0]}?" if near else ""
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
    names = [name.replace("_", "-") for name in known]
    near = get_close_matches(key.replace("_", "-").lower(), names, 1)
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; choose {', '.join(names)}"
