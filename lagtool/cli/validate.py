"""``lagtool validate``: a verdict."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import Force, Jobs, OptionalSource, OutputFile, ProfileName, Quiet
from lagtool.cli.terminal import wants_color
from lagtool.model import Severity
from lagtool.render.report import ReportFormat
from lagtool.render.style import MOST

if TYPE_CHECKING:
    from lagtool.checks.runner import Report

_CHECKS = "codes, beginnings of codes (LAG5), names or families, separated by commas"


@app.command()
def validate(  # noqa: PLR0917 - each is one option of the command line
    source: OptionalSource = None,
    profile: ProfileName = "auto",
    select: Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Run only these: {_CHECKS}.")] = None,
    ignore: Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Leave these out: {_CHECKS}.")] = None,
    fail_on: Annotated[Severity, typer.Option(help="Exit with 1 from this severity on.")] = Severity.ERROR,
    output_format: Annotated[ReportFormat, typer.Option("--format", help="How to write it.")] = ReportFormat.TEXT,
    most: Annotated[
        int | None, typer.Option("--most", min=0, metavar="N", help=f"Findings shown per check (default: {MOST}).")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every finding.")] = False,
    prefix: Annotated[
        str, typer.Option(metavar="DIR", help="The data set's folder in the repository: put before paths for CI.")
    ] = "",
    load: Annotated[
        str | None, typer.Option(metavar="FILE", help="Show again what --format jsonl wrote; no SOURCE is read.")
    ] = None,
    output: OutputFile = None,
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Judge a tree or manifest: is it complete, intact and consistent?

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: it could not be judged.
    """
    from lagtool.cli.source import data_root
    from lagtool.findings import read_report
    from lagtool.output import check_target, write_bytes
    from lagtool.render.report import render_report
    from lagtool.render.style import check_prefix

    _check_options(output_format, most=most, show_all=show_all, prefix=prefix)
    check_prefix(prefix)
    if output is not None:
        check_target(Path(output), force=force, data_root=data_root(source) if source else None)
    if load is not None:
        _refuse_beside_load({"SOURCE": source, "--profile": profile != "auto", "--select": select, "--ignore": ignore})
        report = read_report(load)
    else:
        report = _judge(source, profile, select, ignore, jobs=jobs, quiet=quiet)
    text = render_report(
        report,
        output_format,
        threshold=fail_on,
        most=None if show_all else MOST if most is None else most,
        color=output is None and wants_color(),
        prefix=prefix,
    )
    if output is not None:
        write_bytes(Path(output), text.encode())
    else:
        sys.stdout.write(text)
    return int(report.fails(fail_on))


def _judge(
    source: str | None, profile: str, select: str | None, ignore: str | None, *, jobs: int | None, quiet: bool
) -> "Report":
    from lagtool.checks.registry import choose
    from lagtool.checks.runner import validate as run_validation
    from lagtool.cli.source import open_source

    if source is None:
        raise typer.BadParameter("Missing argument 'SOURCE', or --load FILE.")
    selected, ignored = _words(select), _words(ignore)
    choose([*selected, *ignored])  # a misspelt name is said before the scan, not after it
    manifest = open_source(source, profile=profile, jobs=jobs, quiet=quiet)
    return run_validation(manifest, select=selected or None, ignore=ignored)


def _check_options(output_format: ReportFormat, *, most: int | None, show_all: bool, prefix: str) -> None:
    """Refuse what the format would not heed, rather than let it look as if it did."""
    if show_all and most is not None:
        raise typer.BadParameter("--most and --all contradict each other: give one of them.")
    if (show_all or most is not None) and not output_format.has_examples:
        raise typer.BadParameter(f"--most and --all mean nothing to --format {output_format.value}.")
    if prefix and not output_format.has_places:
        raise typer.BadParameter(f"--prefix means nothing to --format {output_format.value}.")


def _refuse_beside_load(options: dict[str, object]) -> None:
    if wrong := [name for name, value in options.items() if value]:
        raise typer.BadParameter(f"--load shows what was judged already: leave out {', '.join(wrong)}.")


def _words(option: str | None) -> list[str]:
    return [word for word in (option or "").split(",") if word.strip()]
