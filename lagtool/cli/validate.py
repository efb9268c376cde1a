"""``lagtool validate``: a verdict."""

from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import judging, options
from lagtool.cli.app import app
from lagtool.reporting.report import ReportFormat


@app.command()
def validate(  # noqa: PLR0917 - each is one option of the command line
    context: typer.Context,
    source: options.OptionalSource = None,
    profile: options.ProfileName = None,
    select: judging.Select = None,
    ignore: judging.Ignore = None,
    fail_on: judging.FailOn = None,
    baseline: judging.BaselineFile = None,
    write_baseline: judging.NewBaseline = None,
    curation: options.CurationFile = None,
    assignments: judging.Assignments = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    output_format: judging.Format = ReportFormat.TEXT,
    most: judging.Most = None,
    show_all: judging.ShowAll = False,
    prefix: judging.Prefix = "",
    load: Annotated[
        str | None, typer.Option(metavar="FILE", help="Show again what --format jsonl wrote; no SOURCE is read.")
    ] = None,
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    backend: options.Backend = None,
    scheduler: options.Scheduler = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Judge a tree or manifest: is it complete, intact and consistent?

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: it could not be judged.
    """
    from lagtool.checks.runner import validate as run_validation
    from lagtool.cli.judging import accept_all, open_baseline
    from lagtool.cli.session import choose_backend, curate, open_curation, open_settings, open_source
    from lagtool.reporting.findings import read_report
    from lagtool.scanning.source import data_root

    judging.check_baselines(baseline, write_baseline, output)
    does = choose_backend(context, backend, scheduler, jobs)
    said = judging.name_options(
        profile=profile, select=select, ignore=ignore, fail_on=fail_on, baseline=baseline, curation=curation
    )
    # What is misspelt or in the way is said before the scan, not after it.
    look = judging.Look(output_format, most, show_all, prefix, output)
    settings = open_settings(config, no_config=no_config, options=said, assignments=assignments or (), quiet=quiet)
    root = None if source is None else data_root(source, settings.profile)
    look.check(force=force, data_root=root)
    if load is not None:
        beside = {
            "SOURCE": source,
            "--profile": profile,
            "--select": select,
            "--ignore": ignore,
            "--baseline": baseline,
            "--write-baseline": write_baseline,
            "--curation": curation,
        }
        if wrong := [name for name, value in beside.items() if value]:
            raise typer.BadParameter(f"--load shows what was judged already: leave out {', '.join(wrong)}.")
        report = read_report(load)
    elif source is not None:
        known = open_baseline(settings.baseline, write_baseline, force=force, data_root=root)
        marks = open_curation(settings.curation)
        manifest = open_source(source, profile=settings.profile, jobs=jobs, backend=does, quiet=quiet)
        manifest = curate(manifest, marks, quiet=quiet)
        done = settings.model_copy(update={"baseline": None, "curation": None})
        report = run_validation(manifest, settings=done, baseline=known)
        if write_baseline is not None:
            report = accept_all(report, Path(write_baseline), quiet=quiet)
    else:
        raise typer.BadParameter("Missing argument 'SOURCE', or --load FILE.")
    return look.show([report], settings)
