"""Plots as SVG: drawn by matplotlib, readable in colour blindness, in print and on dark and light ground."""

import html
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from lagtool.manifest.facts import FACTS, Fact
from lagtool.manifest.value import Manifest
from lagtool.stats.distributions import QUANTILES, read_numbers

INK, LINE = "#010101", "#020202"
"""Stand-ins for the colours of text and of rules; on the page they follow the theme."""

_CLASS = "#0300"
_HEAD = re.compile(r"^.*?<svg\b[^>]*?\bviewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)
_UNWANTED = re.compile(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"\sstyle=\"([^\"]*)\"")
_FONT = re.compile(r"([0-9.]+)px")
_IDS = re.compile(
    r"\sid=\"(?:figure|patch|axes|line2d|text|matplotlib|xtick|ytick|legend|PolyCollection|QuadMesh|PathCollection|"
    r"FillBetween|LineCollection)[^\"]*\""
)


def class_color(number: int) -> str:
    """Return the stand-in for the colour of a class by its place in the profile; there are six, then they repeat."""
    return f"{_CLASS}{number % 6:02d}"


def embed(text: str, title: str, description: str) -> Markup:
    """Return the ``svg`` element of a file that matplotlib wrote, to stand inside a page.

    A strict Content-Security-Policy forbids ``style`` attributes, so their declarations become attributes; fonts are
    the page's, only their size is kept; stand-in colours become variables that the theme sets.

    Args:
        text: The file.
        title: What the plot shows, a few words.
        description: What can be seen in it, for those who cannot.
    """
    head = _HEAD.match(text)
    if head is None:
        raise ValueError("no SVG of matplotlib")
    body = _UNWANTED.sub("", text[head.end() :])
    body = _IDS.sub("", _STYLE.sub(_attributes, body))
    body = re.sub(r"\n\s*", "\n", body.replace('xlink:href="', 'href="')).replace("<g>\n</g>\n", "")
    body = body.replace(f'"{INK}"', '"currentColor"').replace(f'"{LINE}"', '"var(--rule)"')
    body = re.sub(rf'"{_CLASS}0([0-5])"', r'"var(--class-\1)"', body)
    body = re.sub(r"(\d\.\d\d)\d+", r"\1", body)  # a hundredth of a point is finer than any screen
    start = f'<svg viewBox="{head[1]}" role="img" class="plot" xmlns="http://www.w3.org/2000/svg">'
    words = f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
    return Markup(f"{start}{words}{body}")  # noqa: S704 - text was escaped here, and by matplotlib


def _attributes(match: "re.Match[str]") -> str:
    found = []
    for declaration in match[1].split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if not colon or name == "font-family":
            continue
        if name == "font":
            size = _FONT.search(value)
            name, value = "font-size", size[1] if size else "10"
        found.append(f' {name}="{html.escape(html.unescape(value))}"')
    return "".join(found)


Floats = NDArray[np.float64]
BINS = 30


PLOTTED = tuple(fact for fact in FACTS if fact.plotted)
"""What is shown, in this order."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """The values of one class.

    Attributes:
        number: The class's place in the profile.
        class_name: Its name.
        known: Number of samples with a value.
        missing: Number of samples that have the file but no value.
        quantiles: 5th, 25th, 50th, 75th and 95th percentile.
        counts: Samples per bin.
    """

    number: int
    class_name: str
    known: int
    missing: int
    quantiles: tuple[float, ...]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> Floats:
        """Percent of the class's known values per bin."""
        return 100 * self.counts / self.known


@dataclass(frozen=True, slots=True)
class Histogram:
    """The distribution of one fact in every class, over the same bins.

    Attributes:
        fact: What it is.
        edges: Edges of the bins, one more than bins, in the fact's unit; what lies beyond counts in the last ones.
        sketches: One per class that has values.
        constant: The one value that all have, or None.
    """

    fact: Fact
    edges: Floats
    sketches: tuple[Sketch, ...]
    constant: float | None


def draw_histograms(manifest: Manifest) -> Iterator[Histogram]:
    """Yield the histograms of all facts that any sample has."""
    samples = manifest.samples
    names = [c.name for c in manifest.profile.classes]
    classes = pd.Categorical(samples["class"], categories=names).codes
    for fact in PLOTTED:
        values = read_numbers(samples[fact.name])
        there = samples[f"{fact.slot}_path"].notna().to_numpy(bool) | ~np.isnan(values)
        known = values[~np.isnan(values)]
        if not known.size:
            continue
        edges = _edges(known, fact)
        sketches = []
        for number, name in enumerate(names):
            here = values[there & (classes == number)]
            if not np.isnan(here).all():
                sketches.append(_sketch(number, name, here, edges))
        constant = float(known[0]) if known.min() == known.max() else None
        yield Histogram(fact, edges, tuple(sketches), constant)


def _edges(values: Floats, fact: Fact) -> Floats:
    if fact.logarithmic:
        positive = values[values > 0]
        low, high = _range(np.log(positive)) if positive.size else (0.0, 1.0)
        return np.geomspace(np.exp(low), np.exp(max(high, low + 0.01)), BINS + 1)
    low, high = _range(values)
    if fact.whole:
        step = max(1, int(np.ceil((high - low + 1) / BINS)))
        return np.arange(np.floor(low) - 0.5, high + step + 0.5, step)
    margin = 0.0 if high > low else max(abs(low) * 0.01, 0.5)
    return np.linspace(low - margin, high + margin, BINS + 1)


def _range(values: Floats) -> tuple[float, float]:
    """Return lowest and highest, but for a few that lie far outside: one huge file must not hide all others."""
    few, most = np.percentile(values, [0.5, 99.5]).tolist()
    reach = most - few or np.inf
    return max(float(values.min()), few - reach), min(float(values.max()), most + reach)


def _sketch(number: int, name: str, values: Floats, edges: Floats) -> Sketch:
    known = values[~np.isnan(values)]
    quantiles = tuple(np.percentile(known, QUANTILES).tolist())
    counts = np.histogram(known.clip(edges[0], edges[-1]), edges)[0].astype(np.int64)
    return Sketch(number, name, len(known), len(values) - len(known), quantiles, counts)


_POINTS = 72
_DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)), (0, (2, 2)), "solid")
"""Classes differ in their lines as well as in their colours."""
_STYLE_OF_CHARTS: dict[Any, Any] = {
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
        mpl.rcParams.update({**_STYLE_OF_CHARTS, "svg.hashsalt": salt})
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
