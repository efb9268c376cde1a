"""The parts of a split that was audited, as rows of a table that text and Markdown show."""

from collections.abc import Sequence

from lagtool.header import Header
from lagtool.splits.portrait import MEASURES, Portrait

WIDTH = 80
_WIDEST_NAME = 16
_WIDEST_HEADING = 12


def list_columns(header: Header, parts: Sequence[Portrait]) -> list[list[str]]:
    """Return the columns of the table: heading first, then a cell per part, all parts together last."""
    columns = [["part", *(part.name or "all" for part in parts)]]
    columns.append(["samples", *(f"{part.samples:,}" for part in parts)])
    columns.extend(
        [f"{spec.name} %", *(_share(part.classes.get(spec.name, 0), part.samples) for part in parts)]
        for spec in header.profile.classes[:6]
    )
    if any(part.maps for part in parts):
        columns.append(["with map %", *(_share(part.maps, part.samples) for part in parts)])
    if any(part.measures["quality"].median is not None for part in parts):
        columns.append(["JPEG quality", *(_number(part.measures["quality"].median) for part in parts)])
    columns.append(["distance", *(_distance(part.distance if part.name else None) for part in parts)])
    if any(_largest(part) is not None for part in parts):
        columns.append(["quality differs", *(_distance(_largest(part) if part.name else None) for part in parts)])
    return columns


def lay_out(header: Header, parts: Sequence[Portrait]) -> list[str]:
    """Return the table in lines of at most 80 columns; headings take two lines, and what is too wide goes below."""
    first, *others = list_columns(header, parts)
    lines: list[str] = []
    block, free = [first], WIDTH - _width(first)
    for column in others:
        if _width(column) + 2 > free:
            lines += [*_lay_out_block(block), ""]
            block, free = [first], WIDTH - _width(first)
        block.append(column)
        free -= _width(column) + 2
    return [*lines, *_lay_out_block(block), ""]


def _lay_out_block(columns: list[list[str]]) -> list[str]:
    widths = [_width(column) for column in columns]
    headings = [_break(column[0]) for column in columns]
    rows = [[heading[line] for heading in headings] for line in (0, 1)]
    rows += [list(cells) for cells in zip(*(column[1:] for column in columns), strict=True)]
    lines = []
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([_cut(name, _WIDEST_NAME).ljust(widths[0]), *padded]).rstrip())
    return [line for line in lines if line]


def _width(column: list[str]) -> int:
    heading = max(len(line) for line in _break(column[0]))
    if column[0] == "part":
        return min(_WIDEST_NAME, max(heading, *(len(cell) for cell in column[1:])))
    return max(heading, *(len(cell) for cell in column[1:]))


def _break(heading: str) -> tuple[str, str]:
    """Return a heading in two lines, broken behind a blank or ``_`` so that the wider line is narrowest."""
    places = [at + 1 for at, char in enumerate(heading) if char in " _" and at + 1 < len(heading)]
    if not places or len(heading) <= len("samples"):
        return "", _cut(heading, _WIDEST_HEADING)
    best = min(places, key=lambda at: max(at, len(heading) - at))
    return _cut(heading[:best].rstrip(), _WIDEST_HEADING), _cut(heading[best:], _WIDEST_HEADING)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _share(number: int, total: int) -> str:
    return f"{100 * number / total:.1f}" if total else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _distance(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _largest(part: Portrait) -> float | None:
    """Return the largest standardised difference of all measures, without its sign."""
    found = [part.measures[name].difference for name in MEASURES if name in part.measures]
    return max((abs(value) for value in found if value is not None), default=None)


LEGEND = (
    "distance: share of samples that would have to be of another class or with or without map for the part to be like "
    "all (0 to 1); quality differs: largest standardised difference of brightness, contrast, sharpness, JPEG quality "
    "and file size from all"
)
"""What the last columns mean."""
