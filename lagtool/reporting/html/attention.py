"""Where experts look: mean attention maps and the spread of their centres, per class."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from lagtool.manifest.value import Manifest
from lagtool.reporting.html.charts import describe_largest, plot_map
from lagtool.stats.attention import SIDE, read_grids


@dataclass(frozen=True, slots=True)
class Heat:
    """One plot of a class.

    Attributes:
        class_name: The class; empty: all classes together.
        maps: Number of maps in it.
        svg: The plot.
        figures: Its numbers: name and value.
    """

    class_name: str
    maps: int
    svg: Markup
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Attention:
    """The section of attention maps: mean maps where the manifest has them in small, and where the centres lie."""

    means: tuple[Heat, ...]
    centers: tuple[Heat, ...]


def describe_attention(manifest: Manifest) -> Attention | None:
    """Return what there is to show; None where no sample has a map that was measured."""
    samples = manifest.samples
    if "map" not in manifest.profile.slots or not samples["map_centroid_x"].notna().any():
        return None
    tables = [(c.name, samples[samples["class"] == c.name]) for c in manifest.profile.classes]
    tables.append(("", samples))
    return Attention(
        tuple(heat for number, (name, table) in enumerate(tables) if (heat := _mean(number, name, table))),
        tuple(heat for number, (name, table) in enumerate(tables) if (heat := _centers(number, name, table))),
    )


def _mean(number: int, name: str, table: pd.DataFrame) -> Heat | None:
    grids = read_grids(table["map_grid"].dropna())
    if not len(grids):
        return None
    mean = grids.mean(axis=0).reshape(SIDE, SIDE)
    figures = (
        ("mean level", f"{mean.mean():.1f}"),
        ("highest mean", f"{mean.max():.0f}"),
        ("highest at", describe_largest(mean)),
    )
    svg = plot_map(mean, f"mean-{number}", f"Mean attention map of {name or 'all classes'}")
    return Heat(name, len(grids), svg, figures)


def _centers(number: int, name: str, table: pd.DataFrame) -> Heat | None:
    places = table[["map_centroid_x", "map_centroid_y"]].dropna().to_numpy(np.float64)
    if not len(places):
        return None
    x, y = places.T
    grid = np.histogram2d(y, x, bins=SIDE, range=((0, 1), (0, 1)))[0]
    middle = np.median(places, axis=0)
    spread = np.median(np.hypot(*(places - middle).T))
    figures = (
        ("median centre", f"{100 * middle[0]:.1f} % from the left, {100 * middle[1]:.1f} % from above"),
        ("median distance from it", f"{100 * spread:.1f} % of a side"),
    )
    svg = plot_map(grid, f"centres-{number}", f"Centres of mass of the attention maps of {name or 'all classes'}")
    return Heat(name, len(places), svg, figures)
