"""``lagtool validate``: a verdict."""

from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.judging import (
    Assignments,
    BaselineFile,
    FailOn,
    Format,
    Ignore,
    Look,
    Most,
    NewBaseline,
    Prefix,
    Select,
    ShowAll,
    check_baselines,
    name_options,
)
from lagtool.cli.options import (
    ConfigFile,
    CurationFile,
    Engine,
    Force,
    Jobs,
    NoConfig,
    OptionalSource,
    OutputFile,
    ProfileName,
    Quiet,
    Scheduler,
)
from lagtool.render.report import ReportFormat


@app.command()
def validate(  # noqa: PLR0917 - each is one option of the command line
    context: typer.Context,
    source: OptionalSource = None,
    profile: ProfileName = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    write_baseline: NewBaseline = None,
    curation: CurationFile = None,
    assignments: Assignments = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    output_format: Format = ReportFormat.TEXT,
    most: Most = None,
    show_all: ShowAll = False,
    prefix: Prefix = "",
    load: Annotated[
        str | None, typer.Option(metavar="FILE", help="Show again what --format jsonl wrote; no SOURCE is read.")
    ] = None,
    output: OutputFile = None,
    jobs: Jobs = None,
    engine: Engine = None,
    scheduler: Scheduler = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Judge a tree or manifest: is it complete, intact and consistent?

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: it could not be judged.
    """
    from lagtool.checks.runner import validate as run_validation
    from lagtool.cli.baseline import accept_all, open_baseline
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.marking import curate, open_curation
    from lagtool.cli.source import choose_engine, data_root, open_source
    from lagtool.findings import read_report

    check_baselines(baseline, write_baseline, output)
    does = choose_engine(context, engine, scheduler, jobs)
    options = name_options(
        profile=profile, select=select, ignore=ignore, fail_on=fail_on, baseline=baseline, curation=curation
    )
    # What is misspelt or in the way is said before the scan, not after it.
    look = Look(output_format, most, show_all, prefix, output)
    settings = open_settings(config, no_config=no_config, options=options, assignments=assignments or (), quiet=quiet)
    root = None if source is None else data_root(source)
    look.check(force=force, data_root=root)
    if load is not None:
        _refuse_beside_load(
            {
                "SOURCE": source,
                "--profile": profile,
                "--select": select,
                "--ignore": ignore,
                "--baseline": baseline,
                "--write-baseline": write_baseline,
                "--curation": curation,
            }
        )
        report = read_report(load)
    elif source is not None:
        known = open_baseline(settings.baseline, write_baseline, force=force, data_root=root)
        marks = open_curation(settings.curation)
        manifest = open_source(source, profile=settings.profile, jobs=jobs, engine=does, quiet=quiet)
        manifest = curate(manifest, marks, quiet=quiet)
        done = settings.model_copy(update={"baseline": None, "curation": None})
        report = run_validation(manifest, settings=done, baseline=known)
        if write_baseline is not None:
            report = accept_all(report, Path(write_baseline), quiet=quiet)
    else:
        raise typer.BadParameter("Missing argument 'SOURCE', or --load FILE.")
    return look.show([report], settings)


def _refuse_beside_load(options: dict[str, object]) -> None:
    if wrong := [name for name, value in options.items() if value]:
        raise typer.BadParameter(f"--load shows what was judged already: leave out {', '.join(wrong)}.")
