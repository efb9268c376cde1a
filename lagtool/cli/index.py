"""``lagtool index``: a tree becomes a manifest."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import Force, Jobs, ProfileName, Quiet
from lagtool.display import count, show


@app.command()
def index(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The LAG folder (or a manifest, to convert it).")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Ends in .parquet, .csv or .jsonl.")
    ] = "manifest.parquet",
    profile: ProfileName = "auto",
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Look into every file once and write a manifest: one row per sample."""
    from lagtool.cli.source import data_root, open_source
    from lagtool.manifest import check_suffix
    from lagtool.output import check_target

    target = Path(output)
    check_suffix(target)
    check_target(target, force=force, data_root=data_root(source))
    manifest = open_source(source, profile=profile, jobs=jobs, quiet=quiet)
    manifest.write(target)
    if not quiet:
        samples = manifest.samples
        slots = ("image", "label", "map")
        images, labels, maps = (int(samples[f"{slot}_path"].notna().sum()) for slot in slots)
        origin = "nearest release" if manifest.header.profile_choice == "auto" else "profile"
        print(
            f"{show(output)}: {count(len(samples), 'sample')}, {count(len(manifest.strays), 'stray')}\n"
            f"  {count(images, 'image')}, {count(labels, 'label')}, {count(maps, 'attention map')}; "
            f"{origin}: {manifest.profile.name}",
            file=sys.stderr,
        )
