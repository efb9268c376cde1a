"""Attention maps together: where people looked, how concentrated that is, and whether it is where the disc is."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.manifest.schema import TRUSTED_DISC
from lagtool.stats.distributions import Summary, bin_edges, read_numbers, summarize
from lagtool.stats.records import PerClass

Floats = NDArray[np.float64]

ATTENTION_COLUMNS = (
    "map_grid",
    *(f"{name}_{axis}" for name in ("map_centroid", "map_peak", "image_disc") for axis in "xy"),
    "image_disc_score",
)
"""What `describe_attention` needs of a sample."""

SIDE = 16
HOTTEST = 0.1
NEAR = 0.15
"""A place this near to the disc's centre, in sides of the picture, is on the disc or at its rim."""
_DECIMALS = 4
_MOST_PAIRS = 45
_BLOCK = 10_000


@dataclass(frozen=True, slots=True)
class DiscAgreement:
    """How attention maps agree with the optic disc, over the maps whose image has a disc that is trusted.

    Attributes:
        maps: Number of these maps.
        near_percent: Maps whose brightest place is at most 0.15 sides from the disc's centre, as a share of ``maps``.
        distance: From the map's centre of mass to the disc's centre, in sides of the picture.
        shuffled: The same to the disc of the next such image instead: what a habit of looking at one place gives.
        saliency: The map's standardised level in the cell of the disc (normalised scanpath saliency, Peters et al.,
            Vision Research 45, 2005): 0 by chance, above 1 plainly looked at.
    """

    maps: int
    near_percent: float | None
    distance: Summary
    shuffled: Summary
    saliency: Summary


@dataclass(frozen=True, slots=True)
class AttentionFigures:
    """What attention maps have in common; lengths and places in sides of the map, from its left and upper edge.

    Attributes:
        maps: Number of maps whose grid is known.
        mean_map: Mean over these maps of the gray level, 0..255, in 16 rows of 16 cells, from above; None: no maps.
        centre_x: Mean of the centres of mass.
        centre_y: Mean of the centres of mass.
        centre_spread: Root of the mean squared distance of the centres of mass from their mean.
        hottest_share: Share of a map's mass in the hottest tenth of its cells (26 of 256), 0.1016..1.
        gini: Gini coefficient of a map's mass over its cells, 0 (even) to 255/256 (all in one); the measure of
            sparsity that Hurley and Rickard (IEEE Trans. Inf. Theory 55, 2009) recommend.
        disc: How the maps agree with the optic disc.
    """

    maps: int
    mean_map: tuple[tuple[float, ...], ...] | None
    centre_x: float | None
    centre_y: float | None
    centre_spread: float | None
    hottest_share: Summary
    gini: Summary
    disc: DiscAgreement


@dataclass(frozen=True, slots=True)
class MapPair:
    """The mean maps of two classes held against each other.

    Attributes:
        a: One class.
        b: The other.
        correlation: Pearson's, over the 256 cells; None where one of them is even.
        similarity: Sum over the cells of the lesser of both, each scaled to the sum 1: 0 apart, 1 the same (SIM; Judd
            et al., MIT-CSAIL-TR-2012-001).
    """

    a: str
    b: str
    correlation: float | None
    similarity: float | None


@dataclass(frozen=True, slots=True)
class Attention:
    """Attention maps per class and in all, and the classes' mean maps in pairs (the first 45)."""

    figures: PerClass[AttentionFigures]
    between: tuple[MapPair, ...]


def describe_attention(maps: PerClass[pd.DataFrame]) -> Attention:
    """Return what attention maps say together.

    Args:
        maps: The samples that have a map.
    """
    figures = maps.map(_measure)
    means = {name: one.mean_map for name, one in figures.classes.items() if one.mean_map is not None}
    pairs = list(combinations(means, 2))[:_MOST_PAIRS]
    return Attention(figures, tuple(_compare(a, b, np.array(means[a]), np.array(means[b])) for a, b in pairs))


def read_grids(column: "pd.Series[str]") -> Floats:
    """Return the grids of a column ``map_grid`` without gaps as levels 0..255, (number, 256)."""
    levels = np.frombuffer(bytes.fromhex("".join(column.tolist())), np.uint8)
    return levels.reshape(-1, SIDE * SIDE).astype(np.float64)


def concentration(grids: Floats) -> tuple[Floats, Floats]:
    """Return for each grid the share of its mass in the hottest tenth of its cells, and its Gini coefficient.

    With the levels x of n cells in ascending order, the latter is sum((2 i - n - 1) x[i]) / (n sum(x)). A black grid
    has neither (NaN).
    """
    ordered = np.sort(grids, axis=1)
    mass = ordered.sum(axis=1)
    mass[mass == 0] = np.nan
    cells = grids.shape[1]
    weights = 2 * np.arange(1, cells + 1) - cells - 1
    return ordered[:, -round(HOTTEST * cells) :].sum(axis=1) / mass, ordered @ weights / (cells * mass)


def _measure(table: pd.DataFrame) -> AttentionFigures:
    there = table["map_grid"].notna()
    table = table if there.all() else table[there]
    total = np.zeros(SIDE * SIDE)
    measured = [np.empty((0, 3))]
    disc = np.column_stack([read_numbers(table[f"image_disc_{axis}"]) for axis in "xy"])
    scores = read_numbers(table["image_disc_score"])
    trusted = np.greater_equal(scores, TRUSTED_DISC) & ~np.isnan(disc).any(axis=1)
    disc[~trusted] = np.nan
    for start in range(0, len(table), _BLOCK):
        grids = read_grids(table["map_grid"].iloc[start : start + _BLOCK])
        total += grids.sum(axis=0)
        measured.append(np.column_stack((*concentration(grids), _saliency(grids, disc[start : start + _BLOCK]))))
    shares, ginis, saliency = np.concatenate(measured).T
    centres = np.column_stack([read_numbers(table[f"map_centroid_{axis}"]) for axis in "xy"])
    x, y, spread = _middle(centres)
    mean = np.round(total / max(1, len(table)), 2).reshape(SIDE, SIDE)
    return AttentionFigures(
        maps=len(table),
        mean_map=tuple(map(tuple, mean.tolist())) if len(table) else None,
        centre_x=x,
        centre_y=y,
        centre_spread=spread,
        hottest_share=_summary(shares),
        gini=_summary(ginis),
        disc=_agree(table[trusted], centres[trusted], disc[trusted], saliency[trusted]),
    )


def _middle(centres: Floats) -> tuple[float | None, float | None, float | None]:
    """Return the mean of the centres that are known, x and y, and the root of their mean squared distance from it."""
    known = centres[~np.isnan(centres).any(axis=1)]
    if not len(known):
        return None, None, None
    middle = known.mean(axis=0)
    spread = np.sqrt(((known - middle) ** 2).sum(axis=1).mean())
    x, y, spread = (round(float(number), _DECIMALS) for number in (*middle, spread))
    return x, y, spread


def _saliency(grids: Floats, disc: Floats) -> Floats:
    """Return each grid's standardised level in the cell of the disc; NaN where there is no disc, or an even grid."""
    there = ~np.isnan(disc[:, 0] + disc[:, 1])
    column, row = np.clip(np.nan_to_num(disc) * SIDE, 0, SIDE - 1).astype(np.intp).T
    deviations = grids.std(axis=1)
    deviations[deviations == 0] = np.nan
    levels = grids[np.arange(len(grids)), SIDE * row + column]
    return np.where(there, (levels - grids.mean(axis=1)) / deviations, np.nan)


def _agree(table: pd.DataFrame, centres: Floats, disc: Floats, saliency: Floats) -> DiscAgreement:
    peaks = np.column_stack([read_numbers(table[f"map_peak_{axis}"]) for axis in "xy"])
    near = np.less_equal(np.hypot(*(peaks - disc).T), NEAR)
    return DiscAgreement(
        maps=len(table),
        near_percent=round(100 * float(near.mean()), _DECIMALS) if len(table) else None,
        distance=_summary(np.hypot(*(centres - disc).T)),
        shuffled=_summary(np.hypot(*(centres - np.roll(disc, -1, axis=0)).T) if len(table) > 1 else np.empty(0)),
        saliency=_summary(saliency),
    )


def _summary(values: Floats) -> Summary:
    return summarize(values, bin_edges(values))


def _compare(a: str, b: str, one: Floats, other: Floats) -> MapPair:
    correlation = similarity = None
    if one.std() > 0 and other.std() > 0:
        correlation = round(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]), _DECIMALS)
    if one.sum() > 0 and other.sum() > 0:
        similarity = round(float(np.minimum(one / one.sum(), other / other.sum()).sum()), _DECIMALS)
    return MapPair(a, b, correlation, similarity)
