"""A Dask cluster, by the executor of ``distributed``: it need not be installed until somebody asks for it.

That executor gives no sign when the scheduler or all workers are gone, and knows nothing of versions and of what
workers see: this is here. The terms go with each chunk, so that a worker that joins in the middle meets them too.
"""

import asyncio
import logging
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from lagtool.errors import LagtoolError, MissingLibraryError
from lagtool.files import Store
from lagtool.reading import PICTURE_LIMIT
from lagtool.scanning.processes import WorkerDiedError
from lagtool.scanning.workers import AHEAD, Backend, Context, Part, Task, Work
from lagtool.text import count, show

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
"""How long a scheduler may take to answer at the beginning."""
START_SECONDS = 10.0
"""How long a scheduler may be without any worker at the beginning."""
PATIENCE_SECONDS = 30.0
"""How long all workers may be away in the middle of the work, and how long the scheduler may take to answer."""
PACKAGES = ("lagtool", "numpy", "simplejpeg", "pillow", "opencv-python-headless", "pyarrow")
"""Packages, by the name that they are installed by, whose versions can alter what comes out."""

_LARGER = 4  # a chunk makes a way of some milliseconds over the network: fewer, larger ones, if they carry little
_COUNTED_SECONDS = 2.0
_TICK_SECONDS = 1.0
_CLOSE_SECONDS = 2

Answer = TypeVar("Answer")
Sight = tuple[Store, str, int]
"""A dataset, a file below it, and how many bytes that has: what a worker has to see."""


class ClusterBackend(Backend):
    """A cluster, reached through a client that somebody else closes."""

    def __init__(self, connect: "Callable[[], Client]") -> None:
        """``connect`` returns the client, once it is needed."""
        self._connect = connect
        self.shares_memory = False
        self._sight: Sight | None = None
        self._threads = 0
        self._counted = self._manned = 0.0

    @cached_property
    def _client(self) -> "Client":
        client = self._connect()
        if client.asynchronous:
            raise LagtoolError("an asynchronous Dask client cannot be waited for: give one that is not")
        return client

    @cached_property
    def _submit(self) -> Callable[..., Any]:
        submit: Callable[..., Any] = self._client.get_executor(pure=False).submit
        return submit

    @cached_property
    def _address(self) -> str:
        return show(str(getattr(self._client.scheduler, "address", "its address")))

    def describe(self) -> str:
        """Say on what the work is done."""
        return f"on {count(self._threads, 'worker')}" if self._counted else "(starting workers)"

    def look_for(self, store: Store, path: str | None) -> None:
        """Note a file that every worker has to see, and how large it is."""
        size = None if path is None else store.read(path, PICTURE_LIMIT, head=1).size
        self._sight = None if path is None or size is None else (store, path, size)

    def room(self) -> int:
        """Return how many chunks may be under way.

        Raises:
            LagtoolError: The scheduler is gone, or has no workers.
        """
        until = time.monotonic() + (START_SECONDS if not self._manned else 0)
        while not self.count_threads():
            if not self._manned and time.monotonic() > until:
                raise LagtoolError(
                    f"the Dask scheduler at {self._address} has no workers: start some (dask worker {self._address})"
                )
            if self._manned:
                break
            time.sleep(0.2)
        return max(1, self._threads) * AHEAD

    def chunk_size(self, size: int, tasks: int) -> int:
        """Return how many tasks make a chunk."""
        return max(size, min(size * _LARGER, -(-tasks // self.room())))

    def submit(self, work: Work[Context, Task, Part], context: Context, chunk: Sequence[Task]) -> "Future[Part]":
        """Hand a chunk over, as bytes: nothing on the way has to look into it, or be able to."""
        order = pickle.dumps((own_versions(), self._sight, pickle.dumps((work, context, chunk))))
        future: Future[Part] = self._ask(lambda: self._submit(follow_order, order))
        return future

    def wait(self, future: "Future[Part]") -> Part:
        """Return what came of a chunk.

        Raises:
            WorkerDiedError: Too many workers died of it.
            LagtoolError: The scheduler is gone, or all workers are; a worker has other versions, or sees other files.
        """
        from distributed import KilledWorker

        while True:
            try:
                return future.result(_TICK_SECONDS)
            except TimeoutError:
                if future.done():
                    raise  # what the work itself ran into
                self.count_threads()
                if time.monotonic() - self._manned > PATIENCE_SECONDS:
                    raise LagtoolError(
                        f"the Dask scheduler at {self._address} has lost all its workers: start some, and run the same "
                        "command once more"
                    ) from None
            except KilledWorker:
                raise WorkerDiedError from None
            except CancelledError:
                raise self._gone() from None
            except ImportError as error:  # of a worker that has no lagtool at all
                if isinstance(error, LagtoolError):
                    raise
                raise LagtoolError(
                    f"a worker cannot do its work ({error}): install the same versions everywhere"
                ) from None

    def count_threads(self, *, again: bool = False) -> int:
        """Return the number of threads in the cluster, as it was a moment ago; ``again``: as it is now."""
        if again or not self._threads or time.monotonic() - self._counted > _COUNTED_SECONDS:
            client = self._client
            ask = client.scheduler.ncores  # as client.nthreads() does, which would wait for ever
            found = self._ask(lambda: client.sync(ask, callback_timeout=PATIENCE_SECONDS))
            self._threads = sum(dict(found).values())
            self._counted = time.monotonic()
            if self._threads:
                self._manned = self._counted
        return self._threads

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Return what the scheduler answers."""
        try:
            return question()
        except (OSError, CancelledError):  # a connection that is closed is an OSError, a timeout too
            raise self._gone() from None

    def _gone(self) -> LagtoolError:
        return LagtoolError(
            f"the Dask scheduler at {self._address} is gone: start it again, and run the same command once more"
        )


_seen: set[tuple[str, str, int]] = set()


def follow_order(order: bytes) -> Any:
    """Do a chunk of work on a worker, once it is clear that it may.

    Raises:
        LagtoolError: This worker has other versions, or does not see the dataset.
    """
    versions, sight, packed = pickle.loads(order)  # noqa: S301 - a cluster runs what its clients send: that is its use
    known = own_versions()
    if differences := [
        f"{name} {known.get(name, 'none')} (here: {wanted})"
        for name, wanted in versions.items()
        if known.get(name, "none") != wanted
    ]:
        raise LagtoolError(f"worker {_name()} has {', '.join(differences)}: install the same versions everywhere")
    if sight is not None and (name := (str(sight[0]), *sight[1:])) not in _seen:
        if wrong := _look(*sight):
            raise LagtoolError(
                f"{show(str(sight[0]))} {wrong} on worker {_name()}: every worker needs the dataset at the same path"
            )
        _seen.add(name)
    work, context, chunk = pickle.loads(packed)  # noqa: S301
    return work(context, chunk)


@cache
def own_versions() -> dict[str, str]:
    """Return the versions of this process that can alter what comes out."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def _look(store: Store, path: str, size: int) -> str:
    """Return what is wrong with what this process sees of a dataset; empty where it is right."""
    seen = store.read(path, PICTURE_LIMIT, head=1).size
    if seen is None:
        return "does not exist" if store.folder is not None and not store.folder.is_dir() else f"has no {path}"
    return "" if seen == size else f"holds another {path} ({seen:,} bytes, here {size:,})"


def _name() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return "?"


@contextmanager
def open_cluster(scheduler: str) -> Iterator[Backend]:
    """Yield a backend that connects to the scheduler at an address when it is needed, and disconnect.

    Raises:
        LagtoolError: ``distributed`` is not installed; from the backend: there is no scheduler at that address.
    """
    if find_spec("distributed") is None:
        raise MissingLibraryError("a Dask cluster needs distributed: pip install 'lagtool[dask]'")
    with ExitStack() as stack:
        yield ClusterBackend(lambda: _connect_client(stack, scheduler))


def _connect_client(stack: ExitStack, address: str) -> "Client":
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


def _close(client: "Client") -> None:
    with suppress(Exception):
        client.close(timeout=_CLOSE_SECONDS)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what the libraries say of lost connections and workers from stderr: the backend says it in one line."""
    names = [
        name
        for name in logging.root.manager.loggerDict
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio")
    ]
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
