"""Connecting to a Dask scheduler, or starting one here with its workers, and leaving nothing of it behind."""

import asyncio
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lagtool.errors import LagtoolError, MissingLibraryError
from lagtool.scanning.cluster import ClusterEngine
from lagtool.scanning.starting import SAFE_PATH, environment_kept, starting_processes
from lagtool.scanning.workers import Engine
from lagtool.text import show

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
"""How long a scheduler may take to answer at the beginning."""

_CLOSE_SECONDS = 2
_TALKERS = ("distributed", "tornado", "asyncio")
_SETTINGS = {
    # After one death a chunk is looked at closely, task by task: it need not be more.
    "distributed.scheduler.allowed-failures": 0,
    # Dask lets each worker give memory back so eagerly that getting it again takes a third of the time, and it sets the
    # environment of this process for that. What it has to set is for workers that it starts again after a death.
    "distributed.nanny.pre-spawn-environ": {SAFE_PATH: "1"},
}
_SET_BY_DASK = (SAFE_PATH, "PYTHONHASHSEED")


@contextmanager
def open_cluster(scheduler: str | None, number: int) -> Iterator[Engine]:
    """Yield an engine that connects when it is needed, and disconnect.

    Args:
        scheduler: The address of a scheduler; None: start one here, with workers.
        number: How many workers to start.

    Raises:
        LagtoolError: ``distributed`` is not installed; from the engine: there is no scheduler at that address.
    """
    if find_spec("distributed") is None:
        raise MissingLibraryError("a Dask cluster needs distributed: pip install 'lagtool[dask]'")
    with ExitStack() as stack:
        yield ClusterEngine(lambda: _connect(stack, scheduler) if scheduler is not None else _start(stack, number))


def _connect(stack: ExitStack, address: str) -> "Client":
    from distributed import Client

    stack.enter_context(_silence())
    wrong: str | None = None
    try:
        # By itself first, in a loop of its own: the client waits for ever for one that accepts and says nothing.
        with ThreadPoolExecutor(1) as thread:
            kind = thread.submit(asyncio.run, _ask_kind(address)).result()
        if kind == "Scheduler":
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        else:
            wrong = f" (it is a {show(kind, 20).lower()})"
    except (ValueError, TypeError) as error:
        wrong = f" ({show(str(error), 160)})"
    except Exception:  # noqa: BLE001 - whatever another kind of server may send
        wrong = ""
    if wrong is not None:
        raise LagtoolError(
            f"no Dask scheduler answers at {show(address)}{wrong}: give the address that 'dask scheduler' printed"
        )
    stack.callback(_close, client)
    return client


async def _ask_kind(address: str) -> str:
    """Return what a server of Dask says that it is.

    Raises:
        Exception: There is none, or another program answers; of many kinds.
    """
    from distributed import Security, rpc

    async def ask() -> str:
        async with rpc(address, connection_args=Security().get_connection_args("client")) as server:
            return str((await server.identity())["type"])

    return await asyncio.wait_for(ask(), CONNECT_SECONDS)


def _start(stack: ExitStack, number: int) -> "Client":
    from multiprocessing import resource_tracker

    import dask
    from distributed import Client, LocalCluster

    stack.enter_context(_silence())
    try:
        stack.enter_context(environment_kept(*_SET_BY_DASK))
        with starting_processes():
            # It lets signals through to whatever its thread starts next: so it is there before.
            resource_tracker.ensure_running()
        # Threads and processes that start here hold signals back: Ctrl-C is for this process to handle.
        with starting_processes(slow=True), dask.config.set(_SETTINGS):
            cluster = LocalCluster(
                n_workers=number,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            stack.callback(_close, cluster)
            client = Client(cluster, timeout=CONNECT_SECONDS, set_as_default=False)
            stack.callback(_close, client)
    except (OSError, RuntimeError) as error:
        raise LagtoolError(f"cannot start Dask workers ({error}): try --engine processes") from None
    return client


def _close(what: object) -> None:
    with suppress(Exception):
        what.close(timeout=_CLOSE_SECONDS)  # type: ignore[attr-defined]


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what the libraries say of lost connections and workers from stderr: the engine says it in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _TALKERS]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
