"""``lagtool explain``: what a check looks for, why it matters, how to fix what it finds."""

import sys
from typing import Annotated

import typer

from lagtool.cli import app


@app.command()
def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CODE|NAME|FAMILY]...", help="LAG307, image-size, images; nothing: the families."),
    ] = None,
) -> None:
    """Explain checks: what each looks for, why it matters, how to fix it, and an example."""
    from lagtool.checks.registry import CHECKS, choose
    from lagtool.render.explanation import render_explanations, render_families

    if not words:
        sys.stdout.write(render_families())
        return
    codes = choose(words)
    sys.stdout.write(render_explanations([check for check in CHECKS if check.code in codes]))
