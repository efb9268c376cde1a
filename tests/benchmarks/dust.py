"""Strangers that one dirty camera makes alike, and eyes that it hides: ``python -m tests.benchmarks.dust LAG``.

LAG holds real photographs of as many eyes. All are taken through one dirty lens, sharp or hazy, and taken once more,
hardly moved. Each two are looked at as they lie, whatever the search would say: with dust removed as in a set of that
many pictures, and without, as in a set that is too small to know dust by its place.
"""

import argparse
import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lagtool.duplicates.hashes import UPRIGHT
from lagtool.duplicates.same_eye import View, compare_views, extract
from lagtool.duplicates.specks import find_specks, kind_of, remove_specks
from lagtool.duplicates.table import Extract, FeatureTable, TableWriter
from lagtool.duplicates.verdict import PROBABLY, may_be_dust, score
from lagtool.probe.threads import in_one_thread
from tests.benchmarks import views
from tests.benchmarks.likeness import read_photographs
from tests.benchmarks.views import Pixels, Visit

HAZY = 0.7
LENSES = {
    "none": np.ones((views.SIZE, views.SIZE), np.float32),
    **{f"{number} specks": views.draw_dirt(np.random.default_rng(number), number) for number in (40, 120, 400)},
    **{f"{number} fibres": views.draw_fibres(np.random.default_rng(number), number) for number in (10, 40)},
}


def take_all(photographs: Sequence[Pixels], lens: str, haze: float) -> list[Extract]:
    """Return what is taken of the photographs through a lens, once as they are and once hardly moved."""
    rng = np.random.default_rng(5)
    taken = []
    for moved, photograph in itertools.product((False, True), photographs):
        right, down, turn = (rng.uniform(-1, 1) * most for most in (0.012, 0.012, 1.0))
        how = Visit(at=(right, down), turn=turn, share=0.99) if moved else Visit()
        if haze:
            how = Visit(**{**vars(how), "haze": haze, "blur": 1.5, "noise": 2})
        soiled = views.soil(views.visit(photograph, how, rng), LENSES[lens])
        taken.append(extract(views.crop_to_field(views.reencode(soiled, rng))))
    return taken


def clean(taken: Sequence[Extract]) -> list[Extract]:
    """Return the same without the dust that is known by its place in so many pictures."""
    kinds = [kind_of(views.SIZE, extract.size) for extract in taken]
    with tempfile.TemporaryDirectory() as folder:
        with TableWriter(Path(folder)) as writer:
            for extract in taken:
                writer.add(extract)
        specks = find_specks(FeatureTable.load(Path(folder)), kinds)
    return [remove_specks(e, specks[kind]) if kind in specks else e for e, kind in zip(taken, kinds, strict=True)]


def count_alike(taken: Sequence[Extract], pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return how many pairs probably show one eye, and of how many of these it cannot be told for dust."""
    seen = [View(extract, UPRIGHT) for extract in taken]
    evidence = [compare_views(seen[a], seen[b]) for a, b in pairs]
    alike = [found for found in evidence if found is not None and score(found) >= PROBABLY]
    return len(alike), sum(may_be_dust(found) for found in alike)


@in_one_thread
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    photographs, _ = read_photographs(options.root)
    number = len(photographs)
    strangers = list(itertools.combinations(range(number), 2))
    again = [(k, k + number) for k in range(number)]
    titles = " | ".join(f"{who}: {size} | open" for who in ("strangers", "one eye") for size in ("few", "many"))
    print(f"| haze | lens | {titles} |")
    print(f"|---:|---|{'---:|' * 8}")
    for haze, lens in itertools.product((0.0, HAZY), LENSES):
        taken = take_all(photographs, lens, haze)
        cells = [count_alike(some, pairs) for pairs in (strangers, again) for some in (taken, clean(taken))]
        print(f"| {haze:g} | {lens} | {' | '.join(f'{alike} | {unsure}' for alike, unsure in cells)} |", flush=True)


if __name__ == "__main__":
    main()
