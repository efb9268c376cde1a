"""What a scan costs by where the dataset lies: folder, ZIP, TAR, memory, and an S3 server on the same machine.

``python -m tests.benchmarks.storage TREE [--rounds 3]`` takes a tree (``lagtool synth TREE --scale 0.1``), puts it into
each place, and prints the least of some rounds, taken in turn: seconds by the clock and by the processor of one process
that decodes all, that reads headers only (``--quick``), and that finds nothing changed (``--update``). That every place
gives the same rows is checked on the way. The S3 server is moto's, in a process of its own on the same cores: it stands
for no real one, whose speed is that of the network.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fsspec

from lagtool.files.tree import read_tree
from lagtool.manifest.value import Manifest
from lagtool.model import ScanOptions
from lagtool.scanning.scan import scan
from tests.files.places import serve_s3, shared

KINDS = ("folder", "zip", "tar", "tar.gz", "memory", "s3")
STEPS = ("list", "quick", "full", "update")
_KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
Clock = tuple[float, float]


def put_everywhere(tree: Path, folder: Path) -> dict[str, str]:
    """Put a tree into each kind of place and return the SOURCE of each."""
    places = {"folder": str(tree)}
    for kind, packer in (("zip", "zip"), ("tar", "tar"), ("tar.gz", "gztar")):
        places[kind] = shutil.make_archive(str(folder / "LAG"), packer, tree.parent, tree.name)
    for kind, root in (("memory", "memory://bench"), ("s3", "s3://bench")):
        system, start = fsspec.url_to_fs(root)
        system.mkdir(start)
        for path in tree.rglob("*"):
            if path.is_file():
                system.pipe_file(f"{start}/LAG/{path.relative_to(tree).as_posix()}", path.read_bytes())
        system.invalidate_cache()
        places[kind] = f"{root}/LAG"
    return places


def clock(call: Callable[[], object]) -> tuple[Clock, object]:
    """Return seconds by the clock and by this process's processor time, and what came of it."""
    began, used = time.perf_counter(), time.process_time()
    made = call()
    return (time.perf_counter() - began, time.process_time() - used), made


def measure(places: dict[str, str], rounds: int) -> dict[tuple[str, str], Clock]:
    """Return the least of both clocks by kind and step."""
    best: dict[tuple[str, str], Clock] = {}
    known: dict[str, Manifest] = {}
    for _ in range(rounds):
        for kind, source in places.items():
            for step in STEPS:
                earlier = known[kind] if step == "update" else None
                look = partial(scan, source, options=ScanOptions(quick=step == "quick"), jobs=1, earlier=earlier)
                taken, made = clock(partial(read_tree, source) if step == "list" else look)
                if step == "full":
                    assert isinstance(made, Manifest)
                    known[kind] = made
                    assert shared(made).equals(shared(known["folder"])), f"{kind} gives other rows"
                before = best.get((kind, step), taken)
                best[kind, step] = min(before[0], taken[0]), min(before[1], taken[1])
    return best


def main() -> None:
    """Print one row per place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with serve_s3() as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AWS_ENDPOINT_URL": url, **_KEYS}
        best = measure(put_everywhere(options.tree.resolve(), Path(folder)), options.rounds)
    print("place    " + "".join(f"{step + ' s':>10}{'cpu':>7}{'ratio':>7}" for step in STEPS))
    for kind in KINDS:
        cells = (
            f"{wall:10.2f}{cpu:7.2f}{cpu / best['folder', step][1]:7.2f}"
            for step in STEPS
            for wall, cpu in [best[kind, step]]
        )
        print(f"{kind:9}" + "".join(cells))


if __name__ == "__main__":
    main()
