"""Backends: the same bytes from all of them, what each costs, and what a second worker brings.

``python -m tests.benchmarks.backends TREE``; a cluster of two worker processes is started for the second part.
"""

import argparse
import functools
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from lagtool.files.tree import Tree, read_tree
from lagtool.manifest.blocks import unpack_rows
from lagtool.manifest.value import Manifest, frame_table, read_manifest
from lagtool.model import SampleFiles, ScanOptions
from lagtool.scanning.backends import open_backend
from lagtool.scanning.rows import ProbeContext, crashed_rows, probe_chunk
from lagtool.scanning.scan import CHUNK
from lagtool.scanning.workers import map_chunks
from tests.benchmarks.meter import LAGTOOL, run
from tests.benchmarks.scaling import link_tree
from tests.scanning.cluster import Cluster

BACKENDS = ("processes", "threads", "dask")
_LARGER = 4 * CHUNK  # what a cluster is given at once
_CANNED = 100_000


def digest(manifest: Manifest, folder: Path) -> str:
    """Return the sha256 of the manifest's file, without the clocks in its header."""
    header = manifest.header.model_copy(update={"created": "", "scan_started_ns": 0})
    Manifest(manifest.samples, manifest.unmatched, header).write(folder / "bare.parquet")
    return hashlib.sha256((folder / "bare.parquet").read_bytes()).hexdigest()


def index(tree: Path, folder: Path, *options: str) -> tuple[float, str]:
    """Return the seconds of the whole command, and the digest of what it wrote."""
    target = folder / "manifest.parquet"
    target.unlink(missing_ok=True)
    measure = run([*LAGTOOL, "index", str(tree), "-q", "-o", str(target), *options])
    return measure.seconds, digest(read_manifest(target), folder)


@contextmanager
def _options(backend: str, workers: int, folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield what names a backend on the command line; a cluster is started for the block."""
    if backend != "dask":
        yield "--backend", backend, "--jobs", str(workers)
        return
    place = Path(tempfile.mkdtemp(dir=folder))
    cluster = Cluster(place, workers)
    try:
        yield "--scheduler", cluster.address
    finally:
        cluster.close()


def compare_backends(tree: Path, folder: Path, rounds: int) -> None:
    """Print seconds and identity of every backend with one and two workers."""
    few = folder / "few" / "LAG"
    link_tree(tree, few, 2)
    size = len(read_tree(tree).samples)
    index(tree, folder)  # warms the cache
    print(
        "| backend | workers | seconds | of these, start-up | per 100,000 samples | 1 -> 2 | sha256 of the manifest |"
    )
    print("|---|---:|---:|---:|---:|---:|---|")
    for backend in BACKENDS:
        alone = 0.0
        for workers in (1, 2):
            with _options(backend, workers, folder) as options:
                start = index(few, folder, *options)[0]
                runs = [index(tree, folder, *options) for _ in range(rounds)]
            seconds, names = sorted(run[0] for run in runs)[rounds // 2], sorted({run[1][:12] for run in runs})
            works = seconds - start
            alone = alone or works
            gain = "" if workers == 1 else f"{alone / works:.2f}"
            each = f"{works / size * 100_000:.0f} s"
            print(
                f"| {backend} | {workers} | {seconds:.2f} | {start:.2f} | {each} | {gain} | `{' '.join(names)}` |",
                flush=True,
            )


def repeat_block(root: str, chunk: Sequence[int]) -> bytes:
    """Return rows that were made before: what is left is the way, and putting together."""
    return _make_block(root, len(chunk))


@functools.cache
def _make_block(root: str, number: int) -> bytes:
    tree = read_tree(Path(root))
    return probe_chunk(_context(tree), tree.samples[:number])


def measure_client(tree: Tree, address: str) -> None:
    """Print what a sample costs the client and the network when it costs the workers nothing."""
    root = str(tree.root.resolve())
    block = repeat_block(root, range(_LARGER))
    with open_backend(scheduler=address) as backend:
        assert backend is not None
        tables = []
        list(map_chunks(repeat_block, root, range(8 * _LARGER), _LARGER // 4, backend, repeat_block))  # warms up
        wall, processor = time.perf_counter(), time.process_time()
        tasks = range(_CANNED)
        done = 0
        for number, rows in map_chunks(repeat_block, root, tasks, CHUNK, backend, repeat_block):
            tables.append(unpack_rows(rows))
            done += number
        way, used = time.perf_counter() - wall, time.process_time() - processor
        frame = frame_table(pa.concat_tables(tables))
        all_used = time.process_time() - processor
    client, together = used / done * 1e6, all_used / done * 1e6
    print(f"\n{done:,} samples whose rows cost nothing: {way:.2f} s on the way, {way / done * 1e6:.0f} us a sample, of")
    print(f"which {client:.0f} us of the client's processor; with the table put together {together:.0f} us.")
    print(f"{_LARGER} samples take {len(block):,} bytes on the way; a table of {len(frame):,} rows.")


def _context(tree: Tree) -> ProbeContext:
    return ProbeContext.of(tree.store, tree.profile, ScanOptions())


def compare_collections(tree: Tree, address: str) -> None:
    """Print the seconds of the client's futures, of Dask bag and of delayed, for the same chunks."""
    import dask
    import dask.bag
    from distributed import Client

    context, samples = _context(tree), list(tree.samples)
    chunks = [samples[start : start + _LARGER] for start in range(0, len(samples), _LARGER)]

    def by_futures() -> Iterator[bytes]:
        with open_backend(scheduler=address) as backend:
            assert backend is not None
            for _, block in map_chunks(probe_chunk, context, samples, CHUNK, backend, crashed_rows):
                yield block

    def by_bag() -> Iterator[bytes]:
        bag = dask.bag.from_sequence(chunks, partition_size=1)
        yield from bag.map(_probe, context=context).compute()

    def by_delayed() -> Iterator[bytes]:
        yield from dask.compute(*[dask.delayed(_probe)(chunk, context=context) for chunk in chunks])

    ways: dict[str, Callable[[], Iterator[bytes]]] = {"futures": by_futures, "bag": by_bag, "delayed": by_delayed}
    print("\n| way | seconds | until the first rows are here |\n|---|---:|---:|")
    with Client(address):
        for name, way in ways.items():
            started = time.perf_counter()
            first = 0.0
            for _ in way():
                first = first or time.perf_counter() - started
            print(f"| {name} | {time.perf_counter() - started:.2f} | {first:.2f} |", flush=True)


def _probe(chunk: Sequence[SampleFiles], context: ProbeContext) -> bytes:
    return probe_chunk(context, chunk)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.tree.parent) as name:
        folder = Path(name)
        compare_backends(options.tree.resolve(), folder, options.rounds)
        (folder / "cluster").mkdir()
        cluster = Cluster(folder / "cluster", 2)
        try:
            tree = read_tree(options.tree)
            measure_client(tree, cluster.address)
            compare_collections(tree, cluster.address)
        finally:
            cluster.close()


if __name__ == "__main__":
    import_module("tests.benchmarks.backends").main()  # by a name that workers can import
