"""Entry point: run a command and turn what happens into an exit code."""

import os
import sys

if (
    __name__ == "__main__"
    and not sys.flags.safe_path
    and __file__ != os.sep.join((sys.path[0], "lagtool", "__main__.py"))  # noqa: PTH118 - pathlib may lie there too
):
    del sys.path[0]  # python -m puts the current folder there, whose Python files are not meant

import contextlib
import errno
import gc
import signal
import time
import traceback
from types import FrameType
from typing import Any, NoReturn

from lagtool.cli.streams import ClosedPipeError, give_up, open_missing_streams, prepare_streams, say
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
_LEAST_MEMORY = 1 << 30
"""Bytes of address space with which all libraries can be loaded: with less, some crash rather than say so."""
_UNWIND_SECONDS = 5
_AGAIN_SECONDS = 1.0


class _TerminatedError(BaseException):
    """SIGTERM arrived: unwind, so that temporary files are removed."""


class _Signals:
    """Ctrl-C and SIGTERM: the first unwinds the command, so that temporary files are removed and workers ended.

    They often come twice: another within a second says nothing new. A later one, or an alarm where unwinding takes too
    long, ends the process as it stands.
    """

    def __init__(self) -> None:
        self.came: int | None = None
        self._at = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        with contextlib.suppress(ValueError):  # not in the main thread: leave signals alone
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.came is not None and hasattr(signal, "alarm"):
            signal.alarm(0)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.came is not None:
            if now - self._at > _AGAIN_SECONDS:
                self._end()
            return
        self.came, self._at = number, now
        if hasattr(signal, "alarm"):
            signal.signal(signal.SIGALRM, self._end)
            signal.alarm(_UNWIND_SECONDS)
        raise KeyboardInterrupt if number == signal.SIGINT else _TerminatedError

    def ignore(self) -> None:
        """Let none come any more: the command is over, and its exit code is known."""
        with contextlib.suppress(ValueError):
            for number in self._before:
                signal.signal(number, signal.SIG_IGN)

    def hide_noise(self, report: Any) -> None:
        """Stay silent of what went wrong while objects were taken down, once a signal has come; else report it."""
        if self.came is None:
            sys.__unraisablehook__(report)

    def _end(self, *_: object) -> NoReturn:
        code = EXIT_TERMINATED if self.came == signal.SIGTERM else EXIT_INTERRUPTED
        with contextlib.suppress(RuntimeError):  # it was writing just now
            self.say()
        _end_workers()
        os._exit(code)

    def say(self) -> int:
        """Say which of them came, and return its exit code."""
        say("lagtool: terminated" if self.came == signal.SIGTERM else "lagtool: interrupted")
        return EXIT_TERMINATED if self.came == signal.SIGTERM else EXIT_INTERRUPTED


def main() -> None:
    """Run the command line and exit: 0 fine, 1 findings, 2 cannot be done, 130/143 on signals, 70 a bug."""
    signals = _Signals().__enter__()  # for good: what comes at the very end is no traceback either
    sys.unraisablehook = signals.hide_noise
    gc.set_threshold(100_000, 50, 50)  # imports make no garbage: looking for it takes a tenth of the start
    os.environ["PYTHONSAFEPATH"] = "1"  # whatever Python is started by this one does not look into the current folder
    # Its threads take memory and time at the start, and where they cannot be had it sends this process a Ctrl-C.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    open_missing_streams()
    prepare_streams()
    _leave(_refuse(low) if (low := _find_memory_limit()) else _run(sys.argv[1:], signals))


def _find_memory_limit() -> str:
    """Say that less address space is allowed than libraries take; empty where it is enough."""
    try:
        import resource
    except ImportError:
        return ""
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most == resource.RLIM_INFINITY or most >= _LEAST_MEMORY:
        return ""
    return (
        f"not enough memory: this shell allows {most >> 20:,} MB (ulimit -v), lagtool needs {_LEAST_MEMORY >> 20:,} MB"
    )


def _leave(code: int) -> NoReturn:
    """End the process, without taking down what was imported: that takes a quarter of a second, and can go wrong.

    Arrow's threads are still beginning where a small file is refused at once; taken down then, they abort the process
    (exit code 134 in place of 2, in some of a hundred runs on a busy machine).
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    _end_workers()
    os._exit(code)


def _end_workers() -> None:
    """End worker processes; else a folder that they stand in is busy when the command is done."""
    if (processes := sys.modules.get("lagtool.scanning.processes")) is not None:
        processes.kill_workers()


def run(arguments: list[str]) -> int:
    """Run the command line with ``arguments`` and return its exit code."""
    with _Signals() as signals:
        return _run(arguments, signals)


def _run(arguments: list[str], signals: _Signals) -> int:
    try:
        from lagtool.cli import app

        code = app(arguments, prog_name="lagtool", standalone_mode=False)
        sys.stdout.flush()
        signals.ignore()
    except BaseException as error:  # noqa: BLE001 - the last resort, so that a bug never looks like findings
        signals.ignore()
        # Libraries make all kinds of errors of an interruption.
        return _explain(error) if signals.came is None else signals.say()
    if (
        signals.came is not None or code == EXIT_INTERRUPTED
    ):  # the latter is what newer versions of Typer make of Ctrl-C
        return signals.say()
    return code if isinstance(code, int) else 0


def _explain(error: BaseException) -> int:
    """Say on stderr what went wrong, and return the exit code."""
    import typer

    # Typer carries its own copy of click from 0.26 on and uses the installed one before: reached the same way in both.
    usage_error = typer.BadParameter.__bases__[0]
    click_exception = usage_error.__bases__[0]
    if isinstance(error, LagtoolError):
        return _refuse(str(error))
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, (typer.Abort, KeyboardInterrupt)):
        return _Signals().say()
    if isinstance(error, (ClosedPipeError, BrokenPipeError)):
        # The reader went away (| head): nothing more can be said, also not by the interpreter at its end.
        give_up(sys.stdout)
        return EXIT_PIPE
    if isinstance(error, MemoryError) or (
        isinstance(error, ImportError) and any(words in str(error) for words in _UNMAPPED)
    ):
        return _refuse(_NO_MEMORY)
    if isinstance(error, click_exception):
        return _refuse_usage(error)
    if isinstance(error, OSError) and error.errno in _OUTSIDE:
        return _refuse_fault(error)
    trace = "".join(traceback.format_exception(error))
    say(f"{trace}lagtool: this is a bug in lagtool; please report it with the lines above")
    return EXIT_BUG


def _refuse_fault(error: OSError) -> int:
    """Say that the system failed in what it was asked for: no bug, and nothing that the command foresaw."""
    from lagtool.text import show

    if error.filename == "standard output":
        give_up(sys.stdout)
    where = "the system failed" if error.filename is None else show(error.filename, 120)
    return _refuse(f"{where}: {error.strerror}")


def _refuse_usage(error: BaseException) -> int:
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    from lagtool.text import show

    message = show(" ".join(message.split()), 600)  # a shell may have put names of files of strangers there
    return _refuse(f"{message} (see '{context.command_path if context else 'lagtool'} --help')")


def _refuse(message: str) -> int:
    say(f"lagtool: {' '.join(message.split())}")
    return EXIT_IMPOSSIBLE


if __name__ == "__main__":
    main()
