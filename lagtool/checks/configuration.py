"""Where settings come from: a file, the environment, options. A later one replaces what an earlier one says."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lagtool import reading as source
from lagtool.checks.settings import Settings, combine
from lagtool.checks.variables import CONFIG_VARIABLE, FILE_KEYS, VARIABLES, Place, read_environment, validate_layer
from lagtool.errors import LagtoolError
from lagtool.profiles import BUILT_IN, load_profile
from lagtool.text import show

FILE_NAME = "lagtool.toml"
PROJECT_NAME = "pyproject.toml"
_LIMIT = 1 << 20


def find_file() -> Path | None:
    """Return the nearest configuration file: of the current folder, or of a folder above it.

    In each folder ``lagtool.toml`` comes first, then a ``pyproject.toml`` with a table ``[tool.lagtool]``. The search
    ends with the home folder or the root of the file system. The path is relative to the current folder.

    Raises:
        LagtoolError: A pyproject.toml that speaks of lagtool cannot be read or is not valid TOML.
    """
    try:
        first = Path.cwd()
    except OSError:  # the current folder was removed
        return None
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111 - Path.home() raises where there is none
    for folder in (first, *first.parents):
        for name in (FILE_NAME, PROJECT_NAME):
            path = folder / name
            shown = Path(os.path.relpath(path, first))
            # What has our name is meant for us, also where it cannot be read: that is said when it is.
            if name == FILE_NAME and os.path.lexists(path):
                return shown
            if name == PROJECT_NAME and os.path.isfile(path) and _has_table(path, shown):  # noqa: PTH113 - a str
                return shown
        if folder.resolve() == home:
            break
    return None


def _has_table(path: Path, shown: Path) -> bool:
    """Whether a pyproject.toml has our table; one that does not speak of us at all is not even parsed."""
    try:
        data = _read(path)
    except LagtoolError:
        return False
    return b"lagtool" in data and _parse(data, shown) is not None


def read_file(path: Path) -> Settings:
    """Return the settings of one configuration file; paths in it start from its folder.

    Raises:
        LagtoolError: It cannot be read, or has a key or value that is not understood; the message says where.
    """
    data = _read(path)
    table = _parse(data, path)
    if table is None:
        raise LagtoolError(f"{show(path)} has no table [tool.lagtool]: add one, or name another file")
    prefix = "tool.lagtool." if path.name == PROJECT_NAME else ""
    text = data.decode("utf-8-sig")

    def place(steps: list[str]) -> str:
        line = find_line(text, steps)
        return f"{show(path)}{f':{line}' if line else ''}: {prefix}{show('.'.join(steps))}"

    if not prefix and "tool" in table:
        raise LagtoolError(f"{place(['tool'])}: here the keys stand at the top, without [tool.lagtool]")
    settings = validate_layer(table, place, FILE_KEYS)
    moved: dict[str, Any] = {}
    if settings.profile not in ("auto", *BUILT_IN):
        is_file = settings.profile.endswith(".toml")
        moved["profile"] = str(path.parent / settings.profile) if is_file else settings.profile
        _check_profile(moved["profile"], place)
    if settings.baseline is not None:
        moved["baseline"] = path.parent / settings.baseline
    if settings.curation is not None:
        moved["curation"] = path.parent / settings.curation
    return settings.model_copy(update=moved)


def _check_profile(name: str, place: Place) -> None:
    try:
        load_profile(name)
    except LagtoolError as error:
        raise LagtoolError(f"{place(['profile'])}: {error}") from None


def _read(path: Path) -> bytes:
    # A link is followed, unlike one in a dataset: the user named it. A named pipe would never end.
    reading = source.read_file(os.path.realpath(path), _LIMIT)
    if reading.data is None:
        link = f" (a link to {show(os.path.realpath(path))})" if path.is_symlink() else ""
        raise LagtoolError(f"configuration {show(path)}{link} {reading.message}: mend it, or use --no-config")
    return reading.data


def _parse(data: bytes, path: Path) -> dict[str, Any] | None:
    """Return our table in a file, or None where a pyproject.toml has none."""
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # also a number with more digits than Python converts
        reason = show(str(error) or "nested too deeply", 160)
        raise LagtoolError(f"configuration {show(path)} is not valid TOML: {reason}") from None
    if path.name != PROJECT_NAME:
        return table
    tool = table.get("tool")
    ours = tool.get("lagtool") if isinstance(tool, dict) else None
    return ours if isinstance(ours, dict) else None


def find_line(text: str, steps: list[str]) -> int | None:
    """Return the number of the line of TOML in which the last key of ``steps`` stands, or None where that is not sure.

    The parser of the standard library does not tell. Each key is looked for from the line of the one before it on; one
    that stands nowhere (a short form, a rule called by its number) is passed over.
    """
    lines = [line.partition("#")[0] for line in text.split("\n")]
    first, found = 1, None
    for step in steps:
        word = re.sub("[-_]", "[-_]", re.escape(step).replace("\\-", "-"))
        pattern = re.compile(rf"(?<![\w-])[\"']?{word}[\"']?\s*[=.\]]")
        hits = [number for number, line in enumerate(lines, 1) if number >= first and pattern.search(line)]
        if hits:
            first, found = hits[0], hits[0] if len(hits) == 1 else None
    return found


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
