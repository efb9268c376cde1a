"""The engine that a name, an executor or a Dask client stands for."""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Union

from lagtool.errors import LagtoolError
from lagtool.scanning.workers import Engine, EngineName, count_processes

if TYPE_CHECKING:
    from distributed import Client

EngineLike = Union[str, Executor, "Client", Engine, None]


def open_engine(
    engine: EngineLike = None, *, scheduler: str | None = None, jobs: int | None = None
) -> AbstractContextManager[Engine | None]:
    """Make an engine ready, and end what it started when the block is left.

    Args:
        engine: ``threads`` or ``processes``; an executor or a ``distributed.Client``, which is left open; or an engine.
            None: ``dask`` where there is a scheduler, else ``processes``.
        scheduler: Address of a Dask scheduler (``tcp://host:8786``).
        jobs: Number of threads; None: one per usable core.

    Returns:
        What gives the engine to a ``with`` block; None for the processes of `lagtool.scanning.processes`, which
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
        from lagtool.scanning.cluster import open_cluster

        return open_cluster(scheduler or "")
    if scheduler is not None:
        raise LagtoolError("a scheduler's address and an engine that is open already contradict each other")
    if isinstance(engine, Executor):
        return nullcontext(Engine(engine))
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
    if scheduler is None and name is EngineName.DASK:
        raise LagtoolError(
            "--engine dask needs the address of a scheduler: start one with 'dask scheduler', workers with "
            "'dask worker ADDRESS', and give --scheduler ADDRESS; from Python, give a distributed.Client"
        )
    if scheduler is not None and jobs is not None:
        raise LagtoolError("--jobs is for workers that are started here: a cluster (--scheduler) has its own")
    return name


@contextmanager
def open_threads(number: int) -> Iterator[Engine]:
    """Yield an engine of threads, which end with the block."""
    with ThreadPoolExecutor(number, thread_name_prefix="lagtool") as executor:
        yield Engine(executor, number)
