"""The sentences of a report that several formats say alike."""

from typing import NamedTuple

from lagtool.checks.counts import matches_release
from lagtool.checks.registry import CHECKS
from lagtool.checks.report import Report, Result, Verdict
from lagtool.model import Action, Finding, Severity
from lagtool.text import count, show

NAMES = {check.code: check.name for check in CHECKS}
ORIGINS = {"config": "configuration", "curation": "curation", "baseline": "baseline"}


def describe_subject(report: Report) -> str:
    """Return what was judged, and against what."""
    header = report.header
    title = f": {show(header.profile.title)}" if header.profile.title else ""
    depth = " (names and headers only, indexed with --quick)" if header.scan_options.quick else ""
    split = f"{show(str((header.split or {}).get('title', 'a split')), 300)}, a split of " if report.parts else ""
    gone = 0 if header.curation is None else header.curation.applied.get(Action.EXCLUDE, 0)
    marks = f" ({gone:,} of them excluded by curation marks)" if gone else ""
    found = f"{show(header.root_name)}: {count(report.samples, 'sample')}{marks}{depth}"
    text = f"{split}{found}, judged by profile {header.profile.name}"
    if header.profile_choice == "given":
        return f"{text}, as asked for{title}"
    if matches_release(report.counts):
        return f"{text}, whose numbers it has{title}"
    return f"{text}, the nearest by its numbers, which differ from every known release{title}"


def verdict_word(report: Report, threshold: Severity) -> str:
    """Return PASS, FAIL or NOT CHECKED."""
    return report.verdict(threshold).value.upper()


def describe_verdict(report: Report, threshold: Severity) -> str:
    """Return what follows the verdict's word: the limit where it is not the usual one, and the numbers.

    Where nothing was checked, the reason stands before them.
    """
    limit = "" if threshold is Severity.ERROR else f" (at {threshold.value} or above)"
    parts = ", ".join(count(number, severity.value) for severity, number in report.tally().items())
    known = f"; {count(len(report.accepted), 'finding')} accepted" if report.accepted else ""
    why = f"{report.unchecked}; " if report.verdict(threshold) is Verdict.NOT_CHECKED else ""
    return f"{limit}: {why}{parts} in {count(report.samples, 'sample')}{known}."


def describe_finding(finding: Finding) -> str:
    """Return where and what, in one line."""
    return f"{finding.path}: {finding.message}" if finding.path else finding.message


def disarm_commands(text: str) -> str:
    """Keep text from outside from being a command to a CI system (``::error::`` or ``##[error]``) on whatever line."""
    return text.replace("::", ":\\x3a").replace("##[", "#\\x23[")


def list_failed(report: Report) -> list[Result]:
    """Return the checks with findings, the most severe first, then in order of code."""
    found = [result for result in report.results if result.findings]
    return sorted(found, key=lambda result: (-result.check.severity.rank, result.check.code))


class AcceptedGroup(NamedTuple):
    """Accepted findings of one check with one reason."""

    code: str
    name: str
    origin: str
    reason: str
    findings: tuple[Finding, ...]


def group_accepted(report: Report) -> list[AcceptedGroup]:
    """Return the accepted findings by check and reason, in order of code; reasons are made fit to be shown."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for accepted in report.accepted:
        key = accepted.finding.code, ORIGINS[accepted.origin], show(accepted.reason, 1000)
        groups.setdefault(key, []).append(accepted.finding)
    return [
        AcceptedGroup(code, NAMES[code], origin, reason, tuple(findings))
        for (code, origin, reason), findings in sorted(groups.items(), key=lambda pair: pair[0][0])
    ]
