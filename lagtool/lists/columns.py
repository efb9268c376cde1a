"""What each column of a list is: by its cells first, its heading second; two possible readings are refused."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lagtool.errors import LagtoolError
from lagtool.lists.record import Cell
from lagtool.lists.words import (
    is_missing,
    is_picture,
    is_split,
    read_flag,
    simplify,
)
from lagtool.text import show

ROLES = ("name", "split", "class", "group")
"""What a column can be taken for."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
PLAIN = re.compile(r"(?:0|[1-9][0-9]{0,11})", re.ASCII)
MOSTLY = 0.5
_SEEN = 2_000


class UndecidedError(LagtoolError):
    """Two readings are possible, or none: the message says which option decides."""


def read_columns(texts: Iterable[str]) -> dict[str, str]:
    """Return the columns that ``name=fundus,split=fold`` chooses: role to heading, number (from 1), or ``none``.

    Raises:
        LagtoolError: It is written in another way.
    """
    chosen: dict[str, str] = {}
    for text in (part for whole in texts for part in whole.split(",")):
        role, sign, column = text.partition("=")
        role = role.strip().lower()
        if not sign or not column.strip() or role not in ROLES or role in chosen:
            raise LagtoolError(f"--columns {show(text, 60)}: write ROLE=COLUMN once each; roles: {', '.join(ROLES)}")
        chosen[role] = column.strip()
    return chosen


@dataclass(eq=False)
class Column:
    """One column of a list: its heading (None: nothing says it), place from 0, and cells; and what these are."""

    heading: str | None
    number: int
    cells: list[Cell] = field(repr=False)
    quoted: bool = False

    @property
    def title(self) -> str:
        """What messages call it."""
        return show(self.heading, 40) if self.heading else str(self.number + 1)

    @property
    def word(self) -> str:
        """Its heading, simplified."""
        return simplify(self.heading or "")

    @cached_property
    def filled(self) -> list[str]:
        """Its cells but those that say that a value is missing."""
        return [cell for cell in self.cells if cell is not None and not is_missing(cell)]

    @cached_property
    def seen(self) -> list[str]:
        """Its filled cells, or of many an even choice."""
        return [cell for cell in self.filled[:: max(1, len(self.filled) // _SEEN)] if cell]

    def share(self, test: Callable[[str], object]) -> float:
        """Return the share of filled cells that pass a test; 0 where there are none."""
        return sum(bool(test(cell)) for cell in self.seen) / len(self.seen) if self.seen else 0.0

    def every(self, test: Callable[[str], object]) -> bool:
        """Whether there are filled cells, and all pass a test."""
        return bool(self.filled) and all(map(test, self.filled))

    @cached_property
    def pictures(self) -> bool:
        """Whether most cells are names of pictures."""
        return self.share(is_picture) >= MOSTLY

    @cached_property
    def numeric(self) -> bool:
        """Whether all cells are numbers."""
        return self.every(_NUMBER.fullmatch)

    @cached_property
    def whole(self) -> list[int] | None:
        """Its cells as whole numbers; None where they are anything else, or have zeros in front."""
        if not self.filled or not self.numeric:
            return None
        texts = [write_whole(cell) for cell in self.filled]
        return [int(text) for text in texts] if all(map(PLAIN.fullmatch, texts)) else None

    @cached_property
    def counts(self) -> bool:
        """Whether its numbers, with or without zeros in front, count the rows: 0, 1, 2, ... or 1, 2, 3, ..."""
        numbers = [int(cell) for cell in map(write_whole, self.filled) if cell.isascii() and cell.isdigit()]
        same = len(numbers) == len(self.cells) > 0
        return same and numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    @cached_property
    def flags(self) -> bool:
        """Whether all cells are yes or no."""
        return self.every(lambda cell: read_flag(cell) is not None)

    @cached_property
    def splits(self) -> bool:
        """Whether all cells are words that splits are called by."""
        return self.every(is_split)

    def partition(self) -> tuple[int, ...]:
        """Return which rows have one value, whatever it is: equal for columns that say the same in other words."""
        known: dict[Cell, int] = {}
        return tuple(
            -1 if cell is None or is_missing(cell) else known.setdefault(cell, len(known)) for cell in self.cells
        )


def is_one_hot(columns: Sequence[Column]) -> bool:
    """Whether columns of yes and no say yes once in each row, so that each holds one class."""
    rows = zip(*(column.cells for column in columns), strict=True)
    return {sum(read_flag(cell or "") is True for cell in row) for row in rows} == {1}


def write_whole(cell: str) -> str:
    """Return a number that is whole without its fraction or exponent (``1.0``, ``1e3``); any other text as it is."""
    if cell.isdigit() or not _NUMBER.fullmatch(cell):
        return cell
    try:
        value = float(cell)
    except ValueError:
        return cell
    return str(int(value)) if value.is_integer() and abs(value) < 1e12 else cell


@dataclass
class Roles:
    """The columns that were taken, by number; None: there is none.

    Attributes:
        name: Names of files, or ids.
        grade: How sure that is: 3 by the cells, 2 by the heading, 1 for want of another.
        split: Splits, or numbers of folds.
        indicators: Columns of yes and no, each with the split that a yes (and a no) means.
        wide: Columns that hold the names of one split each, with that split.
        class_: Classes.
        group: Patients or groups.
        unused: Titles of the others.
        notes: What else must be known.
    """

    name: Column | None = None
    grade: int = 0
    split: Column | None = None
    indicators: list[tuple[Column, str, str | None]] = field(default_factory=list)
    wide: list[tuple[Column, str]] = field(default_factory=list)
    class_: Column | None = None
    group: Column | None = None
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def has_split(self) -> bool:
        """Whether columns say the split of each row."""
        return self.split is not None or bool(self.indicators or self.wide)

    @property
    def used(self) -> list[Column]:
        """All columns that were taken."""
        single = (self.name, self.split, self.class_, self.group)
        return [*(column for column in single if column is not None), *self.several]

    @property
    def several(self) -> list[Column]:
        """Those that each say something of one split."""
        return [one[0] for one in self.indicators] + [one[0] for one in self.wide]
