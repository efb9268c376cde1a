"""Reading several files at once from afar, and handing them over in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from lagtool.files.store import Store, Want
from lagtool.reading import Reading

THREADS = 16
"""Requests under way per process. What is waited for is the network: more than there are cores."""
_MOST_BYTES = 64 << 20
"""Bytes that may wait to be looked at, or be under way; one file more than that is always taken."""
_GUESS = 1 << 20


def read_ahead(store: Store, wants: Iterable[Want]) -> Iterator[Reading | None]:
    """Yield what ``store.read`` returns for each file that is wanted, in order; the next ones are on their way."""
    waiting: deque[tuple[Future[Reading] | None, int]] = deque()
    bytes_ahead = 0
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lagtool-read")
    try:
        for path, limit, head, listed in wants:
            expected = 0 if path is None else min(limit, head or limit, (listed and listed.size) or _GUESS)
            while waiting and (bytes_ahead + expected > _MOST_BYTES or len(waiting) >= 3 * THREADS):
                reading, size = waiting.popleft()
                bytes_ahead -= size
                yield None if reading is None else reading.result()
            job = None if path is None else pool.submit(store.read, path, limit, head=head, listed=listed)
            waiting.append((job, expected))
            bytes_ahead += expected
        for reading, _ in waiting:
            yield None if reading is None else reading.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
