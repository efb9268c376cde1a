"""Statistics in each of their formats; the same value gives the same string."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Literal

from lagtool.manifest.facts import SHOWN
from lagtool.reporting import markdown, tables
from lagtool.reporting.stats_distributions import list_attention, list_distributions
from lagtool.reporting.tables import (
    NONE,
    WIDTH,
    Table,
    dump,
    name_of,
    percent_of,
    sentence_case,
    write_cell,
    write_rows,
)
from lagtool.stats.records import Distribution, GrayLevels, LevelRange, Part, PerClass, PublishedTable, Range, Sizes
from lagtool.stats.statistics import COLUMNS, Stats
from lagtool.text import count

_APART = "Widths and heights apart; for an even number of files the median is the mean of the two in the middle."


def list_tables(stats: Stats, facts: Sequence[str] = SHOWN, by: str = "class") -> tuple[Table, ...]:
    """Return all tables in their order, with the distributions of ``facts`` by ``class`` or ``part``."""
    return tuple(_tables(stats, facts, by))


def describe_subject(stats: Stats) -> tuple[str, ...]:
    """Return the lines that say what the figures are about."""
    subject = stats.subject
    whole = subject.samples + subject.excluded
    curation = (
        f"curated by {subject.curation}: {subject.excluded:,} of {whole:,} samples left out, {subject.relabelled:,} "
        "counted in another class than their folder's",
    )
    return (
        f"{subject.root_name}: {count(subject.samples, 'sample')}",
        f"published figures of profile {subject.profile}" + (f": {subject.title}" if subject.title else ""),
        f"content sha256  {subject.content_sha256 or NONE}",
        f"ids sha256      {subject.ids_sha256}",
        *(curation if subject.curation is not None else ()),
    )


def _tables(stats: Stats, facts: Sequence[str], by: str) -> Iterator[Table]:
    yield from _counts(stats)
    yield from _coverage(stats)
    for slot, sizes in stats.sizes.items():
        yield from _sizes(stats.nouns[slot], sizes, first=slot == "image")
    if stats.published_sizes is not None:
        yield _mixed_sizes(stats, stats.published_sizes)
    yield from _file_sizes(stats)
    nouns = stats.nouns
    yield _distributions("Decode states (% of the class's files of the kind)", stats.states, nouns)
    yield _distributions("Formats by content (% of the class's pictures of the kind)", stats.formats, nouns)
    yield _distributions("Pixel modes (% of the class's pictures of the kind)", stats.modes, nouns)
    if stats.label_contents:
        title = f"Contents of {nouns['label']}, escaped (% of the class's {nouns['label']})"
        yield _distributions(title, stats.label_contents, nouns)
    if stats.gray_levels is not None:
        yield _gray_levels(nouns["map"], stats.gray_levels)
    yield from list_distributions(stats, facts, by)
    if stats.attention is not None:
        yield from list_attention(stats.attention, nouns["map"])
    for title, parts in (("Split", stats.split), ("Folds, by the fold that holds a sample out", stats.fold)):
        if parts is not None:
            yield _parts(title, parts)


def _counts(stats: Stats) -> Iterator[Table]:
    for slot, counts in stats.counts.items():
        published = slot != "label" or any(count.published is not None for count in counts.classes.values())
        noun = stats.nouns[slot]
        title = f"{sentence_case(noun)}: number (% of the {noun} of all classes)"
        columns = ("class", "found", "%", "published", "%", "deviation")
        rows = tuple(
            (
                name_of(name),
                _number(count.found),
                percent_of(count.percent),
                *(
                    (_number(count.published), percent_of(count.published_percent), _deviation(count.deviation))
                    if published
                    else ()
                ),
            )
            for name, count in counts.rows()
        )
        yield Table(title, columns if published else columns[:3], 1, rows)


def _coverage(stats: Stats) -> Iterator[Table]:
    for slot, coverage in stats.coverage.items():
        rows = tuple(
            (name_of(name), _number(row.images), _number(row.covered), percent_of(row.percent), _number(row.orphans))
            for name, row in coverage.rows()
        )
        columns = ("class", "images", "covered", "%", "without image")
        images = sentence_case(stats.nouns["image"])
        yield Table(f"{images} with {stats.nouns[slot]} (% of the class's {stats.nouns['image']})", columns, 1, rows)


def _sizes(noun: str, sizes: PerClass[Sizes], *, first: bool) -> Iterator[Table]:
    rows = tuple(
        (name_of(name), _number(size.known), *_extent(size.width, size.height), _number(size.unknown))
        for name, size in sizes.rows()
    )
    columns = ("class", "files", "min", "median", "max", "unknown")
    yield Table(f"{sentence_case(noun)}: width x height (pixels)", columns, 1, rows, (_APART,) if first else ())
    counted: list[tuple[str, ...]] = []
    for name, size in sizes.rows():
        shown = [(f"{s.width:,} x {s.height:,}", s.count, s.percent) for s in size.most_frequent]
        counted.extend((name_of(name), text, _number(n), percent_of(part)) for text, n, part in shown)
        counted.extend(_other(name, size.distinct - len(shown), size.other, size.other_percent, not shown))
    title = f"{sentence_case(noun)}: most frequent sizes (% of the class's {noun} of known size)"
    yield Table(title, ("class", "pixels", "files", "%"), 2, tuple(counted))


def _mixed_sizes(stats: Stats, published: PublishedTable) -> Table:
    together = " and ".join(noun for slot, noun in stats.nouns.items() if slot != "label")
    notes = [f"{sentence_case(together)} in one row of numbers, as in the published table. {_APART}"]
    cells = (f"{_middle(w)} x {_middle(h)}" for w, h in (published.min, published.median, published.max))
    rows = [("published, each class", NONE, *cells, NONE)]
    for name, size in stats.mixed_sizes.rows():
        matches = NONE if size.matches is None else "yes" if size.matches else "no"
        rows.append((name_of(name), _number(size.files), *_extent(size.width, size.height), matches))
    total = stats.mixed_sizes.total
    if total.complete_matches is False:
        low, middle, high = _extent(total.complete_width, total.complete_height)
        notes.append(
            f"A complete copy of {stats.subject.profile} has min {low}, median {middle}, max {high} over all classes: "
            "the published table is that of another release. Hold the copy against these figures instead."
        )
    columns = ("class", "files", "min", "median", "max", "match")
    return Table("Published size table: images and maps mixed (pixels)", columns, 1, tuple(rows), tuple(notes))


def _file_sizes(stats: Stats) -> Iterator[Table]:
    columns = ("class", "files", "min", "median", "mean", "max", "total")
    for slot, sizes in stats.file_sizes.items():
        rows = tuple(
            (
                name_of(name),
                _number(size.files),
                _number(size.min),
                _middle(size.median),
                NONE if size.mean is None else f"{size.mean:,.1f}",
                _number(size.max),
                _number(size.total),
            )
            for name, size in sizes.rows()
        )
        yield Table(f"{sentence_case(stats.nouns[slot])}: file sizes (bytes)", columns, 1, rows)


def _distributions(title: str, slots: dict[str, PerClass[Distribution]], nouns: dict[str, str]) -> Table:
    rows: list[tuple[str, ...]] = []
    for slot, values in slots.items():
        for name, counted in values.rows():
            top = counted.most_frequent
            lines = [
                (name_of(name), "(none)" if v.value is None else v.value, _number(v.count), percent_of(v.percent))
                for v in top
            ]
            lines.extend(_other(name, counted.distinct - len(top), counted.other, counted.other_percent, not top))
            rows.extend((nouns[slot], *line) for line in lines)
    return Table(title, ("kind", "class", "value", "files", "%"), 3, tuple(rows))


def _other(
    name: str | None, distinct: int, files: int, percent: float | None, empty: bool
) -> Iterator[tuple[str, str, str, str]]:
    if empty:
        yield name_of(name), NONE, "0", NONE
    elif distinct:
        yield name_of(name), f"({distinct:,} other)", _number(files), percent_of(percent)


def _gray_levels(noun: str, gray_levels: PerClass[GrayLevels]) -> Table:
    rows = tuple(
        (name_of(name), what, _number(levels.maps), *_levels(figures))
        for name, levels in gray_levels.rows()
        for what, figures in (("lowest", levels.lowest), ("highest", levels.highest), ("mean", levels.mean))
    )
    columns = ("class", "level of a map", "maps", "min", "median", "max")
    return Table(f"{sentence_case(noun)}: gray levels (0..255)", columns, 2, rows)


def _parts(title: str, parts: tuple[Part, ...]) -> Table:
    rows: list[tuple[str, ...]] = []
    for part in parts:
        name = "(none)" if part.name is None else part.name
        rows.extend((name, cls, _number(s.count), percent_of(s.percent)) for cls, s in part.classes.items())
        rows.append((name, name_of(None), _number(part.samples), percent_of(part.percent)))
    notes = ("% of the part's samples; in the rows 'total', of all samples.",)
    return Table(f"{title}: samples", ("part", "class", "samples", "%"), 2, tuple(rows), notes)


def _number(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def _deviation(number: int | None) -> str:
    return NONE if number is None else f"{number:+,}" if number else "0"


def _middle(number: float | None) -> str:
    return NONE if number is None else f"{number:,.1f}".removesuffix(".0")


def _extent(width: Range | None, height: Range | None) -> tuple[str, str, str]:
    if width is None or height is None:
        return NONE, NONE, NONE
    return (
        f"{width.min:,} x {height.min:,}",
        f"{_middle(width.median)} x {_middle(height.median)}",
        f"{width.max:,} x {height.max:,}",
    )


def _levels(figures: LevelRange | None) -> tuple[str, str, str]:
    if figures is None:
        return NONE, NONE, NONE
    return _middle(figures.min), _middle(figures.median), _middle(figures.max)


StatsFormat = Literal["text", "json", "csv", "markdown"]
JSON_FORMAT = 2
"""Version of the shape of the JSON, whose other keys are the fields of `Stats`."""


def render_stats(
    stats: Stats,
    format: StatsFormat = "text",  # noqa: A002 - as the option is called
    *,
    facts: Sequence[str] = SHOWN,
    by: Literal["class", "part"] = "class",
) -> str:
    """Return ``stats`` as text (at most 80 columns), JSON, CSV (one figure per line) or GitHub Markdown.

    Args:
        stats: The statistics.
        format: The format.
        facts: Names of the facts whose distributions text and Markdown show; JSON and CSV have all of them.
        by: Whether text and Markdown show these per class or per part of the split.
    """
    if format == "json":
        return dump({"format": JSON_FORMAT, **asdict(stats)})
    if format == "csv":
        return write_rows(COLUMNS, (map(write_cell, line) for line in stats.list_figures()))
    render = {"text": _render_text, "markdown": _render_markdown}[format]
    return render(describe_subject(stats), list_tables(stats, facts, by))


def _render_text(subject: Iterable[str], shown: Iterable[tables.Table]) -> str:
    # Wrapping counts characters, of which some take two columns.
    lines = [tables.cut_middle(line, WIDTH) for text in subject for line in textwrap.wrap(text, WIDTH)]
    for table in shown:
        lines.extend(("", *tables.lay_out(table)))
    return "\n".join(lines) + "\n"


def _render_markdown(subject: Iterable[str], shown: Iterable[tables.Table]) -> str:
    lines = ["# Statistics", "", *(f"- {markdown.escape_markdown(' '.join(text.split()))}" for text in subject)]
    for table in shown:
        lines.extend(("", *markdown.lay_out(table)))
    return "\n".join(lines) + "\n"
