"""``lagtool validate``: a verdict."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import ConfigFile, Force, Jobs, NoConfig, OptionalSource, OutputFile, ProfileName, Quiet
from lagtool.cli.terminal import wants_color
from lagtool.model import Severity
from lagtool.render.report import ReportFormat
from lagtool.render.style import MOST

_CHECKS = "codes, beginnings of codes (LAG5), names or families, separated by commas"


@app.command()
def validate(  # noqa: PLR0917 - each is one option of the command line
    source: OptionalSource = None,
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
    from lagtool.checks.runner import validate as run_validation
    from lagtool.cli.baseline import accept_all, open_baseline
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.source import data_root, open_source
    from lagtool.configuration.variables import split_words
    from lagtool.findings import read_report
    from lagtool.output import check_target, write_bytes
    from lagtool.render.report import render_report
    from lagtool.render.style import check_prefix

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
    _check_options(output_format, most=most, show_all=show_all, prefix=prefix)
    check_prefix(prefix)
    # What is misspelt or in the way is said before the scan, not after it.
    settings = open_settings(config, no_config=no_config, options=options, assignments=assignments or (), quiet=quiet)
    root = None if source is None else data_root(source)
    if output is not None:
        check_target(Path(output), force=force, data_root=root)
    if load is not None:
        _refuse_beside_load(
            {
                "SOURCE": source,
                "--profile": profile,
                "--select": select,
                "--ignore": ignore,
                "--baseline": baseline,
                "--write-baseline": write_baseline,
            }
        )
        report = read_report(load)
    elif source is not None:
        known = open_baseline(settings.baseline, write_baseline, force=force, data_root=root)
        manifest = open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet)
        report = run_validation(manifest, settings=settings.model_copy(update={"baseline": None}), baseline=known)
        if write_baseline is not None:
            report = accept_all(report, Path(write_baseline), quiet=quiet)
    else:
        raise typer.BadParameter("Missing argument 'SOURCE', or --load FILE.")
    text = render_report(
        report,
        output_format,
        threshold=settings.fail_on,
        most=None if show_all else settings.most if most is None else most,
        color=output is None and wants_color(),
        prefix=prefix,
    )
    if output is not None:
        write_bytes(Path(output), text.encode())
    else:
        sys.stdout.write(text)
    return int(report.fails(settings.fail_on))


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
