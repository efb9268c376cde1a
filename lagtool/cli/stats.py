"""``lagtool stats``: what is there, in numbers."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.terminal import write_result


class StatsFormat(StrEnum):
    """How to write statistics."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


class Rows(StrEnum):
    """What the rows of distributions are."""

    CLASS = "class"
    PART = "part"


@app.command("stats")
def print_stats(  # noqa: PLR0917 - each is one option of the command line
    source: options.Source,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    curation: options.CurationFile = None,
    output_format: Annotated[StatsFormat, typer.Option("--format", help="How to write it.")] = StatsFormat.TEXT,
    facts: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Distributions to show: all, or such as brightness,map_mass (json: all)."),
    ] = None,
    by: Annotated[
        Rows | None, typer.Option(help="Show distributions by class (default) or by part of the split.")
    ] = None,
    shortcuts: Annotated[
        bool,
        typer.Option(
            "--shortcuts", help="Instead: how far one gets in telling the classes without looking at the eye."
        ),
    ] = False,
    groups: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --shortcuts: CSV of samples and the patient or group of each."),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(metavar="CLASS", help="With --shortcuts: told from all others (default: the highest label)."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="With --shortcuts: where chance comes from (0).")] = None,
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Count and measure what is there, beside the published numbers; nothing is judged.

    With --shortcuts, audit nuisance facts instead (encoding, framing, light, ids, ...): what each tells of the label,
    and what a model over all of them reaches that never looks at the eye. See docs/shortcuts.md.
    """
    from lagtool.cli.session import curate, open_curation, open_settings, open_source
    from lagtool.manifest.facts import choose_facts
    from lagtool.output.writing import check_target
    from lagtool.scanning.source import data_root

    beside = {"--groups": groups, "--positive": positive, "--seed": seed}
    wrong = {"--facts": facts, "--by": by} if shortcuts else beside
    if given := [name for name, value in wrong.items() if value is not None]:
        raise typer.BadParameter(f"{', '.join(given)}: {'not with' if shortcuts else 'only with'} --shortcuts.")
    chosen = choose_facts(facts)
    settings = open_settings(
        config, no_config=no_config, options={"profile": profile, "curation": curation}, quiet=quiet
    )
    marks = open_curation(settings.curation)
    if output is not None:
        check_target(Path(output), force=force, data_root=data_root(source, settings.profile))
    if shortcuts:
        from lagtool.stats.shortcuts.model import check_installed

        check_installed()  # before the scan, not after it
    manifest = curate(open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet), marks, quiet=quiet)
    if shortcuts:
        from lagtool.reporting.shortcuts import render_shortcuts
        from lagtool.stats.shortcuts import audit_shortcuts

        audit = audit_shortcuts(manifest, seed=seed or 0, groups=groups, positive=positive)
        text = render_shortcuts(audit, output_format.value)
    else:
        from lagtool.reporting.stats import render_stats
        from lagtool.stats import compute_stats

        rows = Rows.CLASS if by is None else by
        text = render_stats(compute_stats(manifest), output_format.value, facts=chosen, by=rows.value)
    write_result(text, output)
