"""The backend that a name, an executor or a Dask client stands for."""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Union

from lagtool.errors import LagtoolError
from lagtool.scanning.workers import Backend, BackendName, count_processes

if TYPE_CHECKING:
    from distributed import Client

BackendLike = Union[str, Executor, "Client", Backend, None]


def open_backend(
    backend: BackendLike = None, *, scheduler: str | None = None, jobs: int | None = None
) -> AbstractContextManager[Backend | None]:
    """Make a backend ready, and end what it started when the block is left.

    Args:
        backend: ``threads`` or ``processes``; an executor or a ``distributed.Client``, which is left open; or a
            backend. None: ``dask`` where there is a scheduler, else ``processes``.
        scheduler: Address of a Dask scheduler (``tcp://host:8786``).
        jobs: Number of threads; None: one per usable core.

    Returns:
        What gives the backend to a ``with`` block; None for the processes of `lagtool.scanning.processes`, which
        need not be started here.

    Raises:
        LagtoolError: There is no such backend, or what it needs is not installed.
    """
    if isinstance(backend, Backend):
        return nullcontext(backend)
    if backend is None or isinstance(backend, str):
        name = _choose(backend, scheduler, jobs)
        if name is BackendName.PROCESSES:
            return nullcontext(None)
        if name is BackendName.THREADS:
            return open_threads(count_processes(jobs))
        from lagtool.scanning.cluster import open_cluster

        return open_cluster(scheduler or "")
    if scheduler is not None:
        raise LagtoolError("a scheduler's address and a backend that is open already contradict each other")
    if isinstance(backend, Executor):
        return nullcontext(Backend(backend))
    distributed = sys.modules.get("distributed")  # without it there is no client
    if distributed is None or not isinstance(backend, distributed.Client):
        raise LagtoolError(f"{type(backend).__name__} is no backend: give a name, an executor or a Dask client")
    from lagtool.scanning.cluster import ClusterBackend

    client = backend
    return nullcontext(ClusterBackend(lambda: client))


def _choose(backend: str | None, scheduler: str | None, jobs: int | None) -> BackendName:
    names = ", ".join(name.value for name in BackendName)
    if backend is None:
        name = BackendName.DASK if scheduler is not None else BackendName.PROCESSES
    elif backend in set(BackendName):
        name = BackendName(backend)
    else:
        raise LagtoolError(f"no such backend: choose one of {names}")
    if scheduler is not None and name is not BackendName.DASK:
        raise LagtoolError(f"--scheduler is for --backend dask, not for {name.value}: leave out one of them")
    if scheduler is None and name is BackendName.DASK:
        raise LagtoolError(
            "--backend dask needs the address of a scheduler: start one with 'dask scheduler', workers with "
            "'dask worker ADDRESS', and give --scheduler ADDRESS; from Python, give a distributed.Client"
        )
    if scheduler is not None and jobs is not None:
        raise LagtoolError("--jobs is for workers that are started here: a cluster (--scheduler) has its own")
    return name


@contextmanager
def open_threads(number: int) -> Iterator[Backend]:
    """Yield a backend of threads, which end with the block."""
    with ThreadPoolExecutor(number, thread_name_prefix="lagtool") as executor:
        yield Backend(executor, number)
