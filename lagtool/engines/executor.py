"""Threads, or whatever executor of `concurrent.futures` the caller brings."""

import pickle
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from lagtool.display import count
from lagtool.errors import LagtoolError
from lagtool.storage import Store
from lagtool.workers import AHEAD, Carry, Context, Engine, Part, Task, Work, usable_cores


class ExecutorEngine(Engine):
    """An executor; what it has in flight is bounded, whatever the length of its own queue."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    @cached_property
    def _shares_memory(self) -> bool:
        return isinstance(self._executor, ThreadPoolExecutor)

    @property
    def workers(self) -> int:
        """Number of threads or processes; where the executor does not tell, that of the cores."""
        number = getattr(self._executor, "_max_workers", None)
        return number if isinstance(number, int) else usable_cores()

    def describe(self) -> str:
        """Say on what the work is done."""
        return f"on {count(self.workers, 'thread' if self._shares_memory else 'worker')}"

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
        """Yield what `lagtool.workers.map_chunks` yields.

        Raises:
            LagtoolError: The executor is broken: one of its processes died.
        """
        waiting: deque[tuple[int, Future[Part]]] = deque()
        try:
            for start in range(0, len(tasks), size):
                chunk = tasks[start : start + size]
                waiting.append((len(chunk), self._submit(work, context, chunk, carry)))
                if len(waiting) >= self.workers * AHEAD:
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
        yield ExecutorEngine(executor)
