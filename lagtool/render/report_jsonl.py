"""A report as JSON Lines, one flat record per finding: the findings file."""

from lagtool.checks.report import Report
from lagtool.findings import write_lines
from lagtool.render.style import Style


def render_jsonl(report: Report, style: Style) -> str:
    """Return the findings file that `lagtool.read_report` reads back."""
    return write_lines(report)
