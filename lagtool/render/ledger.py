"""A report as text: a ledger that a person can read at 80 columns."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from lagtool.checks.registry import FAMILIES
from lagtool.checks.runner import Report, Result, Status
from lagtool.display import count, show
from lagtool.model import Finding, Severity
from lagtool.render.portraits import LEGEND, lay_out
from lagtool.render.style import Style
from lagtool.render.verdict import (
    describe_finding,
    describe_subject,
    describe_verdict,
    disarm_commands,
    group_accepted,
    verdict_word,
)

WIDTH = 80
_WORDS = {Status.PASS: "PASS", Status.FAIL: "FAIL", Status.NOTED: "NOTE", Status.NOT_APPLICABLE: "n/a"}
_STYLES = {"PASS": "32", "FAIL": "31;1", "WARN": "33;1", "NOTE": "36", "n/a": "2"}


def render(report: Report, style: Style) -> str:
    """Return the ledger: the checks, counts, the first findings of each check, what is accepted, one verdict.

    An audit begins with the parts of its split.
    """
    lines = [*textwrap.wrap(disarm_commands(describe_subject(report)), WIDTH), ""]
    if report.parts:
        lines += [*lay_out(report.header, report.parts), *textwrap.wrap(LEGEND, WIDTH), ""]
    accepted = Counter(known.finding.code for known in report.accepted)
    for family in FAMILIES:
        results = [result for result in report.results if result.check.family == family]
        if results:
            lines.append(family.upper())
            lines += [*_ledger_lines(results, accepted, style), ""]
    lines.extend(_counts(report))
    lines.extend(_findings(report, style.most))
    lines.extend(_accepted(report, style.most))
    lines.extend(_remarks(report))
    word = verdict_word(report, style.threshold)
    verdict = textwrap.fill(f"{word}{describe_verdict(report, style.threshold)}", WIDTH)
    lines.append(verdict.replace(word, _paint(word, word, style.color), 1))
    return "\n".join(lines) + "\n"


def _paint(text: str, word: str, color: bool) -> str:
    return f"\x1b[{_STYLES[word]}m{text}\x1b[0m" if color else text


def _ledger_lines(results: list[Result], accepted: Counter[str], style: Style) -> Iterator[str]:
    """Yield a line per check; neighbours with nothing to judge for one reason share one, unless all is asked for."""
    alike = groupby(results, lambda r: (r.status, r.reason) if r.status is Status.NOT_APPLICABLE else r.check.code)
    for _, group in alike:
        run = list(group)
        if len(run) > 2 and style.most is not None and not any(accepted[result.check.code] for result in run):
            first, last = run[0].check.code, run[-1].check.code
            yield _line("n/a", f"{first} to {last}, {len(run)} checks", run[0].reason, "n/a", style.color)
        else:
            yield from (_ledger_line(result, accepted[result.check.code], style.color) for result in run)


def _ledger_line(result: Result, accepted: int, color: bool) -> str:
    word = _WORDS[result.status]
    tail = result.reason
    if result.findings:
        tail = count(len(result.findings), result.check.severity.value)
    if accepted:
        tail = f"{tail}, {accepted:,} accepted".removeprefix(", ")
    style = "WARN" if word == "FAIL" and result.check.severity is Severity.WARNING else word
    return _line(word, f"{result.check.code}  {result.check.name}", tail, style, color)


def _line(word: str, start: str, tail: str, style: str, color: bool) -> str:
    line = f"  {_paint(f'{word:4}', style, color)}  {start:34}{show(tail, 200)}"
    limit = WIDTH + (len(line) - len(f"  {word:4}  {start:34}{show(tail, 200)}"))
    return line.rstrip() if len(line) <= limit else f"{line[: limit - 1]}…"


def _counts(report: Report) -> list[str]:
    rows = [row for row in report.counts if row.expected is not None]
    asked = any(result.check.family == "counts" for result in report.results)
    if not rows or not asked:
        return []
    profile = report.header.profile
    lines = [f"{f'COUNTS against {report.header.profile.name}':<46}{'expected':>11}{'found':>11}{'difference':>12}"]
    for row in rows:
        name = f"  {row.class_name}, {profile.noun(row.slot, 2)}"
        off = row.found - (row.expected or 0)
        lines.append(f"{name:<46}{row.expected or 0:>11,}{row.found:>11,}{f'{off:+,}' if off else '0':>12}")
    for slot in dict.fromkeys(row.slot for row in rows):
        word = profile.noun(slot, 2)
        part = [row for row in rows if row.slot == slot]
        if not part:
            continue
        expected, found = sum(row.expected or 0 for row in part), sum(row.found for row in part)
        off = found - expected
        lines.append(f"{f'  all {word}':<46}{expected:>11,}{found:>11,}{f'{off:+,}' if off else '0':>12}")
    return [*lines, ""]


def _findings(report: Report, most: int | None) -> list[str]:
    lines: list[str] = []
    for severity in reversed(Severity):
        for result in report.results:
            if result.findings and result.check.severity is severity:
                check = result.check
                title = f"{severity.value.upper()} {check.code} {check.name}: {check.summary}"
                lines.extend(textwrap.wrap(title, WIDTH, subsequent_indent="  "))
                lines.extend([*_examples(result.findings, most), ""])
    return lines


def _accepted(report: Report, most: int | None) -> list[str]:
    """Return the accepted findings by check and reason: their number, and each of them where all are shown."""
    if not report.accepted:
        return []
    lines = [f"ACCEPTED: {count(len(report.accepted), 'finding')}, not counted in the verdict"]
    for group in group_accepted(report):
        start = f"  {group.code}  {group.name:24}  {len(group.findings):>6,}  "
        reason = disarm_commands(group.reason or "no reason given")
        lines.extend(textwrap.wrap(reason, WIDTH, initial_indent=start, subsequent_indent=" " * len(start)))
        if most is None:
            lines.extend(line for finding in group.findings for line in _finding_lines(finding, "    "))
    return [*lines, ""]


def _remarks(report: Report) -> list[str]:
    if not report.remarks:
        return []
    lines = ["REMARKS" if report.parts else "REMARKS on the settings"]
    for remark in report.remarks:
        lines += textwrap.wrap(
            disarm_commands(remark), WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    return [*lines, ""]


def _examples(findings: tuple[Finding, ...], most: int | None) -> list[str]:
    lines = [line for finding in findings[:most] for line in _finding_lines(finding)]
    if most is not None and len(findings) > most:
        lines.append(f"  ... and {len(findings) - most:,} more" if most else f"  {count(len(findings), 'finding')}")
    return lines


def _finding_lines(finding: Finding, indent: str = "  ") -> list[str]:
    text = disarm_commands(describe_finding(finding))
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
