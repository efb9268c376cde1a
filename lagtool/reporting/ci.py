"""Telling many findings in a bounded number of places."""

import hashlib
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from lagtool.checks.registry import FAMILIES, Check
from lagtool.checks.report import Report, Result, Status, Verdict
from lagtool.model import Accepted, Finding, Severity
from lagtool.reporting.style import Style
from lagtool.reporting.verdict import NAMES, ORIGINS, describe_finding, describe_verdict, disarm_commands, verdict_word
from lagtool.text import count, show


def share_out(sizes: Sequence[int], limit: int) -> list[int]:
    """Return how many of each group can be told one by one where ``limit`` places are there for all groups.

    A group that is not told whole takes one place more, for all that is left of it. Small groups are told whole
    before a large one gets more than its share.

    Args:
        sizes: Number of findings in each group.
        limit: Number of places; at least the number of groups that are not empty.

    Raises:
        ValueError: There are more groups than places.
    """
    if sum(size > 0 for size in sizes) > limit:
        raise ValueError("more groups than places")

    def count(most: int) -> int:
        return sum(min(size, most) for size in sizes)

    each = bisect_right(range(1, max(sizes, default=0) + 1), limit, key=count)  # places that every group can have
    left = limit - count(each)
    places = []
    for size in sizes:
        extra = int(size > each and left > 0)
        left -= extra
        places.append(min(size, each + extra))
    return [size if size == place else place - 1 for size, place in zip(sizes, places, strict=True)]


def identify_findings(findings: Iterable[Finding]) -> list[str]:
    """Return one identifier per finding, all different: 32 hexadecimal digits, a colon and a number.

    The digits are of the sha256 over code, path, sample and related paths, whatever the sentence says; the number
    counts the findings that have these alike, from 1.
    """
    seen: Counter[str] = Counter()
    identifiers = []
    for finding in findings:
        text = "\0".join((finding.code, finding.path, finding.sample, *sorted(finding.related)))
        digits = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        seen[digits] += 1
        identifiers.append(f"{digits}:{seen[digits]}")
    return identifiers


LIMIT = 10
"""Annotations of one kind that GitHub shows of one step; what comes after them it drops in silence."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_EXAMPLES = 3


def render_github(report: Report, style: Style) -> str:
    """Return at most `LIMIT` commands per severity, then remarks and the verdict as plain lines for the log.

    Where there are more findings, those of the largest checks are put together, and examples are named; where more
    than `LIMIT` checks found something, the last command stands for several. Accepted findings are left out.
    """
    lines: list[str] = []
    for severity in reversed(Severity):
        results = [r for r in report.results if r.findings and r.check.severity is severity]
        lines.extend(_annotate(results, severity, style))
    lines.extend(f"remark: {disarm_commands(remark)}" for remark in report.remarks)
    lines.append(f"{verdict_word(report, style.threshold)}{describe_verdict(report, style.threshold)}")
    return "\n".join(lines) + "\n"


def _annotate(results: list[Result], severity: Severity, style: Style) -> Iterator[str]:
    rest: list[Result] = []
    if len(results) > LIMIT:
        results, rest = results[: LIMIT - 1], results[LIMIT - 1 :]
    singles = share_out([len(result.findings) for result in results], LIMIT - bool(rest))
    for result, number in zip(results, singles, strict=True):
        title = f"{result.check.code} {result.check.name}"
        for finding in result.findings[:number]:
            yield _command(severity, title, describe_finding(finding), style, finding.path)
        left = result.findings[number:]
        if left:
            what = f"{len(left):,} more" if number else count(len(left), "finding")
            yield _command(severity, f"{title}: {what}", _examples(left), style, left[0].path)
    if rest:
        found = sum(len(result.findings) for result in rest)
        title = f"{count(len(rest), 'more check')}: {count(found, 'finding')}"
        lines = [f"{r.check.code} {r.check.name}: {count(len(r.findings), 'finding')}" for r in rest]
        yield _command(severity, title, "\n".join(lines), style)


def _examples(findings: Sequence[Finding]) -> str:
    lines = [describe_finding(finding) for finding in findings[:_EXAMPLES]]
    if len(findings) > _EXAMPLES:
        lines.append(f"... and {len(findings) - _EXAMPLES:,} more")
    return "\n".join(lines)


def _command(severity: Severity, title: str, message: str, style: Style, path: str = "") -> str:
    place = style.locate(path) if path else ""
    file = f"file={_escape_property(place)}," if place else ""
    return f"::{_COMMANDS[severity]} {file}title={_escape_property(title)}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render_gitlab(report: Report, style: Style) -> str:
    """Return an array of one object per finding, in ASCII; accepted findings are left out.

    What concerns the dataset as a whole stands at its folder. GitLab wants a line: it is always the first.
    """
    findings = report.findings
    document = [
        {
            "description": f"{NAMES[finding.code]}: {finding.message}",
            "check_name": finding.code,
            "fingerprint": identifier,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": style.locate(finding.path) or ".", "lines": {"begin": 1}},
        }
        for finding, identifier in zip(findings, identify_findings(findings), strict=True)
    ]
    return json.dumps(document, indent=2) + "\n"


def render_junit(report: Report, style: Style) -> str:
    """Return a suite per family and a test case per finding, in ASCII.

    A finding at or above the threshold fails, one below it passes with its sentence in the output, an accepted one is
    skipped with its reason. A check without findings is one test case that passes, or is skipped where it did not
    apply. Where nothing was checked, one more case is an error. No times: they would differ from run to run.
    """
    accepted: dict[str, list[Accepted]] = {}
    for known in report.accepted:
        accepted.setdefault(known.finding.code, []).append(known)
    document = JUnitXml(f"lagtool: {show(report.header.root_name)}")
    for family in FAMILIES:
        results = [result for result in report.results if result.check.family == family]
        if results:
            suite = TestSuite(f"lagtool.{family}")
            suite.add_testcases(
                [case for r in results for case in _list_cases(r, accepted.get(r.check.code, []), style.threshold)]
            )
            document.append(suite)
    if report.verdict(style.threshold) is Verdict.NOT_CHECKED:
        suite, case = TestSuite("lagtool"), TestCase("verdict", "lagtool")
        case.append(Error(f"nothing was checked: {report.unchecked}"))
        suite.add_testcase(case)
        document.append(suite)
    document.update_statistics()
    return _serialize(document)


def _list_cases(result: Result, accepted: list[Accepted], threshold: Severity) -> Iterator[TestCase]:
    place = f"lagtool.{result.check.family}.{result.check.code}-{result.check.name}"
    names = Counter[str]()

    def case(finding: Finding) -> TestCase:
        name = finding.path or finding.sample or "the dataset"
        names[name] += 1
        return TestCase(name if names[name] == 1 else f"{name} ({names[name]})", place)

    for finding in result.findings:
        made = case(finding)
        if finding.severity.rank >= threshold.rank:
            failure = Failure(finding.message, finding.severity.value)
            failure.text = _detail(finding, result.check)
            made.append(failure)
        else:
            made.system_out = f"{finding.severity.value}: {_detail(finding, result.check)}"
        yield made
    for known in accepted:
        made = case(known.finding)
        reason = show(known.reason) or "no reason given"
        skipped = Skipped(f"accepted by {ORIGINS[known.origin]}: {reason}", known.finding.severity.value)
        skipped.text = _detail(known.finding, result.check)
        made.append(skipped)
        yield made
    if not result.findings and not accepted:
        made = TestCase("the dataset", place)
        if result.status is Status.NOT_APPLICABLE:
            made.append(Skipped(f"not applicable: {show(result.reason)}"))
        yield made


def _detail(finding: Finding, check: Check) -> str:
    lines = [f"{check.code} {NAMES[check.code]}: {check.summary}", describe_finding(finding)]
    return "\n".join([*lines, *(f"also: {path}" for path in finding.related)])


def _serialize(document: JUnitXml) -> str:
    """Return the same bytes whichever XML library junitparser found, without the attribute that the schema lacks."""
    root = ElementTree.fromstring(document.tostring())  # noqa: S314 - written above
    root.attrib.pop("skipped", None)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True).decode()
    return text + "\n"
