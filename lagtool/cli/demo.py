"""``lagtool demo``: the whole job on a synthetic tree, with the commands that one would type oneself."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app


@app.command()
def demo(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="A new folder for the results.")] = "lagtool-demo",
    scale: Annotated[float, typer.Option(min=0.0005, max=1.0, help="Share of the full dataset to make.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the synthetic tree and of the split.")] = 0,
    jobs: options.Jobs = None,
    quiet: options.Quiet = False,
) -> int:
    """Show the whole job: make a synthetic tree, then index, validate, stats, duplicates and split."""
    from lagtool.checks.configuration import find_file
    from lagtool.output.writing import check_folder

    place = Path(folder)
    check_folder(place, force=False)
    tree, manifest, split = (str(place / name) for name in ("LAG", "manifest.parquet", "split"))
    common = [*(["--jobs", str(jobs)] if jobs else []), *(["--quiet"] if quiet else [])]
    alone = ["--no-config"] if find_file() is not None else []  # what it says is not meant for the synthetic tree
    reduced = ["--scale", f"{scale:g}"] if scale != 1 else []
    # A part of the dataset cannot have the published numbers: that is no finding here.
    alike = ["--relations", "copies"]  # photographs of one eye as well would take minutes
    kept = ["--manifest", manifest, "--force"]
    lenient = ["--ignore", "counts"] if reduced else []
    steps = (
        ("A synthetic LAG tree", ["synth", tree, *reduced, "--seed", str(seed), *common]),
        ("Look into every file once", ["index", tree, "-o", manifest, *alone, *common]),
        ("Is it complete, intact and consistent?", ["validate", manifest, *alone, *lenient]),
        ("What is in it?", ["stats", manifest, *alone]),
        ("What is alike?", ["duplicates", manifest, "--root", tree, *alike, *kept, *alone, *common]),
        ("A split that does not leak", ["split", manifest, "-o", split, *alike, "--seed", str(seed), *alone]),
    )
    for number, (title, arguments) in enumerate(steps, 1):
        print(f"\n[{number}/{len(steps)}] {title}\n$ lagtool {shlex.join(arguments)}\n", flush=True)
        code = app(arguments, prog_name="lagtool", standalone_mode=False)
        sys.stdout.flush()
        if code:
            return int(code)
    print(f"\nResults in {folder}:")
    for path in sorted(place.rglob("*")):
        if path.is_file() and not path.is_relative_to(tree):
            print(f"  {path.as_posix()}")
    print(f"  {tree}/ (the synthetic tree)")
    print("\nNow with your own data: lagtool validate PATH/TO/LAG")
    return 0
