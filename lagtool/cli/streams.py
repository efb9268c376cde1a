"""Standard output and error, whatever they are: closed, a pipe that nobody reads, or a terminal with few characters."""

import contextlib
import io
import os
import sys
from typing import Any, TextIO


class ClosedPipeError(Exception):
    """The reader of standard output went away; no OSError, of which libraries make exit code 1 on the way."""


def open_missing_streams() -> None:
    """Open nothing in the place of a stream that was closed (``>&-``), lest a file gets its number, and its text."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


class _Output(io.FileIO):
    """Standard output whose errors say what they are of."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            raise ClosedPipeError from None
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None


class _Remarks(io.FileIO):
    """Standard error whose own errors change nothing: there is nowhere left to tell them."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return len(data)


def prepare_streams() -> None:
    """Let no character and no reader that went away make a traceback of what is written."""
    for name, kind in (("stdout", _Output), ("stderr", _Remarks)):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        # A terminal that cannot show a character gets its escape, not a traceback.
        stream.reconfigure(errors="backslashreplace")
        if os.name != "nt":
            buffer = io.BufferedWriter(kind(stream.fileno(), "w", closefd=False))
            lines = stream.line_buffering or stream.write_through  # the latter by PYTHONUNBUFFERED
            made = io.TextIOWrapper(buffer, stream.encoding, "backslashreplace", line_buffering=lines)
            setattr(sys, name, made)


def give_up(stream: TextIO) -> None:
    """Let all that is written to a stream from now on, also by the interpreter at its end, go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(text: str) -> None:
    """Write a line to stderr; that nobody can read it there changes no exit code."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        give_up(sys.stderr)
