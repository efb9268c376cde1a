"""A scan that is under way while the rest of the program is still imported.

What a scan is put together with (pandas, above all) takes as long to import as the headers of a whole data set take to
read. Nothing of it is needed to walk the tree and to hand its samples to workers: that begins here, and
`lagtool.scanner.scan` takes over what is done.
"""

import queue
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from types import TracebackType

from lagtool.depth import Depth
from lagtool.lens import Lens, grind_lens, root_device
from lagtool.model import SampleFiles, any_image
from lagtool.tree import Tree
from lagtool.workers import Engine, count_processes, map_chunks, usable_cores

CHUNK = 64
"""Samples a worker takes at once: few, so that a crash costs little and the end is not waited for."""
QUICK_CHUNK = 256
"""The same where nothing is decoded, and handing a chunk over costs more than a part of the work."""

WORTH_PROCESSES = 200
"""Samples below which starting processes costs more than it saves."""

Done = tuple[int, bytes]


def probe_ahead(lens: Lens, samples: Sequence[SampleFiles]) -> bytes:
    """Return the rows of some samples, packed; see `lagtool.rows.probe_chunk`."""
    from lagtool.rows import number_device, probe_chunk  # workers have it already; this process may never need it

    block = probe_chunk(lens, samples)
    here = None if lens.store.folder is None else root_device(lens.store.folder)
    return block if here == lens.device or None in (here, lens.device) else number_device(block, here, lens.device)


def crash_ahead(lens: Lens, samples: Sequence[SampleFiles]) -> bytes:
    """Return rows for samples whose probe took its process down; see `lagtool.rows.crashed_rows`."""
    from lagtool.rows import crashed_rows

    return crashed_rows(lens, samples)


def probe_samples(
    lens: Lens, samples: Sequence[SampleFiles], jobs: int | Engine | None, stop: threading.Event | None = None
) -> Generator[Done, None, None]:
    """Yield the rows of samples, packed, chunk by chunk and in their order, with the number of samples in each.

    ``stop`` ends it, as in `map_chunks`.
    """
    size = QUICK_CHUNK if lens.depth.quick else CHUNK
    if isinstance(jobs, Engine):
        enough: int | Engine = jobs
        jobs.look_for(lens.store, any_image(samples))
    else:
        enough = 1 if len(samples) < WORTH_PROCESSES else count_processes(lens.store.jobs(jobs))
    with closing(map_chunks(probe_ahead, lens, samples, size, enough, crash_ahead, stop=stop)) as work:
        yield from work


class Ahead:
    """A scan of all samples of a tree, begun.

    Attributes:
        started_ns: When it began, in nanoseconds since 1970.
    """

    def __init__(self, tree: Tree, depth: Depth, jobs: int | None) -> None:
        """Begin. Nothing is read any more once `close` has returned."""
        self.started_ns = time.time_ns()
        lens = grind_lens(tree.store, tree.profile, depth)
        self._done: queue.SimpleQueue[Done | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        # A daemon: whoever is unwound before they could close it need not wait at the end of the interpreter.
        self._thread = threading.Thread(target=self._run, args=(lens, tree.samples, jobs), daemon=True)
        self._thread.start()

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Done]:
        """Yield what `probe_samples` yields; once."""
        while (item := self._done.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def close(self) -> None:
        """Stop, and wait until the workers have."""
        self._stop.set()
        self._thread.join()

    def _run(self, lens: Lens, samples: Sequence[SampleFiles], jobs: int | None) -> None:
        try:
            with closing(probe_samples(lens, samples, jobs, self._stop)) as parts:
                for part in parts:
                    self._done.put(part)
                    if self._stop.is_set():
                        break
        except BaseException as error:  # noqa: BLE001 - it is raised where the rows are taken
            self._done.put(error)
        self._done.put(None)


def begin_scan(tree: Tree, depth: Depth, jobs: int | Engine | None) -> Ahead | None:
    """Begin to scan a tree, or return None where one process does the work as soon, or an engine does it."""
    if isinstance(jobs, Engine):
        return None
    jobs = tree.store.jobs(jobs)
    enough = len(tree.samples) >= WORTH_PROCESSES and jobs != 1 and (jobs is not None or usable_cores() > 1)
    return Ahead(tree, depth, jobs) if enough else None
