"""Tables of the report: sizes, parts of a split, the numbers of plots; cells are text, not yet escaped for HTML."""

from collections.abc import Sequence
from itertools import pairwise

from lagtool.checks.report import Report
from lagtool.manifest.value import Manifest
from lagtool.reporting.html.charts import Histogram
from lagtool.reporting.split_summary import LEGEND, list_columns
from lagtool.reporting.stats import list_tables
from lagtool.reporting.tables import NONE, Table
from lagtool.splits.summary import Measure, PartSummary, summarise_parts
from lagtool.stats import compute_stats

_SPLIT_TITLES = ("Split", "Folds")


def list_size_tables(manifest: Manifest) -> list[Table]:
    """Return the tables of ``lagtool stats``, but for those of a split, which have a section of their own."""
    return [table for table in list_tables(compute_stats(manifest)) if not table.title.startswith(_SPLIT_TITLES)]


def list_part_tables(manifest: Manifest, report: Report) -> list[Table]:
    """Return what the parts of the split in the manifest hold, and how far each is from the others."""
    parts = report.parts or tuple(summarise_parts(manifest, _listed_parts(manifest)))
    if not parts:
        return []
    columns = list_columns(manifest.header, parts)
    rows = tuple(zip(*(column[1:] for column in columns), strict=True))
    tables = [Table("Parts", tuple(column[0] for column in columns), 1, rows, (f"{LEGEND}.",))]
    if len(parts) > 2:
        tables.append(_differences(parts))
    return tables


def list_figures(histogram: Histogram) -> Table:
    """Return the numbers of a plot: per class how many, what is not known, and percentiles."""
    fact = histogram.fact
    rows = tuple(
        (
            sketch.class_name,
            f"{sketch.known:,}",
            f"{sketch.missing:,}",
            *map(_number, sketch.quantiles),
        )
        for sketch in histogram.sketches
    )
    columns = ("class", "files", "unknown", "5 %", "25 %", "median", "75 %", "95 %")
    return Table(f"{fact.heading}: {fact.unit}", columns, 1, rows)


def list_bins(histogram: Histogram) -> Table:
    """Return the bins of a plot, with the number of files of each class in them."""
    names = tuple(sketch.class_name for sketch in histogram.sketches)
    edges = histogram.edges.tolist()
    rows = tuple(
        (f"{_number(low)} – {_number(high)}", *(f"{int(sketch.counts[at]):,}" for sketch in histogram.sketches))
        for at, (low, high) in enumerate(pairwise(edges))
    )
    return Table(f"{histogram.fact.heading}: files per bin", ("from – to", *names), 1, rows)


def _listed_parts(manifest: Manifest) -> Sequence[str]:
    names = (manifest.header.split or {}).get("names")
    return [str(name) for name in names] if isinstance(names, list | tuple) else ()


def _differences(parts: Sequence[PartSummary]) -> Table:
    facts = [name for name, measure in parts[-1].measures.items() if measure.distance is not None]
    rows = tuple((part.name, *(_difference(part.measures[fact]) for fact in facts)) for part in parts if part.name)
    text = "standardised mean difference from all and, in brackets, the Kolmogorov-Smirnov statistic."
    return Table("Quality of each part against all parts together", ("part", *facts), 1, rows, (text,))


def _difference(measure: Measure) -> str:
    smd = NONE if measure.difference is None else f"{measure.difference:+.3f}"
    return NONE if measure.distance is None else f"{smd} ({measure.distance:.3f})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
