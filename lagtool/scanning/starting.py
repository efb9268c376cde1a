"""Starting helper processes without the caller's script and the Python files of the current folder; killing them."""

import copy
import multiprocessing
import multiprocessing.context
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.process import BaseProcess
from types import FrameType, ModuleType
from typing import Any

from lagtool.errors import LagtoolError

SAFE_PATH = "PYTHONSAFEPATH"
"""The variable by which a Python that starts keeps the current folder off its path."""

_HELD = (signal.SIGINT, signal.SIGTERM)
_KILL_SECONDS = 5.0
_START_SECONDS = 2


@contextmanager
def starting_processes(*, slow: bool = False) -> Iterator[None]:
    """Let helper processes be started in this block only, of whatever kind.

    Args:
        slow: The block waits until they are ready, which may not come to an end.

    Raises:
        LagtoolError: Python was started with ``-E``, which helpers inherit, and which lets no variable protect them.
    """
    if sys.flags.ignore_environment and not sys.flags.safe_path:
        raise LagtoolError(
            "python -E starts workers that run Python files of the current folder: use python -P or -I, or one process "
            "(--jobs 1, or jobs=1)"
        )
    with _main_hidden(), _current_folder_hidden(), _signals_held(slow=slow):
        yield


def make_starter(started: list[BaseProcess], preloaded: Sequence[str]) -> multiprocessing.context.BaseContext:
    """Return what starts processes afresh, and notes each in ``started``.

    Never a plain fork: the progress bar has threads, and a fork copies their locks as they stand.

    Args:
        started: Where the processes are noted.
        preloaded: Modules that all of them need.
    """
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    starter = copy.copy(multiprocessing.get_context(method))
    if method == "forkserver":
        starter.set_forkserver_preload(list(preloaded))
    make = starter.Process  # type: ignore[attr-defined]

    def note(*arguments: Any, **options: Any) -> BaseProcess:
        process: BaseProcess = make(*arguments, **options)
        started.append(process)
        return process

    starter.Process = note  # type: ignore[attr-defined]
    return starter


def kill_processes(processes: Iterable[BaseProcess]) -> None:
    """Kill processes, also such as are stopped or wait for something that never comes, and wait until they are gone."""
    alive = [process for process in processes if process.pid is not None]
    for process in alive:
        with suppress(OSError, ValueError):  # ended meanwhile, and closed
            process.kill()
    for process in alive:
        with suppress(OSError, ValueError, AssertionError):
            process.join(_KILL_SECONDS)


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep the caller's main module out of sight of processes that start meanwhile.

    Python lets a new process import the caller's main module, and a script without the ``__name__`` guard, or one
    read from stdin, breaks it. Our processes need nothing of it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _current_folder_hidden() -> Iterator[None]:
    """Keep the current folder off the path of a Python that starts meanwhile.

    Python starts its helpers (fork server, resource tracker, spawned processes) by ``python -c``, which looks there
    first: a ``types.py`` or ``random.py`` beside somebody's data would be run.
    """
    with environment_kept(SAFE_PATH, "PYTHONWARNINGS"):
        os.environ[SAFE_PATH] = "1"
        # What an interrupted pool leaves behind is cleared away by Python's resource tracker: it need not say so.
        said = os.environ.get("PYTHONWARNINGS")
        os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (said, "ignore:resource_tracker")))
        yield


@contextmanager
def environment_kept(*names: str) -> Iterator[None]:
    """Give variables of the environment the values back that they had before the block."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _signals_held(*, slow: bool) -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back: a process that is half started when they unwind its pool is never waited for.

    They are blocked, which a process that is started meanwhile inherits. That alone does not hold them: libraries have
    threads of their own, which take them, and Python then acts on them here. So they are also only noted; but a
    ``slow`` start is given up when it takes some seconds more.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    if threading.current_thread() is not threading.main_thread():  # which alone acts on signals
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda sent, _: came.append(sent)) for number in _HELD}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        with _given_up(before, came) if slow else nullcontext():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _given_up(handlers: Mapping[signal.Signals, Any], came: Sequence[int]) -> Iterator[None]:
    """Let a signal that is held back act on the block all the same, once it has waited for some seconds."""
    ticks = 0

    def tick(_number: int, frame: FrameType | None) -> None:
        nonlocal ticks
        waiting = [number for number in _HELD if number in came or number in signal.sigpending()]
        ticks += bool(waiting)
        if waiting and ticks > _START_SECONDS and callable(handlers[waiting[0]]):
            handlers[waiting[0]](waiting[0], frame)

    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)
