"""The parts of a split that was audited, as rows of a table that text and Markdown show."""

from collections.abc import Iterator, Sequence

from lagtool.manifest.facts import BY_NAME, COMPARED
from lagtool.manifest.header import Header
from lagtool.reporting.tables import NONE, cut, lay_out_columns
from lagtool.splits.summary import PartSummary

_WIDEST_NAME = 16
_WIDEST_HEADING = 12


def list_columns(header: Header, parts: Sequence[PartSummary]) -> list[list[str]]:
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
        columns.append([BY_NAME["image_quality"].title, *(_number(part.measures["quality"].median) for part in parts)])
    columns.append(["distance", *(_distance(part.distance if part.name else None) for part in parts)])
    if any(_largest(part) is not None for part in parts):
        columns.append(["quality differs", *(_distance(_largest(part) if part.name else None) for part in parts)])
    return columns


def lay_out(header: Header, parts: Sequence[PartSummary]) -> Iterator[str]:
    """Yield the table in lines of at most 80 columns; headings take two lines, and what is too wide goes below."""
    (heading, *names), *others = list_columns(header, parts)
    first = [*_break(heading), *(cut(name, _WIDEST_NAME) for name in names)]
    return lay_out_columns([first, *([*_break(heading), *cells] for heading, *cells in others)])


def _break(heading: str) -> tuple[str, str]:
    """Return a heading in two lines, broken behind a blank or ``_`` so that the wider line is narrowest."""
    places = [at + 1 for at, char in enumerate(heading) if char in " _" and at + 1 < len(heading)]
    if not places or len(heading) <= len("samples"):
        return "", cut(heading, _WIDEST_HEADING)
    best = min(places, key=lambda at: max(at, len(heading) - at))
    return cut(heading[:best].rstrip(), _WIDEST_HEADING), cut(heading[best:], _WIDEST_HEADING)


def _share(number: int, total: int) -> str:
    return f"{100 * number / total:.1f}" if total else NONE


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.4g}"


def _distance(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _largest(part: PartSummary) -> float | None:
    """Return the largest standardised difference of all measures, without its sign."""
    found = [part.measures[name].difference for name in COMPARED if name in part.measures]
    return max((abs(value) for value in found if value is not None), default=None)


_TITLES = [BY_NAME[column].title for column in COMPARED.values()]
LEGEND = (
    "distance: share of samples that would have to be of another class or with or without map for the part to be like "
    "all (0 to 1); quality differs: largest standardised difference of "
    f"{', '.join(_TITLES[:-1])} and {_TITLES[-1]} from all"
)
"""What the last columns mean."""
