"""What is accepted, and what is to be said of the settings, as lines of the text report."""

import textwrap
from collections import Counter

from lagtool.checks.report import Report
from lagtool.display import count, show

WIDTH = 80


def acceptance_lines(report: Report) -> list[str]:
    """Return the accepted findings, counted by check and reason, and the remarks, each block with its title."""
    lines: list[str] = []
    if report.accepted:
        names = {result.check.code: result.check.name for result in report.results}
        groups = Counter((one.origin, one.finding.code, one.reason) for one in report.accepted)
        lines.append(f"ACCEPTED: {count(len(report.accepted), 'finding')} that {_do(len(report.accepted))} not count")
        for (_, code, reason), number in groups.items():
            start = f"  {code}  {names[code]:24}  {number:>6,}  "
            lines += textwrap.wrap(show(reason, 1000), WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
        lines.append("")
    if report.remarks:
        lines.append("REMARKS on the settings")
        for remark in report.remarks:
            lines += textwrap.wrap(remark, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        lines.append("")
    return lines


def _do(number: int) -> str:
    return "does" if number == 1 else "do"
