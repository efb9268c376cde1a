"""The checks explained: what each looks for, from the docstrings that the documentation is made of."""

import inspect
import json
import sys
import textwrap
from collections.abc import Sequence

from lagtool.checks.registry import CHECKS, FAMILIES, Check
from lagtool.display import count

WIDTH = 80
FILE = "lagtool.toml"


def render_checks(checks: Sequence[Check] = CHECKS) -> str:
    """Return a table of checks, a family after the other: code, name, severity and summary, at 80 columns."""
    width = max(len(check.name) for check in CHECKS)
    lines: list[str] = []
    for family in FAMILIES:
        members = [check for check in checks if check.family == family]
        if members:
            lines += ["", family.upper()] if lines else [family.upper()]
        for check in members:
            start = f"  {check.code}  {check.name:{width}}  {check.severity.value:7}  "
            lines += textwrap.wrap(check.summary, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
    return "\n".join([*lines, "", f"{count(len(checks), 'check')}. Explained: lagtool explain CODE", ""])


def render_checks_json(checks: Sequence[Check] = CHECKS) -> str:
    """Return the same as JSON: a list of objects, with the whole explanation."""
    rows = [
        {
            "code": check.code,
            "name": check.name,
            "severity": check.severity.value,
            "family": check.family,
            "summary": check.summary,
            "explanation": check.explanation,
        }
        for check in checks
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def render_explanations(checks: Sequence[Check]) -> str:
    """Return what each of ``checks`` looks for, why it matters, how to fix it, and an example, at 80 columns."""
    how = f'To accept what one finds, in {FILE}: ignore.{checks[0].code} = "why"'
    return "\n".join("\n".join(lines) + "\n" for lines in (*map(_explain, checks), [how]))


def _explain(check: Check) -> list[str]:
    lines = [f"{check.code} {check.name} ({check.severity.value}, family {check.family})", ""]
    what, _, rest = check.explanation.partition("\n\n")
    lines += textwrap.wrap(what, WIDTH, initial_indent="  ", subsequent_indent="  ")
    for part in _parts(rest):
        lines += ["", *textwrap.wrap(part, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)]
    return lines


def _parts(text: str) -> list[str]:
    """Return the paragraphs of an explanation: a line that starts one begins with its title."""
    parts: list[str] = []
    for line in text.splitlines():
        if line.startswith(("Why it matters:", "How to fix:", "Example:")) or not line or not parts:
            parts.append(line)
        else:
            parts[-1] += f" {line}"
    return [part for part in parts if part]


def render_families() -> str:
    """Return how to ask for an explanation, and the families that there are."""
    lines = [
        "lagtool explain CODE    one check, by its code or name",
        "lagtool explain FAMILY  all checks of a family:",
        "",
    ]
    for family in FAMILIES:
        members = [check for check in CHECKS if check.family == family]
        if members:
            about = inspect.getdoc(sys.modules[members[0].function.__module__]) or ""
            text = about.partition("\n")[0].partition(" (LAG")[0]
            start = f"  {family:10}  {members[0].code[:4]}xx  {len(members):2}  "
            lines += textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
    return "\n".join([*lines, "", "lagtool checks lists every check in a line.", ""])
