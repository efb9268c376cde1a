"""Records: a table as it was read, a name in it, and the whole list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lagtool.errors import LagtoolError
from lagtool.text import show

MAX_NAME = 4096
"""Characters that a name may have."""

MAX_NAMES = 10_000_000
"""Names that a list may have."""

Cell = str | None


class NameRecord(NamedTuple):
    """One name in a list, as it was read: nothing in it can be trusted.

    Attributes:
        split: The split that it is put into; empty where none was asked for.
        name: The name itself.
        place: Where it stands, fit to be shown: ``train.txt line 7``; empty where the name says it.
        class_text: The class that the list puts it into, in the list's words; None where it says nothing.
        sha256: Of the file's bytes, where they are at hand; None otherwise.
        group: The patient, eye or group that it belongs to; None where the list says none.
    """

    split: str
    name: str
    place: str
    class_text: str | None = None
    sha256: str | None = None
    group: str | None = None


class Unusable(NamedTuple):
    """A row that names no sample, or puts it nowhere: where it stands, and why."""

    place: str
    why: str


@dataclass(frozen=True, eq=False)
class Listing:
    """A list as it was read, not yet compared with any dataset.

    Attributes:
        title: What it was read from, fit to be shown.
        splits: Its splits in order, those without any name too.
        records: All names, in the order of files and lines.
        remarks: What was taken for what, and what else must be known of the reading.
        unusable: Rows that say something and could not be used.
    """

    title: str
    splits: tuple[str, ...]
    records: list[NameRecord] = field(repr=False)
    remarks: tuple[str, ...] = ()
    unusable: tuple[Unusable, ...] = ()


@dataclass
class Table:
    """Rows of cells from a file, before anything is known of its columns.

    Attributes:
        file: The file, fit to be shown.
        rows: The cells; rows may differ in length.
        lines: Where each row stands: its line or row, or its path in a JSON document.
        headings: What the columns are called; None where nothing says it.
        keys: Keys of the JSON document round the table, from the outside in.
        word: What ``lines`` count.
        quoted: Whether numbers in it are texts of a JSON document, as positions never are.
    """

    file: str
    rows: list[list[Cell]] = field(repr=False)
    lines: Sequence[int | str] = field(repr=False)
    headings: tuple[str, ...] | None = None
    keys: tuple[str, ...] = ()
    word: str = "line"
    quoted: bool = False

    def place(self, row: int) -> str:
        """Return where a row stands: ``train.csv line 3``."""
        line = self.lines[row]
        return f"{self.file} {self.word} {line}" if isinstance(line, int) else f"{self.file} at {line}"

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.headings) if self.headings is not None else max(map(len, self.rows), default=0)

    def column(self, number: int) -> list[Cell]:
        """Return the cells of a column, None where a row ends before it."""
        return [row[number] if number < len(row) else None for row in self.rows]


@dataclass
class Sheet:
    """What was read so far: names, each with the fold round it (None: there is none); splits in order; remarks.

    Where there are folds round splits, each fold holds a split of its own.
    """

    records: list[tuple[str | None, NameRecord]] = field(default_factory=list)
    splits: dict[tuple[str | None, str], None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)

    def add(self, outer: str | None, record: NameRecord) -> None:
        """Add a name.

        Raises:
            LagtoolError: It is too long to be one, or one too many.
        """
        if (length := len(record.name)) > MAX_NAME:
            what = f"a name of {length:,} characters, {show(record.name, 40)}: this is no list of files"
            raise LagtoolError(f"{record.place}: {what}")
        if len(self.records) == MAX_NAMES:
            raise LagtoolError(f"{record.place}: more than {MAX_NAMES:,} names: this is no list of samples")
        self.records.append((outer, record))
        self.splits.setdefault((outer, record.split))

    def to_listings(self, title: str) -> list[Listing]:
        """Return one listing, or one per fold where each fold holds a split."""
        outers = dict.fromkeys(outer for outer, _ in self.splits) or dict.fromkeys(outer for outer, _ in self.records)
        return [
            Listing(
                title if outer is None else f"{title}, {show(outer, 40)}",
                tuple(name for o, name in self.splits if o == outer),
                [record for o, record in self.records if o == outer],
                tuple(self.remarks),
                tuple(self.unusable),
            )
            for outer in outers or (None,)
        ]
