"""``lagtool checks``: all checks in a list."""

import sys

from lagtool.cli import app, options
from lagtool.cli.options import TextOrJson


@app.command("checks")
def list_checks(
    output_format: options.TextFormat = TextOrJson.TEXT,
) -> None:
    """List every check: code, name, severity, family, and what it looks for."""
    from lagtool.render.explanation import render_checks, render_checks_json

    sys.stdout.write(render_checks_json() if output_format is TextOrJson.JSON else render_checks())
