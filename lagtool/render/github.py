"""A report as workflow commands of GitHub Actions, which become annotations."""

from collections.abc import Iterator, Sequence

from lagtool.checks.report import Report, Result
from lagtool.display import count
from lagtool.model import Finding, Severity
from lagtool.render.grouping import share_out
from lagtool.render.style import Style
from lagtool.render.verdict import describe_finding, describe_verdict, disarm_commands, verdict_word

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
