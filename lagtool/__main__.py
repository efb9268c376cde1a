"""Entry point: run a command and turn what happens into an exit code."""

import atexit
import contextlib
import gc
import io
import os
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import NoReturn

from lagtool.errors import LagtoolError

EXIT_FINDINGS = 1
EXIT_IMPOSSIBLE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141
EXIT_TERMINATED = 143


class _TerminatedError(BaseException):
    """SIGTERM arrived: unwind, so that temporary files are removed."""


def main() -> None:
    """Run the command line and exit: 0 fine, 1 findings, 2 cannot be done, 130/143 on signals, 70 a bug."""
    gc.set_threshold(100_000, 50, 50)  # imports make no garbage: looking for it takes a tenth of the start
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
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
        print("lagtool: terminated", file=sys.stderr)
        return EXIT_TERMINATED
    except BrokenPipeError:
        # The reader went away (| head): nothing more can be said, also not by the interpreter at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except OSError as error:
        if error.filename is None:
            return _report_bug()
        from lagtool.display import show

        # Of a name that is too long, or lies where one may not look, Python cannot even say whether it is there.
        return _refuse(f"{show(error.filename, 120)}: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - the last resort, so that a bug never looks like findings
        if isinstance(error, click_exception):
            return _refuse_usage(error)
        return _report_bug()


def _report_bug() -> int:
    traceback.print_exc()
    print("lagtool: this is a bug in lagtool; please report it with the lines above", file=sys.stderr)
    return EXIT_BUG


def _say_interrupted() -> int:
    print("lagtool: interrupted", file=sys.stderr)
    return EXIT_INTERRUPTED


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
    print(f"lagtool: {' '.join(message.split())}", file=sys.stderr)
    return EXIT_IMPOSSIBLE


if __name__ == "__main__":
    main()
