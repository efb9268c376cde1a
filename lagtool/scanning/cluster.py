"""A Dask cluster, through the client of ``distributed``: it need not be installed until somebody asks for it."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.scanning import orders
from lagtool.scanning.workers import AHEAD, Carry, Context, Engine, Part, Task, Work
from lagtool.text import count, show

if TYPE_CHECKING:
    from distributed import Client, Future

START_SECONDS = 10.0
"""How long a scheduler may be without any worker at the beginning."""
PATIENCE_SECONDS = 30.0
"""How long all workers may be away in the middle of the work, and how long the scheduler may take to answer."""

_LARGER = 4  # a chunk makes a way of some milliseconds over the network: fewer, larger ones, if they carry little
_COUNTED_SECONDS = 2.0
_TICK_SECONDS = 1.0

Answer = TypeVar("Answer")


@dataclass
class _Flight(Generic[Task, Part]):
    """A chunk, and what will come of it; None where it is not under way."""

    chunk: Sequence[Task]
    future: "Future[Part] | None" = None

    def release(self) -> None:
        """Want no more of it."""
        if self.future is not None:
            self.future.release()
            self.future = None

    def take_back(self) -> None:
        """Stop it where it is under way or waits; what is finished, or has killed workers, stays as it is."""
        if self.future is not None and self.future.status not in ("finished", "error"):
            self.release()


class ClusterEngine(Engine):
    """A cluster, reached through a client that somebody else closes."""

    def __init__(self, connect: "Callable[[], Client]") -> None:
        """``connect`` returns the client, once it is needed."""
        self._connect = connect
        self._versions: orders.Versions | None = None
        self._sight: orders.Sight | None = None
        self._threads: dict[str, int] = {}
        self._counted = self._manned = 0.0

    @cached_property
    def _client(self) -> "Client":
        client = self._connect()
        if client.asynchronous:
            raise LagtoolError("an asynchronous Dask client cannot be waited for: give one that is not")
        return client

    @cached_property
    def _address(self) -> str:
        return show(str(getattr(self._client.scheduler, "address", "its address")))

    def describe(self) -> str:
        """Say on what the work is done."""
        return f"on {count(len(self._threads), 'worker')}" if self._counted else "(starting workers)"

    def look_for(self, store: Store, path: str | None) -> None:
        """Make sure that all workers have the same versions as this process, and see the same data set.

        Raises:
            LagtoolError: One of them has or does not, there is none, or the scheduler is gone.
        """
        self._compare_versions()
        self._sight = sight = orders.spot(store, path)
        if sight is None:
            return
        for worker, wrong in self._ask(lambda: self._client.run(orders.look, sight, on_error="return")).items():
            if isinstance(wrong, BaseException):
                raise LagtoolError(f"worker {worker} cannot look for {show(str(store))}: {wrong!r}")
            if wrong:
                raise LagtoolError(orders.describe_blind(worker, sight, wrong))

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

        A chunk whose worker dies is done again by another one, as the scheduler sees to it; one of which the scheduler
        will have no more, since too many workers died of it, is done task by task, with nothing else under way.

        Raises:
            LagtoolError: The scheduler is gone, or all workers are.
        """
        if not tasks:
            return
        self._compare_versions()
        share = -(-len(tasks) // self._room())
        size = size if carry is not None else max(size, min(size * _LARGER, share))

        def submit(chunk: Sequence[Task]) -> "Future[Part]":
            needed = context if carry is None else carry(context, chunk)
            order = orders.pack_order(self._versions or {}, self._sight, work, needed, chunk)
            future: Future[Part] = self._ask(lambda: self._client.submit(orders.follow_order, order, pure=False))
            return future

        starts = iter(range(0, len(tasks), size))
        flights: deque[_Flight[Task, Part]] = deque()
        try:
            while True:
                for start in starts if len(flights) < self._room() else ():
                    flights.append(_Flight(tasks[start : start + size]))
                    if len(flights) >= self._room():
                        break
                if not flights:
                    return
                for flight in flights:
                    flight.future = flight.future or submit(flight.chunk)
                first = flights[0]
                if self._is_deadly(first.future):
                    for flight in flights:
                        flight.take_back()
                    for task in first.chunk:
                        yield 1, self._do_alone(submit, context, task, crashed)
                    flights.popleft()
                else:
                    yield from self._collect(flights)
        finally:
            for flight in flights:
                flight.release()

    def _collect(self, flights: "deque[_Flight[Task, Part]]") -> Generator[tuple[int, Part], None, None]:
        """Yield the first chunk, which is finished, and those behind it that are so too: one way for all of them."""
        futures = [flight.future for flight in flights if flight.future is not None]
        ready = next((n for n, future in enumerate(futures) if n and future.status != "finished"), len(futures))
        parts: list[Part] = self._gather(futures[:ready])
        for part in parts:
            yield len(flights.popleft().chunk), part

    def _gather(self, futures: "list[Future[Part]]") -> list[Part]:
        parts: list[Part]
        try:
            parts = self._client.gather(futures)
        except OSError:
            if any(future.status == "error" for future in futures):
                raise  # what the work itself ran into
            raise self._gone() from None
        except CancelledError:
            raise self._gone() from None
        except ImportError as error:  # of a worker that came later, and has no lagtool at all
            if isinstance(error, LagtoolError):
                raise
            raise LagtoolError(f"a worker cannot do its work ({error}): install the same versions everywhere") from None
        return parts

    def _is_deadly(self, future: "Future[Any]") -> bool:
        """Wait for a chunk; return whether the scheduler gave it up because workers died of it."""
        from distributed import KilledWorker

        while not future.done():
            with contextlib.suppress(TimeoutError, CancelledError):
                future.exception(timeout=_TICK_SECONDS)
            self._count_threads()
            if time.monotonic() - self._manned > PATIENCE_SECONDS:
                raise LagtoolError(
                    f"the Dask scheduler at {self._address} has lost all its workers: start some, and run the same "
                    "command once more"
                )
        return future.status == "error" and isinstance(future.exception(), KilledWorker)

    def _do_alone(
        self,
        submit: "Callable[[Sequence[Task]], Future[Part]]",
        context: Context,
        task: Task,
        crashed: Work[Context, Task, Part],
    ) -> Part:
        future = submit([task])
        return crashed(context, [task]) if self._is_deadly(future) else self._gather([future])[0]

    def _compare_versions(self) -> None:
        if self._versions is not None:
            return
        until = time.monotonic() + START_SECONDS
        while not self._count_threads(again=True):
            if time.monotonic() > until:
                raise LagtoolError(
                    f"the Dask scheduler at {self._address} has no workers: start some (dask worker {self._address})"
                )
            time.sleep(0.2)
        known = orders.own_versions()
        said = self._ask(lambda: self._client.get_versions(packages=list(orders.PACKAGES)))
        self._compare("the scheduler", {name: known[name] for name in ("python", "lagtool")}, said["scheduler"])
        for worker, answer in said["workers"].items():
            self._compare(f"worker {worker}", known, answer)
        self._versions = known

    @staticmethod
    def _compare(name: str, known: orders.Versions, answer: Any) -> None:
        packages = {key: value or "none" for key, value in answer["packages"].items()}
        packages["python"] = orders.python_version(packages["python"])
        if differences := orders.name_differences(known, packages):
            raise LagtoolError(orders.describe_other(name, differences))

    def _count_threads(self, *, again: bool = False) -> int:
        """Return the number of threads in the cluster, as it was a moment ago."""
        if again or time.monotonic() - self._counted > _COUNTED_SECONDS:
            client = self._client
            ask = client.scheduler.ncores  # as client.nthreads() does, which would wait for ever
            self._threads = dict(self._ask(lambda: client.sync(ask, callback_timeout=PATIENCE_SECONDS)))
            self._counted = time.monotonic()
            if self._threads:
                self._manned = self._counted
        return sum(self._threads.values())

    def _room(self) -> int:
        """Return how many chunks may be under way."""
        return max(1, self._count_threads()) * AHEAD

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
