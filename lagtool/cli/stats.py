"""``lagtool stats``: what is there, in numbers."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import ConfigFile, CurationFile, Force, Jobs, NoConfig, OutputFile, ProfileName, Quiet, Source


class StatsFormat(StrEnum):
    """How to write statistics."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


@app.command("stats")
def print_stats(  # noqa: PLR0917 - each is one option of the command line
    source: Source,
    profile: ProfileName = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    curation: CurationFile = None,
    output_format: Annotated[StatsFormat, typer.Option("--format", help="How to write it.")] = StatsFormat.TEXT,
    output: OutputFile = None,
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Count and measure what is there, beside the published numbers; nothing is judged."""
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.marking import curate, open_curation
    from lagtool.cli.source import data_root, open_source
    from lagtool.output import check_target, write_bytes
    from lagtool.render.stats import render_stats
    from lagtool.stats import compute_stats

    settings = open_settings(
        config, no_config=no_config, options={"profile": profile, "curation": curation}, quiet=quiet
    )
    if output is not None:
        check_target(Path(output), force=force, data_root=data_root(source, settings.profile))
    marks = open_curation(settings.curation)
    manifest = open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet)
    manifest = curate(manifest, marks, quiet=quiet)
    text = render_stats(compute_stats(manifest), output_format.value)
    if output is not None:
        write_bytes(Path(output), text.encode())
    else:
        sys.stdout.write(text)
