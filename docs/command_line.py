"""Make docs/cli.md from the commands' own signatures, which is what ``--help`` shows too."""

import inspect
import re
import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from typer import Context
from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from lagtool.cli import PANELS, app


def command_line_page() -> str:
    """Return docs/cli.md."""
    commands = {_name(command): command for command in app.registered_commands}
    groups = {str(group.name): group for group in app.registered_groups}
    parts = [_HEAD, _contents(commands, groups)]
    for title, names in PANELS.items():
        parts.append(f"## {title}")
        for name in names:
            if name in commands:
                parts.append(_command(f"lagtool {name}", commands[name]))
            else:
                group = groups[name].typer_instance
                assert group is not None
                parts.append(f"### lagtool {name}\n\n{_escape(str(group.info.help))}")
                parts += [_command(f"lagtool {name} {_name(one)}", one, 4) for one in group.registered_commands]
    return "\n\n".join(parts) + "\n"


_HEAD = """# Command line

What `--help` says, in one place. SOURCE is the LAG folder or its manifest; results go to stdout, everything else to
stderr. `lagtool --install-completion` lets your shell complete commands and options.

| exit code | meaning |
|---|---|
| 0 | done; nothing at or above `--fail-on` (default: error) |
| 1 | findings; or what was compared is not the same |
| 2 | it could not be done; one line on stderr names the file and the remedy |
| 70 | a bug in lagtool, please report it |
| 130, 143 | interrupted (Ctrl-C), terminated |"""


def _contents(commands: dict[str, CommandInfo], groups: dict[str, Any]) -> str:
    lines = ["| command | |", "|---|---|"]
    for names in PANELS.values():
        for name in names:
            text = _text(commands[name])[0] if name in commands else str(groups[name].typer_instance.info.help)
            lines.append(f"| [`{name}`](#lagtool-{name}) | {_escape(text)} |")
    return "\n".join(lines)


def _name(command: CommandInfo) -> str:
    return command.name or command.callback.__name__.replace("_", "-")  # type: ignore[union-attr]


def _text(command: CommandInfo) -> list[str]:
    """Return the paragraphs of a command's help, each on one line."""
    text = inspect.cleandoc(command.help or inspect.getdoc(command.callback) or "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def _escape(text: str) -> str:
    """Show options, quoted commands and upper-case placeholders of plain help as they would stand in Markdown."""
    text = re.sub(r"'(lagtool [^']*)'", r"`\1`", text)
    pieces = re.split(r"(`[^`]*`)", text)
    plain = [re.sub(r"(?<![\w`-])(--[a-z][a-z-]*)", r"`\1`", piece) for piece in pieces[::2]]
    pieces[::2] = [re.sub(r"([*_<])", r"\\\1", piece) if "`" not in piece else piece for piece in plain]
    return "".join(pieces).replace("|", "&#124;")


def _command(title: str, command: CommandInfo, level: int = 3) -> str:
    arguments, options = [], []
    for name, kind, info, default in _parameters(command):
        if isinstance(info, ArgumentInfo):
            word = info.metavar or name.upper()
            arguments.append((word, info.help or "", default is inspect.Parameter.empty))
        elif not info.hidden:
            options.append(_option(name, kind, info, default))
    words = [word if needed or word.startswith("[") else f"[{word}]" for word, _, needed in arguments]
    usage = " ".join([title, *words, *(["[OPTIONS]"] if options else [])])
    rows = [f"| {_cell(word)} | {_escape(text)} |" for word, text, _ in arguments if text] + options
    table = ["\n".join(["| | |", "|---|---|", *rows])] if rows else []
    paragraphs = [_escape(paragraph) for paragraph in _text(command)]
    return "\n\n".join([f"{'#' * level} {title}", *paragraphs, f"```\n{usage}\n```", *table])


def _cell(text: str) -> str:
    """Show text as code in a cell of a table, where a bar would end the cell."""
    return f"`{text}`".replace("|", "\\|")


def _parameters(command: CommandInfo) -> Iterator[tuple[str, Any, ArgumentInfo | OptionInfo, Any]]:
    function = command.callback
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():  # type: ignore[arg-type]
        hint = hints[name]
        if hint is Context:  # what Typer hands in, and nobody types
            continue
        assert get_origin(hint) is Annotated, f"{_name(command)}: {name} is not Annotated"
        kind, *metadata = get_args(hint)
        info = next(one for one in metadata if isinstance(one, ArgumentInfo | OptionInfo))
        yield name, kind, info, parameter.default


def _option(name: str, kind: Any, info: OptionInfo, default: Any) -> str:
    kind, many = _plain(kind)
    declared = [info.default, *(info.param_decls or ())]  # inside Annotated the first name stands where a default would
    names = [one for one in declared if isinstance(one, str) and one.startswith("-")] or [f"--{name.replace('_', '-')}"]
    names.sort(key=len, reverse=True)
    value = "" if kind is bool else info.metavar or _choices(kind)
    text = info.help or ""
    notes = []
    if many:
        notes.append("can be given several times")
    if default is inspect.Parameter.empty:
        notes.append("needed")
    elif (
        default is not None
        and default is not False
        and default not in ("", ())
        and info.show_default
        and "default" not in text
    ):
        notes.append(f"default: {default.value if isinstance(default, Enum) else default}")
    if notes:
        text = f"{text.rstrip('.')} ({'; '.join(notes)})."
    shown = _cell(f"{names[0]}{' ' if value else ''}{value}")
    return f"| {', '.join([*(f'`{one}`' for one in names[:0:-1]), shown])} | {_escape(text)} |"


def _plain(kind: Any) -> tuple[Any, bool]:
    """Return the type of one value, without None, and whether there may be several."""
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is list:
        return get_args(kind)[0], True
    return kind, False


def _choices(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind)
    return {int: "N", float: "X"}.get(kind, "TEXT")
