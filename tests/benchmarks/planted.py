"""Copies and second views planted in a synthetic tree: found, missed, invented, and what it costs.

``python -m tests.benchmarks.planted TREE`` takes a tree that ``lagtool synth TREE`` drew (seed 0), links it into a
folder beside it, and plants there; nothing is written into TREE.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.search import find_pairs
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree
from lagtool.synth.fundus import draw_fundus, encode_fundus
from tests.benchmarks import views
from tests.benchmarks.meter import megabytes, processor_seconds, watch_memory

CLASSES = ("non_glaucoma", "suspicious_glaucoma")
FIRST = 900_001  # ids of what is planted


def _rewrite(data: bytes, _rng: np.random.Generator) -> bytes:
    """Put a comment behind the first marker: other bytes, the same pixels."""
    text = b"saved again"
    return data[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + data[2:]


def _through(view: views.View, quality: int = 92) -> Callable[[bytes, np.random.Generator], bytes]:
    return lambda data, rng: views.encode(view(views.decode(data), rng), quality)


KINDS: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    "byte copy": lambda data, _rng: data,
    "rewritten without loss": _rewrite,
    "re-encoded": _through(views.reencode),
    "resized": _through(views.resize),
    "cropped by up to 8 % a side": _through(views.crop),
    "brightened": _through(views.brighten),
    "mirrored": _through(views.mirror),
    "turned by 90, 180 or 270": _through(views.turn),
}
ALLOWED = {
    "byte copy": {Relation.BYTE_IDENTICAL},
    "rewritten without loss": {Relation.PIXEL_IDENTICAL},
    "mirrored": {Relation.MIRRORED},
    "turned by 90, 180 or 270": {Relation.TURNED},
    # Made much darker, and saved again, too little of its fine detail is left to confirm a copy: its vessels tell it.
    "brightened": {Relation.NEAR_DUPLICATE, Relation.SAME_EYE},
    "second view": {Relation.SAME_EYE, Relation.NEAR_DUPLICATE},
}


@dataclass(frozen=True)
class Plant:
    """What was planted: its kind, its key and that of its original."""

    kind: str
    original: str
    key: str


def draw_planted(folder: Path) -> Path:
    """Return a tree of about 40 drawn eyes, made below ``folder``, with 8 copies and 2 second views of some."""
    write_synthetic_tree(folder / "SOURCE", profile=load_profile("lag"), scale=0.002, jobs=1)
    plant(folder / "SOURCE", folder / "LAG", 8, 2)
    return folder / "LAG"


def plant(tree: Path, root: Path, copies: int, second_views: int, seed: int = 0) -> list[Plant]:
    """Link the images of a drawn tree below ``root`` and plant copies (in turn over the kinds) and views in it."""
    images = sorted(tree.glob("*/image/*.jpg"))
    for class_name in CLASSES:
        (root / class_name / "image").mkdir(parents=True)
    for path in images:
        os.link(path, root / path.parents[1].name / "image" / path.name)
    rng = np.random.default_rng([seed, 77])
    chosen = [images[i] for i in rng.permutation(len(images))[: copies + second_views]]
    planted = []
    for number, path in enumerate(chosen):
        original = f"{path.parents[1].name}/{path.stem}"
        class_name = CLASSES[int(rng.integers(0, 2))]
        if number < copies:
            kind = list(KINDS)[number % len(KINDS)]
            data = KINDS[kind](path.read_bytes(), rng)
        else:
            kind = "second view"
            fundus = draw_fundus(seed, int(path.stem), CLASSES.index(path.parents[1].name), view=1)
            data = encode_fundus(fundus.pixels, fundus.scene.view.quality)
        name = f"{FIRST + number:06d}"
        (root / class_name / "image" / f"{name}.jpg").write_bytes(data)
        planted.append(Plant(kind, original, f"{class_name}/{name}"))
    return planted


@dataclass
class Clock:
    """Seconds, and seconds of processors, of each step."""

    steps: dict[str, tuple[float, float, int]]

    @contextmanager
    def bar(self, title: str, total: int, _unit: str) -> Iterator[Callable[[int], None]]:
        """Time a step of `find_pairs`."""
        wall, busy = time.perf_counter(), processor_seconds(os.getpid())
        yield lambda _done: None
        self.steps[title] = (time.perf_counter() - wall, processor_seconds(os.getpid()) - busy, total)


@dataclass(frozen=True)
class Outcome:
    """What came of a search: per kind (found, planted), and pairs that nobody planted."""

    found: dict[str, tuple[int, int]]
    missed: list[Plant]
    invented: list[tuple[str, str, str, float]]


def compare(planted: list[Plant], likeness: Likeness) -> Outcome:
    """Compare what was found with what was planted."""
    truth = {tuple(sorted((p.original, p.key))): p for p in planted}
    hits: Counter[str] = Counter()
    seen: set[str] = set()
    invented = []
    for row in likeness.pairs.to_dict("records"):
        known = truth.get(tuple(sorted((row["a"], row["b"]))))
        if known is None:
            invented.append((row["a"], row["b"], row["relation"], row["score"]))
        elif Relation(row["relation"]) in ALLOWED.get(known.kind, {Relation.NEAR_DUPLICATE}):
            hits[known.kind] += 1
            seen.add(known.key)
    totals = Counter(p.kind for p in planted)
    missed = [p for p in planted if p.key not in seen]
    return Outcome({kind: (hits[kind], totals[kind]) for kind in totals}, missed, invented)


def run(tree: Path, copies: int, second_views: int, jobs: int | None) -> tuple[Outcome, Clock, Likeness]:
    """Plant, scan, search and compare."""
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        root = Path(folder) / "LAG"
        planted = plant(tree, root, copies, second_views)
        manifest: Manifest = scan(root, jobs=jobs)
        clock = Clock({})
        likeness = find_pairs(manifest, root, jobs=jobs, bar=clock.bar)
    return compare(planted, likeness), clock, likeness


def main() -> None:
    """Plant, search and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--copies", type=int, default=300)
    parser.add_argument("--views", type=int, default=100)
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args()
    started = time.perf_counter()
    with watch_memory() as peak:
        outcome, clock, likeness = run(options.tree.resolve(), options.copies, options.views, options.jobs)
    print(f"{likeness.pictures:,} images, {time.perf_counter() - started:.0f} s with planting and the scan\n")
    print("| planted | found | missed |\n|---|---:|---:|")
    for kind, (found, total) in outcome.found.items():
        print(f"| {kind} | {found} | {total - found} |")
    print(f"\ninvented: {len(outcome.invented)}")
    for pair in outcome.invented:
        print("  ", *pair)
    print("missed:", json.dumps([(p.kind, p.original, p.key) for p in outcome.missed]))
    print("\n| step | to do | seconds | processor seconds |\n|---|---:|---:|---:|")
    for title, (wall, busy, total) in clock.steps.items():
        print(f"| {title} | {total:,} | {wall:.0f} | {busy:.0f} |")
    print(f"\npeak memory of all processes: {megabytes(peak())}")


if __name__ == "__main__":
    main()
