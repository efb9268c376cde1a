"""``lagtool validate``: a verdict."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import ConfigFile, Force, Jobs, NoConfig, OutputFile, ProfileName, Quiet, Source
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
    profile: ProfileName = None,
    select: Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Run only these: {_CHECKS}.")] = None,
    ignore: Annotated[str | None, typer.Option(metavar="CHECKS", help=f"Leave these out: {_CHECKS}.")] = None,
    fail_on: Annotated[
        Severity | None, typer.Option(help="Exit with 1 from this severity on (default: error).")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Accept the findings in this file; only new ones count.")
    ] = None,
    write_baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what is found now to FILE, and accept it.")
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of the configuration: severities.LAG307=note."),
    ] = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    output_format: Annotated[ReportFormat, typer.Option("--format", help="How to write it.")] = ReportFormat.TEXT,
    output: OutputFile = None,
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Judge a tree or manifest: is it complete, intact and consistent?

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: it could not be judged.
    """
    from lagtool.checks.runner import validate as run_validation
    from lagtool.cli.baseline import accept_all, open_baseline
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.source import data_root, open_source
    from lagtool.configuration.variables import split_words
    from lagtool.output import check_target, write_bytes
    from lagtool.render.ledger import render_text
    from lagtool.render.report_json import render_json

    if baseline is not None and write_baseline is not None:
        raise typer.BadParameter("--baseline and --write-baseline contradict each other: give one of them")
    if write_baseline is not None and output is not None and Path(output).absolute() == Path(write_baseline).absolute():
        raise typer.BadParameter("--output and --write-baseline name one file: give them two")
    options = {
        "profile": profile,
        "select": None if select is None else split_words(select),
        "skip": None if ignore is None else split_words(ignore),
        "fail_on": fail_on,
        "baseline": baseline,
    }
    # What is misspelt or in the way is said before the scan, not after it.
    settings = open_settings(config, no_config=no_config, options=options, assignments=assignments or (), quiet=quiet)
    if output is not None:
        check_target(Path(output), force=force, data_root=data_root(source, settings.profile))
    known = open_baseline(settings.baseline, write_baseline, force=force, data_root=data_root(source, settings.profile))
    manifest = open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet)
    report = run_validation(manifest, settings=settings.model_copy(update={"baseline": None}), baseline=known)
    if write_baseline is not None:
        report = accept_all(report, Path(write_baseline), quiet=quiet)
    if output_format is ReportFormat.JSON:
        text = render_json(report, threshold=settings.fail_on)
    else:
        color = output is None and wants_color()
        text = render_text(report, threshold=settings.fail_on, most=settings.most, color=color)
    if output is not None:
        write_bytes(Path(output), text.encode())
    else:
        sys.stdout.write(text)
    return int(report.fails(settings.fail_on))
