"""The application that commands add themselves to, and the order in which help shows them."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lagtool import __version__


class Commands(TyperGroup):
    """A group of commands that, called without one, prints its help and says so by its exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the arguments, unless there are none."""
        if not args:
            if text := ctx.get_help():  # the rich help prints itself
                print(text)
            raise typer.Exit(2)
        return super().parse_args(ctx, args)


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
app = typer.Typer(
    name="lagtool",
    help="Index, validate, describe and split the LAG glaucoma fundus dataset.",
    epilog="Begin with 'lagtool index LAG'; without the data with 'lagtool demo'.",
    cls=Commands,
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
    "Judge, keep and pass on": ("audit", "diff", "verify", "curate", "report", "export", "fingerprint"),
    "Understand": ("explain", "checks", "profile"),
    "Try out": ("demo", "synth"),
}
"""Commands in the order in which ``--help`` and the documentation show them."""
