"""Entry point: run a command and turn what happens into an exit code."""

import atexit
import contextlib
import errno
import gc
import io
import os
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import Any, NoReturn, TextIO

from lagtool.errors import LagtoolError

EXIT_FINDINGS = 1
EXIT_IMPOSSIBLE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141
EXIT_TERMINATED = 143
_OUTSIDE = {
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG", "EIO", "EMFILE", "ENFILE", "ENOMEM", "ESTALE"),
        *("ENAMETOOLONG", "ELOOP", "ENOTDIR"),
    )
    if hasattr(errno, name)
}
"""Errors of the system that no program causes: rights, disks, what a machine has too little of, and names that it does
not even look for."""
_UNMAPPED = ("failed to map segment", "cannot allocate memory", "cannot create shared object descriptor")
"""What the loader of libraries says where memory is missing."""
_NO_MEMORY = "not enough memory: end other programs, use fewer --jobs, or a machine with more"


class _TerminatedError(BaseException):
    """SIGTERM arrived: unwind, so that temporary files are removed."""


class _ClosedPipeError(Exception):
    """The reader of standard output went away; no OSError, of which libraries make exit code 1 on the way."""


def main() -> None:
    """Run the command line and exit: 0 fine, 1 findings, 2 cannot be done, 130/143 on signals, 70 a bug."""
    gc.set_threshold(100_000, 50, 50)  # imports make no garbage: looking for it takes a tenth of the start
    _open_missing_streams()
    _prepare_streams()
    code = run(sys.argv[1:])
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process, without taking down what was imported: that takes a quarter of a second, and can go wrong.

    Arrow's threads are still beginning where a small file is refused at once; taken down then, they abort the process
    (exit code 134 in place of 2, in some of a hundred runs on a busy machine).
    """
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as the interpreter does at its end
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line with ``arguments`` and return its exit code."""
    import typer

    from lagtool.cli import app

    # Typer carries its own copy of click from 0.26 on and uses the installed one before: reached the same way in both.
    usage_error = typer.BadParameter.__bases__[0]
    click_exception = usage_error.__bases__[0]

    def terminate(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it often comes twice; once is enough to unwind
        raise _TerminatedError

    with contextlib.suppress(ValueError):  # not in the main thread: leave signals alone
        signal.signal(signal.SIGTERM, terminate)
    try:
        code = app(arguments, prog_name="lagtool", standalone_mode=False)
        sys.stdout.flush()
        if code == EXIT_INTERRUPTED:  # what newer versions of Typer make of Ctrl-C
            return _say_interrupted()
        return code if isinstance(code, int) else 0
    except LagtoolError as error:
        return _refuse(str(error))
    except typer.Exit as error:
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _say_interrupted()
    except _TerminatedError:
        _say("lagtool: terminated")
        return EXIT_TERMINATED
    except (_ClosedPipeError, BrokenPipeError):
        # The reader went away (| head): nothing more can be said, also not by the interpreter at its end.
        _give_up(sys.stdout)
        return EXIT_PIPE
    except MemoryError:
        return _refuse(_NO_MEMORY)
    except Exception as error:  # noqa: BLE001 - the last resort, so that a bug never looks like findings
        if isinstance(error, click_exception):
            return _refuse_usage(error)
        if isinstance(error, OSError) and error.errno in _OUTSIDE:
            return _refuse_fault(error)
        if isinstance(error, ImportError) and any(words in str(error) for words in _UNMAPPED):
            return _refuse(_NO_MEMORY)
        _say(f"{traceback.format_exc()}lagtool: this is a bug in lagtool; please report it with the lines above")
        return EXIT_BUG


def _open_missing_streams() -> None:
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
            raise _ClosedPipeError from None
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None


class _Remarks(io.FileIO):
    """Standard error whose own errors change nothing: there is nowhere left to tell them."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return len(data)


def _prepare_streams() -> None:
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


def _give_up(stream: TextIO) -> None:
    """Let all that is written to a stream from now on, also by the interpreter at its end, go nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(text: str) -> None:
    """Write a line to stderr; that nobody can read it there changes no exit code."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _give_up(sys.stderr)


def _say_interrupted() -> int:
    _say("lagtool: interrupted")
    return EXIT_INTERRUPTED


def _refuse_fault(error: OSError) -> int:
    """Say that the system failed in what it was asked for: no bug, and nothing that the command foresaw."""
    from lagtool.display import show

    if error.filename == "standard output":
        _give_up(sys.stdout)
    where = "the system failed" if error.filename is None else show(error.filename, 120)
    return _refuse(f"{where}: {error.strerror}")


def _refuse_usage(error: Exception) -> int:
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        if message:  # the rich help has printed itself already
            print(message)
        return EXIT_IMPOSSIBLE
    from lagtool.display import show

    message = show(" ".join(message.split()), 600)  # a shell may have put names of files of strangers there
    return _refuse(f"{message} (see '{context.command_path if context else 'lagtool'} --help')")


def _refuse(message: str) -> int:
    _say(f"lagtool: {' '.join(message.split())}")
    return EXIT_IMPOSSIBLE


if __name__ == "__main__":
    main()
