"""Distributions and attention maps as tables of strings."""

from collections.abc import Iterator, Sequence
from math import floor, log10

from lagtool.reporting.tables import NONE, Table, name_of, percent_of, sentence_case
from lagtool.stats.attention import Attention, AttentionFigures
from lagtool.stats.distributions import FactDistribution, Summary
from lagtool.stats.statistics import Stats

_COLUMNS = ("min", "5 %", "25 %", "median", "75 %", "95 %", "max", "MAD")
_POWERS = ("", "k", "M", "G", "T")


def list_distributions(stats: Stats, facts: Sequence[str], by: str = "class") -> Iterator[Table]:
    """Yield a table for each of ``facts`` of which a value is known.

    Args:
        stats: The statistics.
        facts: Names of columns.
        by: ``class`` or ``part``: what the rows are.
    """
    known = {one.name: one for one in stats.distributions}
    for name in facts:
        if name in known and known[name].figures.total.n:
            yield _tabulate(known[name], stats.nouns[known[name].slot], by)


def _tabulate(one: FactDistribution, noun: str, by: str) -> Table:
    figures: list[tuple[str | None, Summary]] = list(one.figures.rows())
    if by == "part":
        figures = [*one.parts.items(), (None, one.figures.total)]
    cells = shorten([_numbers(summary) for _, summary in figures])
    rows = tuple((name_of(name), *line) for (name, _), line in zip(figures, cells, strict=True))
    gaps = [f"{name_of(name)} {s.missing:,} of {s.n + s.missing:,}" for name, s in figures if s.missing]
    notes = (f"Not known: {'; '.join(gaps)}.",) if gaps else ()
    return Table(f"{sentence_case(noun)}: {one.title} ({one.unit})", (by, *_COLUMNS), 1, rows, notes)


def _numbers(one: Summary) -> tuple[float | None, ...]:
    return one.min, one.p5, one.q1, one.median, one.q3, one.p95, one.max, one.mad


def shorten(numbers: Sequence[Sequence[float | None]]) -> list[tuple[str, ...]]:
    """Return rows of numbers in about five characters each, all with the same decimals: four digits that count.

    Where the largest is 10,000 or more, all are in thousands (``k``), millions (``M``), ...
    """
    known = [abs(number) for row in numbers for number in row if number is not None]
    largest = max(known, default=0.0)
    power = 0 if largest < 10_000 else min(4, floor(log10(largest)) // 3)
    digits = floor(log10(largest / 1000**power)) if largest else 0
    whole = power == 0 and all(number == round(number) for number in known)
    decimals = 0 if whole else max(0, min(3, 3 - digits))

    def write(number: float | None) -> str:
        return NONE if number is None else f"{number / 1000**power:,.{decimals}f}{_POWERS[power]}"

    return [tuple(map(write, row)) for row in numbers]


def list_attention(attention: Attention, noun: str) -> Iterator[Table]:
    """Yield what attention maps say together; nothing where there are no maps."""
    if not attention.figures.total.maps:
        return
    rows = list(attention.figures.rows())
    lengths = "sides of the map, from the left and from above"
    yield Table(
        f"{sentence_case(noun)} together: centres of mass ({lengths}), concentration",
        ("class", "maps", "mean x", "mean y", "spread", "hottest", "Gini"),
        1,
        tuple((name_of(name), *_together(one)) for name, one in rows),
        (
            "spread: root mean squared distance of the centres from their mean. hottest: median share (%) of a map's "
            "mass in the hottest tenth of 16 x 16 cells. Gini: median Gini coefficient over the cells, 0 even, 1 in "
            "one cell.",
        ),
    )
    if attention.figures.total.disc.maps:
        yield Table(
            f"{sentence_case(noun)} and the optic disc",
            ("class", "maps", "near %", "distance", "other discs", "saliency"),
            1,
            tuple((name_of(name), *_disc(one)) for name, one in rows),
            (
                "Maps whose image has a disc that is trusted (docs/disc.md). near: the brightest place at most 0.15 "
                "sides from the disc's centre. distance: median, centre of mass to disc, in sides; other discs: the "
                "same to another image's disc. saliency: median of the map's standardised level at the disc (NSS), 0 "
                "by chance.",
            ),
        )
    if attention.between:
        yield Table(
            f"Mean {noun} of two classes",
            ("class", "class", "correlation", "similarity"),
            2,
            tuple(
                (pair.a, pair.b, _decimal(pair.correlation), _decimal(pair.similarity)) for pair in attention.between
            ),
            ("Over 16 x 16 cells: Pearson's correlation; shared mass (SIM), 0 apart, 1 the same.",),
        )


def _together(one: AttentionFigures) -> tuple[str, ...]:
    share = one.hottest_share.median
    return (
        f"{one.maps:,}",
        _decimal(one.centre_x),
        _decimal(one.centre_y),
        _decimal(one.centre_spread),
        percent_of(None if share is None else 100 * share),
        _decimal(one.gini.median),
    )


def _disc(one: AttentionFigures) -> tuple[str, ...]:
    disc = one.disc
    medians = (disc.distance.median, disc.shuffled.median, disc.saliency.median)
    return f"{disc.maps:,}", percent_of(disc.near_percent), *map(_decimal, medians)


def _decimal(number: float | None) -> str:
    return NONE if number is None else f"{number:.3f}"
