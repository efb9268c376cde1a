"""Statistics as long CSV: one figure per line, in the columns section, slot, class, measure, value."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from lagtool.render.spreadsheet import write_cell, write_rows
from lagtool.stats.per_class import PerClass
from lagtool.stats.records import Part, Stats

COLUMNS = ("section", "slot", "class", "measure", "value")
ALL_CLASSES = "(all)"  # no class can be called so

_DRAWN = ("histogram", "mean_map")
"""What is there to be drawn, and stands in the JSON only."""

Line = tuple[str, str, str, str, Any]


def render_csv(stats: Stats) -> str:
    """Return one line per figure; a figure that is not known is an empty cell.

    Shares of a value or size are ``count of X`` and ``percent of X``; ``(none)`` stands for a missing value. In the
    sections ``split`` and ``fold`` the column ``slot`` is empty and the measure is that of a part.
    """
    return write_rows(COLUMNS, (map(write_cell, line) for line in _lines(stats)))


def _lines(stats: Stats) -> Iterator[Line]:
    for measure, value in asdict(stats.subject).items():
        yield "subject", "", "", measure, value
    for section in ("counts", "coverage", "sizes"):
        yield from _section(section, getattr(stats, section))
    if stats.published_sizes is not None:
        for measure, (width, height) in asdict(stats.published_sizes).items():
            yield "published_sizes", "image+map", ALL_CLASSES, f"width.{measure}", width
            yield "published_sizes", "image+map", ALL_CLASSES, f"height.{measure}", height
    yield from _section("mixed_sizes", {"image+map": stats.mixed_sizes})
    for section in ("file_sizes", "states", "formats", "modes", "label_contents"):
        yield from _section(section, getattr(stats, section))
    if stats.gray_levels is not None:
        yield from _section("gray_levels", {"map": stats.gray_levels})
    yield from _distributions(stats)
    if stats.attention is not None:
        yield from _section("attention", {"map": stats.attention.figures})
        for pair in stats.attention.between:
            for measure in ("correlation", "similarity"):
                between = f"{measure} of {pair.a} and {pair.b}"
                yield "mean_maps", "map", ALL_CLASSES, between, getattr(pair, measure)
    for section, parts in (("split", stats.split), ("fold", stats.fold)):
        for part in parts or ():
            yield from _part(section, part)


def _distributions(stats: Stats) -> Iterator[Line]:
    for one in stats.distributions:
        for name, summary in one.figures.rows():
            for measure, value in _measures(asdict(summary), f"{one.name}."):
                yield "distributions", one.slot, ALL_CLASSES if name is None else name, measure, value
        for part, summary in one.parts.items():
            for measure, value in _measures(asdict(summary), f"{one.name}."):
                yield "distributions", one.slot, ALL_CLASSES, f"{measure} of {part}", value


def _section(section: str, slots: dict[str, PerClass[Any]]) -> Iterator[Line]:
    for slot, figures in slots.items():
        for name, record in figures.rows():
            for measure, value in _measures(asdict(record)):
                yield section, slot, ALL_CLASSES if name is None else name, measure, value


def _measures(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _measures(value, f"{prefix}{key}.")
        elif key in _DRAWN:
            continue
        elif isinstance(value, tuple):
            for counted in value:
                yield f"count of {_value(counted)}", counted["count"]
                yield f"percent of {_value(counted)}", counted["percent"]
        else:
            yield f"{prefix}{key}", value


def _value(counted: dict[str, Any]) -> str:
    if "width" in counted:
        return f"{counted['width']}x{counted['height']}"
    return "(none)" if counted["value"] is None else str(counted["value"])


def _part(section: str, part: Part) -> Iterator[Line]:
    name = "(none)" if part.name is None else part.name
    for cls, share in part.classes.items():
        yield section, "", cls, f"count of {name}", share.count
        yield section, "", cls, f"percent of {name}", share.percent
    yield section, "", ALL_CLASSES, f"count of {name}", part.samples
    yield section, "", ALL_CLASSES, f"percent of {name}", part.percent
