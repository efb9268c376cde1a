"""``lagtool validate``: a verdict."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import Force, Jobs, OutputFile, ProfileName, Quiet, Source
from lagtool.cli.terminal import wants_color
from lagtool.model import Severity


class ReportFormat(StrEnum):
    """How to write a report."""

    TEXT = "text"
    JSON = "json"


_CHECKS = "codes, beginnings of codes (LAG5), names or families, separated by commas"


@app.command()
def validate(  # noqa: PLR0917 - each is one option of the command line
    source: Source,
    profile: ProfileName = "auto",
    select: Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Run only these: {_CHECKS}.")] = None,
    ignore: Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Leave these out: {_CHECKS}.")] = None,
    fail_on: Annotated[Severity, typer.Option(help="Exit with 1 from this severity on.")] = Severity.ERROR,
    output_format: Annotated[ReportFormat, typer.Option("--format", help="How to write it.")] = ReportFormat.TEXT,
    output: OutputFile = None,
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Judge a tree or manifest: is it complete, intact and consistent?

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: it could not be judged.
    """
    from lagtool.checks.registry import choose
    from lagtool.checks.runner import validate as run_validation
    from lagtool.cli.source import data_root, open_source
    from lagtool.output import check_target, write_bytes
    from lagtool.render.ledger import render_text
    from lagtool.render.report_json import render_json

    selected, ignored = _words(select), _words(ignore)
    choose([*selected, *ignored])  # a misspelt name is said before the scan, not after it
    if output is not None:
        check_target(Path(output), force=force, data_root=data_root(source, profile))
    manifest = open_source(source, profile=profile, jobs=jobs, quiet=quiet)
    report = run_validation(manifest, select=selected or None, ignore=ignored)
    if output_format is ReportFormat.JSON:
        text = render_json(report, threshold=fail_on)
    else:
        color = output is None and wants_color()
        text = render_text(report, threshold=fail_on, color=color)
    if output is not None:
        write_bytes(Path(output), text.encode())
    else:
        sys.stdout.write(text)
    return int(report.fails(fail_on))


def _words(option: str | None) -> list[str]:
    return [word for word in (option or "").split(",") if word.strip()]
