"""The settings that a command goes by: of a file, the environment and its options."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from lagtool.checks.settings import Settings


def open_settings(
    config: str | None,
    *,
    no_config: bool,
    options: Mapping[str, Any],
    assignments: Sequence[str] = (),
    quiet: bool = False,
) -> "Settings":
    """Return what holds for this run, and say on stderr which file and variables were used, unless ``quiet``.

    Raises:
        LagtoolError: Something in a file, a variable or an option is not understood.
    """
    from lagtool.checks.settings import combine
    from lagtool.configuration import load_configuration
    from lagtool.configuration.variables import read_options

    if config is not None and no_config:
        raise typer.BadParameter("--config and --no-config contradict each other: give one of them")
    of_options = read_options(options, assignments)
    found = load_configuration(config, os.environ, search=not no_config)
    if found.origins and not quiet:
        print(f"settings: {', '.join(found.origins)}", file=sys.stderr)
    return combine(found.settings, of_options)
