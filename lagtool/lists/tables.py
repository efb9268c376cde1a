"""Tables from bytes: CSV in its dialects, plain lists, JSON Lines and Parquet. Nothing is decided here on meaning."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from lagtool.errors import LagtoolError
from lagtool.files.parquet import open_parquet
from lagtool.lists.record import MAX_NAME, MAX_NAMES, Cell, Table
from lagtool.text import show

_DELIMITERS = (",", ";", "\t", "|")
_BATCH = 1 << 12
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_LABELLED = re.compile(r"(.*\.[A-Za-z]{3,4})[ \t]+(\S+)")
_PATH_KEYS = ("path", "file_name", "filename", "file", "name")


class Text(NamedTuple):
    """The rows of a text of cells: each with the line that it begins in; and how it was written."""

    rows: list[tuple[int, list[str]]]
    delimiter: str
    newline: str
    encoding: str


def decode(data: bytes, file: str) -> tuple[str, str]:
    """Return text and its encoding: UTF-8 with or without a byte order mark, or UTF-16.

    Raises:
        LagtoolError: It is none; the message names the line.
    """
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif (zeros := data[:1000].count(0)) and 3 * zeros > len(data[:1000]):  # UTF-16 without its mark
        even = data[:1000:2].count(0)
        encoding = "utf-16-le" if not even else "utf-16-be" if even == zeros else encoding
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = "UTF-8" if encoding.startswith("utf-8") else "UTF-16"
        raise LagtoolError(f"{file} line {line}: not {name} text: save the list as UTF-8") from None
    if "\0" in text:
        raise LagtoolError(f"{file} line {text.count(chr(10), 0, text.index(chr(0))) + 1}: zero bytes: not a text")
    return text, encoding


def read_cells(data: bytes, file: str, *, comments: bool = True) -> Text:
    r"""Return the filled rows of a CSV file, whatever stands between its cells (``,``, ``;``, ``|`` or tabs).

    A first line ``sep=;``, as spreadsheets write it, and lines that begin with ``#`` are no rows.

    Raises:
        LagtoolError: It is no such text; the message names file and line.
    """
    text, encoding = decode(data, file)
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    first = text.partition("\n")[0].rstrip("\r").strip('"').lower()
    told = first[4:] if first.startswith("sep=") and len(first) == 5 else None
    text, skipped = (text.partition("\n")[2], 1) if told else (text, 0)
    delimiter = told or _find_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begin = skipped + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not (comments and cells[0].lstrip().startswith("#")):
                rows.append((begin, cells))
            begin = skipped + reader.line_num + 1
    except csv.Error as error:
        raise LagtoolError(f"{file} line {skipped + reader.line_num}: {show(str(error), 100)}") from None
    return Text(rows, delimiter, newline, encoding)


def _find_delimiter(text: str) -> str:
    """Return what most evenly cuts the first lines; of several, what stands first in the order of habit."""
    lines = [line for line in text[: 1 << 16].splitlines()[:50] if line.strip() and not line.startswith("#")][:20]
    counts = {sign: [line.count(sign) for line in lines] for sign in _DELIMITERS}

    def score(sign: str) -> tuple[bool, bool, int]:
        numbers = counts[sign] or [0]
        return numbers[0] > 0, min(numbers) == max(numbers) > 0, numbers[0]

    return max(_DELIMITERS, key=score)


def read_csv(data: bytes, file: str) -> Table:
    """Return a CSV file as a table; whether its first row holds headings is not decided yet."""
    text = read_cells(data, file)
    return Table(file, [[*map(_clean, cells)] for _, cells in text.rows], [line for line, _ in text.rows])


def read_txt(data: bytes, file: str) -> Table:
    """Return a plain list: one name a line, or a name and a label behind it, or a table all the same.

    Lines of ``sha256sum`` become digest and path.
    """
    text, _ = decode(data, file)
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for pattern in (_SUM, _LABELLED):
        cut = [pattern.fullmatch(line) for _, line in lines]
        if lines and all(cut):
            rows: list[list[Cell]] = [[*match.groups()] for match in cut if match is not None]
            headings = ("sha256", "path") if pattern is _SUM else None
            return Table(file, rows, [number for number, _ in lines], headings)
    for sign in ("\t", ",", ";"):
        if lines and lines[0][1].count(sign) and len({line.count(sign) for _, line in lines}) == 1:
            return read_csv(data, file)
    labelled: list[list[Cell]] = []
    for _, line in lines:
        match = _LABELLED.fullmatch(line)
        labelled.append([line] if match is None or not match[2].isdigit() else [*match.groups()])
    return Table(file, labelled, [number for number, _ in lines])


def read_jsonl(data: bytes, file: str) -> list[Table]:
    """Return JSON Lines, one object a line, as tables: one for each set of keys.

    Raises:
        LagtoolError: A line is no JSON object.
    """
    found: dict[tuple[str, ...], Table] = {}
    for number, line in enumerate(decode(data, file)[0].split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = show(str(error).partition(":")[0], 60)
            raise LagtoolError(f"{file} line {number}: not JSON ({reason})") from None
        if not isinstance(row, dict):
            raise LagtoolError(f"{file} line {number}: not a JSON object")
        keys = tuple(sorted(row))
        lines: list[int | str] = []
        table = found.setdefault(keys, Table(file, [], lines, keys))
        table.rows.append([to_cell(row[key]) for key in keys])
        table.lines.append(number)  # type: ignore[attr-defined]
    return list(found.values())


def read_parquet(data: bytes, file: str) -> Table:
    """Return a Parquet file as a table; what is deeper than the path of a file in a column is left out.

    Raises:
        LagtoolError: It is damaged.
    """
    try:
        opened = open_parquet(data, most_rows=min(MAX_NAMES, 8 * len(data)), longest=MAX_NAME)
        schema = opened.schema_arrow
        wanted = [column for field in schema if (column := _plain_column(field)) is not None]
        if not wanted:
            raise LagtoolError(f"{file}: no column holds names, splits or numbers")
        rows: list[list[Cell]] = []
        for batch in opened.iter_batches(_BATCH, columns=wanted):
            columns = [map(to_cell, column.to_pylist()) for column in batch.columns]
            rows.extend(map(list, zip(*columns, strict=True)))
        headings = tuple(column.partition(".")[0] if column not in schema.names else column for column in wanted)
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        reason = (str(error).splitlines() or ["damaged"])[0]
        raise LagtoolError(f"{file}: not an intact Parquet file ({show(reason, 100)})") from None
    return Table(file, rows, range(1, len(rows) + 1), headings, word="row")


def _plain_column(field: pa.Field) -> str | None:
    """Return the column to read of a field: itself, the path in an image of Hugging Face, or None."""
    kind = field.type
    if pa.types.is_struct(kind):
        inner = [kind.field(number).name for number in range(kind.num_fields)]
        return next((f"{field.name}.{key}" for key in _PATH_KEYS if key in inner), None)
    return None if pa.types.is_nested(kind) else field.name


def to_cell(value: Any) -> Cell:
    """Return a value of JSON or Parquet as the text of a cell; None where it is missing or deeper than that.

    A number that is whole is written without a fraction, however it was stored.
    """
    if isinstance(value, Mapping):
        value = next((value[key] for key in _PATH_KEYS if isinstance(value.get(key), str)), None)
    elif isinstance(value, list):
        value = value[0] if len(value) == 1 and isinstance(value[0], str) else None
    if isinstance(value, float):
        return None if value != value else str(int(value)) if value.is_integer() else repr(value)  # noqa: PLR0124
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    return None if value is None else _clean(str(value))


def _clean(text: str) -> str:
    return text.strip()


def check_length(name: str, place: str) -> str:
    """Return a name.

    Raises:
        LagtoolError: It is too long to be one.
    """
    if len(name) > MAX_NAME:
        raise LagtoolError(f"{place}: a name of {len(name):,} characters, {show(name, 40)}: this is no list of files")
    return name


def sample_of(cells: list[Cell], most: int = 2_000) -> Iterator[str]:
    """Yield filled cells: all, or of many an even choice."""
    step = max(1, len(cells) // most)
    return (cell for cell in cells[::step] if cell)
