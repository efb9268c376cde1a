"""What a scan costs at 1,000, 10,000 and 100,000 samples: ``python -m tests.benchmarks.scaling TREE``.

The trees are hard links of the files of TREE, made beside it: no space is taken and its contents stay as they are, but
the time of change (ctime) of its files becomes new.
"""

import argparse
import itertools
import os
import tempfile
from pathlib import Path

from tests.benchmarks.meter import LAGTOOL, Measure, median, megabytes, run

SIZES = (1_000, 10_000, 100_000)
_FOLDERS = ("image", "label", "attention_map")


def link_tree(tree: Path, root: Path, size: int) -> None:
    """Make a tree of ``size`` samples below ``root`` from the complete samples of ``tree``, used again and again."""
    complete: list[list[Path]] = []
    for image in sorted(tree.glob("*/image/*.jpg")):
        home = image.parents[1]
        paths = [image, home / "label" / f"{image.stem}.txt", home / "attention_map" / image.name]
        if all(path.is_file() for path in paths):
            complete.append(paths)
        for folder in _FOLDERS:
            (root / home.name / folder).mkdir(parents=True, exist_ok=True)
    if not complete:
        raise SystemExit("no sample there has image, label and map")
    # A file system allows only so many links to one file (65,000 on ext4): far more than a sample gets here.
    for number, paths in zip(range(1, size + 1), itertools.cycle(complete), strict=False):
        for path in paths:
            os.link(path, root / path.parents[1].name / path.parent.name / f"{number:06d}{path.suffix}")


def measure_size(tree: Path, size: int, rounds: int) -> tuple[float, Measure]:
    """Return the median seconds, and a run whose memory was watched."""
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        root = Path(folder) / "LAG"
        link_tree(tree, root, size)
        command = [*LAGTOOL, "index", str(root), "-q", "-f", "-o", str(Path(folder) / "manifest.parquet")]
        watched = run(command, watch=True)
        return median([run(command) for _ in range(rounds)]), watched


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    print("| samples | seconds | seconds per 1,000 | peak memory, all processes | of these, the first process |")
    print("|---:|---:|---:|---:|---:|")
    parents: list[tuple[int, int]] = []
    for size in options.sizes:
        seconds, watched = measure_size(options.tree.resolve(), size, options.rounds)
        each = f"{seconds / size * 1000:.2f}"
        memory = f"{megabytes(watched.peak)} | {megabytes(watched.parent)}"
        print(f"| {size:,} | {seconds:.1f} | {each} | {memory} |", flush=True)
        if watched.parent is not None:
            parents.append((size, watched.parent))
    if len(parents) > 1:
        (small, low), (large, high) = parents[-2:]
        print(f"\nThe first process grows by {(high - low) / (large - small):,.0f} bytes per sample.")


if __name__ == "__main__":
    main()
