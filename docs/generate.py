"""Write the pages that are made from the code: ``python docs/generate.py``. A test says when they are stale."""

from pathlib import Path
from typing import Any

from lagtool.checks.registry import CHECKS, FAMILIES
from lagtool.model import State
from lagtool.profile.json_schema import json_schema
from lagtool.schema import SAMPLE_COLUMNS, STRAY_COLUMNS, STRAY_REASONS, Column
from lagtool.synth.defects import KINDS

HERE = Path(__file__).parent
KEYS = ("<!-- keys -->", "<!-- /keys -->")

STATES = {
    State.OK: "Read and decoded to the last byte; the decoder had no complaint.",
    State.TRUNCATED: "The file ends too early.",
    State.CORRUPT: "The data is damaged inside; a strict decoder refuses it.",
    State.WRONG_FORMAT: "Another format than the profile's: PNG, WebP, a web page, a Git LFS pointer, ...",
    State.BOMB: "The header claims more than 50,000,000 pixels; not decoded.",
    State.EMPTY: "No content (a label: nothing but blanks).",
    State.INVALID: "A label file that holds something else than a label.",
    State.UNREADABLE: "No right to read it, too large for such a file, changed while it was read, or an I/O error.",
    State.NOT_A_FILE: "A folder, link, pipe, socket or device in the place of the file; it was not opened.",
    State.UNREAD: "Known by name and size only.",
}


def _columns(columns: tuple[Column, ...]) -> str:
    lines = ["| column | type | meaning |", "|---|---|---|"]
    for column in columns:
        later = " Only after `lagtool split`." if column.optional else ""
        lines.append(f"| `{column.name}` | {column.kind} | {column.meaning}{later} |")
    return "\n".join(lines)


def _vocabulary(words: dict[str, str]) -> str:
    return "\n".join(["| word | meaning |", "|---|---|", *(f"| `{word}` | {text} |" for word, text in words.items())])


def manifest_page() -> str:
    """Return docs/manifest.md."""
    states = {state.value: text for state, text in STATES.items()}
    return f"""# The manifest

`lagtool index SOURCE -o manifest.parquet` looks into every file once and writes what it saw: a table of samples, a
table of strays (files without a place in a sample), and a header. Every other command takes the manifest in the place
of the tree and says the same. Damage is recorded in it, never raised.

## Formats

| suffix | samples | header and strays |
|---|---|---|
| `.parquet` | the table; zstd, page checksums | JSON under the metadata key `lagtool` |
| `.csv` | all lines from the second on | JSON in the first line, after `#lagtool ` |
| `.jsonl` | one object a line, from the second on | JSON in the first line |

Elsewhere: `pandas.read_parquet(path)`, `pandas.read_csv(path, skiprows=1, dtype={{"id": str}})`. All three read back
to the same manifest. A digest of the rows stands in the header: a manifest that was damaged, or edited by hand (a
spreadsheet turns `0001` into `1`), is refused. To change a split or leave samples out, make a new
manifest instead.

## Header

`format` (version of this format), `tool_version`, `created` and `scan_started_ns` (UTC; the only
clocks), `root_name` (never the path to it),
`profile` (whole), `profile_choice` (`auto` or `given`), `content_sha256`, `ids_sha256`, `split` (how the split was
made, or null).

- `content_sha256`: sha256 over the sorted lines `label image-sha256 map-sha256 label-file-value` (`-` where missing).
  It depends on pictures, maps and labels only; names, paths, order, times and machines do not matter. Two people with
  the same value have the same data.
- `ids_sha256`: sha256 over the sorted lines `id label` of the samples with an image; for a complete part 1 of LAG
  `61160ab68534ccb89ed5141686aa8b773dfb25d321cc588cab27dab44866d88a`.

## Samples

One row per sample, in the order of class and id; a sample with a label or map but no image (an orphan) has its row too.
Missing values are null; no text is empty. Pairing goes by the number in the file name: `image1.jpg` and `0001.txt`
meet in the id `0001`.

{_columns(SAMPLE_COLUMNS)}

## States

{_vocabulary(states)}

## Strays

{_columns(STRAY_COLUMNS)}

{_vocabulary(STRAY_REASONS)}
"""


def checks_page() -> str:
    """Return docs/checks.md."""
    parts = [
        "# The checks\n\n`lagtool validate` runs these. Codes, names and families can be given to `--select` and "
        "`--ignore`. From severity *error* on the exit code is 1; `--fail-on` moves that.\n"
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


def profiles_page() -> str:
    """Return docs/profiles.md: its own text, with the tables of keys between two marks made anew."""
    text = (HERE / "profiles.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(KEYS[0])
    _, _, after = rest.partition(KEYS[1])
    schema = json_schema()
    parts = [
        "### At the top\n\n" + _keys(schema["properties"], {"name", "classes", "slots"}),
        "### `[[classes]]`\n\n" + _keys(schema["$defs"]["ClassSpec"]["properties"], {"name", "label"}),
        "### `[slots.image]`, `[slots.label]`, `[slots.map]`\n\n"
        + _keys(schema["$defs"]["SlotSpec"]["properties"], {"folder", "pattern", "suffixes"}),
        "### `[published_sizes]`\n\n"
        + _keys(schema["$defs"]["PublishedSizes"]["properties"], {"min", "median", "max"}),
    ]
    return f"{before}{KEYS[0]}\n" + "\n\n".join(parts) + f"\n{KEYS[1]}{after}"


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


PAGES = {
    "manifest.md": manifest_page,
    "checks.md": checks_page,
    "defects.md": defects_page,
    "profiles.md": profiles_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
