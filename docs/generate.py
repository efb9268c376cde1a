"""Write what the code knows better into the pages: ``python docs/generate.py``. A test says when one is stale.

Some pages are made as a whole; in the others tables stand between two comments, and the words round them are kept.
"""

import json
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from lagtool.checks.registry import CHECKS, FAMILIES
from lagtool.checks.settings import Settings
from lagtool.checks.thresholds import Thresholds
from lagtool.checks.variables import CONFIG_VARIABLE, FILE_KEYS, VARIABLES
from lagtool.manifest.header import Relation
from lagtool.manifest.schema import PAIR_COLUMNS, SAMPLE_COLUMNS, UNMATCHED_COLUMNS, UNMATCHED_REASONS, Column
from lagtool.model import State
from lagtool.profiles.reading import json_schema
from lagtool.synth.defects import KINDS

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from command_line import command_line_page  # noqa: E402
from layers import layers_picture  # noqa: E402
from python_names import python_page  # noqa: E402

STATES = {
    State.OK: "Read and decoded to the last byte; the decoder had no complaint.",
    State.TRUNCATED: "The file ends too early.",
    State.CORRUPT: "The data is damaged inside; a strict decoder refuses it.",
    State.WRONG_FORMAT: "Another format (PNG, web page, Git LFS pointer, ...), or JPEG of 12 bits, lossless.",
    State.BOMB: "The header claims more than 50,000,000 pixels (or what `--max-pixels` says); not decoded.",
    State.EMPTY: "No content (a label: nothing but blanks).",
    State.INVALID: "A label file that holds something else than a label.",
    State.SEVERAL_VALUES: "A label file that holds more than one value.",
    State.NOT_TEXT: "A label file that is not plain text.",
    State.UNREADABLE: "No right to read it, too large for such a file, changed while it was read, or an I/O error.",
    State.NOT_A_FILE: "A folder, pipe, socket, device or link to nothing in the place of the file; it was not opened.",
    State.LINK_INSIDE: "A link in the place of the file that leads to something in the dataset; it was not followed.",
    State.LINK_OUTSIDE: "A link in the place of the file that leads out of the dataset; it was not followed.",
    State.UNREAD: "Known by name, size and header only (`--quick`).",
}


def _columns(columns: tuple[Column, ...]) -> str:
    lines = ["| column | type | meaning |", "|---|---|---|"]
    for column in columns:
        later = f" Only after `{column.step}`." if column.optional else ""
        lines.append(f"| `{column.name}` | {column.kind} | {column.meaning}{later} |")
    return "\n".join(lines)


def _fill(name: str, **parts: str) -> str:
    """Return a written page, with what stands between ``<!-- part -->`` and ``<!-- /part -->`` made anew."""
    page = (HERE / name).read_text(encoding="utf-8")
    for part, text in parts.items():
        before, begin, rest = page.partition(f"<!-- {part} -->\n")
        _, end, after = rest.partition(f"\n<!-- /{part} -->")
        if not end:
            raise ValueError(f"{name} has no place for {part}")
        page = f"{before}{begin}{text}{end}{after}"
    return page


def _vocabulary(words: dict[str, str]) -> str:
    return "\n".join(["| word | meaning |", "|---|---|", *(f"| `{word}` | {text} |" for word, text in words.items())])


def checks_page() -> str:
    """Return docs/checks.md."""
    parts = [
        "# The checks\n\n`lagtool validate` runs these; `lagtool checks` lists, `lagtool explain CODE` explains "
        "them. Codes, names and families can be given to `--select` and `--ignore`, and be used in a "
        "[configuration](configuration.md). From severity *error* on the exit code is 1; `--fail-on` moves that.\n"
    ]
    for family in FAMILIES:
        parts.append(f"## {family}\n")
        for check in CHECKS:
            if check.family == family:
                what, _, rest = check.explanation.partition("\n\n")
                detail = rest.replace("\nHow to fix:", "\n\nHow to fix:").replace("\nExample:", "\n\nExample:")
                parts.append(f"### {check.code} {check.name} ({check.severity.value})\n\n{what}\n\n{detail}\n")
    return "\n".join(parts)


def defects_page() -> str:
    """Return docs/defects.md."""
    lines = ["# Defects that can be planted", "", "By `lagtool synth OUT --defects N`, in this order, in turn.", ""]
    lines += ["| code | kind | how it is planted |", "|---|---|---|"]
    lines += [f"| {kind.code} | `{kind.name}` | {kind.how.replace('|', '&#124;')} |" for kind in KINDS]
    return "\n".join(lines) + "\n"


def _records() -> str:
    """Return tables of the records of a findings file."""
    parts = json.loads(resources.files("lagtool.reporting").joinpath("findings.schema.json").read_text("utf-8"))[
        "$defs"
    ]
    titles = {
        "finding": "A line with a finding:",
        "report": "The first line:",
        "check": "In `checks`:",
        "count": "In `counts`:",
        "part": "In `parts`, which an audit has:",
    }
    blocks = []
    for name, title in titles.items():
        lines = [title, "", "| key | type | meaning |", "|---|---|---|"]
        for key, value in parts[name]["properties"].items():
            kinds = [value["type"]] if isinstance(value["type"], str) else value["type"]
            lines.append(f"| `{key}` | {' or '.join(kinds)} | {value['description']} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _kebab(name: str) -> str:
    return name.replace("_", "-")


_EMPTY = {"select": "all", "thresholds": "below"}


def _settings_keys() -> str:
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for name in FILE_KEYS:
        field = Settings.model_fields[name]
        default = field.get_default(call_default_factory=True)
        plain = f"`{default}`" if isinstance(default, str | int) else _EMPTY.get(name, "none")
        lines.append(f"| `{_kebab(name)}` | {plain} | {field.description} |")
    return "\n".join(lines)


def _variables() -> str:
    shapes = {
        "text": "as in a file",
        "words": "words, separated by commas",
        "pairs": "`NAME=VALUE`, separated by commas",
    }
    lines = ["| variable | sets | written |", "|---|---|---|"]
    lines.append(f"| `{CONFIG_VARIABLE}` | the configuration file; `--config` wins | a path |")
    for variable in VARIABLES:
        what = "checks not to run, like `--ignore`" if variable.key == "skip" else f"`{_kebab(variable.key)}`"
        lines.append(f"| `{variable.name}` | {what} | {shapes[variable.kind]} |")
    return "\n".join(lines)


def _thresholds() -> str:
    lines = ["| threshold | default | meaning |", "|---|---|---|"]
    for name, field in Thresholds.model_fields.items():
        default = field.get_default(call_default_factory=True)
        lines.append(f"| `{_kebab(name)}` | {default} | {field.description} |")
    return "\n".join(lines)


def _profile_keys() -> str:
    schema = json_schema()
    parts = {name: definition["properties"] for name, definition in schema["$defs"].items()}
    return "\n\n".join(
        [
            "### At the top\n\n" + _keys(schema["properties"], {"name", "classes", "slots"}),
            "### `[[classes]]`\n\n" + _keys(parts["ClassSpec"], {"name", "label"}),
            "### `[slots.image]`, `[slots.label]`, `[slots.map]`\n\n" + _keys(parts["SlotSpec"], {"folder", "files"}),
            "### `[labels]`\n\n" + _keys(parts["LabelsSpec"], {"table"}),
            "### `[published_sizes]`\n\n" + _keys(parts["PublishedSizes"], {"min", "median", "max"}),
        ]
    )


def _keys(properties: dict[str, Any], needed: set[str]) -> str:
    lines = ["| key | value | meaning |", "|---|---|---|"]
    for key, schema in properties.items():
        value = _value(schema).replace("|", "&#124;") + (", needed" if key in needed else "")
        meaning = schema["description"].replace("|", "&#124;")
        lines.append(f"| `{key}` | {value} | {meaning} |")
    return "\n".join(lines)


def _value(schema: dict[str, Any]) -> str:
    """Say in words what a JSON Schema of a key takes, and its default."""
    alternatives = [s for s in schema.get("anyOf", []) if s.get("type") != "null"]
    if len(alternatives) > 1:
        return " or ".join(_value(alternative) for alternative in alternatives)
    if alternatives:
        return _value({**alternatives[0], "default": schema.get("default")})
    kind = schema.get("type")
    if "enum" in schema:
        words = ", ".join(f"`{word}`" for word in schema["enum"])
    elif kind == "integer":
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        words = f"whole number from {low}" + (f" to {schema['maximum']}" if schema["maximum"] < 1000 else "")
    elif kind == "array":
        pair = schema.get("minItems") == 2
        inner = schema.get("items", {})
        words = "two whole numbers" if pair else "tables" if "$ref" in inner else f"list of {_value(inner)}"
    elif kind == "object" or "$ref" in schema:
        words = "table"
    else:
        words = "64 hexadecimal digits" if "0-9a-f" in schema.get("pattern", "") else "text"
    default = schema.get("default")
    return words + (f", default {default}" if isinstance(default, int) else "")


PAGES: dict[str, Callable[[], str]] = {
    "manifest.md": lambda: _fill(
        "manifest.md",
        samples=_columns(SAMPLE_COLUMNS),
        states=_vocabulary({state.value: text for state, text in STATES.items()}),
        unmatched=_columns(UNMATCHED_COLUMNS),
        reasons=_vocabulary({**UNMATCHED_REASONS}),
        pairs=_columns(PAIR_COLUMNS),
        relations=_vocabulary({relation.value: relation.meaning for relation in Relation}),
    ),
    "checks.md": checks_page,
    "defects.md": defects_page,
    "configuration.md": lambda: _fill(
        "configuration.md", keys=_settings_keys(), variables=_variables(), thresholds=_thresholds()
    ),
    "formats.md": lambda: _fill("formats.md", records=_records()),
    "profiles.md": lambda: _fill("profiles.md", keys=_profile_keys()),
    "cli.md": command_line_page,
    "api.md": python_page,
    "pictures/layers.svg": layers_picture,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
