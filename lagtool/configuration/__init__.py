"""Where settings come from: a file, the environment, options. A later one replaces what an earlier one says."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lagtool.checks.settings import Settings, combine
from lagtool.configuration.files import find_file, read_file
from lagtool.configuration.variables import CONFIG_VARIABLE, VARIABLES, read_environment
from lagtool.display import show


@dataclass(frozen=True)
class Configuration:
    """What a file and the environment say together.

    Attributes:
        settings: Their settings.
        origins: Names of the file and of the variables that were used.
    """

    settings: Settings
    origins: tuple[str, ...]


def load_settings(file: str | os.PathLike[str] | None = None) -> Settings:
    """Return the settings that the command line would use here, without options: of a file and of the environment.

    Args:
        file: The configuration file; None: the one that LAGTOOL_CONFIG names, or else the one that is found from the
            current folder upward, if there is one.

    Raises:
        LagtoolError: A file or variable says something that is not understood; the message says where.
    """
    return load_configuration(file, os.environ).settings


def load_configuration(
    file: str | os.PathLike[str] | None, environment: Mapping[str, str], *, search: bool = True
) -> Configuration:
    """Like `load_settings`, with the environment given, and with where the settings come from.

    Without ``search`` no file is used but ``file``.

    Raises:
        LagtoolError: A file or variable says something that is not understood; the message says where.
    """
    named = file or (environment.get(CONFIG_VARIABLE) if search else None)
    path = Path(named) if named else find_file() if search else None
    of_file = Settings() if path is None else read_file(path)
    used = [variable.name for variable in VARIABLES if environment.get(variable.name, "").strip()]
    origins = used if path is None else [show(path), *used]
    return Configuration(combine(of_file, read_environment(environment)), tuple(origins))
