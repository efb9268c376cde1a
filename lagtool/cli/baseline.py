"""``--baseline`` and ``--write-baseline``: reading before a scan, and accepting all that was found after it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lagtool.display import count, show

if TYPE_CHECKING:
    from lagtool.checks.baseline import Baseline
    from lagtool.checks.report import Report


def open_baseline(path: Path | None, target: str | None, *, force: bool, data_root: Path | None) -> "Baseline | None":
    """Return the baseline at ``path``; where a new one goes to ``target``, none, but that place is looked at.

    A file of findings is replaced without ``force``.

    Raises:
        LagtoolError: The baseline cannot be read, or the new one not be written.
    """
    from lagtool.checks.baseline import read_baseline
    from lagtool.output import check_target

    if target is None:
        return None if path is None else read_baseline(path)
    check_target(Path(target), force=force or _holds_findings(Path(target)), data_root=data_root)
    return None


def _holds_findings(path: Path) -> bool:
    from lagtool.checks.baseline import is_own_baseline

    return path.is_file() and is_own_baseline(path)


def accept_all(report: "Report", target: Path, *, quiet: bool) -> "Report":
    """Write what a report found to ``target``, and return the report with all of it accepted.

    Raises:
        LagtoolError: The file cannot be written.
    """
    from lagtool.checks.acceptance import accept_known
    from lagtool.checks.baseline import parse_baseline
    from lagtool.output import write_bytes
    from lagtool.render.report import render_report

    data = render_report(report, "json").encode()
    write_bytes(target, data)
    if not quiet:
        name = show(target)
        found = count(len(report.findings), "finding")
        print(f"{name}: {found}, accepted from now on by --baseline {name}", file=sys.stderr)
    return accept_known(report, parse_baseline(data, target.name))
