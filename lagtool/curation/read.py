"""Reading and writing curation files: lenient in form, strict in meaning."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from lagtool.errors import LagtoolError
from lagtool.lists.tables import read_cells
from lagtool.manifest.marks import Mark, describe_contradiction, find_contradiction, fingerprint_marks
from lagtool.model import Action
from lagtool.reading import load_file
from lagtool.text import count, guard_cell, join_some, show, unguard_cell


@dataclass(frozen=True, eq=False)
class Curation:
    """Marks, and where they stand.

    Attributes:
        name: Name of the file, fit to be shown.
        marks: The marks in the order of the file.
        sha256: Of the file; None where they came from a program.
        lines: The line of each mark; empty where there are none.
        remarks: What must be known of the reading.
    """

    name: str
    marks: tuple[Mark, ...]
    sha256: str | None = None
    lines: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The sha256 over the marks, whatever the order and form of the file."""
        return fingerprint_marks(self.marks)

    def place(self, number: int) -> str:
        """Return where a mark stands: file and line, or the sample that it is about."""
        if self.lines:
            return f"{self.name}, line {self.lines[number]}"
        return f"{self.name}, {show(self.marks[number].sample, 80)}"


COLUMNS = ("class", "id", "action", "value", "note", "image_sha256")
"""The columns of a curation file; the last three may be left out."""

_NEEDED = ("class", "id", "action")
_MAX_BYTES = 256 << 20


@dataclass(eq=False)
class Sheet:
    """A curation file as it is written: cells as they stand, also those of columns that lagtool does not know.

    Attributes:
        headings: The first line.
        rows: The line on which each of the others begins, and its cells.
        delimiter: What stands between cells.
        newline: What ends a line.
        encoding: How text becomes bytes; ``utf-8-sig`` puts a byte order mark before it.
    """

    headings: list[str] = field(default_factory=lambda: list(COLUMNS))
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    delimiter: str = ","
    newline: str = "\n"
    encoding: str = "utf-8"

    def place(self, column: str) -> int | None:
        """Return the position of a column, None where it is missing."""
        names = [heading.strip().lower() for heading in self.headings]
        return names.index(column) if column in names else None

    def to_bytes(self) -> bytes:
        """Return the file."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerow(self.headings)
        writer.writerows(cells for _, cells in self.rows)
        return text.getvalue().encode(self.encoding)


def read_curation(path: str | Path) -> Curation:
    """Return the marks of a curation file.

    A byte order mark, blanks round a cell, any order of the columns, further columns (remarked on), semicolons or tabs
    instead of commas and any line ends are taken as they come.

    Raises:
        LagtoolError: It cannot be read, lacks a column, or a line means nothing or contradicts another; the message
            names the line.
    """
    return parse_curation(read_bytes(path), show(Path(path).name), where=show(path))


def read_bytes(path: str | Path) -> bytes:
    """Return what a curation file holds.

    Raises:
        LagtoolError: It cannot be read.
    """
    return load_file(path, _MAX_BYTES, "curation")


def parse_curation(data: bytes, name: str, *, where: str | None = None) -> Curation:
    """Return the marks in the bytes of a file called ``name``; errors call it ``where``.

    Raises:
        LagtoolError: As for `read_curation`.
    """
    title = where or name
    sheet = parse_sheet(data, title)
    marks, lines = [], []
    for line, mark in _marks(sheet, title):
        lines.append(line)
        marks.append(mark)
    wrong = find_contradiction(marks)
    if wrong is not None:
        first, second = wrong
        said = describe_contradiction(marks[second], marks[first], f"in line {lines[first]}")
        raise LagtoolError(f"{title}, line {lines[second]}: {said}")
    extra = [show(h, 40) for h in sheet.headings if h.strip() and h.strip().lower() not in COLUMNS]
    words = f"{'column' if len(extra) == 1 else 'columns'} {join_some(extra, 5)}"
    remarks = (f"{title}: passed over {words}",) if extra else ()
    return Curation(name, tuple(marks), sha256(data).hexdigest(), tuple(lines), remarks)


def parse_sheet(data: bytes, title: str) -> Sheet:
    """Return the cells of a curation file.

    Raises:
        LagtoolError: It is no UTF-8 text or no CSV, or lacks a column.
    """
    text = read_cells(data, title, comments=False)
    lines = text.rows
    if not lines:
        raise LagtoolError(f"{title} is empty: its first line must be {','.join(COLUMNS)}")
    (number, headings), *rows = lines
    names = [heading.strip().lower() for heading in headings]
    for column in COLUMNS:
        if names.count(column) > 1:
            raise LagtoolError(f"{title}, line {number}: two columns {column}: remove one")
    missing = [column for column in _NEEDED if column not in names]
    if missing:
        raise LagtoolError(
            f"{title}, line {number}: no column {missing[0]}: the first line must be {','.join(COLUMNS)}"
        )
    return Sheet(headings, rows, text.delimiter, text.newline, text.encoding)


def _marks(sheet: Sheet, title: str) -> Iterator[tuple[int, Mark]]:
    places = {column: sheet.place(column) for column in COLUMNS}
    for line, cells in sheet.rows:
        if any(cell.strip() for cell in cells[len(sheet.headings) :]):
            raise LagtoolError(
                f"{title}, line {line}: more cells than columns: put a note with a {sheet.delimiter!r} into quotes"
            )
        values = {
            column: unguard_cell(cells[at].strip()) if at is not None and at < len(cells) else ""
            for column, at in places.items()
        }
        try:
            yield line, make_mark(values)
        except LagtoolError as error:
            raise LagtoolError(f"{title}, line {line}: {error}") from None


def make_mark(values: dict[str, str]) -> Mark:
    """Return the mark that the cells of a line, by column, mean.

    Raises:
        LagtoolError: They mean none.
    """
    action = values["action"].lower().replace("_", "-").replace(" ", "-")
    if action not in list(Action):
        what = f"unknown action '{show(values['action'], 40)}'" if action else "no action"
        raise LagtoolError(f"{what}: write {', '.join(list(Action)[:-1])} or {list(Action)[-1]}")
    for column in ("class", "id"):
        if not values[column]:
            raise LagtoolError(f"no {column}")
    value = values.get("value", "")
    try:
        return Mark(
            class_name=values["class"],
            id=values["id"],
            action=Action(action),
            value=value.upper() if action == Action.ACCEPT else value,
            note=values.get("note", ""),
            image_sha256=values.get("image_sha256", "").lower(),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = f"{first['loc'][0]}: " if first["loc"] else ""
        raise LagtoolError(f"{place}{show(first['msg'].removeprefix('Value error, '))}") from None


def write_marks(marks: Iterable[Mark]) -> bytes:
    """Return a curation file with these marks, in their order."""
    sheet = Sheet()
    add_marks(sheet, list(marks))
    return sheet.to_bytes()


def add_marks(sheet: Sheet, marks: Sequence[Mark]) -> tuple[int, int]:
    """Add marks to a file that is there; return how many are new, and how many are there with another note or picture.

    A mark that is there already is not written twice; its note and picture become the new ones, where they are given.
    Missing columns are added; all other cells stay as they are.
    """
    for column in COLUMNS:
        if sheet.place(column) is None:
            sheet.headings.append(column)
            for _, cells in sheet.rows:
                cells.extend([""] * (len(sheet.headings) - 1 - len(cells)))
    places = {column: sheet.place(column) or 0 for column in COLUMNS}
    known: dict[tuple[str, str, str, str], tuple[Mark, list[str]]] = {}
    for (_, cells), (_, mark) in zip(sheet.rows, _marks(sheet, "curation"), strict=True):
        known.setdefault(mark.decision, (mark, cells))
    new = changed = 0
    for mark in marks:
        if mark.decision not in known:
            cells = [""] * len(sheet.headings)
            for column, text in zip(COLUMNS, mark.order, strict=True):
                cells[places[column]] = guard_cell(text)
            sheet.rows.append((0, cells))
            known[mark.decision] = mark, cells
            new += 1
            continue
        there, cells = known[mark.decision]
        told = {"note": mark.note or there.note, "image_sha256": mark.image_sha256 or there.image_sha256}
        if told != {"note": there.note, "image_sha256": there.image_sha256}:
            cells.extend([""] * (len(sheet.headings) - len(cells)))
            for column, text in told.items():
                cells[places[column]] = guard_cell(text)
            known[mark.decision] = there.model_copy(update=told), cells
            changed += 1
    return new, changed


def describe_marks(marks: Iterable[Mark]) -> str:
    """Return how many marks there are of each action: ``2 exclude, 1 relabel``; ``no mark`` where there is none."""
    found = list(marks)
    parts = [(action, sum(mark.action is action for mark in found)) for action in Action]
    listed = ", ".join(f"{number:,} {action.value}" for action, number in parts if number)
    return f"{count(len(found), 'mark')} ({listed})" if found else "no mark"
