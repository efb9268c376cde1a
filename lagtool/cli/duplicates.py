"""``lagtool duplicates``: copies, mirror images, and photographs of the same eye."""

import functools
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import ConfigFile, Force, Jobs, NoConfig, OutputFile, ProfileName, Quiet, Source
from lagtool.cli.progress import progress
from lagtool.model import Severity

if TYPE_CHECKING:
    from lagtool.likeness import Relation
    from lagtool.manifest import Manifest


class PairsFormat(StrEnum):
    """How to write what is alike."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@app.command()
def duplicates(  # noqa: PLR0917 - each is one option of the command line
    source: Source,
    root: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where the pictures of a manifest lie, to compare them as well.")
    ] = None,
    relations: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Look for these only: byte-identical, pixel-identical, near-duplicate, mirrored, turned, same-eye; "
            "separated by commas.",
        ),
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with 1 from this severity on; warning: on anything alike.")
    ] = Severity.ERROR,
    profile: ProfileName = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    output_format: Annotated[PairsFormat, typer.Option("--format", help="How to write it.")] = PairsFormat.TEXT,
    output: OutputFile = None,
    jobs: Jobs = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Find copies, mirror images and photographs of the same eye; groups across classes first.

    Exit code 0: nothing at or above --fail-on; 1: identical pictures in two classes (error), or anything alike
    (warning); 2: it could not be found out.
    """
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.source import data_root
    from lagtool.likeness import find_pairs, list_groups
    from lagtool.output import check_target, write_bytes
    from lagtool.render.likeness import render_csv, render_json, render_text

    wanted = _parse(relations)
    chosen = open_settings(config, no_config=no_config, options={"profile": profile}, quiet=quiet).profile
    if output is not None:
        check_target(Path(output), force=force, data_root=data_root(root or source, chosen))
    manifest, place = _open(source, root, chosen, jobs, quiet=quiet)
    found = find_pairs(manifest, place, relations=wanted, jobs=jobs, bar=functools.partial(progress, quiet=quiet))
    groups = list_groups(manifest.samples, found.pairs)
    severe = Severity.ERROR if any(group.contradicts for group in groups) else Severity.WARNING
    fails = bool(groups) and severe.rank >= fail_on.rank
    if output_format is PairsFormat.JSON:
        verdict = "fail" if fails else "pass"
        text = render_json(manifest.header, found, groups, verdict=verdict, fail_on=fail_on.value)
    elif output_format is PairsFormat.CSV:
        text = render_csv(groups)
    else:
        text = render_text(manifest.header, found, groups)
    if output is not None:
        write_bytes(Path(output), text.encode())
    else:
        sys.stdout.write(text)
    return int(fails)


def _parse(names: str | None) -> "tuple[Relation, ...]":
    from lagtool.display import show
    from lagtool.likeness import Relation

    known = [relation.value for relation in Relation]
    words = known if names is None else [word.strip() for word in names.split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise typer.BadParameter(f"no relation is called '{show(word)}': choose from {', '.join(known)}")
    if not words:
        raise typer.BadParameter(f"--relations names none: choose from {', '.join(known)}")
    return tuple(Relation(word) for word in words)


def _open(
    source: str, root: str | None, profile: str, jobs: int | None, *, quiet: bool
) -> "tuple[Manifest, Path | None]":
    """Return the manifest of a tree or file, and the folder of its pictures, where it is known."""
    from lagtool.cli.source import open_source
    from lagtool.tree import read_tree

    if Path(source).is_dir():
        if root is not None:
            raise typer.BadParameter("--root is for a manifest: SOURCE is a folder already")
        from lagtool.scanner import scan

        tree = read_tree(Path(source), profile)
        with progress("Scanning", len(tree.samples), "samples", quiet=quiet) as advance:
            return scan(tree, jobs=jobs, advance=advance), tree.root
    manifest = open_source(source, profile=profile, jobs=jobs, quiet=quiet)
    return manifest, None if root is None else read_tree(Path(root), manifest.profile).root
