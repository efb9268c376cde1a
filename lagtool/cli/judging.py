"""What ``validate`` and ``audit`` share: options, the settings that they make, and showing a report."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagtool.cli.terminal import wants_color, write_result
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from lagtool.reporting.report import ReportFormat
from lagtool.reporting.style import MOST
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.checks.acceptance import Baseline
    from lagtool.checks.report import Report
    from lagtool.checks.settings import Settings

_CHECKS = "codes, beginnings of codes (LAG5), names or families, separated by commas"

Select = Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Run only these: {_CHECKS}.")]
Ignore = Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Leave these out: {_CHECKS}.")]
FailOn = Annotated[Severity | None, typer.Option(help="Exit with 1 from this severity on (default: error).")]
BaselineFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Accept the findings in this file; only new ones count.")
]
NewBaseline = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write what is found now to FILE, and accept it.")
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A key of the configuration: severities.LAG307=note."),
]
Format = Annotated[ReportFormat, typer.Option("--format", help="How to write it.")]
Most = Annotated[
    int | None, typer.Option("--most", min=0, metavar="N", help=f"Findings shown per check (default: {MOST}).")
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show every finding.")]
Prefix = Annotated[
    str, typer.Option(metavar="DIR", help="The dataset's folder in the repository: put before paths for CI.")
]


@dataclass(frozen=True)
class Look:
    """How and where a report is to be shown."""

    format: ReportFormat
    most: int | None
    show_all: bool
    prefix: str
    output: str | None

    def check(self, *, force: bool, data_root: Path | None) -> None:
        """Refuse what the format would not heed, rather than let it look as if it did, and a place that is taken."""
        from lagtool.output.writing import check_target
        from lagtool.reporting.style import check_prefix

        if self.show_all and self.most is not None:
            raise typer.BadParameter("--most and --all contradict each other: give one of them.")
        if (self.show_all or self.most is not None) and not self.format.has_examples:
            raise typer.BadParameter(f"--most and --all mean nothing to --format {self.format.value}.")
        if self.prefix and not self.format.has_places:
            raise typer.BadParameter(f"--prefix means nothing to --format {self.format.value}.")
        check_prefix(self.prefix)
        if self.output is not None:
            check_target(Path(self.output), force=force, data_root=data_root)

    def show(self, reports: "Sequence[Report]", settings: "Settings") -> int:
        """Write the reports, one after the other, and return the exit code: 1 where one of them fails.

        Raises:
            LagtoolError: None fails, but nothing was checked for one of them.
        """
        from lagtool.checks.report import Verdict
        from lagtool.reporting.report import render_report

        text = "\n".join(
            render_report(
                report,
                self.format,
                threshold=settings.fail_on,
                most=None if self.show_all else settings.most if self.most is None else self.most,
                color=self.output is None and wants_color(),
                prefix=self.prefix,
            )
            for report in reports
        )
        write_result(text, self.output)
        verdicts = [report.verdict(settings.fail_on) for report in reports]
        if Verdict.FAIL in verdicts or Verdict.NOT_CHECKED not in verdicts:
            return int(Verdict.FAIL in verdicts)
        report = reports[verdicts.index(Verdict.NOT_CHECKED)]
        raise LagtoolError(f"{show(report.header.root_name)}: nothing was checked: {report.unchecked}")


def check_baselines(baseline: str | None, write_baseline: str | None, output: str | None) -> None:
    """Refuse baselines that contradict each other, or the output."""
    if baseline is not None and write_baseline is not None:
        raise typer.BadParameter("--baseline and --write-baseline contradict each other: give one of them")
    if write_baseline is not None and output is not None and Path(output).absolute() == Path(write_baseline).absolute():
        raise typer.BadParameter("--output and --write-baseline name one file: give them two")


def name_options(
    *,
    profile: str | None,
    select: str | None,
    ignore: str | None,
    fail_on: Severity | None,
    baseline: str | None,
    curation: str | None,
) -> dict[str, Any]:
    """Return the options as keys of a configuration."""
    from lagtool.checks.variables import split_words

    return {
        "profile": profile,
        "select": None if select is None else split_words(select),
        "skip": None if ignore is None else split_words(ignore),
        "fail_on": fail_on,
        "baseline": baseline,
        "curation": curation,
    }


def open_baseline(path: Path | None, target: str | None, *, force: bool, data_root: Path | None) -> "Baseline | None":
    """Return the baseline at ``path``; where a new one goes to ``target``, none, but that place is looked at.

    A file of findings is replaced without ``force``.

    Raises:
        LagtoolError: The baseline cannot be read, or the new one not be written.
    """
    from lagtool.checks.acceptance import read_baseline
    from lagtool.output.writing import check_target

    if target is None:
        return None if path is None else read_baseline(path)
    check_target(Path(target), force=force or _holds_findings(Path(target)), data_root=data_root)
    return None


def _holds_findings(path: Path) -> bool:
    from lagtool.checks.acceptance import is_own_baseline

    return path.is_file() and is_own_baseline(path)


def accept_all(report: "Report", target: Path, *, quiet: bool) -> "Report":
    """Write what a report found to ``target``, and return the report with all of it accepted.

    Raises:
        LagtoolError: The file cannot be written.
    """
    from lagtool.checks.acceptance import accept_known, parse_baseline
    from lagtool.output.writing import write_bytes
    from lagtool.reporting.report import render_report

    data = render_report(report, "json").encode()
    write_bytes(target, data)
    if not quiet:
        name = show(target)
        found = count(len(report.findings), "finding")
        print(f"{name}: {found}, accepted from now on by --baseline {name}", file=sys.stderr)
    return accept_known(report, parse_baseline(data, target.name))
