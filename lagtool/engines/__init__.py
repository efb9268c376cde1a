"""Engines: what does the chunks of a scan, of a search for like pictures, or of a verification.

Processes of this machine are what `lagtool.workers` has; here are the others: threads, an executor that the caller
brings, and a Dask cluster.
"""

from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Union

from lagtool.errors import LagtoolError
from lagtool.workers import Engine, EngineName, count_processes

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
        What gives the engine to a ``with`` block; None for the processes of `lagtool.workers`, which need not be
        started here.

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
            from lagtool.engines.executor import open_threads

            return open_threads(count_processes(jobs))
        from lagtool.engines.connecting import open_cluster

        return open_cluster(scheduler, count_processes(jobs))
    if scheduler is not None:
        raise LagtoolError("a scheduler's address and an engine that is open already contradict each other")
    if isinstance(engine, Executor):
        from lagtool.engines.executor import ExecutorEngine

        return nullcontext(ExecutorEngine(engine))
    if not any(kind.__module__.partition(".")[0] == "distributed" for kind in type(engine).__mro__):
        raise LagtoolError(f"{type(engine).__name__} is no engine: give a name, an executor or a Dask client")
    from lagtool.engines.cluster import ClusterEngine

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
