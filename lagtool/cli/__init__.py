"""The command line: each command parses, makes one library call, renders, and returns one exit code.

The modules imported here add their commands to `app`; heavy imports are inside the commands, so that --help is quick.
"""

import inspect

from lagtool.cli import (  # noqa: F401 - each adds its command
    audit,
    curate,
    demo,
    diff,
    duplicates,
    explain,
    export,
    index,
    overlap,
    profile,
    report,
    split,
    stats,
    synth,
    validate,
    verify,
)
from lagtool.cli.app import CONTEXT, PANELS, app

__all__ = ["CONTEXT", "PANELS", "app"]

_PANEL = {name: panel for panel, names in PANELS.items() for name in names}
for _command in app.registered_commands:
    _command.name = str(_command.name or getattr(_command.callback, "__name__", ""))
    _command.rich_help_panel = _PANEL[str(_command.name)]
    # A docstring is wrapped for its source; a terminal wraps the paragraphs anew, at its own width.
    _paragraphs = (inspect.getdoc(_command.callback) or "").split("\n\n")
    _command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in _paragraphs)
for _group in app.registered_groups:
    _group.rich_help_panel = _PANEL[str(_group.name)]
# Shown in the order of the panels, whatever the order of imports.
app.registered_commands.sort(key=lambda command: list(_PANEL).index(str(command.name)))
