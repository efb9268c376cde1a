"""``lagtool verify``: every byte against the manifest."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.options import TextOrJson
from lagtool.cli.terminal import progress, tell

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest


@app.command()
def verify(  # noqa: PLR0917 - each is one option of the command line
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The LAG folder, archive or URL; with --sums not needed.")
    ],
    manifest: Annotated[str | None, typer.Argument(metavar="MANIFEST", help="What it should be.")] = None,
    sums: Annotated[
        bool, typer.Option("--sums", help="Print the manifest's list for 'sha256sum -c' instead; reads no tree.")
    ] = False,
    output_format: options.TextFormat = TextOrJson.TEXT,
    jobs: options.Jobs = None,
    backend: options.Backend = None,
    scheduler: options.Scheduler = None,
    quiet: options.Quiet = False,
) -> int:
    """Read every file again and compare its sha256 with the manifest's.

    Exit code 0: every byte is the same and nothing was added; 1: not so, or files without a sha256; 2: cannot be done.
    """
    from lagtool.cli.session import choose_backend
    from lagtool.reporting.changes import render_fixity, render_fixity_json
    from lagtool.scanning.trees import open_tree
    from lagtool.scanning.verify import list_sums, unproved_files
    from lagtool.scanning.verify import verify as verify_tree
    from lagtool.text import count

    if sums:
        known = _open_manifest(manifest or source)
        sys.stdout.write(list_sums(known))
        if (unproved := unproved_files(known)) and not quiet:
            tell(f"{count(len(unproved), 'file')} could not be read when indexed, so not in the list")
        return 0
    if manifest is None:
        raise typer.BadParameter("name the tree and its manifest: lagtool verify SOURCE MANIFEST")
    known = _open_manifest(manifest)
    tree = open_tree(source, known.profile)
    total = sum(int(known.samples[f"{slot}_sha256"].notna().sum()) for slot in ("image", "label", "map"))
    does = choose_backend(context, backend, scheduler, jobs)
    with progress("Reading", total, "files", quiet=quiet, backend=does) as advance:
        fixity = verify_tree(tree, known, jobs=jobs, advance=advance, backend=does)
    sys.stdout.write(render_fixity_json(fixity) if output_format is TextOrJson.JSON else render_fixity(fixity))
    return int(not fixity.holds)


def _open_manifest(path: str) -> "Manifest":
    from lagtool.errors import LagtoolError
    from lagtool.manifest.value import read_manifest
    from lagtool.text import show

    if Path(path).is_dir():
        raise LagtoolError(f"{show(path)} is a folder, not a manifest: name the file that 'lagtool index' wrote")
    return read_manifest(path)
