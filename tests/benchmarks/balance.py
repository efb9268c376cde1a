"""How even the parts are, against scikit-learn: ``python -m tests.benchmarks.balance``.

Both get the same samples and groups, and make five folds, stratified by class and presence of a map. Printed is, per
distribution of group sizes, the median over 20 seeds (and the worst) of three measures of imbalance:

- *stratum*: the largest distance, in samples, of a stratum (class x map) in a fold from its share, a fifth;
- *class*: the largest distance, in percentage points, of a class's share of a fold from its share of all;
- *size*: the largest distance, in samples, of a fold from a fifth of all.
"""

import sys
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np

from lagtool.splits.allocation import Ints, share_out
from lagtool.splits.assignment import assign, order_ranks
from tests.factories import fake_sha256

SEEDS = 20
FOLDS = 5
_NOTHING, _LITTLE = 1e-4, 0.05  # samples or percentage points: rounding, and what nobody would call a difference
CLASSES = np.array([0, 0, 1, 1], np.int64)
# Class and map as in the whole database (11,760), and as in a part of it.
SHARES = (0.2934, 0.2918, 0.2114, 0.2034)


class Case(NamedTuple):
    """Samples in groups: the stratum and the group of each."""

    name: str
    strata: Ints
    groups: Ints


class Imbalance(NamedTuple):
    """The three measures, and the seconds that it took."""

    stratum: float
    class_points: float
    size: float
    seconds: float


def make_case(name: str, samples: int, draw: Callable[[np.random.Generator], int], *, mixed: float, seed: int) -> Case:
    """Return ``samples`` samples in groups of drawn sizes; a share ``mixed`` of the groups has both classes."""
    rng = np.random.default_rng(seed)
    sizes: list[int] = []
    while sum(sizes) < samples:
        sizes.append(min(draw(rng), samples - sum(sizes)))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    own = rng.choice(4, len(sizes), p=SHARES)
    with_map = rng.integers(0, 2, samples)
    strata = own[groups] // 2 * 2 + with_map  # a group is of one class; maps are drawn
    both = (rng.random(len(sizes)) < mixed)[groups]
    strata = np.where(both, rng.choice(4, samples, p=SHARES), strata)
    return Case(name, strata.astype(np.int64), groups.astype(np.int64))


def cases(seed: int = 0) -> list[Case]:
    """Return the distributions of group sizes that are compared."""
    return [
        make_case("copies: 3 % of 4,854 in pairs", 4_854, lambda r: 1 + (r.random() < 0.015), mixed=0.01, seed=seed),
        make_case("copies: 3 % of 11,760 in pairs", 11_760, lambda r: 1 + (r.random() < 0.015), mixed=0.01, seed=seed),
        make_case("eyes: 1 to 3 photographs", 4_854, lambda r: int(r.integers(1, 4)), mixed=0.02, seed=seed),
        make_case("patients: 2 to 6, no single", 4_854, lambda r: int(r.integers(2, 7)), mixed=0.1, seed=seed),
        make_case("patients: geometric, mean 4", 4_854, lambda r: int(r.geometric(0.25)), mixed=0.1, seed=seed),
        make_case(
            "clinics: heavy tail, up to 300", 4_854, lambda r: min(300, int(r.pareto(1.1)) + 1), mixed=0.3, seed=seed
        ),
        make_case("few: 60 groups of 5 to 15", 600, lambda r: int(r.integers(5, 16)), mixed=0.2, seed=seed),
    ]


def measure(case: Case, parts: Ints, seconds: float) -> Imbalance:
    """Return how far from even the folds are."""
    table = np.zeros((FOLDS, 4))
    np.add.at(table, (parts, case.strata), 1)
    sizes = table.sum(axis=1)
    positive = table[:, 2:].sum(axis=1) / sizes - table[:, 2:].sum() / table.sum()
    return Imbalance(
        float(np.abs(table - table.sum(axis=0) / FOLDS).max()),
        float(100 * np.abs(positive).max()),
        float(np.abs(sizes - len(parts) / FOLDS).max()),
        seconds,
    )


def split_here(case: Case, seed: int) -> Imbalance:
    """Split with lagtool."""
    ranks = order_ranks([fake_sha256(str(number)) for number in range(len(case.strata))], seed)
    sizes = np.array(share_out(len(ranks), [1] * FOLDS), np.int64)  # type: ignore[list-item]
    start = time.perf_counter()
    done = assign(case.strata, CLASSES, case.groups, ranks, sizes)
    return measure(case, done.parts, time.perf_counter() - start)


def split_there(case: Case, seed: int) -> Imbalance:
    """Split with scikit-learn."""
    from sklearn.model_selection import StratifiedGroupKFold

    start = time.perf_counter()
    parts = np.full(len(case.strata), -1, np.int64)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, (_, test) in enumerate(folds.split(case.strata, case.strata, case.groups)):
            parts[test] = number
    return measure(case, parts, time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    import sklearn

    print(f"Five folds, {SEEDS} seeds; median (worst). lagtool against scikit-learn {sklearn.__version__}\n")
    print("| samples and groups | | stratum, samples | class, points | size, samples | seconds |")
    print("|---|---|---:|---:|---:|---:|")
    worse: list[str] = []
    for case in cases():
        found = {
            name: [split(case, seed) for seed in range(SEEDS)]
            for name, split in (("lagtool", split_here), ("scikit-learn", split_there))
        }
        for name, results in found.items():
            columns = [f"{median(values):.2f} ({max(values):.2f})" for values in list(zip(*results, strict=True))[:3]]
            seconds = median(result.seconds for result in results)
            print(f"| {case.name if name == 'lagtool' else ''} | {name} | {' | '.join(columns)} | {seconds:.2f} |")
        ours, theirs = ([median(v) for v in list(zip(*found[name], strict=True))[:3]] for name in found)
        worse += [
            f"{case.name}: {measure_} by {a - b:.4f}"
            for measure_, a, b in zip(Imbalance._fields, ours, theirs, strict=False)
            if a - b > _NOTHING
        ]
    print("\nMedians of lagtool that are the larger ones:", "; ".join(worse) or "none")
    sys.exit(any(float(text.rpartition(" ")[2]) > _LITTLE for text in worse))


if __name__ == "__main__":
    main()
