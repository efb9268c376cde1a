"""Drawn eyes as strangers, and hazy ones: ``python -m tests.benchmarks.drawn [--eyes 600] [--hazy 2000]``.

Drawn eyes must differ from each other as real ones do, and a second photograph of one must still be known. Hazy round
fields are where copies are hard to tell from strangers: all pairs found among them are false, and looking costs most.
"""

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from lagtool.duplicates.hashes import UPRIGHT, Position
from lagtool.duplicates.same_eye import Candidate
from lagtool.duplicates.search import find_pairs
from lagtool.duplicates.verdict import SAME_EYE
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import draw_fundus, write_synthetic_tree
from tests.benchmarks.likeness import Album, judge_album
from tests.benchmarks.meter import processor_seconds
from tests.benchmarks.planted import Clock


def write_hazy(root: Path, number: int, seed: int, jobs: int | None = None) -> None:
    """Write a tree of ``number`` hazy photographs of as many eyes, in two classes of one size, without maps."""
    profile = load_profile("lag")
    classes = tuple(
        spec.model_copy(update={"images": images, "maps": 0})
        for spec, images in zip(profile.classes, (number - number // 2, number // 2), strict=True)
    )
    write_synthetic_tree(root, profile=profile.model_copy(update={"classes": classes}), seed=seed, hazy=True, jobs=jobs)


def print_strangers(eyes: int, pairs: int, jobs: int, seed: int) -> None:
    """Print scores of ``pairs`` random pairs of drawn eyes, every other one mirrored, and of two views of each eye."""
    numbers = range(1, eyes + 1)
    pictures = [draw_fundus(seed, number, number % 2, view).pixels for view in (0, 1) for number in numbers]
    everyone = list(itertools.combinations(range(eyes), 2))
    chosen = np.random.default_rng(seed).permutation(len(everyone))[:pairs]
    strangers = [
        Candidate(everyone[place][0], everyone[place][1], Position(mirrored=bool(turn % 2), turn=0))
        for turn, place in enumerate(chosen)
    ]
    views = [Candidate(number, eyes + number, UPRIGHT) for number in range(eyes)]
    judged = judge_album(Album(pictures, [*range(eyes)] * 2), jobs, pairs=[*strangers, *views])
    scores = np.concatenate([judged.different, np.zeros(len(strangers) - len(judged.different))])
    half, most, highest = np.quantile(scores, (0.5, 0.99, 1)).round(3).tolist()
    print(f"{len(strangers):,} pairs of strangers: score of half {half}, of 99 % at most {most}, of all {highest}")
    found = int((judged.same >= SAME_EYE).sum())
    print(f"{eyes:,} second views: {found:,} ({found / eyes:.1%}) score {SAME_EYE} or more\n")


def print_hazy(number: int, jobs: int, seed: int) -> None:
    """Print what is found among hazy strangers, all of it false, and what that costs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "LAG"
        write_hazy(root, number, seed, jobs)
        wall, busy = time.perf_counter(), processor_seconds(os.getpid())
        manifest = scan(root, jobs=jobs)
        clock = Clock({"index": (time.perf_counter() - wall, processor_seconds(os.getpid()) - busy, number)})
        found = find_pairs(manifest, root, jobs=jobs, bar=clock.bar)
    print(
        f"{number:,} hazy pictures of as many eyes; false pairs: {found.pairs['relation'].value_counts().to_dict()}\n"
    )
    print("| step | to do | seconds | processor seconds |\n|---|---:|---:|---:|")
    for title, (seconds, processors, total) in clock.steps.items():
        print(f"| {title} | {total:,} | {seconds:.1f} | {processors:.1f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eyes", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=11_211)
    parser.add_argument("--hazy", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.eyes:
        print_strangers(options.eyes, options.pairs, options.jobs, options.seed)
    if options.hazy:
        print_hazy(options.hazy, options.jobs, options.seed)


if __name__ == "__main__":
    main()
