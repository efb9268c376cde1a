"""``lagtool split``: who trains and who tests."""

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import ConfigFile, Force, Jobs, NoConfig, ProfileName, Quiet, Source
from lagtool.display import count


class SplitFormat(StrEnum):
    """How to print the result."""

    TEXT = "text"
    JSON = "json"


class Stratum(StrEnum):
    """What every part gets the same shares of."""

    CLASS_MAP = "class-map"
    CLASS = "class"
    NONE = "none"


@app.command()
def split(  # noqa: PLR0917 - each is one option of the command line
    source: Source,
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="Folder to write, outside the data.")],
    ratios: Annotated[
        str | None, typer.Option(metavar="R/R/...", help="Shares that add up to 100 or 1; 70/15/15 if nothing is said.")
    ] = None,
    sizes: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="Samples per part; one may be the word 'rest'.")
    ] = None,
    folds: Annotated[int | None, typer.Option(metavar="K", help="K folds instead of parts.")] = None,
    names: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Names of the parts; train,val,test for three.")
    ] = None,
    stratify: Annotated[Stratum, typer.Option(help="Give every part the same shares of what.")] = Stratum.CLASS_MAP,
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
    output_format: Annotated[SplitFormat, typer.Option("--format", help="What to print.")] = SplitFormat.TEXT,
    profile: ProfileName = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Assign every intact sample to a part or fold, by seed and picture content alone.

    Writes lists per part (.txt, .csv), manifest.parquet and certificate.json. Identical images stay together.
    """
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.source import data_root, open_source
    from lagtool.output import check_folder
    from lagtool.render.split_table import render_split
    from lagtool.splits.lists import write_split
    from lagtool.splits.plan import make_plan
    from lagtool.splits.split import apply_plan

    folder, root = Path(output), data_root(source)
    plan = make_plan(
        ratios=None if ratios is None else re.split("[/,]", ratios),
        sizes=None if sizes is None else sizes.split(","),
        folds=folds,
        names=None if names is None else names.split(","),
        stratify=stratify.value,
        seed=seed,
    )
    settings = open_settings(config, no_config=no_config, options={"profile": profile}, quiet=quiet)
    check_folder(folder, force=force, data_root=root)  # before the scan, not after it
    manifest = open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet)
    certificate = write_split(apply_plan(manifest, plan), folder, force=force, data_root=root)
    if certificate.groups.conflicting and not quiet:
        print(
            f"lagtool: note: {count(len(certificate.groups.conflicting), 'group')} of identical images with different "
            "classes, kept together; run 'lagtool validate' to see which, and remove the wrong ones",
            file=sys.stderr,
        )
    as_json = output_format is SplitFormat.JSON
    sys.stdout.write(certificate.to_json() if as_json else render_split(certificate, output))
