"""What is accepted, and what is to be said of the settings, as lines of the text report."""

import textwrap
from collections import Counter

from lagtool.checks.report import Report
from lagtool.display import count, show

WIDTH = 80


def accepted_lines(report: Report) -> list[str]:
    """Return the accepted findings, counted by check and reason, under a title; nothing where there are none."""
    if not report.accepted:
        return []
    names = {result.check.code: result.check.name for result in report.results}
    groups = Counter((one.finding.code, one.reason) for one in report.accepted)
    lines = [f"ACCEPTED: {count(len(report.accepted), 'finding')}, not counted in the verdict"]
    for (code, reason), number in groups.items():
        start = f"  {code}  {names[code]:24}  {number:>6,}  "
        lines += textwrap.wrap(show(reason, 1000), WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
    return [*lines, ""]


def remark_lines(report: Report) -> list[str]:
    """Return the remarks on the settings, under a title; nothing where there are none."""
    if not report.remarks:
        return []
    lines = ["REMARKS on the settings"]
    for remark in report.remarks:
        lines += textwrap.wrap(remark, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return [*lines, ""]
