"""Numbers of files expected against those found, as several formats show them."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from lagtool.checks.registry import FAMILIES
from lagtool.checks.report import Report, Result, Status
from lagtool.model import Finding
from lagtool.reporting.split_summary import LEGEND, lay_out
from lagtool.reporting.style import Style
from lagtool.reporting.tables import WIDTH
from lagtool.reporting.verdict import (
    describe_finding,
    describe_subject,
    describe_verdict,
    disarm_commands,
    group_accepted,
    list_failed,
    verdict_word,
)
from lagtool.text import count, show


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected against found.

    Attributes:
        name: The class, or ``all``, and what is counted.
        expected: Published number of files.
        found: Number of files that are there.
        total: Whether it is that of all classes together.
    """

    name: str
    expected: int
    found: int
    total: bool = False

    @property
    def difference(self) -> int:
        """Found minus expected."""
        return self.found - self.expected

    @property
    def signed(self) -> str:
        """The difference with its sign; 0 has none."""
        return f"{self.difference:+,}" if self.difference else "0"


def list_expectations(report: Report) -> list[Expectation]:
    """Return expected against found per slot and class, after each slot all classes together."""
    profile = report.header.profile
    made: list[Expectation] = []
    for slot in dict.fromkeys(row.slot for row in report.counts):
        noun = profile.noun(slot, 2)
        part = [
            Expectation(f"{row.class_name}, {noun}", row.expected, row.found)
            for row in report.counts
            if row.slot == slot and row.expected is not None
        ]
        if part:
            whole = sum(row.expected for row in part), sum(row.found for row in part)
            made += [*part, Expectation(f"all {noun}", *whole, total=True)]
    return made


def list_judged(report: Report) -> list[Expectation]:
    """Like `list_expectations`, where numbers were judged at all: none where none of their checks was run."""
    judged = any(result.check.family == "counts" for result in report.results)
    return list_expectations(report) if judged else []


_WORDS = {status: status.value.upper() for status in Status} | {Status.NOT_APPLICABLE: "n/a"}
_STYLES = {"PASS": "32", "FAIL": "31;1", "WARN": "33;1", "NOTE": "36", "n/a": "2", "NOT CHECKED": "31;1"}


def render_text(report: Report, style: Style) -> str:
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
    """Yield each check; neighbours with nothing to judge for one reason stand together, unless all is asked for."""
    alike = groupby(results, lambda r: (r.status, r.reason) if r.status is Status.NOT_APPLICABLE else r.check.code)
    for _, group in alike:
        run = list(group)
        if len(run) > 2 and style.most is not None and not any(accepted[result.check.code] for result in run):
            start = f"{run[0].check.code} to {run[-1].check.code}, {len(run)} checks"
            yield from _lines("n/a", start, run[0].reason, style.color)
        else:
            for result in run:
                yield from _check_lines(result, accepted[result.check.code], style.color)


def _check_lines(result: Result, accepted: int, color: bool) -> list[str]:
    word = _WORDS[result.status]
    tail = result.reason
    if result.findings:
        tail = count(len(result.findings), result.check.severity.value)
    if accepted:
        tail = f"{tail}, {accepted:,} accepted".removeprefix(", ")
    return _lines(word, f"{result.check.code}  {result.check.name}", tail, color)


def _lines(word: str, start: str, tail: str, color: bool) -> list[str]:
    """Return what is said of a check, the end of a long reason below its beginning."""
    head = f"  {word:4}  {start:34}"
    text = disarm_commands(show(tail, 200))
    lines = textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
    first, *rest = lines or [head.rstrip()]
    return [f"  {_paint(first[2:6], word, color)}{first[6:]}", *rest]


def _counts(report: Report) -> list[str]:
    rows = sorted(list_judged(report), key=lambda row: row.total)
    if not rows:
        return []
    lines = [f"{f'COUNTS against {report.header.profile.name}':<46}{'expected':>11}{'found':>11}{'difference':>12}"]
    lines += [f"{f'  {row.name}':<46}{row.expected:>11,}{row.found:>11,}{row.signed:>12}" for row in rows]
    return [*lines, ""]


def _findings(report: Report, most: int | None) -> list[str]:
    lines: list[str] = []
    for result in list_failed(report):
        check = result.check
        title = f"{check.severity.value.upper()} {check.code} {check.name}: {check.summary}"
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
