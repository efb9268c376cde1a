"""A report as text: a ledger that a person can read at 80 columns."""

import textwrap

from lagtool.checks.counts import matches_release
from lagtool.checks.registry import FAMILIES
from lagtool.checks.runner import Report, Result, Status
from lagtool.display import count, show
from lagtool.model import Finding, Severity

WIDTH = 80
_WORDS = {Status.PASS: "PASS", Status.FAIL: "FAIL", Status.NOTED: "NOTE", Status.NOT_APPLICABLE: "n/a"}
_STYLES = {"PASS": "32", "FAIL": "31;1", "WARN": "33;1", "NOTE": "36", "n/a": "2"}


def render_text(report: Report, *, threshold: Severity = Severity.ERROR, most: int = 5, color: bool = False) -> str:
    """Return the ledger: every check, counts, the first ``most`` findings of each check, one verdict.

    Args:
        report: What the checks said.
        threshold: Severity from which on the verdict is FAIL.
        most: Findings shown per check.
        color: Whether to use ANSI colours.
    """
    lines = [*_heading(report), ""]
    for family in FAMILIES:
        results = [result for result in report.results if result.check.family == family]
        if results:
            lines.append(family.upper())
            lines.extend(_ledger_line(result, color) for result in results)
            lines.append("")
    lines.extend(_counts(report))
    lines.extend(_findings(report, most))
    lines.append(_verdict(report, threshold, color))
    return "\n".join(lines) + "\n"


def _heading(report: Report) -> list[str]:
    header = report.header
    text = f"{header.root_name}: {count(report.samples, 'sample')}, judged by profile {header.profile.name}"
    if header.profile_choice == "given":
        text += f", as asked for: {header.profile.title}"
    elif matches_release(report.counts):
        text += f", whose numbers it has: {header.profile.title}"
    else:
        text += f", the nearest by its numbers, which differ from every known release: {header.profile.title}"
    return textwrap.wrap(text, WIDTH)


def _paint(text: str, word: str, color: bool) -> str:
    return f"\x1b[{_STYLES[word]}m{text}\x1b[0m" if color else text


def _ledger_line(result: Result, color: bool) -> str:
    word = _WORDS[result.status]
    tail = result.reason
    if result.findings:
        tail = count(len(result.findings), result.check.severity.value)
    style = "WARN" if word == "FAIL" and result.check.severity is Severity.WARNING else word
    start = f"{result.check.code}  {result.check.name}"
    line = f"  {_paint(f'{word:4}', style, color)}  {start:34}{show(tail, 200)}"
    limit = WIDTH + (len(line) - len(f"  {word:4}  {start:34}{show(tail, 200)}"))
    return line.rstrip() if len(line) <= limit else f"{line[: limit - 1]}…"


def _counts(report: Report) -> list[str]:
    rows = [row for row in report.counts if row.expected is not None]
    asked = any(result.check.family == "counts" for result in report.results)
    if not rows or not asked:
        return []
    words = {"image": "images", "label": "label files", "map": "attention maps"}
    lines = [f"{f'COUNTS against {report.header.profile.name}':<46}{'expected':>11}{'found':>11}{'difference':>12}"]
    for row in rows:
        name = f"  {row.class_name}, {words[row.slot]}"
        off = row.found - (row.expected or 0)
        lines.append(f"{name:<46}{row.expected or 0:>11,}{row.found:>11,}{f'{off:+,}' if off else '0':>12}")
    for slot, word in words.items():
        part = [row for row in rows if row.slot == slot]
        if not part:
            continue
        expected, found = sum(row.expected or 0 for row in part), sum(row.found for row in part)
        off = found - expected
        lines.append(f"{f'  all {word}':<46}{expected:>11,}{found:>11,}{f'{off:+,}' if off else '0':>12}")
    return [*lines, ""]


def _findings(report: Report, most: int) -> list[str]:
    lines: list[str] = []
    for severity in reversed(Severity):
        for result in report.results:
            if result.findings and result.check.severity is severity:
                check = result.check
                title = f"{severity.value.upper()} {check.code} {check.name}: {check.summary}"
                lines.extend(textwrap.wrap(title, WIDTH, subsequent_indent="  "))
                lines.extend(line for finding in result.findings[:most] for line in _finding_lines(finding))
                if len(result.findings) > most:
                    lines.append(f"  ... and {len(result.findings) - most:,} more")
                lines.append("")
    return lines


def _finding_lines(finding: Finding) -> list[str]:
    text = f"{finding.path}: {finding.message}" if finding.path else finding.message
    return textwrap.wrap(
        text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=True
    )


def _verdict(report: Report, threshold: Severity, color: bool) -> str:
    tally = report.tally()
    parts = ", ".join(count(number, severity.value) for severity, number in tally.items())
    failed = report.fails(threshold)
    word = "FAIL" if failed else "PASS"
    limit = "" if threshold is Severity.ERROR else f" (at {threshold.value} or above)"
    return f"{_paint(word, word, color)}{limit}: {parts} in {count(report.samples, 'sample')}."
