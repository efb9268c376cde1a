"""Copies of altered photographs, and what is wrongly called one: ``python -m tests.benchmarks.copies LAG``.

LAG holds real photographs. They are altered in memory; fields without an eye are drawn. Only copies are looked for, by
hashes and detail; those that the search for one eye finds besides are in `tests.benchmarks.likeness`.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.search import find_pairs
from lagtool.manifest.header import Relation
from lagtool.scanning.scan import scan
from tests.benchmarks import altered, views
from tests.benchmarks.calibrate import wilson
from tests.benchmarks.likeness import COPIES, positions_of, read_photographs, tree_of
from tests.benchmarks.views import Pixels, View

WANTED = tuple(relation for relation in Relation if relation is not Relation.SAME_EYE)
VIEWS: dict[str, View] = {**{name: view for name, (view, _) in COPIES.items()}, **altered.ALTERED}


def search(pictures: Iterable[Pixels], jobs: int) -> tuple[Likeness, float, float]:
    """Return the copies among pictures, and the processor seconds of the scan and of the search (one process)."""
    with tree_of(pictures) as root:
        started = time.process_time()
        manifest = scan(root, jobs=jobs)
        scanned = time.process_time()
        found = find_pairs(manifest, root, jobs=jobs, relations=WANTED)
        return found, scanned - started, time.process_time() - scanned


def measure_view(photographs: Sequence[Pixels], view: View, each: int) -> tuple[int, int, int]:
    """Return how many views were made, how many found as copies of their photograph, and how many pairs are false."""
    number = len(photographs)
    made = [view(p, np.random.default_rng([k, j, 21])) for j in range(each) for k, p in enumerate(photographs)]
    pairs = positions_of(search([*photographs, *made], 1)[0])
    found = {b for a, b, _ in pairs if a < number <= b and a == b % number}
    # Identical views are each paired with the first of them.
    first = {b: a for a, b, relation in pairs if not relation.needs_pictures}
    found |= {b for b, a in first.items() if a in found}
    return len(made), len(found), sum(a % number != b % number for a, b, _ in pairs)


def measure_strangers(photographs: Sequence[Pixels], change: Callable[[Pixels], Pixels]) -> tuple[int, int, int]:
    """Return false pairs among photographs that were all changed alike, pairs, and re-saved copies of them found."""
    number = len(photographs)
    changed = [change(p) for p in photographs]
    again = [views.reencode(p, np.random.default_rng(k)) for k, p in enumerate(changed)]
    pairs = positions_of(search([*changed, *again], 1)[0])
    found = sum(b == a + number for a, b, _ in pairs)
    return sum(a % number != b % number for a, b, _ in pairs), 2 * number * (number - 1), found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--each", type=int, default=4, help="views of each kind and photograph")
    parser.add_argument("--hazy", type=int, default=2000, help="drawn fields without an eye")
    options = parser.parse_args()
    photographs, _ = read_photographs(options.root)
    print("| views | made | found | 95 % | false pairs |\n|---|---:|---:|---|---:|")
    for name, view in VIEWS.items():
        made, found, false = measure_view(photographs, view, options.each)
        low, high = wilson(found, made)
        print(f"| {name} | {made} | {found} | {low:.1%} to {high:.1%} | {false} |", flush=True)
    print("\n| all under one | pairs of strangers | false | re-saved copies | found |\n|---|---:|---:|---:|---:|")
    for strength, specks in itertools.product((0.7, 0.85, 0.93), (0, 40, 120)):
        dirt = views.draw_dirt(np.random.default_rng(specks), specks)

        def change(pixels: Pixels, strength: float = strength, dirt: NDArray[np.float32] = dirt) -> Pixels:
            return views.soil(altered.veil(pixels, strength, 7), dirt)

        false, pairs, found = measure_strangers(photographs, change)
        name = f"haze {strength}" + (f", dirty lens of {specks} specks" if specks else "")
        print(f"| {name} | {pairs} | {false} | {len(photographs)} | {found} |", flush=True)
    drawn = (altered.draw_hazy(np.random.default_rng([number, 31])) for number in range(options.hazy))
    likeness, scanned, searched = search(drawn, 1)
    print(f"\n{options.hazy:,} drawn fields without an eye: {len(likeness.pairs)} pairs; {likeness.remarks}")
    print(f"processor seconds: scan {scanned:.1f}, copies {searched:.1f}")


if __name__ == "__main__":
    main()
