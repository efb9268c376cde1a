"""``lagtool explain``: what a check looks for, why it matters, how to fix what it finds."""

import sys
from typing import Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.options import TextOrJson


@app.command()
def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CODE|NAME|FAMILY]...", help="LAG307, image-size, images; nothing: the families."),
    ] = None,
) -> None:
    """Explain checks: what each looks for, why it matters, how to fix it, and an example."""
    from lagtool.checks.registry import CHECKS, choose
    from lagtool.reporting.explanation import render_explanations, render_families

    if not words:
        sys.stdout.write(render_families())
        return
    codes = choose(words)
    sys.stdout.write(render_explanations([check for check in CHECKS if check.code in codes]))


@app.command("checks")
def list_checks(
    output_format: options.TextFormat = TextOrJson.TEXT,
) -> None:
    """List every check: code, name, severity, family, and what it looks for."""
    from lagtool.reporting.explanation import render_checks, render_checks_json

    sys.stdout.write(render_checks_json() if output_format is TextOrJson.JSON else render_checks())
