"""Plots as SVG: drawn by matplotlib, readable in colour blindness, in print and on dark and light ground."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from lagtool.report.histograms import Histogram
from lagtool.report.svg import INK, LINE, class_color, embed

Floats = NDArray[np.float64]
_POINTS = 72
_DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (2, 2)), "solid")
"""Classes differ in their lines as well as in their colours."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "path.simplify": False,
}


def plot_histogram(histogram: Histogram) -> Markup:
    """Return the shares per bin of every class as outlines over each other."""
    fact = histogram.fact
    with _style(fact.name):
        figure, axes = _figure(300, 168)
        for sketch in histogram.sketches:
            color, dashes = class_color(sketch.number), _DASHES[sketch.number % 6]
            axes.stairs(sketch.shares, histogram.edges, fill=True, color=color, alpha=0.18, linewidth=0)
            axes.stairs(sketch.shares, histogram.edges, color=color, linewidth=1.6, linestyle=dashes, baseline=None)
        if fact.logarithmic:
            axes.set_xscale("log")
            decades = np.log10(histogram.edges[-1] / histogram.edges[0])
            subs = (1.0, 2.0, 5.0) if decades < 1.6 else (1.0, 3.0) if decades < 2.6 else (1.0,)
            axes.xaxis.set_major_locator(LogLocator(subs=subs))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
        elif histogram.constant is None:
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=fact.whole, steps=[1, 2, 2.5, 5, 10]))
        axes.set_xlim(histogram.edges[0], histogram.edges[-1])
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g} %"))
        axes.grid(axis="y", color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        medians = "; ".join(
            f"{sketch.class_name}: median {sketch.quantiles[2]:.4g} of {sketch.known:,}"
            for sketch in histogram.sketches
        )
        return _write(
            figure, f"{fact.heading} by class", f"Share of each class's files per bin, {fact.unit}. {medians}."
        )


def plot_map(grid: Floats, name: str, what: str) -> Markup:
    """Return a square map of levels, rows first, in a scale that is even in lightness.

    Args:
        grid: Levels, (side, side), 0 and above; the largest is the brightest.
        name: What tells it from the other plots of the page: letters, digits and ``-``.
        what: What it shows, in words.
    """
    with _style(name):
        figure, axes = _figure(180, 180, frame=False)
        axes.pcolormesh(grid, cmap="cividis", vmin=0, vmax=max(float(grid.max()), 1e-9), snap=True, edgecolors="none")
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set_axis_off()
        return _write(figure, what, f"{what}: largest {describe_largest(grid)}.")


def describe_largest(grid: Floats) -> str:
    """Return where the largest of some levels, (side, side), lies on the map."""
    y, x = (np.array(np.unravel_index(int(grid.argmax()), grid.shape)) + 0.5) / grid.shape[0]
    return f"{100 * x:.0f} % from the left, {100 * y:.0f} % from above"


def plot_intervals(rows: Sequence[tuple[str, float, float | None, float | None, bool]], what: str) -> Markup:
    """Return AUCs with their confidence intervals, one row each, beside the line of chance.

    Args:
        rows: Label, AUC, ends of its interval (None: not known), and whether it is called.
        what: What it shows, in words.
    """
    with _style("shortcuts"):
        figure, axes = _figure(620, 34 + 22 * len(rows))
        axes.axvline(0.5, color=INK, linewidth=1, linestyle=(0, (2, 2)))
        for place, (_, auc, low, high, called) in enumerate(rows):
            color = class_color(1 if called else 0)
            if low is not None and high is not None:
                axes.plot([low, high], [place, place], color=color, linewidth=2, solid_capstyle="butt")
            axes.plot([auc], [place], marker="D" if called else "o", markersize=6, color=color, linestyle="none")
        axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.set_xticks(np.linspace(0, 1, 11))
        axes.grid(axis="x", color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        said = "; ".join(f"{label}: AUC {auc:.3f}" for label, auc, *_ in rows)
        return _write(figure, what, f"{said}. 0.5 is chance.")


@contextmanager
def _style(salt: str) -> Iterator[None]:
    """Set what makes a plot, whatever the user's own settings of matplotlib are; ``salt`` keeps ids apart."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, "svg.hashsalt": salt})
        yield


def _figure(width: float, height: float, *, frame: bool = True) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width / _POINTS, height / _POINTS), dpi=_POINTS, layout="constrained" if frame else None)
    figure.patch.set_visible(False)
    axes = figure.add_subplot() if frame else figure.add_axes((0, 0, 1, 1))
    axes.patch.set_visible(False)
    return figure, axes


def _write(figure: Figure, title: str, description: str) -> Markup:
    target = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(target, format="svg", metadata=nothing)
    return embed(target.getvalue(), title, description)
