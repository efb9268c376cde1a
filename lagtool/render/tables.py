"""A table of strings, which the text and the Markdown renderers lay out each in its way."""

from dataclasses import dataclass

NONE = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of strings.

    Attributes:
        title: What the figures are, and what percentages are of.
        columns: Headings.
        text_columns: How many columns, from the left, hold text; the others hold numbers.
        rows: Cells; they may hold text from outside, printable but not escaped for any markup.
        notes: Sentences that belong below.
    """

    title: str
    columns: tuple[str, ...]
    text_columns: int
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def name_of(name: str | None) -> str:
    """Return what the row of a class, or of all (None), is called."""
    return "total" if name is None else name


def percent_of(number: float | None) -> str:
    """Return a percentage with one decimal."""
    return NONE if number is None else f"{number:.1f}"


def sentence_case(noun: str) -> str:
    """Return ``noun`` as it begins a sentence."""
    return noun[:1].upper() + noun[1:]
