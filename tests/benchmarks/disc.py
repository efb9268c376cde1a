"""How often the optic disc is found, and a turned map noticed: ``python -m tests.benchmarks.disc [TREE]``.

Drawn photographs of seeds that nothing was tuned on, and with TREE (the 28 real photographs whose discs are marked in
tests/probe/discs.py) crops of these.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.checks.runner import validate
from lagtool.probe.facts import Disc, find_disc, measure_map
from lagtool.synth.attention import MAP_SIZE, draw_attention
from lagtool.synth.scene import attention_rng
from tests.factories import make_manifest, row
from tests.probe.discs import Known, cropped, drawn, real

Levels = NDArray[np.uint8]
LIMITS = (0.0, 0.2, 0.3, 0.4, 0.5)
_NEAR = 0.12
_SEED = 77

# What is done to the map, and what the check says of it.
TURNS: dict[str, Callable[[Levels], Levels]] = {
    "as it is": lambda levels: levels,
    "mirrored left to right": np.fliplr,
    "mirrored top to bottom": np.flipud,
    "turned by 180 degrees": lambda levels: np.rot90(levels, 2),
    "turned by 90 degrees to the right": lambda levels: np.rot90(levels, 3),
    "turned by 90 degrees to the left": np.rot90,
    "mirrored along its falling diagonal": np.transpose,
    "mirrored along its rising diagonal": lambda levels: np.rot90(np.transpose(levels), 2),
}


class Pair(NamedTuple):
    """What a scan says of the disc of an image, and its map."""

    disc: Disc | None
    levels: Levels


class Turned(NamedTuple):
    """Of maps all turned alike: how many there are, how many are found, and found to be turned in just that way."""

    number: int
    found: int
    right: int


def judge(pairs: Sequence[Pair], turn: str, beside: Sequence[Pair] = ()) -> Turned:
    """Turn all maps of ``pairs``, none of ``beside``, and run the check over them; what it says of single maps."""
    rows = []
    turned = [(pair, TURNS[turn]) for pair in pairs] + [(pair, TURNS["as it is"]) for pair in beside]
    for number, ((disc, levels), change) in enumerate(turned, 1):
        facts = measure_map(np.ascontiguousarray(change(levels)))._asdict()
        columns = {f"map_{name}": value for name, value in facts.items()}
        if disc is not None:
            columns |= {f"image_disc_{name}": value for name, value in disc._asdict().items()}
        rows.append(row(f"{number:05d}", **columns))
    findings = [found for found in validate(make_manifest(rows), select=["map-mirrored"]).findings if found.path]
    return Turned(len(pairs), len(findings), sum(turn in finding.message for finding in findings))


def follow(number: int, seed: int) -> list[Pair]:
    """Return images that show their disc clearly and off the middle, each with a map that follows it."""
    rng = np.random.default_rng(seed)
    places = [(0.5 + side * rng.uniform(0.2, 0.3), rng.uniform(0.35, 0.65)) for side in rng.choice((-1, 1), number)]
    return [Pair(Disc(x, y, 0.9), gaze((x, y), rng)) for x, y in places]


def gaze(place: tuple[float, float], rng: np.random.Generator) -> Levels:
    """Return a map as the drawn ones are: two to four spots on the disc at ``place``, two to five within a third."""
    near = np.array(place) + rng.normal(0, 0.08, (int(rng.integers(2, 5)), 2))
    far = np.array(place) + rng.uniform(-0.33, 0.33, (int(rng.integers(2, 6)), 2))
    weights = np.concatenate([rng.uniform(0.5, 1.0, len(near)), rng.uniform(0.2, 0.8, len(far))])
    x, y = (np.concatenate([near, far]) * MAP_SIZE).T
    places = np.arange(MAP_SIZE)[:, None]
    rows, columns = (np.exp(-((places - spots) ** 2) / (2 * 5.6**2)) for spots in (y, x))
    levels = (rows * weights) @ columns.T
    levels *= 255 / levels.max()
    return np.asarray(levels.round(), np.uint8)


def print_finder(name: str, pictures: Iterable[Known]) -> None:
    """Print how many discs are found, all in all and at each score."""
    discs = [(find_disc(known.small), known.place) for known in pictures]
    found = [(disc, place) for disc, place in discs if disc is not None]
    errors = np.array([np.hypot(disc.x - place[0], disc.y - place[1]) for disc, place in found])
    scores = np.array([disc.score for disc, _ in found])
    for limit in LIMITS:
        kept = scores >= limit
        wrong = int((errors[kept] >= _NEAR).sum())
        share = f"{100 * kept.sum() / len(discs):.1f} %"
        rate = f"{100 * wrong / max(1, int(kept.sum())):.2f} %"
        print(
            f"| {name} | {limit:g} | {int(kept.sum()):,} ({share}) | {wrong} | {rate} | {np.median(errors[kept]):.3f} |"
        )


def print_turns(name: str, pairs: Sequence[Pair]) -> None:
    """Print what the check says of maps as they are and turned."""
    for turn in TURNS:
        counts = judge(pairs, turn)
        shares = [f"{number:,} ({100 * number / counts.number:.1f} %)" for number in (counts.found, counts.right)]
        print(
            f"| {name} | {turn} | {counts.number:,} | {' | '.join(shares if turn != 'as it is' else [shares[0], ''])} |"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path, nargs="?")
    parser.add_argument("--number", type=int, default=3000, help="drawn photographs")
    options = parser.parse_args()
    scenes = list(drawn(options.number, _SEED))
    crops = list(cropped(options.tree, 40, 5)) if options.tree else []
    print("| pictures | score at least | kept | wrong | of the kept | median error |\n|---|---:|---:|---:|---:|---:|")
    print_finder("drawn", (known for known, _ in scenes))
    if options.tree:
        print_finder("real", real(options.tree))
        print_finder("crops of real", crops)
    print("\n| pictures | maps | number | suspected | rightly named |\n|---|---|---:|---:|---:|")
    pairs = [
        Pair(find_disc(known.small), draw_attention(scene, attention_rng(_SEED, number)))
        for number, (known, scene) in enumerate(scenes, 1)
    ]
    print_turns("drawn", pairs)
    if options.tree:
        rng = np.random.default_rng(_SEED)
        print_turns("crops of real", [Pair(find_disc(known.small), gaze(known.place, rng)) for known in crops])
    started = time.process_time()
    for known, _ in scenes:
        find_disc(known.small)
    print(f"\n{1e6 * (time.process_time() - started) / len(scenes):.0f} microseconds of processor time a picture")


if __name__ == "__main__":
    main()
