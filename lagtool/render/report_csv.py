"""A report as CSV: one line per finding, safe to open in a spreadsheet."""

from collections.abc import Iterator

from lagtool.cells import escape_cell
from lagtool.checks.report import Report
from lagtool.display import show
from lagtool.model import Finding
from lagtool.render.spreadsheet import write_rows
from lagtool.render.style import Style
from lagtool.render.verdict import NAMES

COLUMNS = ("code", "name", "severity", "path", "sample", "message", "related", "origin", "reason")


def render_csv(report: Report, style: Style) -> str:
    """Return one line per finding; accepted ones come last and have an origin and a reason.

    Related paths are separated by `` | ``, which serves reading; JSON Lines keep them apart.
    """
    return write_rows(COLUMNS, ([escape_cell(text) for text in line] for line in _lines(report)))


def _lines(report: Report) -> Iterator[tuple[str, ...]]:
    for finding in report.findings:
        yield (*_cells(finding), "", "")
    for known in report.accepted:
        yield (*_cells(known.finding), known.origin, show(known.reason))


def _cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.code,
        NAMES[finding.code],
        finding.severity.value,
        finding.path,
        finding.sample,
        finding.message,
        " | ".join(finding.related),
    )
