"""Tables from bytes: CSV in its dialects, plain lists, JSON, JSON Lines and Parquet.

JSON may be arrays of names, rows or records; mappings; or what pandas writes of a frame. What a column means is decided
elsewhere.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from lagtool.errors import LagtoolError
from lagtool.files.parquet import open_parquet
from lagtool.lists.record import MAX_NAME, MAX_NAMES, Cell, Table
from lagtool.lists.words import CLASS_HEADINGS, PATH_HEADINGS, cut_key, is_heading, is_picture, is_split, simplify
from lagtool.text import show

_DELIMITERS = (",", ";", "\t", "|")
_BATCH = 1 << 12
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_LABELLED = re.compile(r"(.*\.[A-Za-z]{3,4})[ \t]+(\S+)")
MAX_DEPTH = 16
"""Levels of JSON that are looked into."""

KEY, VALUE = "key", "value"
"""Headings of the columns of a mapping."""

Keys = tuple[str | int, ...]
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
    return Table(file, [[cell.strip() for cell in cells] for _, cells in text.rows], [line for line, _ in text.rows])


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
    found: dict[tuple[str, ...], list[tuple[int, dict[str, Any]]]] = {}
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
        found.setdefault(tuple(sorted(row)), []).append((number, row))
    return [
        Table(file, [[to_cell(row[key]) for key in keys] for _, row in rows], [number for number, _ in rows], keys)
        for keys, rows in found.items()
    ]


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
    return None if value is None else str(value).strip()


def read_json(data: bytes, file: str) -> list[Table]:
    """Return the tables in a JSON document; each knows the keys round it.

    Raises:
        LagtoolError: It is no JSON, or nested too deep; the message names file and place.
    """
    try:
        document = json.loads(decode(data, file)[0])
    except json.JSONDecodeError as error:
        raise LagtoolError(f"{file} line {error.lineno}: not JSON ({show(error.msg, 60)})") from None
    except (ValueError, RecursionError) as error:
        raise LagtoolError(f"{file}: not JSON that can be read ({show(str(error), 60)})") from None
    walker = _Walker(file)
    if isinstance(document, list | dict):
        walker.walk(document, ())
    return walker.tables


@dataclass
class _Walker:
    file: str
    tables: list[Table] = field(default_factory=list)

    def walk(self, value: Any, keys: Keys) -> None:
        if len(keys) > MAX_DEPTH:
            raise LagtoolError(f"{self.file} at {_path(keys)}: nested deeper than {MAX_DEPTH} levels: this is no split")
        if isinstance(value, list):
            self._walk_array(value, keys)
        else:
            self._walk_object(value, keys)

    def _walk_array(self, values: list[Any], keys: Keys) -> None:
        scalars = [(n, value) for n, value in enumerate(values) if not isinstance(value, dict | list)]
        rows = [(n, value) for n, value in enumerate(values) if isinstance(value, list)]
        objects = [(n, value) for n, value in enumerate(values) if isinstance(value, dict)]
        if scalars or not values:
            quoted = all(isinstance(value, str) for _, value in scalars)
            self._add(keys, [(n, [to_cell(value)]) for n, value in scalars], None, quoted=quoted)
        if rows and _are_rows([row for _, row in rows]):
            self._add(keys, [(n, [*map(to_cell, row)]) for n, row in rows], None)
        else:
            folds = len(rows) == len(values) > 1  # a list of lists of names: one list per fold
            for n, row in rows:
                self.walk(row, (*keys, f"fold{n}" if folds else n))
        self._add_records([(n, value) for n, value in objects if not _holds_splits(value)], keys)
        for n, value in objects:
            if _holds_splits(value):
                self.walk(value, (*keys, n if keys else f"fold{n}"))

    def _add_records(self, records: list[tuple[int | str, dict[str, Any]]], keys: Keys) -> None:
        """Add objects that are rows: those with the same keys are one table; a list of names in one makes many rows."""
        kinds: dict[tuple[str, ...], list[tuple[int | str, list[Cell]]]] = {}
        for line, record in records:
            headings = tuple(sorted(record))
            listed = next((k for k in headings if _is_listed(k, record[k])), None)
            kinds.setdefault(headings, []).extend(
                (line, [to_cell(value if key == listed else record[key]) for key in headings])
                for value in (record[listed] if listed is not None else (None,))
            )
        for headings, rows in kinds.items():
            self._add(keys, rows, headings)

    def _walk_object(self, value: dict[str, Any], keys: Keys) -> None:
        if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):  # pandas: orient="split"
            rows = [[*map(to_cell, row)] for row in value["data"] if isinstance(row, list)]
            self._add((*keys, "data"), enumerate(rows), tuple(map(str, value["columns"])))
            return
        inner = [*value.values()]
        if inner and all(isinstance(one, dict) and _is_flat(one) for one in inner) and inner[0]:
            same = len({tuple(one) for one in inner}) == 1
            if same and not any(map(is_heading, inner[0])) and any(map(is_heading, value)):  # orient="columns"
                by_key = [(key, [key, *(to_cell(one[key]) for one in inner)]) for key in inner[0]]
                self._add(keys, by_key, (KEY, *map(str, value)))
                return
            if all(any(map(is_heading, one)) for one in inner):  # orient="index": the key may be the name
                self._add_records([(key, {KEY: key, **one}) for key, one in value.items()], keys)
                return
        plain = {key: one for key, one in value.items() if not isinstance(one, dict | list)}
        if any(simplify(key) in PATH_HEADINGS and is_picture(str(one)) for key, one in plain.items()):
            self._add_records([("", plain)], keys)  # one record by itself
        elif plain:
            self._add(keys, [(key, [key, to_cell(one)]) for key, one in plain.items()], (KEY, VALUE))
        done = set(plain) | self._walk_columns(value, keys)
        for key, one in value.items():
            if key not in done:
                self.walk(one, (*keys, key))

    def _walk_columns(self, value: dict[str, Any], keys: Keys) -> set[str]:
        """Add arrays of one length that are columns of one table (``X_train`` and ``y_train``); return their keys."""
        groups: dict[tuple[str | None, int], dict[str, str]] = {}
        for key, one in value.items():
            split, rest = cut_key(key)
            known = is_heading(rest) if rest else split is not None
            if known and isinstance(one, list) and one and not any(isinstance(cell, dict | list) for cell in one):
                groups.setdefault((split, len(one)), {})[key] = rest or "names"
        done: set[str] = set()
        for (split, _), found in groups.items():
            if len(found) > 1 and any(simplify(rest) not in CLASS_HEADINGS for rest in found.values()):
                rows = zip(*(map(to_cell, value[key]) for key in found), strict=True)
                above = keys if split is None else (*keys, split)
                self._add(above, enumerate(map(list, rows)), tuple(found.values()))
                done.update(found)
        return done

    def _add(
        self,
        keys: Keys,
        rows: Iterable[tuple[int | str, list[Cell]]],
        headings: tuple[str, ...] | None,
        *,
        quoted: bool = False,
    ) -> None:
        lines, cells = [], []
        for line, row in rows:
            lines.append(_path((*keys, line)) or "the top")
            cells.append(row)
        names = tuple(key for key in keys if isinstance(key, str))
        self.tables.append(Table(self.file, cells, lines, headings, names, quoted=quoted))


def _are_rows(rows: list[list[Any]]) -> bool:
    """Whether arrays are rows of a table (path, label), and not lists of names."""
    if len({len(row) for row in rows}) != 1 or not 1 < len(rows[0]) <= 32:
        return False
    if any(isinstance(cell, dict | list) for row in rows for cell in row):
        return False
    kinds = [{is_picture(cell) if isinstance(cell, str) else None for cell in column} for column in zip(*rows)]  # noqa: B905
    return kinds[0] != kinds[1] or len({frozenset(kind) for kind in kinds}) > 1


def _is_flat(value: dict[str, Any]) -> bool:
    return not any(
        isinstance(inner, list) or (isinstance(inner, dict) and "path" not in inner) for inner in value.values()
    )


def _holds_splits(value: dict[str, Any]) -> bool:
    """Whether an object is no row but holds splits: ``{"train": [...], "val": [...]}``."""
    return any(
        isinstance(inner, dict | list) and (is_split(key) or cut_key(key)[0] is not None)
        for key, inner in value.items()
    )


def _is_listed(key: str, value: Any) -> bool:
    return simplify(key) in PATH_HEADINGS and isinstance(value, list) and all(isinstance(one, str) for one in value)


def _path(keys: Keys) -> str:
    return "".join(map(_step, keys)).lstrip(".")


def _step(key: str | int) -> str:
    return f"[{key}]" if isinstance(key, int) else f".{show(key, 40)}" if key else ""
