"""One eye photographed twice, found by this version and another: ``python -m tests.benchmarks.versions LAG [PYTHON]``.

LAG holds real photographs. Each is photographed again by simulation, with one thing changed at a time, and both
pictures of every eye lie in one tree, which ``PYTHON -m lagtool duplicates`` searches: of this version and of another
one, named by the Python interpreter that has it. Nothing of the code under test makes the pictures.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks import altered, views
from tests.benchmarks.calibrate import wilson
from tests.benchmarks.likeness import read_photographs, tree_of
from tests.benchmarks.views import Pixels

CHANGED: dict[str, views.View] = {
    "other colours, sharpened": altered.recolour,
    "field cut by 3 to 12 % a side": altered.cut,
    "letterboxed, aspect 0.6 to 1.6": altered.letterbox,
}
"""Changes of the photograph itself; `views.VISITS` are changes between two photographs."""


def make_sets(photographs: Sequence[Pixels]) -> Iterator[tuple[str, list[Pixels]]]:
    """Yield each kind of change and its pictures: one of every eye, then the other of every eye in the same order."""
    for which, (kind, draw) in enumerate(views.VISITS.items()):
        ones, others = [], []
        for number, photograph in enumerate(photographs):
            rng = np.random.default_rng([which, number, 41])
            one, other = (views.visit(photograph, how, rng) for how in draw(rng))
            ones.append(one)
            others.append(other)
        yield kind, [*ones, *others]
    for kind, view in CHANGED.items():
        changed = [view(p, np.random.default_rng([number, 43])) for number, p in enumerate(photographs)]
        yield kind, [*photographs, *changed]


def search(python: str, root: Path) -> list[tuple[int, int]]:
    """Return the pairs, positions from 0, that a version finds in a tree."""
    command = [python, "-m", "lagtool", "duplicates", str(root), "--format", "json"]
    # Neither this folder nor PYTHONPATH may say which version it is.
    free = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, env=free, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    pairs = [pair for group in json.loads(done.stdout)["groups"] for pair in group["pairs"]]
    numbers = [sorted(int(pair[side].rpartition("/")[2]) - 1 for side in "ab") for pair in pairs]
    return [(a, b) for a, b in numbers]


def main() -> None:
    """Make, search and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("other", nargs="?", help="the Python interpreter of another version")
    options = parser.parse_args()
    photographs, _ = read_photographs(options.root)
    number = len(photographs)
    pythons = [*([options.other] if options.other else []), sys.executable]
    titles = [*(["found by the other", "false"] if options.other else []), "found", "95 %", "false"]
    print(f"| {number} eyes, simulated: second photograph | {' | '.join(titles)} |")
    print(f"|---|{'---:|' * (len(titles) - 2)}---|---:|")
    for kind, pictures in make_sets(photographs):
        cells: list[str] = []
        with tree_of(pictures) as root:
            for python in pythons:
                pairs = search(python, root)
                found = sum(b - a == number for a, b in pairs)
                low, high = wilson(found, number)
                interval = [f"{low:.1%} to {high:.1%}"] if python == sys.executable else []
                cells += [str(found), *interval, str(len(pairs) - found)]
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
