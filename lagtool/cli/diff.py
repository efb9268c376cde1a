"""``lagtool diff``: how a copy differs from another, sample by sample."""

from enum import StrEnum
from typing import Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app


class DiffFormat(StrEnum):
    """How to write differences."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="What to compare with: a release; a manifest or a tree.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The copy: a manifest or a tree, in any layout.")],
    output_format: Annotated[DiffFormat, typer.Option("--format", help="How to write it.")] = DiffFormat.TEXT,
    profile: options.ProfileName = None,
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Compare two copies by id, picture and label: missing, extra, renamed, changed and relabelled samples.

    Layouts and names of files may differ. Exit code 0: nothing differs; 1: something does; 2: it cannot be compared.
    """
    from pathlib import Path

    from lagtool.cli.session import open_source
    from lagtool.cli.terminal import write_result
    from lagtool.manifest.copies import compare_copies
    from lagtool.output.writing import check_target
    from lagtool.reporting.copies import render_copies, render_copies_json, render_copies_markdown
    from lagtool.scanning.source import data_root

    chosen = profile or "auto"
    if output is not None:
        for source in (first, second):
            check_target(Path(output), force=force, data_root=data_root(source, chosen))
    one, other = (open_source(source, profile=chosen, jobs=jobs, quiet=quiet) for source in (first, second))
    found = compare_copies(one, other)
    if output_format is DiffFormat.JSON:
        text = render_copies_json(found)
    else:
        text = render_copies_markdown(found) if output_format is DiffFormat.MARKDOWN else render_copies(found)
    write_result(text, output)
    return int(bool(found.differences))
