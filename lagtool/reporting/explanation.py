"""The checks explained: what each looks for, from the docstrings that the documentation is made of."""

import json
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from lagtool.checks.registry import ABOUT, CHECKS, FAMILIES, Check
from lagtool.curation.read import COLUMNS, Curation, describe_marks
from lagtool.reporting.tables import WIDTH
from lagtool.text import count, show


class Explanation(NamedTuple):
    """The docstring of a check, in its parts.

    Attributes:
        what: What it looks for.
        parts: Title (``Why it matters``) and text of each further part; the title is empty where there is none.
    """

    what: str
    parts: tuple[tuple[str, str], ...]


def render_checks() -> str:
    """Return a table of all checks, a family after the other: code, name, severity and summary, at 80 columns."""
    width = max(len(check.name) for check in CHECKS)
    lines: list[str] = []
    for family in FAMILIES:
        lines += ["", family.upper()] if lines else [family.upper()]
        for check in _members(family):
            start = f"  {check.code}  {check.name:{width}}  {check.severity.value:7}  "
            lines += textwrap.wrap(check.summary, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
    return "\n".join([*lines, "", f"{count(len(CHECKS), 'check')}. Explained: lagtool explain CODE", ""])


def render_checks_json() -> str:
    """Return the same as JSON: a list of objects, with the whole explanation."""
    names = ("code", "name", "severity", "family", "summary", "explanation")
    rows = [{name: getattr(check, name) for name in names} for check in CHECKS]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def render_explanations(checks: Sequence[Check]) -> str:
    """Return what each of ``checks`` looks for, why it matters, how to fix it, and an example, at 80 columns."""
    how = f'To accept what one finds, in lagtool.toml: ignore.{checks[0].code} = "why"'
    return "\n".join("\n".join(lines) + "\n" for lines in (*map(_explain, checks), [how]))


def _explain(check: Check) -> list[str]:
    lines = [f"{check.code} {check.name} ({check.severity.value}, family {check.family})", ""]
    explanation = read_explanation(check.explanation)
    lines += textwrap.wrap(explanation.what, WIDTH, initial_indent="  ", subsequent_indent="  ")
    for title, text in explanation.parts:
        part = f"{title}: {text}" if title else text
        lines += ["", *textwrap.wrap(part, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)]
    return lines


def read_explanation(text: str) -> Explanation:
    """Return the docstring of a check in its parts."""
    what, _, rest = text.partition("\n\n")
    parts: list[list[str]] = []
    for line in rest.splitlines():
        title, colon, follows = line.partition(": ")
        if colon and title in ("Why it matters", "How to fix", "Example"):
            parts.append([title, follows])
        elif not line or not parts:
            parts.append(["", line])
        else:
            parts[-1][1] += f" {line}"
    whole = ((title, " ".join(text.split())) for title, text in parts)
    return Explanation(" ".join(what.split()), tuple((title, text) for title, text in whole if text))


def render_families() -> str:
    """Return how to ask for an explanation, and the families that there are."""
    lines = [
        "lagtool explain CODE    one check, by its code or name",
        "lagtool explain FAMILY  all checks of a family:",
        "",
    ]
    for family in FAMILIES:
        members = _members(family)
        start = f"  {family:10}  {members[0].code[:4]}xx  {len(members):2}  "
        lines += textwrap.wrap(ABOUT[family], WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
    return "\n".join([*lines, "", "lagtool checks lists every check in a line.", ""])


def _members(family: str) -> list[Check]:
    return [check for check in CHECKS if check.family == family]


def render_curation(curation: Curation) -> str:
    """Return the marks in the order of the file, at most 80 columns wide but for long names; notes below them."""
    lines = [f"{curation.name}: {describe_marks(curation.marks)}"]
    width = min(40, max((len(mark.sample) for mark in curation.marks), default=0))
    for mark in curation.marks:
        lines.append(f"  {mark.sample:{width}}  {mark.action.value:13}  {show(mark.value, 60)}".rstrip())
        if mark.note:
            lines.extend(textwrap.wrap(show(mark.note, 1000), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines) + "\n"


def render_curation_json(curation: Curation) -> str:
    """Return the marks as JSON in ASCII."""
    marks = [dict(zip(COLUMNS, mark.order, strict=True)) for mark in curation.marks]
    document = {"name": curation.name, "sha256": curation.sha256, "marks_sha256": curation.fingerprint, "marks": marks}
    return json.dumps(document, indent=2) + "\n"
