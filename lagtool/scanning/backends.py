"""Backends: threads, an executor that the caller brings, a Dask cluster; `lagtool.scanning.workers` has processes."""

import pickle
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any, Union

from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.scanning.workers import (
    AHEAD,
    Carry,
    Context,
    Engine,
    EngineName,
    Part,
    Task,
    Work,
    count_processes,
)
from lagtool.text import count

if TYPE_CHECKING:
    from distributed import Client

EngineLike = Union[str, Executor, "Client", Engine, None]


def open_engine(
    engine: EngineLike = None, *, scheduler: str | None = None, jobs: int | None = None
) -> AbstractContextManager[Engine | None]:
    """Make an engine ready, and end what it started when the block is left.

    Args:
        engine: ``threads``, ``processes`` or ``dask``; an executor or a ``distributed.Client``, which is left open; or
            an engine. None: ``dask`` where there is a scheduler, else ``processes``.
        scheduler: Address of a Dask scheduler (``tcp://host:8786``). Without one, ``dask`` starts workers here.
        jobs: Threads, or worker processes of a cluster that is started here; None: one per usable core.

    Returns:
        What gives the engine to a ``with`` block; None for the processes of `lagtool.scanning.workers`, which
        need not be started here.

    Raises:
        LagtoolError: There is no such engine, or what it needs is not installed.
    """
    if isinstance(engine, Engine):
        return nullcontext(engine)
    if engine is None or isinstance(engine, str):
        name = _choose(engine, scheduler, jobs)
        if name is EngineName.PROCESSES:
            return nullcontext(None)
        if name is EngineName.THREADS:
            return open_threads(count_processes(jobs))
        from lagtool.scanning.connecting import open_cluster

        return open_cluster(scheduler, count_processes(jobs))
    if scheduler is not None:
        raise LagtoolError("a scheduler's address and an engine that is open already contradict each other")
    if isinstance(engine, Executor):
        return nullcontext(ExecutorEngine(engine))
    distributed = sys.modules.get("distributed")  # without it there is no client
    if distributed is None or not isinstance(engine, distributed.Client):
        raise LagtoolError(f"{type(engine).__name__} is no engine: give a name, an executor or a Dask client")
    from lagtool.scanning.cluster import ClusterEngine

    client = engine
    return nullcontext(ClusterEngine(lambda: client))


def _choose(engine: str | None, scheduler: str | None, jobs: int | None) -> EngineName:
    names = ", ".join(name.value for name in EngineName)
    if engine is None:
        name = EngineName.DASK if scheduler is not None else EngineName.PROCESSES
    elif engine in set(EngineName):
        name = EngineName(engine)
    else:
        raise LagtoolError(f"no such engine: choose one of {names}")
    if scheduler is not None and name is not EngineName.DASK:
        raise LagtoolError(f"--scheduler is for --engine dask, not for {name.value}: leave out one of them")
    if scheduler is not None and jobs is not None:
        raise LagtoolError("--jobs is for workers that are started here: a cluster (--scheduler) has its own")
    return name


MOST_WORKERS = 64
"""So many workers of an executor that does not tell how many it has are kept busy; the chunks that wait are small."""


class ExecutorEngine(Engine):
    """An executor; what it has in flight is bounded, whatever the length of its own queue."""

    def __init__(self, executor: Executor, workers: int | None = None) -> None:
        """``workers``: how many threads or processes it has; None: it is the caller's, and does not tell."""
        self._executor = executor
        self._workers = workers

    @cached_property
    def _shares_memory(self) -> bool:
        return isinstance(self._executor, ThreadPoolExecutor)

    def describe(self) -> str:
        """Say on what the work is done."""
        kind = "thread" if self._shares_memory else "worker"
        return f"on {kind}s of the caller" if self._workers is None else f"on {count(self._workers, kind)}"

    def look_for(self, store: Store, path: str | None) -> None:
        """Do nothing: an executor works on this machine, or says itself what it lacks."""

    def map_chunks(
        self,
        work: Work[Context, Task, Part],
        context: Context,
        tasks: Sequence[Task],
        size: int,
        crashed: Work[Context, Task, Part],
        carry: Carry[Context, Task] | None,
    ) -> Generator[tuple[int, Part], None, None]:
        """Yield what `lagtool.scanning.workers.map_chunks` yields.

        Raises:
            LagtoolError: The executor is broken: one of its processes died.
        """
        waiting: deque[tuple[int, Future[Part]]] = deque()
        try:
            for start in range(0, len(tasks), size):
                chunk = tasks[start : start + size]
                waiting.append((len(chunk), self._submit(work, context, chunk, carry)))
                if len(waiting) >= (self._workers or MOST_WORKERS) * AHEAD:
                    yield _take(waiting)
            while waiting:
                yield _take(waiting)
        except BrokenExecutor:
            raise LagtoolError(
                "a worker of the executor died, and a damaged file may be why: --engine processes finds out which"
            ) from None
        finally:
            for _, future in waiting:
                future.cancel()
            for _, future in waiting:  # nothing may go on reading once this function is left
                if not future.cancelled():
                    future.exception()

    def _submit(
        self,
        work: Work[Context, Task, Part],
        context: Context,
        chunk: Sequence[Task],
        carry: Carry[Context, Task] | None,
    ) -> "Future[Part]":
        if self._shares_memory:
            return self._executor.submit(work, context, chunk)
        needed = context if carry is None else carry(context, chunk)
        return self._executor.submit(_unpack, pickle.dumps((work, needed, chunk)))


def _unpack(packed: bytes) -> Any:
    work, context, chunk = pickle.loads(packed)  # noqa: S301 - it comes from the process that started this one
    return work(context, chunk)


def _take(waiting: deque[tuple[int, Future[Part]]]) -> tuple[int, Part]:
    number, future = waiting.popleft()
    return number, future.result()


@contextmanager
def open_threads(number: int) -> Iterator[Engine]:
    """Yield an engine of threads, which end with the block."""
    with ThreadPoolExecutor(number, thread_name_prefix="lagtool") as executor:
        yield ExecutorEngine(executor, number)
