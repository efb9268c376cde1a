"""Write the pages that are made from the code: ``python docs/generate.py``. A test says when they are stale."""

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from lagtool.checks.registry import CHECKS, FAMILIES
from lagtool.checks.settings import Settings
from lagtool.configuration.layers import FILE_KEYS
from lagtool.configuration.variables import CONFIG_VARIABLE, VARIABLES
from lagtool.model import State
from lagtool.profile.json_schema import json_schema
from lagtool.relation import Relation
from lagtool.schema import PAIR_COLUMNS, SAMPLE_COLUMNS, STRAY_COLUMNS, STRAY_REASONS, Column
from lagtool.synth.defects import KINDS
from lagtool.thresholds import Thresholds

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from command_line import command_line_page  # noqa: E402
from layers import layers_picture  # noqa: E402
from python_names import python_page  # noqa: E402

KEYS = ("<!-- keys -->", "<!-- /keys -->")

STATES = {
    State.OK: "Read and decoded to the last byte; the decoder had no complaint.",
    State.TRUNCATED: "The file ends too early.",
    State.CORRUPT: "The data is damaged inside; a strict decoder refuses it.",
    State.WRONG_FORMAT: "Another format than the profile's: PNG, WebP, a web page, a Git LFS pointer, ...",
    State.BOMB: "The header claims more than 50,000,000 pixels (or what `--max-pixels` says); not decoded.",
    State.EMPTY: "No content (a label: nothing but blanks).",
    State.INVALID: "A label file that holds something else than a label.",
    State.UNREADABLE: "No right to read it, too large for such a file, changed while it was read, or an I/O error.",
    State.NOT_A_FILE: "A folder, link, pipe, socket or device in the place of the file; it was not opened.",
    State.UNREAD: "Known by name, size and header only (`--quick`).",
}


def _columns(columns: tuple[Column, ...]) -> str:
    lines = ["| column | type | meaning |", "|---|---|---|"]
    for column in columns:
        later = f" Only after `{column.step}`." if column.optional else ""
        lines.append(f"| `{column.name}` | {column.kind} | {column.meaning}{later} |")
    return "\n".join(lines)


def _vocabulary(words: dict[str, str]) -> str:
    return "\n".join(["| word | meaning |", "|---|---|", *(f"| `{word}` | {text} |" for word, text in words.items())])


def manifest_page() -> str:
    """Return docs/manifest.md."""
    states = {state.value: text for state, text in STATES.items()}
    return f"""# The manifest

`lagtool index SOURCE -o manifest.parquet` looks into every file once and writes what it saw: a table of samples, a
table of strays (files without a place in a sample), and a header; `lagtool duplicates SOURCE --manifest FILE` adds a
table of pairs of like pictures. Every other command takes the manifest in the place of the tree and says the same.
Damage is recorded in it, never raised.

## Formats

| suffix | samples | header, strays and pairs |
|---|---|---|
| `.parquet` | the table; zstd, page checksums | JSON under the metadata key `lagtool` |
| `.csv` | all lines from the second on | JSON in the first line, after `#lagtool ` |
| `.jsonl` | one object a line, from the second on | JSON in the first line |

Elsewhere: `pandas.read_parquet(path)`, `pandas.read_csv(path, skiprows=1, dtype={{"id": str}})`. All three read back
to the same manifest. A Parquet file has a partition (row group) for each 16,384 samples, written as soon as they are
scanned: Dask, DuckDB, Spark and lagtool itself read and write them one by one. It stays one file, since a folder of
files cannot be replaced in one step. A digest of the rows stands in the header: a manifest that was damaged, or edited
by hand (a spreadsheet turns `0001` into `1`), is refused. To change a split or leave samples out, make a new
manifest instead.

## Header

`format` (version of this format), `tool_version`, `created` and `scan_started_ns` (UTC; the only
clocks), `root_name` (never the path to it), `depth` (`quick`, `max_pixels`: how far the scan looked),
`profile` (whole), `profile_choice` (`auto` or `given`), `content_sha256`, `ids_sha256`, `search` (what was looked for
when pairs were found, or null), `split` (how the split was made, or null), `curation` (the marks that were
applied, the name and sha256 of their file, and how many hold, or null; see [curation.md](curation.md)).

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

## Pairs

Only where somebody looked; see [likeness.md](likeness.md). `search` in the header holds `version` of the methods,
`looked_for`, `not_looked_for` (each relation with the reason), `pictures` compared, and `remarks`; an empty table says
that nothing is alike. Table and `search` have a digest of their own. `lagtool index --update` keeps the pairs while
every sample has the picture that it had, drops them otherwise, and says which.

{_columns(PAIR_COLUMNS)}

{_vocabulary({relation.value: relation.meaning for relation in Relation})}
"""


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


def findings_records() -> str:
    """Return the part of docs/formats.md that describes the records of a findings file."""
    parts = json.loads(resources.files("lagtool").joinpath("findings.schema.json").read_text("utf-8"))["$defs"]
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
    return "\n\n".join(blocks) + "\n"


def formats_page() -> str:
    """Return docs/formats.md, a written page, with its generated part made anew."""
    page = (HERE / "formats.md").read_text(encoding="utf-8")
    start, _, rest = page.partition("<!-- records -->\n")
    _, end, after = rest.partition("<!-- /records -->")
    return f"{start}<!-- records -->\n{findings_records()}{end}{after}"


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


def configuration_page() -> str:
    """Return docs/configuration.md."""
    return f"""# Configuration

What you would have to say with every call can stand in a file, with the reasons for what you accept.

<!-- example -->
```toml
# lagtool.toml
profile = "lag-part1"
fail-on = "warning"

[ignore]
LAG502 = "we only have part 1, and some of its maps"

[[ignore.image-size]]
path = "non_glaucoma/image/00*.jpg"
reason = "scanned again in 2023, at another size"

[[ignore.label-empty]]
sample = ["non_glaucoma/0002", "suspicious_glaucoma/0004"]
reason = "written anew when the disk is back; the folder tells the class"

[severities]
attention = "note"
LAG408 = "error"

[thresholds]
map-low-maximum = 200
```
<!-- /example -->

## Which file

The nearest one from the current folder upward: in each folder first `lagtool.toml`, then a `pyproject.toml` with a
table `[tool.lagtool]` (and `[tool.lagtool.ignore]`, ...) that holds the same keys. The search ends with your home
folder, or at the root of the file system. `--config FILE` names another, `--no-config` uses none. Files are not merged:
one holds. Which one it is, and which variables of the environment were used, is said on stderr
(`settings: ../lagtool.toml`), unless `--quiet`.

`validate` goes by all keys; `index`, `stats` and `split` go by `profile` and `curation`. Paths to a profile, baseline
or curation start from the folder of the file.

Unknown keys, checks and values are refused with the nearest that exists, and with the line where that is sure:

```
lagtool: lagtool.toml:3: fial-on: unknown key; did you mean fail-on?
```

## Keys

{_settings_keys()}

Checks are named by code (`LAG502`), beginning of a code (`LAG5`), name (`map-count`) or family (`counts`);
`lagtool checks` lists them, `lagtool explain` explains them. Keys may be written with `_` for `-`.

## Precedence

Defaults < file < environment < options. A later one replaces what an earlier one says. The tables `severities` and
`thresholds` are merged key by key, and rules of `ignore` are added. Each key of the file can be an option, too:
`--set thresholds.map-low-maximum=200 --set severities.LAG307=note`. The value is TOML, or text as it is; an option of
its own (`--fail-on`) wins over `--set`.

{_variables()}

An empty variable says nothing. One that begins with `LAGTOOL_` and looks like a misspelling of one of these is refused.
`NO_COLOR` and `TERM=dumb` turn colours off.

## Accepting findings

A check that is ignored in a file is run all the same. What it finds is listed as accepted, with its number and reason,
and does not count for the verdict. (`--ignore` and `LAGTOOL_IGNORE` are for a single run: the check is not run.)

| to accept | write |
|---|---|
| all that a check finds | `[ignore]`, `LAG502 = "why"` |
| what it finds at some paths | `[[ignore.LAG307]]`, `path = "non_glaucoma/image/00*.jpg"`, `reason = "why"` |
| what it finds in some samples | `[[ignore.LAG307]]`, `sample = "non_glaucoma/0007"`, `reason = "why"` |
| what several checks find | `[[ignore]]`, `check = ["LAG307", "LAG309"]`, `path`, `sample`, `reason` |

TOML has either `[ignore]` or `[[ignore]]` in one file. `check`, `path` and `sample` take a word or a list. Paths and
samples (`class/id`) are patterns as in a `.gitignore`: `*` stays within a folder, `**` does not, `!` takes back; they
are compared with the path and the sample as the report shows them. With both, both must fit. An empty reason is
refused. Of several rules for one finding the narrowest gives the reason: one for samples before one for paths before
one for whole checks, then the one for fewer checks, then the first.

The report remarks on a rule that

- matched nothing, although all its checks were run and one of them had something to judge (*unused*);
- names neither path nor sample and covers a whole family of checks (*broad*): it would accept what nobody has seen;
- accepts findings in more than half of all samples (*broad*): a severity, threshold or profile would say so better.

Remarks do not count for the verdict.

## A baseline: only new findings count

```console
$ lagtool validate LAG --write-baseline baseline.json
$ lagtool validate LAG --baseline baseline.json
```

The first writes what is found now (a report in JSON, that of `--format json -o FILE`) and accepts it; it replaces an
older baseline, but no other file without `--force`. From then on these findings are accepted, and only others count.
`baseline = "baseline.json"` in the configuration does the same as the option. A report in JSON Lines is taken as well.

A finding is known by its code, path, sample and related paths, not by its sentence or severity, and as often as it
stands in the baseline: a second one of the same kind at the same place is new. So a count that was off stays accepted
where it is off by more later on; pin the numbers of a copy in a [profile](validate.md#profiles) instead.

Findings of the baseline that do not turn up any more, of checks that were run, are counted:
`fixed: 3 findings of the baseline baseline.json; write the baseline again`.

## Thresholds

What the checks compare with:

{_thresholds()}

## In Python

<!-- python -->
```python
import lagtool

settings = lagtool.load_settings()  # the file and the environment, as on the command line
report = lagtool.validate(lagtool.scan("LAG", profile=settings.profile), settings=settings)
for accepted in report.accepted:
    print(accepted.finding.code, accepted.finding.path, accepted.reason)
print(report.fails(settings.fail_on), report.remarks)
```
<!-- /python -->

`lagtool.Settings(fail_on="warning", ignore={{"LAG502": "we only have part 1"}})` makes settings without a file.
"""


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
    "configuration.md": configuration_page,
    "formats.md": formats_page,
    "profiles.md": profiles_page,
    "cli.md": command_line_page,
    "api.md": python_page,
    "pictures/layers.svg": layers_picture,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
