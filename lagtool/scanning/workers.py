"""Chunks of work, in order, on any executor: processes, threads, a cluster, one that the caller brings."""

import os
import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from lagtool.errors import LagtoolError
from lagtool.scanning.processes import ProcessExecutor, WorkerDiedError, start_idle
from lagtool.text import count

if TYPE_CHECKING:
    from lagtool.files import Store

Context = TypeVar("Context")
Task = TypeVar("Task")
Part = TypeVar("Part")
Work = Callable[[Context, Sequence[Task]], Part]
Carry = Callable[[Context, Sequence[Task]], Context]

WORTH_PROCESSES = 200
"""Pictures below which starting processes costs more than it saves."""
AHEAD = 4  # chunks in flight per worker: enough to keep them busy, few enough to bound memory
MOST_WORKERS = 64
"""So many workers of an executor that does not tell how many it has are kept busy; the chunks that wait are small."""


class BackendName(StrEnum):
    """What does the work."""

    THREADS = "threads"
    PROCESSES = "processes"
    DASK = "dask"


class Backend:
    """An executor, and how work is given to it."""

    def __init__(self, executor: Executor, workers: int | None = None) -> None:
        """``workers``: how many threads or processes it has; None: it is the caller's, and does not tell."""
        self._executor = executor
        self._workers = workers
        self.shares_memory = isinstance(executor, ThreadPoolExecutor)

    def describe(self) -> str:
        """Say on what the work is done: ``on 2 workers``."""
        kind = "thread" if self.shares_memory else "worker"
        return f"on {kind}s of the caller" if self._workers is None else f"on {count(self._workers, kind)}"

    def look_for(self, store: "Store", path: str | None) -> None:
        """Note a file of the dataset that every worker has to see; an executor of this machine sees it."""

    def room(self) -> int:
        """Return how many chunks may be under way."""
        return (self._workers or MOST_WORKERS) * AHEAD

    def chunk_size(self, size: int, _tasks: int) -> int:
        """Return how many tasks make a chunk, where processes of this machine would take ``size``."""
        return size

    def submit(self, work: Work[Context, Task, Part], context: Context, chunk: Sequence[Task]) -> "Future[Part]":
        """Hand a chunk over."""
        if self.shares_memory:
            return self._executor.submit(work, context, chunk)
        return self._executor.submit(_unpack, pickle.dumps((work, context, chunk)))

    def wait(self, future: "Future[Part]") -> Part:
        """Return what came of a chunk.

        Raises:
            WorkerDiedError: A worker died of it, and no other will do it.
            LagtoolError: The workers are gone.
        """
        try:
            return future.result()
        except BrokenExecutor:
            raise LagtoolError(
                "a worker of the executor died, and a damaged file may be why: --backend processes finds out which"
            ) from None

    def give_up(self, futures: Iterable["Future[Any]"]) -> None:
        """Cancel what waits, and wait for what is being done: nothing may go on reading afterwards."""
        pending = [future for future in futures if not future.cancel()]
        for future in pending:
            future.exception()


class _Processes(Backend):
    """Processes of this machine, which are given the context once."""

    def submit(self, work: Work[Context, Task, Part], context: Context, chunk: Sequence[Task]) -> "Future[Part]":
        call: Callable[..., Part] = work  # the context is there already
        return self._executor.submit(call, chunk)

    def give_up(self, futures: Iterable["Future[Any]"]) -> None:
        """Cancel what waits; the processes, and with them what they do, are killed by their executor."""
        for future in futures:
            future.cancel()


def _unpack(packed: bytes) -> Any:
    work, context, chunk = pickle.loads(packed)  # noqa: S301 - it comes from the process that started this one
    return work(context, chunk)


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_processes(jobs: int | None) -> int:
    """Return how many processes work where ``jobs`` is what the caller wants; None: one per usable core."""
    return usable_cores() if jobs is None else max(1, jobs)


def prepare(pictures: int, jobs: int | Backend | None) -> None:
    """Start worker processes, which import what they need while the caller does; few pictures need none."""
    if pictures >= WORTH_PROCESSES and not isinstance(jobs, Backend) and (number := count_processes(jobs)) > 1:
        start_idle(number)


def map_chunks(
    work: Work[Context, Task, Part],
    context: Context,
    tasks: Sequence[Task],
    size: int,
    jobs: int | Backend,
    crashed: Work[Context, Task, Part],
    carry: Carry[Context, Task] | None = None,
) -> Generator[tuple[int, Part], None, None]:
    """Yield, for each chunk of ``tasks`` in order, how many they are and ``work(context, chunk)``.

    A chunk of which a worker died is done again task by task, so that the culprit is named and nothing else is lost.
    To be used within ``contextlib.closing``: an exception in the caller's loop then ends the work there, at once.

    Args:
        work: A function of a module, which each process imports: it should import little.
        context: Given to each process once.
        tasks: All tasks.
        size: Tasks per chunk.
        jobs: Processes; 1 works in this process. Or a backend that does the work.
        crashed: Stands in for ``work`` for a single task whose work killed its process.
        carry: Makes of ``context`` what a chunk needs of it, for a backend whose workers may be on another machine:
            complete without files that this process wrote, and small. None: it is so already.

    Raises:
        LagtoolError: Workers cannot be started, or all of them are gone.
    """
    if jobs == 1 or not tasks:
        for start in range(0, len(tasks), size):
            chunk = tasks[start : start + size]
            yield len(chunk), work(context, chunk)
        return
    if isinstance(jobs, Backend):
        size = size if carry is not None else jobs.chunk_size(size, len(tasks))
        packs = None if jobs.shares_memory else carry
        yield from _in_order(jobs, work, context, tasks, size, crashed, packs)
        return
    number = min(jobs, -(-len(tasks) // size))
    with ProcessExecutor(number, context) as processes:
        yield from _in_order(_Processes(processes, number), work, context, tasks, size, crashed, None)


def _in_order(
    backend: Backend,
    work: Work[Context, Task, Part],
    context: Context,
    tasks: Sequence[Task],
    size: int,
    crashed: Work[Context, Task, Part],
    carry: Carry[Context, Task] | None,
) -> Generator[tuple[int, Part], None, None]:
    def submit(chunk: Sequence[Task]) -> "Future[Part]":
        return backend.submit(work, context if carry is None else carry(context, chunk), chunk)

    under_way: deque[tuple[Sequence[Task], Future[Part]]] = deque()
    starts = iter(range(0, len(tasks), size))
    try:
        while True:
            while len(under_way) < backend.room() and (start := next(starts, None)) is not None:
                chunk = tasks[start : start + size]
                under_way.append((chunk, submit(chunk)))
            if not under_way:
                return
            chunk, future = under_way.popleft()
            try:
                yield len(chunk), backend.wait(future)
            except WorkerDiedError:
                for task in chunk:
                    try:
                        part = backend.wait(submit([task]))
                    except WorkerDiedError:
                        part = crashed(context, [task])
                    yield 1, part
    finally:
        backend.give_up(future for _, future in under_way)
