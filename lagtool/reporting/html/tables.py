"""Tables of the report: sizes, parts of a split, the numbers of plots; cells are text, not yet escaped for HTML."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lagtool.checks.report import Report
from lagtool.manifest.value import Manifest
from lagtool.reporting.html.charts import Histogram
from lagtool.reporting.portraits import LEGEND, list_columns
from lagtool.reporting.stats import list_tables
from lagtool.reporting.tables import NONE, Table
from lagtool.splits.distance import Distances, measure_distances
from lagtool.splits.plan import part_names
from lagtool.splits.portrait import draw_portraits
from lagtool.stats import compute_stats

_SPLIT_TITLES = ("Split", "Folds")


def list_size_tables(manifest: Manifest) -> list[Table]:
    """Return the tables of ``lagtool stats``, but for those of a split, which have a section of their own."""
    return [table for table in list_tables(compute_stats(manifest)) if not table.title.startswith(_SPLIT_TITLES)]


def list_part_tables(manifest: Manifest, report: Report) -> list[Table]:
    """Return what the parts of the split in the manifest hold, and how far each is from the others."""
    portraits = report.parts or tuple(draw_portraits(manifest, _listed_parts(manifest)))
    if not portraits:
        return []
    columns = list_columns(manifest.header, portraits)
    rows = tuple(zip(*(column[1:] for column in columns), strict=True))
    tables = [Table("Parts", tuple(column[0] for column in columns), 1, rows, (f"{LEGEND}.",))]
    names = [portrait.name for portrait in portraits if portrait.name]
    if len(names) > 1:
        tables.append(_distances(manifest, names))
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


def _distances(manifest: Manifest, names: list[str]) -> Table:
    parts = part_names(manifest)
    there = parts.isin(names).fillna(value=False).to_numpy(bool)
    found = measure_distances(manifest.samples[there], parts[there].astype("string"), names)
    facts = list(dict.fromkeys(name for distance in found.values() for name in distance.facts))
    columns = ("part", "classes", "maps", *facts)
    return Table(
        "Distance of each part from all others",
        columns,
        1,
        tuple(_distance_rows(found, facts)),
        (
            "classes, maps: total variation, 0 (alike) to 1; others: standardised mean difference and, in brackets, "
            "the Kolmogorov-Smirnov statistic.",
        ),
    )


def _distance_rows(found: dict[str, Distances], facts: list[str]) -> Iterator[tuple[str, ...]]:
    for name, distance in found.items():
        cells = []
        for fact in facts:
            gap = distance.facts.get(fact)
            smd = NONE if gap is None or gap.smd is None else f"{gap.smd:+.3f}"
            cells.append(NONE if gap is None else f"{smd} ({gap.ks:.3f})")
        yield name, f"{distance.classes:.3f}", f"{distance.maps:.3f}", *cells


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
