"""``lagtool synth``: a tree to try things on."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.terminal import progress
from lagtool.text import count, show


@app.command()
def synth(
    output: Annotated[str, typer.Argument(metavar="OUT", help="A new folder: the root of the tree.")],
    profile: Annotated[str, typer.Option(help="What to imitate: lag, lag-part1, cvpr2019, or a TOML file.")] = "lag",
    scale: Annotated[float, typer.Option(help="Share of the published numbers to make.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    defects: Annotated[
        int, typer.Option(min=0, metavar="N", help="Plant N defects and list them in OUT.truth.json.")
    ] = 0,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a synthetic LAG tree: drawn photographs, attention maps and labels, no patient's data.

    OUT.synth.json, beside the tree, says how it was made. --force replaces only trees made by this command.
    """
    from lagtool.profiles import load_profile
    from lagtool.synth import count_pictures, write_synthetic_tree

    chosen = load_profile(profile)
    with progress("Drawing", count_pictures(chosen, scale), "pictures", quiet=quiet) as advance:
        tree = write_synthetic_tree(
            Path(output),
            profile=chosen,
            scale=scale,
            seed=seed,
            defects=defects,
            jobs=jobs,
            force=force,
            advance=advance,
        )
    if not quiet:
        maps = f", {count(tree.maps, chosen.noun('map'), chosen.noun('map', 2))}" if "map" in chosen.slots else ""
        planted = f", {count(defects, 'defect')} listed in {show(tree.truth_path)}" if tree.truth_path else ""
        print(
            f"{show(output)}: {count(tree.images, 'image')}{maps}{planted}",
            file=sys.stderr,
        )
