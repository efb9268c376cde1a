"""Floors and peers, each run in a process of its own: ``python -m tests.benchmarks.tasks NAME TREE``.

The clock starts when everything is imported and includes the start of the worker processes.
"""

import hashlib
import io
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import simplejpeg
from PIL import Image

PROCESSES = 2
_CHUNK = 64
_HEADER = 4096


def walk(root: str) -> Iterator["os.DirEntry[str]"]:
    """Yield every file below ``root``, in the order of the directories."""
    folders = [root]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


def find_pictures(root: str) -> list[str]:
    """Return the images and maps of a tree."""
    return [entry.path for entry in walk(root) if entry.name.endswith(".jpg")]


def _decode_chunk(paths: Sequence[str]) -> int:
    for path in paths:
        data = Path(path).read_bytes()
        simplejpeg.decode_jpeg(data, "GRAY" if "/attention_map/" in path else "RGB")
    return len(paths)


def _load_chunk(paths: Sequence[str]) -> int:
    for path in paths:
        with Image.open(io.BytesIO(Path(path).read_bytes())) as image:
            image.load()
    return len(paths)


def _hash_chunk(paths: Sequence[str]) -> int:
    for path in paths:
        hashlib.sha256(Path(path).read_bytes()).digest()
    return len(paths)


def _in_processes(work: Callable[[Sequence[str]], int], paths: Sequence[str]) -> int:
    # A fork is the cheapest start there is, and there are no threads here that it could break: a floor is a floor.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context(method)) as pool:
        return sum(pool.map(work, chunks))


def _decode(root: str) -> int:
    return _in_processes(_decode_chunk, find_pictures(root))


def _load(root: str) -> int:
    return _in_processes(_load_chunk, find_pictures(root))


def _hash(root: str) -> int:
    return _in_processes(_hash_chunk, [entry.path for entry in walk(root)])


def _stat(root: str) -> int:
    return sum(entry.stat(follow_symlinks=False).st_size > 0 for entry in walk(root))


def _read_headers(root: str) -> int:
    count = 0
    for entry in walk(root):
        entry.stat(follow_symlinks=False)
        descriptor = os.open(entry.path, os.O_RDONLY)
        os.read(descriptor, _HEADER)
        os.close(descriptor)
        count += 1
    return count


TASKS: dict[str, Callable[[str], int]] = {
    "decode": _decode,
    "load": _load,
    "hash": _hash,
    "stat": _stat,
    "headers": _read_headers,
}


def main(name: str, tree: str) -> None:
    """Do one task and print what it took."""
    if name == "scan":
        # Only here: a floor must not wait for, or carry, what the tool imports.
        from lagtool.scanning.scan import scan

        started = time.perf_counter()
        count = len(scan(tree).samples)
    else:
        started = time.perf_counter()
        count = TASKS[name](tree)
    print(json.dumps({"task": name, "count": count, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
