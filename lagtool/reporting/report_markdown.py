"""A report in GitHub's Markdown, for comments on pull requests and for job summaries."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from lagtool.checks.report import Report, Result, Status
from lagtool.model import Finding, Severity
from lagtool.reporting.markdown import escape_markdown, list_rows
from lagtool.reporting.report_text import list_judged
from lagtool.reporting.split_summary import LEGEND, list_columns
from lagtool.reporting.style import Style
from lagtool.reporting.verdict import describe_subject, describe_verdict, group_accepted, list_failed, verdict_word
from lagtool.text import count

LIMIT = 65_536
"""Characters that a comment on GitHub may have; a job summary takes 1 MiB."""


def render_markdown(report: Report, style: Style) -> str:
    """Return the verdict, the checks that found something, counts, and folded examples per check.

    Where a number of examples is asked for and the text would be longer than `LIMIT`, there are fewer. All text from
    outside is escaped.
    """
    text = _lay_out(report, style.threshold, style.most)
    if style.most is None or len(text) <= LIMIT:
        return text
    numbers = range(1, min(style.most, len(report.findings) + len(report.accepted)) + 1)
    most = bisect_right(numbers, LIMIT, key=lambda most: len(_lay_out(report, style.threshold, most)))
    return _lay_out(report, style.threshold, most)


def _lay_out(report: Report, threshold: Severity, most: int | None) -> str:
    word = verdict_word(report, threshold)
    lines = [f"## lagtool: {word}", "", escape_markdown(describe_subject(report)), ""]
    lines += [f"**{word}**{escape_markdown(describe_verdict(report, threshold))}", ""]
    lines += [_describe_checks(report), ""]
    if report.parts:
        headings, *rows = zip(*list_columns(report.header, report.parts), strict=True)
        lines += [*list_rows(headings, rows, texts=1), "", escape_markdown(LEGEND), ""]
    found = list_failed(report)
    if found:
        rows = [(r.check.code, r.check.name, r.check.severity.value, f"{len(r.findings):,}") for r in found]
        lines += [*list_rows(("check", "name", "severity", "findings"), rows, texts=3), ""]
    lines += _counts(report)
    for result in found:
        lines += _details(_title(result), result.check.summary, result.findings, most)
    for group in group_accepted(report):
        title = f"{group.code} {group.name}: {count(len(group.findings), 'finding')} accepted by {group.origin}"
        lines += _details(title, f"Reason: {group.reason or 'none given'}", group.findings, most)
    if report.remarks:
        title = "remarks" if report.parts else "remarks on the settings"
        lines += [*list_rows((title,), [(remark,) for remark in report.remarks], texts=1), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _describe_checks(report: Report) -> str:
    words = {
        Status.PASS: "passed",
        Status.FAIL: "failed",
        Status.WARN: "found warnings",
        Status.NOTE: "found notes",
    }
    numbers = Counter(result.status for result in report.results)
    parts = [f"{numbers[status]:,} {word}" for status, word in words.items()]
    parts.append(f"{numbers[Status.NOT_APPLICABLE]:,} did not apply")
    return f"{count(len(report.results), 'check')}: {', '.join(parts)}."


def _title(result: Result) -> str:
    check = result.check
    return f"{check.code} {check.name}: {count(len(result.findings), check.severity.value)}"


def _counts(report: Report) -> list[str]:
    rows = [
        (row.name, f"{row.expected:,}", f"{row.found:,}", row.signed) for row in list_judged(report) if not row.total
    ]
    columns = (f"counts against {report.header.profile.name}", "expected", "found", "difference")
    return [*list_rows(columns, rows, texts=1), ""] if rows else []


def _details(title: str, text: str, findings: tuple[Finding, ...], most: int | None) -> Iterable[str]:
    yield f"<details><summary>{escape_markdown(title)}</summary>"
    yield ""
    yield escape_markdown(text)
    yield ""
    if shown := findings[:most]:
        yield from list_rows(("where", "what"), [(f.path or "the dataset", f.message) for f in shown], texts=2)
        yield ""
    if len(findings) > len(shown):
        yield f"... and {len(findings) - len(shown):,} more"
        yield ""
    yield "</details>"
    yield ""
