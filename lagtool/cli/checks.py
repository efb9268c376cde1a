"""``lagtool checks``: all checks in a list."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from lagtool.cli import app


class ChecksFormat(StrEnum):
    """How to list the checks."""

    TEXT = "text"
    JSON = "json"


@app.command("checks")
def list_checks(
    output_format: Annotated[ChecksFormat, typer.Option("--format", help="How to write it.")] = ChecksFormat.TEXT,
) -> None:
    """List every check: code, name, severity, family, and what it looks for."""
    from lagtool.render.explanation import render_checks, render_checks_json

    sys.stdout.write(render_checks_json() if output_format is ChecksFormat.JSON else render_checks())
