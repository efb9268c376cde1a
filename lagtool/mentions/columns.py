"""Tables that carry a split: CSV, Parquet and JSON Lines, with a column that names the part or one column per part."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.mentions.mention import Mention
from lagtool.mentions.words import CLASS_COLUMNS, NAME_COLUMNS, PART_COLUMNS, is_part
from lagtool.parquet import open_parquet

MAX_NAME = 4096
"""Characters that a name may have."""

MAX_MENTIONS = 10_000_000
"""Names that a split may have."""


_BATCH = 1 << 12


class UntoldError(LagtoolError):
    """Nothing tells which part a list is of, or that it lists one at all."""


class Default(NamedTuple):
    """What holds where a row says nothing: the file, fit to be shown, and the part (None: not known)."""

    file: str
    part: str | None


class Choice(NamedTuple):
    """The columns that matter, by name; None: there is none."""

    name: str | None
    part: str | None
    class_: str | None


def choose_columns(names: Iterable[str]) -> Choice:
    """Return the columns of a table that name the sample, its part and its class."""
    known = {name.strip().lower(): name for name in reversed(list(names))}

    def first(wanted: Sequence[str]) -> str | None:
        return next((known[word] for word in wanted if word in known), None)

    return Choice(first(NAME_COLUMNS), first(PART_COLUMNS), first(CLASS_COLUMNS))


def name_part(column: str | None, value: Any) -> str | None:
    """Return the part that a cell means; numbers in a column of folds become ``fold0``, ``fold1``, ..."""
    if value is None or value != value:  # noqa: PLR0124 - a cell that is not a number
        return None
    text = str(value).strip()
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if column is not None and column.strip().lower() == "fold":
        text = text.removesuffix(".0")
        return f"fold{text}" if text.isascii() and text.isdigit() else text or None
    return text or None


def read_record(row: Mapping[str, Any], choice: Choice, default: Default, place: str) -> Iterator[Mention]:
    """Yield the mention that one row makes: none where it names nothing or belongs to no part."""
    value = row.get(choice.name) if choice.name is not None else None
    if isinstance(value, Mapping):  # an image column of Hugging Face: bytes and path
        value = value.get("path")
    if value is None or isinstance(value, float | bool | list) or not str(value).strip():
        return
    part = name_part(choice.part, row.get(choice.part)) if choice.part is not None else default.part
    if part is None:
        return
    claimed = row.get(choice.class_) if choice.class_ is not None and choice.class_ != choice.name else None
    text = None if claimed is None or isinstance(claimed, Mapping | list) or claimed != claimed else str(claimed)  # noqa: PLR0124
    yield Mention(part, check_name(str(value), place), place, text)


def check_name(name: str, place: str) -> str:
    """Return a name without blanks round it.

    Raises:
        LagtoolError: It is too long to be one.
    """
    if len(name) > MAX_NAME:
        raise LagtoolError(f"{place}: a name of {len(name):,} characters, {show(name, 40)}: this is no list of files")
    return name.strip()


def read_csv(data: bytes, default: Default) -> Iterator[Mention]:
    """Yield what a CSV file names; it may have a header or none, and ``,``, ``;`` or tabs between its cells.

    Raises:
        LagtoolError: It is no such text; the message names file and line.
    """
    text = decode(data, default.file)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        choice = choose_columns(header)
        wide = [number for number, cell in enumerate(header) if is_part(cell)]
        if choice.name is None and len(wide) > 1:
            yield from _read_wide(reader, header, wide, default.file)
        elif choice.name is None:
            yield from _read_bare(header, reader, default)
        elif choice.part is None and default.part is None:
            raise untold(default.file)
        else:
            for cells in reader:
                row = dict(zip(header, cells, strict=False))
                yield from read_record(row, choice, default, f"{default.file} line {reader.line_num}")
    except csv.Error as error:
        raise LagtoolError(f"{default.file} line {reader.line_num}: {show(str(error), 100)}") from None


def untold(file: str) -> UntoldError:
    """Return the error for a list whose part cannot be told."""
    return UntoldError(
        f"{file}: cannot tell which part it lists: name it with --part NAME=FILE, or add a column 'split'"
    )


def _read_wide(rows: Any, header: list[str], columns: list[int], file: str) -> Iterator[Mention]:
    for cells in rows:
        place = f"{file} line {rows.line_num}"
        for number in columns:
            if number < len(cells) and cells[number].strip():
                yield Mention(header[number], check_name(cells[number], place), place)


def _read_bare(first: list[str], rows: Any, default: Default) -> Iterator[Mention]:
    """Yield from a table without a header: the name stands first; a cell with the word of a part may follow."""
    started = False
    for cells in chain([first], rows):
        place = f"{default.file} line {rows.line_num}"
        if not cells or not cells[0].strip():
            continue
        part = next((cell.strip() for cell in cells[1:] if is_part(cell)), default.part)
        if part is None:
            raise LagtoolError(f"{place}: no part is said, as in the lines before") if started else untold(default.file)
        started = True
        yield Mention(part, check_name(cells[0], place), place)


def read_txt(data: bytes, default: Default) -> Iterator[Mention]:
    """Yield what a list names, one name a line; ``#`` begins a remark, and a number behind a picture is its label."""
    for number, line in enumerate(decode(data, default.file).splitlines(), 1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        place = f"{default.file} line {number}"
        if default.part is None:
            raise untold(default.file)
        words = name.replace(",", " ").replace("\t", " ").rsplit(maxsplit=1)
        claimed = None
        if len(words) == 2 and words[1].isascii() and words[1].isdigit() and "." in words[0][-6:]:
            name, claimed = words
        yield Mention(default.part, check_name(name, place), place, claimed)


def read_jsonl(data: bytes, default: Default) -> Iterator[Mention]:
    """Yield what JSON Lines name, one object a line, such as a ``metadata.jsonl`` of Hugging Face.

    Raises:
        LagtoolError: A line is no JSON object, or nothing tells the part.
    """
    for number, line in enumerate(decode(data, default.file).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{default.file} line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise LagtoolError(f"{place}: not JSON ({show(str(error).partition(':')[0], 60)})") from None
        if not isinstance(row, dict):
            raise LagtoolError(f"{place}: not a JSON object")
        choice = choose_columns(row)
        if choice.name is None:
            raise LagtoolError(f"{place}: no key names a file ({', '.join(NAME_COLUMNS[:6])}, ...)")
        if choice.part is None and default.part is None:
            raise untold(default.file)
        yield from read_record(row, choice, default, place)


def read_parquet(data: bytes, default: Default) -> Iterator[Mention]:
    """Yield what a Parquet file names, of which only the columns that matter are read.

    Raises:
        LagtoolError: It is damaged, has no such column, or nothing tells the part.
    """
    try:
        file = open_parquet(data, most_rows=min(MAX_MENTIONS, 8 * len(data)), longest=MAX_NAME)
        choice = choose_columns(file.schema_arrow.names)
        if choice.name is None:
            raise LagtoolError(f"{default.file}: no column names a file ({', '.join(NAME_COLUMNS[:6])}, ...)")
        if choice.part is None and default.part is None:
            raise untold(default.file)
        kind = file.schema_arrow.field(choice.name).type
        nested = pa.types.is_struct(kind)
        columns = [f"{choice.name}.path" if nested else choice.name, choice.part, choice.class_]
        wanted = list(dict.fromkeys(column for column in columns if column is not None))
        rows = [row for batch in file.iter_batches(_BATCH, columns=wanted) for row in batch.to_pylist()]
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        reason = (str(error).splitlines() or ["damaged"])[0]
        raise LagtoolError(f"{default.file}: not an intact Parquet file ({show(reason, 100)})") from None
    for number, row in enumerate(rows, 1):
        yield from read_record(row, choice, default, f"{default.file} row {number}")


def decode(data: bytes, file: str) -> str:
    """Return text in UTF-8, with or without a byte order mark, or in UTF-16 with one.

    Raises:
        LagtoolError: It is none; the message names the line.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LagtoolError(f"{file} line {line}: not UTF-8 text: save the list as UTF-8") from None
