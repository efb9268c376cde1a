"""What is found alike, and what is wrongly so, on real photographs: ``python -m tests.benchmarks.likeness LAG``.

LAG holds real photographs, and beside it LAG.truth.csv names the fellow eyes (see docs/likeness.md). Views are made of
them in memory and in a temporary folder; nothing is written beside them.
"""

import argparse
import csv
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.hashes import UPRIGHT, Position
from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.pictures import Shelf
from lagtool.duplicates.same_eye import (
    Candidate,
    Place,
    extract_all,
    plan_search,
    search_chunk,
    verify,
)
from lagtool.duplicates.search import find_pairs
from lagtool.duplicates.verdict import SAME_EYE, score
from lagtool.files import open_store
from lagtool.manifest.header import Relation
from lagtool.scanning.scan import scan
from tests.benchmarks import views
from tests.benchmarks.views import Pixels, View

CLASS = "non_glaucoma"
MIRRORED = Position(mirrored=True, turn=0)
COPIES: dict[str, tuple[View, Relation]] = {
    "re-encoded, quality 40..95": (views.reencode, Relation.NEAR_DUPLICATE),
    "resized to 0.45..1.6": (views.resize, Relation.NEAR_DUPLICATE),
    "cropped by up to 8 % a side": (views.crop, Relation.NEAR_DUPLICATE),
    "brightened, contrast, gamma": (views.brighten, Relation.NEAR_DUPLICATE),
    "blurred, sigma 0.6..1.6": (views.blur, Relation.NEAR_DUPLICATE),
    "turned by 1.5..8 degrees": (views.tilt, Relation.NEAR_DUPLICATE),
    "mirrored": (views.mirror, Relation.MIRRORED),
    "turned by 90, 180, 270": (views.turn, Relation.TURNED),
    "mirrored and turned": (views.mirror_and_turn, Relation.MIRRORED),
}
QUALITY = 95


@dataclass(frozen=True)
class Album:
    """Photographs, and for each the eye that it shows."""

    pictures: Sequence[Pixels]
    eyes: Sequence[int]


@dataclass(frozen=True, eq=False)
class Judged:
    """Pairs of an album: which were looked at closely, and the score of each; all others count as 0.

    Attributes:
        same: Scores of pairs of one eye.
        different: Scores of pairs of different eyes.
        different_pairs: How many pairs of different eyes.
    """

    same: NDArray[np.float64]
    different: NDArray[np.float64]
    different_pairs: int


def read_photographs(root: Path) -> tuple[list[Pixels], list[tuple[int, int]]]:
    """Return the photographs of a tree in order of their paths, and the positions of fellow eyes."""
    paths = sorted(root.glob("*/image/*.jpg"))
    positions = {path.relative_to(root).as_posix(): number for number, path in enumerate(paths)}
    truth = root.with_name(f"{root.name}.truth.csv")
    fellows = []
    if truth.is_file():
        with truth.open(newline="") as file:
            fellows = [(positions[row["file_a"]], positions[row["file_b"]]) for row in csv.DictReader(file)]
    return [views.decode(path.read_bytes()) for path in paths], fellows


@contextmanager
def tree_of(pictures: Iterable[Pixels]) -> Iterator[Path]:
    """Yield a tree that holds the pictures, numbered from 1, in one class."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "LAG"
        place = root / CLASS / "image"
        place.mkdir(parents=True)
        (root / "suspicious_glaucoma" / "image").mkdir(parents=True)
        for number, picture in enumerate(pictures, 1):
            (place / f"{number:06d}.jpg").write_bytes(views.encode(picture, QUALITY))
        yield root


def search(pictures: Iterable[Pixels], jobs: int | None = None) -> Likeness:
    """Return what the public search finds among pictures, with default thresholds."""
    with tree_of(pictures) as root:
        return find_pairs(scan(root, jobs=jobs), root, jobs=jobs)


def positions_of(likeness: Likeness) -> list[tuple[int, int, Relation]]:
    """Return the pairs by positions of the pictures, from 0."""
    rows = likeness.pairs[["a", "b", "relation"]].itertuples(index=False)
    return [(_position(str(a)), _position(str(b)), Relation(str(r))) for a, b, r in rows]


def _position(key: str) -> int:
    return int(key.rpartition("/")[2]) - 1


def measure_copies(photographs: Sequence[Pixels], view: View, relation: Relation, each: int) -> tuple[int, int, int]:
    """Return how many copies were made, how many found under their relation, and how many pairs are false."""
    number = len(photographs)
    made = [view(p, np.random.default_rng([k, j, 11])) for j in range(each) for k, p in enumerate(photographs)]
    pairs = positions_of(search([*photographs, *made]))
    # Two views that came out identical are compared as one.
    first = {b: a for a, b, r in pairs if not r.needs_pictures}
    right = {b for a, b, r in pairs if a < number <= b and r is relation and b % number == a}
    found = [b for b in range(number, number + len(made)) if first.get(b, b) in right]
    false = sum(a % number != b % number for a, b, _ in pairs)
    return len(made), len(found), false


def rephotograph_all(photographs: Sequence[Pixels], each: int, seed: int) -> Album:
    """Return the photographs, each with ``each`` further photographs of the same eye."""
    pictures, eyes = [], []
    for number, photograph in enumerate(photographs):
        others = [views.rephotograph(photograph, np.random.default_rng([number, j, seed])) for j in range(each)]
        pictures.extend([photograph, *others])
        eyes.extend([number] * (1 + each))
    return Album(pictures, eyes)


def turn_all(photographs: Sequence[Pixels]) -> list[Pixels]:
    """Return each photograph in eight positions: for a search of upright eyes these are different eyes."""
    laid = [picture for p in photographs for picture in (p, np.ascontiguousarray(p[:, ::-1]))]
    return [np.ascontiguousarray(np.rot90(picture, turn)) for picture in laid for turn in range(4)]


def judge_album(
    album: Album, jobs: int, position: Position = UPRIGHT, *, pairs: Sequence[Candidate] | None = None
) -> Judged:
    """Search an album as `find_pairs` does, and return all scores.

    Args:
        album: The photographs.
        jobs: Processes.
        position: Search for pictures that lie so.
        pairs: Look at these closely, whatever the search says; all pairs that they leave out do not count.
    """
    with tree_of(album.pictures) as root:
        paths = [f"{CLASS}/image/{number:06d}.jpg" for number in range(1, len(album.pictures) + 1)]
        shelf = Shelf(open_store(root), paths, [max(picture.shape[:2]) for picture in album.pictures])
        with tempfile.TemporaryDirectory() as folder:
            extract_all(shelf, Path(folder), jobs, lambda _done: None)
            if pairs is None:
                stretches = [s for s in plan_search(len(paths)) if s.position == position]
                found = zip(stretches, search_chunk(folder, stretches), strict=True)
                candidates = sorted({Candidate(i, j, s.position) for s, part in found for i, j, _ in part.tolist()})
            else:
                candidates = list(pairs)
            scores = [(c, score(e)) for c, e in verify(Place(folder, shelf), candidates, jobs, lambda _done: None)]
    eyes = np.array(album.eyes)
    same = np.array([s for c, s in scores if eyes[c.a] == eyes[c.b]], float)
    different = np.array([s for c, s in scores if eyes[c.a] != eyes[c.b]], float)
    compared = itertools.combinations(range(len(eyes)), 2) if pairs is None else [(c.a, c.b) for c in pairs]
    return Judged(same, different, sum(album.eyes[a] != album.eyes[b] for a, b in compared))


def extrapolate(scores: NDArray[np.float64], pairs: int, threshold: float, start: float) -> tuple[float, float, int]:
    """Return the rate of false pairs at a threshold by an exponential tail, its mean excess, and the tail's size.

    Above ``start`` the scores of strangers are taken to fall off exponentially (a generalised Pareto tail of shape 0).
    """
    tail = scores[scores > start]
    if len(tail) < 2:
        return float("nan"), float("nan"), len(tail)
    excess = float((tail - start).mean())
    return len(tail) / pairs * float(np.exp(-(threshold - start) / excess)), excess, len(tail)


def describe(name: str, judged: Judged) -> str:
    """Return one line on scores of strangers."""
    highest = judged.different.max() if len(judged.different) else 0.0
    false = int((judged.different >= SAME_EYE).sum())
    rate, excess, number = extrapolate(judged.different, judged.different_pairs, SAME_EYE, 0.05)
    looked = len(judged.different)
    tail = f"{rate:.1e} ({number} in the tail, mean excess {excess:.3f})" if number > 1 else "too few in the tail"
    return f"| {name} | {judged.different_pairs:,} | {looked:,} | {false} | {highest:.3f} | {tail} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--each", type=int, default=4, help="views of each kind and photograph")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    photographs, fellows = read_photographs(options.root)
    print("| views | made | found | recall | false pairs |\n|---|---:|---:|---:|---:|")
    for name, (view, relation) in COPIES.items():
        made, found, false = measure_copies(photographs, view, relation, options.each)
        print(f"| {relation.value}: {name} | {made} | {found} | {found / made:.1%} | {false} |", flush=True)
    album = rephotograph_all(photographs, options.each, 3)
    pairs = positions_of(search(album.pictures, options.jobs))
    right = sum(album.eyes[a] == album.eyes[b] for a, b, _ in pairs)
    all_pairs = len(photographs) * options.each * (options.each + 1) // 2
    name = "same-eye: photographed again, any two photographs"
    print(f"| {name} | {all_pairs} | {right} | {right / all_pairs:.1%} | {len(pairs) - right} |")
    judged = judge_album(album, options.jobs, pairs=_same_pairs(album))
    passed = int((judged.same >= SAME_EYE).sum())
    print(f"| the same, each two looked at | {all_pairs} | {passed} | {passed / all_pairs:.1%} | |\n")
    quantiles = np.quantile(judged.same, (0.01, 0.05, 0.5)).round(3).tolist()
    print(f"Scores of these: 1 %, 5 % and half lie below {quantiles}; threshold {SAME_EYE}.\n")
    print("| strangers | pairs | looked at closely | false | highest score | extrapolated rate |")
    print("|---|---:|---:|---:|---:|---|")
    _print_strangers(photographs, fellows, album, options.jobs, options.each)


def _same_pairs(album: Album) -> list[Candidate]:
    numbers = itertools.combinations(range(len(album.eyes)), 2)
    return [Candidate(i, j, UPRIGHT) for i, j in numbers if album.eyes[i] == album.eyes[j]]


def _print_strangers(
    photographs: Sequence[Pixels], fellows: list[tuple[int, int]], album: Album, jobs: int, each: int
) -> None:
    print(describe("mirrored search, photographed again", judge_album(album, jobs, MIRRORED)), flush=True)
    step = 1 + each
    both = [
        Candidate(min(x, y), max(x, y), position)
        for a, b in fellows
        for x, y in itertools.product(range(a * step, a * step + step), range(b * step, b * step + step))
        for position in (UPRIGHT, MIRRORED)
    ]
    print(
        describe("fellow eyes, upright and mirrored, all looked at", judge_album(album, jobs, pairs=both)), flush=True
    )
    everyone = [
        Candidate(i, j, p) for i, j in itertools.combinations(range(len(photographs)), 2) for p in (UPRIGHT, MIRRORED)
    ]
    plain = Album(photographs, list(range(len(photographs))))
    print(
        describe("all eyes, upright and mirrored, all looked at", judge_album(plain, jobs, pairs=everyone)), flush=True
    )
    for specks in (40, 120):
        dirt = views.draw_dirt(np.random.default_rng(specks), specks)
        soiled = Album([views.soil(p, dirt) for p in photographs], plain.eyes)
        upright = [c for c in everyone if c.position == UPRIGHT]
        name = f"one dirty lens ({specks} specks), all looked at"
        print(describe(name, judge_album(soiled, jobs, pairs=upright)), flush=True)
    laid = rephotograph_all(turn_all(photographs), each, 5)
    print(describe("eight positions of each eye, photographed again", judge_album(laid, jobs)), flush=True)


if __name__ == "__main__":
    main()
