"""Processes that do a list of tasks in order, and survive the death of any of them; and the place of other engines."""

import abc
import contextlib
import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from enum import StrEnum
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, TypeVar

from lagtool.errors import LagtoolError
from lagtool.scanning.starting import kill_processes, make_starter, starting_processes

if TYPE_CHECKING:
    from lagtool.files import Store

Context = TypeVar("Context")
Task = TypeVar("Task")
Part = TypeVar("Part")
Work = Callable[[Context, Sequence[Task]], Part]
Carry = Callable[[Context, Sequence[Task]], Context]

_CONTEXT: Any = None
_PRELOADED = ("lagtool.scanning.rows", "lagtool.scanning.verify", "concurrent.futures.process")
_NOT_STARTED = "cannot start worker processes: try with one process (--jobs 1, or jobs=1)"
WORTH_PROCESSES = 200
"""Pictures below which starting processes costs more than it saves."""
AHEAD = 4  # chunks in flight per process: enough to keep them busy, few enough to bound memory


class EngineName(StrEnum):
    """What does the work."""

    THREADS = "threads"
    PROCESSES = "processes"
    DASK = "dask"


class Engine(abc.ABC):
    """Something else than processes of this module that does chunks of work: see `lagtool.scanning.backends`."""

    @abc.abstractmethod
    def map_chunks(
        self,
        work: Work[Context, Task, Part],
        context: Context,
        tasks: Sequence[Task],
        size: int,
        crashed: Work[Context, Task, Part],
        carry: Carry[Context, Task] | None,
    ) -> Generator[tuple[int, Part], None, None]:
        """Yield what `map_chunks` yields; ``size`` may be altered."""

    @abc.abstractmethod
    def look_for(self, store: "Store", path: str | None) -> None:
        """Make sure that those who work see the data set, by one file of it, where there is any.

        Raises:
            LagtoolError: One of them does not.
        """

    @abc.abstractmethod
    def describe(self) -> str:
        """Say on what the work is done: ``on 2 workers``."""


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_processes(jobs: int | None) -> int:
    """Return how many processes work where ``jobs`` is what the caller wants; None: one per usable core."""
    return usable_cores() if jobs is None else max(1, jobs)


def map_chunks(
    work: Work[Context, Task, Part],
    context: Context,
    tasks: Sequence[Task],
    size: int,
    jobs: int | Engine,
    crashed: Work[Context, Task, Part],
    carry: Carry[Context, Task] | None = None,
) -> Generator[tuple[int, Part], None, None]:
    """Yield, for each chunk of ``tasks`` in order, how many they are and ``work(context, chunk)``.

    To be used within ``contextlib.closing``: an exception in the caller's loop then ends the processes there, at once,
    and not at the end of the interpreter, when one that is still starting would complain loudly.

    Args:
        work: A module-level function. Its module is imported by each process: it should import little.
        context: Given to each process once.
        tasks: All tasks.
        size: Tasks per chunk.
        jobs: Processes; 1 works in this process. Or an engine that does the work.
        crashed: Stands in for ``work`` for a single task whose work killed its process.
        carry: Makes of ``context`` what a chunk needs of it, for an engine whose workers may be on another machine:
            complete without files that this process wrote, and small. None: it is so already.
    """
    if isinstance(jobs, Engine):
        yield from jobs.map_chunks(work, context, tasks, size, crashed, carry)
        return
    starts = range(0, len(tasks), size)
    if jobs == 1 or not starts:
        for start in starts:
            chunk = tasks[start : start + size]
            yield len(chunk), work(context, chunk)
        return
    done = 0
    try:
        for number, part in _map_pool(work, context, tasks, starts, min(jobs, len(starts))):
            yield number, part
            done += number
    except BrokenProcessPool:
        # One file killed a process, and with it the pool. The rest runs file by file, each crash costing one process,
        # until the culprit is named; then the pool takes over again.
        yield from _one_by_one(work, context, tasks[done : done + size], crashed)
        yield from map_chunks(work, context, tasks[done + size :], size, jobs, crashed, carry)


def _map_pool(
    work: Work[Context, Task, Part], context: Context, tasks: Sequence[Task], starts: range, jobs: int
) -> Iterator[tuple[int, Part]]:
    with _pool(context, jobs) as pool:
        waiting: deque[tuple[int, Future[Part]]] = deque()

        def take() -> tuple[int, Part]:
            number, future = waiting.popleft()
            return number, future.result()

        for start in starts:
            chunk = tasks[start : start + starts.step]
            waiting.append((len(chunk), _submit(pool, work, chunk)))
            if len(waiting) >= jobs * AHEAD:
                yield take()
        while waiting:
            yield take()


def _one_by_one(
    work: Work[Context, Task, Part],
    context: Context,
    chunk: Sequence[Task],
    crashed: Work[Context, Task, Part],
) -> Iterator[tuple[int, Part]]:
    part: Part
    left = deque(chunk)
    while left:
        try:
            with _pool(context, 1) as pool:
                while left:
                    part = _submit(pool, work, [left[0]]).result()
                    left.popleft()
                    yield 1, part
        except BrokenProcessPool:
            yield 1, crashed(context, [left.popleft()])


def prepare(pictures: int, jobs: int | Engine | None) -> None:
    """Let the process from which workers are forked import what they need, while the caller imports what it needs.

    This saves the time of one of the two; without it, or where it cannot be done, workers start all the same. Few
    pictures need no workers.
    """
    if pictures < WORTH_PROCESSES or jobs == 1 or isinstance(jobs, Engine) or (jobs is None and usable_cores() == 1):
        return
    if make_starter([], _PRELOADED).get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with contextlib.suppress(OSError, LagtoolError), starting_processes():
            forkserver.ensure_running()


@contextmanager
def _pool(context: Any, jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Yield worker processes; where the block raises, they are killed: whatever one waits for, it is not waited for."""
    started: list[BaseProcess] = []
    try:
        with starting_processes():
            starter = make_starter(started, _PRELOADED)
            pool = ProcessPoolExecutor(
                jobs, mp_context=starter, initializer=_start, initargs=(context, dict(os.environ))
            )
    except OSError:
        raise LagtoolError(_NOT_STARTED) from None
    try:
        try:
            _submit(pool, _answer, []).result()
        except (BrokenProcessPool, OSError):
            # Nothing was asked of it yet: no file is to blame.
            raise LagtoolError(_NOT_STARTED) from None
        yield pool
        pool.shutdown(wait=True)
    except BaseException:
        kill_processes(started)
        # Waited for: nothing may go on reading or writing once this function is left.
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _submit(pool: ProcessPoolExecutor, work: Work[Any, Any, Part], chunk: Sequence[Any]) -> "Future[Part]":
    """Hand a chunk to the pool, which may start a process for it."""
    with starting_processes():
        return pool.submit(_run, work, chunk)


def _answer(_context: Any, chunk: Sequence[Any]) -> list[Any]:
    return list(chunk)


def _start(context: Any, environment: dict[str, str]) -> None:
    global _CONTEXT  # noqa: PLW0603 - the one value that a worker process keeps
    _CONTEXT = context
    # The process that this one was forked from began long ago, perhaps before credentials were set.
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    gc.set_threshold(100_000, 50, 50)  # rows hold no cycles
    gc.freeze()  # what was imported is no garbage, and pages that nobody marks stay shared with the other workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # inherited held back from the moment of the start
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _run(work: Work[Any, Any, Part], chunk: Sequence[Any]) -> Part:
    return work(_CONTEXT, chunk)
