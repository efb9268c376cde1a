"""The command line: each command parses, makes one library call, renders, and returns one exit code."""

import inspect
from typing import Annotated

import typer

from lagtool import __version__

app = typer.Typer(
    name="lagtool",
    help="Index, validate, describe and split the LAG glaucoma fundus data set.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
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


# Each module adds its command to `app`; the heavy imports are inside the commands, so that --help stays quick.
from lagtool.cli import audit as audit  # noqa: E402
from lagtool.cli import checks as checks  # noqa: E402
from lagtool.cli import curate as curate  # noqa: E402
from lagtool.cli import demo as demo  # noqa: E402
from lagtool.cli import duplicates as duplicates  # noqa: E402
from lagtool.cli import explain as explain  # noqa: E402
from lagtool.cli import export as export  # noqa: E402
from lagtool.cli import index as index  # noqa: E402
from lagtool.cli import profile as profile  # noqa: E402
from lagtool.cli import report as report  # noqa: E402
from lagtool.cli import split as split  # noqa: E402
from lagtool.cli import stats as stats  # noqa: E402
from lagtool.cli import synth as synth  # noqa: E402
from lagtool.cli import validate as validate  # noqa: E402
from lagtool.cli import verify as verify  # noqa: E402

# A docstring is wrapped for its source; a terminal wraps the paragraphs anew, at its own width.
for _command in app.registered_commands:
    _paragraphs = (inspect.getdoc(_command.callback) or "").split("\n\n")
    _command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in _paragraphs)
