"""The command line: each command parses, makes one library call, renders, and returns one exit code."""

import inspect
from importlib import import_module
from typing import Annotated

import typer

from lagtool import __version__

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
app = typer.Typer(
    name="lagtool",
    help="Index, validate, describe and split the LAG glaucoma fundus data set.",
    epilog="Begin with 'lagtool index LAG'; without the data with 'lagtool demo'.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"lagtool {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


PANELS = {
    "From a folder to a split": ("index", "validate", "stats", "duplicates", "split"),
    "Judge, keep and pass on": ("audit", "verify", "curate", "report", "export"),
    "Understand": ("explain", "checks", "profile"),
    "Try out": ("demo", "synth"),
}
"""Commands in the order in which ``--help`` and the documentation show them."""

# Each module adds its command to `app`; the heavy imports are inside the commands, so that --help stays quick.
_PANEL = {name: panel for panel, names in PANELS.items() for name in names}
for _name in _PANEL:
    import_module(f"lagtool.cli.{_name}")
for _command in app.registered_commands:
    _command.name = str(_command.name or getattr(_command.callback, "__name__", ""))
    _command.rich_help_panel = _PANEL[str(_command.name)]
    # A docstring is wrapped for its source; a terminal wraps the paragraphs anew, at its own width.
    _paragraphs = (inspect.getdoc(_command.callback) or "").split("\n\n")
    _command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in _paragraphs)
for _group in app.registered_groups:
    _group.rich_help_panel = _PANEL[str(_group.name)]
