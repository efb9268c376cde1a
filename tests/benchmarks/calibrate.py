"""The probability that two photographs show one eye, fit again: ``python -m tests.benchmarks.calibrate``.

The table beside this file holds the evidence of pairs that are known: of real photographs (all candidates of a set of
2,360, as version 0.2.0 measured them) and of simulated visits of 28 real ones. ``--remake LAG SCORES`` makes it anew:
LAG is the folder of the photographs, SCORES the measurements of the real pairs.

SCORES holds the share of vessels that is less of both ways. The other is taken against the case that is made: as large
in pairs of one eye, half as large again in pairs of two.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.duplicates.hashes import POSITIONS, UPRIGHT, Position
from lagtool.duplicates.same_eye import Evidence, View, compare_views, extract
from lagtool.duplicates.table import Extract
from lagtool.duplicates.verdict import PRIOR, PROBABLY, SAME_EYE, shrink, weigh
from lagtool.probe.threads import in_one_thread
from tests.benchmarks import views
from tests.benchmarks.likeness import read_photographs

TABLE = Path(__file__).with_name("same_eye_evidence.csv")
COLUMNS = ["source", "kind", "same", "inliers", "excess"]
_RIDGE = np.array([0.0, 0.003, 0.3])
_STRANGERS = 6000
_REPEATS = 200
_UNLISTED = 0.3  # score of pairs that SCORES calls strangers though they are one eye that its truth did not list

Table = NDArray[np.float64]
Seen = dict[tuple[str, int], tuple[Extract, Extract]]


def fit(table: pd.DataFrame) -> Table:
    """Return the weights, (3,), of a logistic model with a little ridge.

    Each source weighs as much for pairs of one eye as for pairs of two, and as much as the other source.
    """
    rows = np.column_stack([np.ones(len(table)), table["excess"], np.log(table["inliers"])])
    same = table["same"].to_numpy(float)
    sizes = table.groupby(["source", "same"])["excess"].transform("size").to_numpy(float)
    trust = len(table) / 4 / sizes
    weights = np.zeros(3)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (trust * (chance - same)) + _RIDGE * weights
        bend = (rows * (trust * chance * (1 - chance))[:, None]).T @ rows + np.diag(_RIDGE)
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    return weights


def judge(table: pd.DataFrame, weights: Table, prior: float = PRIOR) -> Table:
    """Return the probability of each row."""
    rows = np.column_stack([np.ones(len(table)), table["excess"], np.log(table["inliers"])])
    odds: Table = 1 / (1 + np.exp(-(rows @ weights + np.log(prior / (1 - prior)))))
    return odds


def wilson(found: int, number: int) -> tuple[float, float]:
    """Return the interval of 95 % for a share (Wilson 1927)."""
    if not number:
        return 0.0, 1.0
    z, share = 1.96, found / number
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z / (1 + z * z / number) * np.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def read_scores(path: Path) -> pd.DataFrame:
    """Return the evidence of real pairs."""
    scores = pd.read_csv(path)
    same = scores["truth"].eq("same")
    scores = scores[(same | (scores["score"] <= _UNLISTED)) & (scores["inliers"] >= 5) & (scores["points"] >= 60)]
    same = scores["truth"].eq("same")
    trust = np.minimum(1, scores["points"] / 700) ** 0.5
    less = scores["score"] / trust * shrink(scores["points"])
    excess = less * np.where(same, 1.0, 1.25)
    columns = {"source": "real", "kind": scores["truth"], "same": same.astype(int), "inliers": scores["inliers"]}
    return pd.DataFrame({**columns, "excess": excess.round(4)})


def see_all(photographs: list[views.Pixels], seed: int) -> Seen:
    """Return what is taken of two visits of each kind to each eye."""
    seen = {}
    for (which, (kind, draw)), (number, photograph) in itertools.product(
        enumerate(views.VISITS.items()), enumerate(photographs)
    ):
        rng = np.random.default_rng([which, number, seed])
        one, other = (views.visit(photograph, how, rng) for how in draw(rng))
        seen[kind, number] = (extract(views.crop_to_field(one)), extract(views.crop_to_field(other)))
    return seen


@in_one_thread
def simulate(photographs: list[views.Pixels], fellows: list[tuple[int, int]], seed: int = 1) -> pd.DataFrame:
    """Return the evidence of simulated visits: of one eye, and of two (a third of them fellow eyes)."""
    seen = see_all(photographs, seed)
    rows: list[tuple[str, str, int, int, float]] = []

    def add(kind: str, same: bool, found: Evidence | None) -> None:
        if found is not None:
            rows.append(("simulated", kind, int(same), found.alignment.inliers, round(float(weigh(found)[1]), 4)))

    for (kind, _), (one, other) in seen.items():
        position = Position(mirrored=False, turn=2) if kind == "upside down" else UPRIGHT
        add(kind, True, compare_views(View(one, position), View(other, UPRIGHT), thorough=True))
    rng = np.random.default_rng(seed)
    kinds = list(views.VISITS)
    for _ in range(_STRANGERS):
        a, b = (int(number) for number in rng.choice(len(photographs), 2, replace=False))
        if rng.random() < 1 / 3:
            a, b = fellows[int(rng.integers(len(fellows)))]
        one, other = (seen[kinds[int(rng.integers(len(kinds)))], number][int(rng.integers(2))] for number in (a, b))
        position = POSITIONS[int(rng.choice([0, 4, int(rng.integers(8))]))]  # upright, mirrored, any
        kind = "fellow" if (min(a, b), max(a, b)) in fellows else "other"
        add(kind, False, compare_views(View(one, position), View(other, UPRIGHT), thorough=True))
    return pd.DataFrame(rows, columns=COLUMNS)


def judge_halves(table: pd.DataFrame, prior: float, seed: int = 0) -> Table:
    """Return the probability of each row by weights that were fit on the other half of its source and kind of pair."""
    rng = np.random.default_rng(seed)
    order = pd.Series(rng.permutation(len(table)), table.index)
    half = order.groupby([table["source"], table["same"]]).rank().to_numpy(int) % 2
    judged = np.empty(len(table))
    for this in (0, 1):
        judged[half == this] = judge(table[half == this], fit(table[half != this]), prior)
    return judged


def judge_across(table: pd.DataFrame, prior: float) -> Table:
    """Return the probability of each row by weights that were fit on the other source."""
    judged = np.empty(len(table))
    for source in table["source"].unique():
        here = (table["source"] == source).to_numpy()
        judged[here] = judge(table[here], fit(table[~here]), prior)
    return judged


def print_found(table: pd.DataFrame, probability: Table) -> None:
    """Print how many pairs of each kind reach which level."""
    print("\n| pairs | number | same eye | probably or surer | 95 % |\n|---|---:|---:|---:|---|")
    for (source, same, kind), part in table.assign(p=probability).groupby(["source", "same", "kind"], sort=False):
        surely, probably = (int((part["p"] >= level).sum()) for level in (SAME_EYE, PROBABLY))
        low, high = wilson(probably, len(part))
        name = f"{source}: {'one eye' if same else 'two eyes'}, {kind}"
        print(f"| {name} | {len(part)} | {surely} | {probably} | {low:.1%} to {high:.1%} |")


def print_curve(table: pd.DataFrame, probability: Table) -> None:
    """Print what share of pairs shows one eye, by probability, one and two eyes as frequent."""
    titles = " | ".join(f"{source}: pairs | one eye | 95 %" for source in ("real", "simulated"))
    print(f"\n| probability, one and two eyes as frequent | {titles} |")
    print("|---|---:|---:|---|---:|---:|---|")
    for low, high in itertools.pairwise([0, 0.05, 0.2, 0.5, 0.8, 0.95, 0.999, 1.0001]):
        inside = table[(probability >= low) & (probability < high)]
        cells = []
        for source in ("real", "simulated"):
            same = inside.loc[inside["source"] == source, "same"]
            least, most = wilson(int(same.sum()), len(same))
            cells.append(f"{len(same)} | {same.mean():.1%} | {least:.1%} to {most:.1%}" if len(same) else "0 | | ")
        print(f"| {low:.3g} to {min(high, 1):.3g} | {' | '.join(cells)} |")


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remake", type=Path, nargs=2, metavar=("LAG", "SCORES"))
    options = parser.parse_args()
    if options.remake:
        photographs, fellows = read_photographs(options.remake[0])
        table = pd.concat([read_scores(options.remake[1]), simulate(photographs, fellows)], ignore_index=True)
        table.to_csv(TABLE, index=False)
    table = pd.read_csv(TABLE)
    weights = fit(table).round(2)
    print("weights", tuple(weights.tolist()))
    print_found(table, judge(table, weights))
    print_curve(table, judge(table, weights, 0.5))
    print("\nEach half judged by weights fit on the other half:")
    print_found(table, judge_halves(table, PRIOR))
    print_curve(table, judge_halves(table, 0.5))
    print("\nReal pairs judged by weights fit on simulated ones, and the other way round:")
    print_found(table, judge_across(table, PRIOR))
    print_curve(table, judge_across(table, 0.5))
    same = (table["source"] == "real") & (table["same"] == 1)
    repeats = np.array([judge_halves(table, PRIOR, seed) for seed in range(_REPEATS)]) >= PROBABLY
    found, false = repeats[:, same].sum(axis=1), repeats[:, table["same"] == 0].sum(axis=1)
    print(f"\n{_REPEATS} other halvings: real pairs of one eye found {found.min()} to {found.max()}", end="; ")
    print(f"pairs of two eyes {false.min()} to {false.max()}")


if __name__ == "__main__":
    main()
