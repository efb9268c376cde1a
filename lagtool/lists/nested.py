"""Nested JSON as tables: arrays of names, rows or records; mappings; and the ways in which pandas writes a frame."""

import json
from dataclasses import dataclass, field
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.lists.record import Cell, Table
from lagtool.lists.tables import decode, to_cell
from lagtool.lists.words import (
    CLASS_HEADINGS,
    GROUP_HEADINGS,
    ID_HEADINGS,
    OTHER_FILES,
    PATH_HEADINGS,
    POSITIONS,
    SPLIT_HEADINGS,
    cut_key,
    is_fold_heading,
    is_picture,
    is_split,
    simplify,
)
from lagtool.text import show

MAX_DEPTH = 16
"""Levels that are looked into."""

KEY, VALUE = "key", "value"
"""Headings of the columns of a mapping."""

Keys = tuple[str | int, ...]
_HEADINGS = {*PATH_HEADINGS, *ID_HEADINGS, *SPLIT_HEADINGS, *CLASS_HEADINGS, *GROUP_HEADINGS, *OTHER_FILES, *POSITIONS}


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


def is_heading(text: str) -> bool:
    """Whether a word is one that columns are called by."""
    return simplify(text) in _HEADINGS or is_fold_heading(text)


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
        scalars = [number for number, inner in enumerate(values) if not isinstance(inner, dict | list)]
        rows = [number for number, inner in enumerate(values) if isinstance(inner, list)]
        objects = [number for number, inner in enumerate(values) if isinstance(inner, dict)]
        if scalars or not values:
            self._add(keys, scalars, [[to_cell(values[number])] for number in scalars], None)
            self.tables[-1].quoted = all(isinstance(values[number], str) for number in scalars)
        if rows and _are_rows([values[number] for number in rows]):
            self._add(keys, rows, [[to_cell(cell) for cell in values[number]] for number in rows], None)
        else:
            folds = len(rows) > 1 and len(rows) == len(values)  # a list of lists of names: one list per fold
            for number in rows:
                self.walk(values[number], (*keys, f"fold{number}" if folds else number))
        records = [number for number in objects if not _holds_splits(values[number])]
        self._add_records([(number, values[number]) for number in records], keys)
        for number in objects:
            inner = values[number]
            if _holds_splits(inner):
                self.walk(inner, (*keys, f"fold{number}" if not keys else number))

    def _add_records(self, records: list[tuple[int | str, dict[str, Any]]], keys: Keys) -> None:
        """Add objects that are rows: those with the same keys are one table; a list of names in one makes many rows."""
        kinds: dict[tuple[str, ...], list[tuple[int | str, dict[str, Any]]]] = {}
        for number, record in records:
            kinds.setdefault(tuple(sorted(record)), []).append((number, record))
        for headings, found in kinds.items():
            lines: list[int | str] = []
            rows: list[list[Cell]] = []
            for number, record in found:
                listed = next((k for k in headings if _is_listed(k, record[k])), None)
                for value in record[listed] if listed is not None else (None,):
                    rows.append([to_cell(value if key == listed else record[key]) for key in headings])
                    lines.append(number)
            self._add(keys, lines, rows, headings)

    def _walk_object(self, value: dict[str, Any], keys: Keys) -> None:
        if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):  # pandas: orient="split"
            headings = tuple(map(str, value["columns"]))
            rows = [[to_cell(cell) for cell in row] for row in value["data"] if isinstance(row, list)]
            self._add((*keys, "data"), range(len(rows)), rows, headings)
            return
        inner = [*value.values()]
        if inner and all(isinstance(one, dict) and _is_flat(one) for one in inner) and inner[0]:
            same = len({tuple(one) for one in inner}) == 1
            if same and not any(map(is_heading, inner[0])) and any(map(is_heading, value)):  # orient="columns"
                index = [*inner[0]]
                rows = [[key, *(to_cell(one[key]) for one in inner)] for key in index]
                self._add(keys, index, rows, (KEY, *map(str, value)))
                return
            if all(any(map(is_heading, one)) for one in inner):  # orient="index": the key may be the name
                self._add_records([(key, {KEY: key, **one}) for key, one in value.items()], keys)
                return
        plain = {key: one for key, one in value.items() if not isinstance(one, dict | list)}
        if any(simplify(key) in PATH_HEADINGS and is_picture(str(one)) for key, one in plain.items()):
            self._add_records([("", plain)], keys)  # one record by itself
        elif plain:
            self._add(keys, [*plain], [[key, to_cell(one)] for key, one in plain.items()], (KEY, VALUE))
        done = set(plain) | self._walk_columns(value, keys)
        for key, one in value.items():
            if key not in done:
                self.walk(one, (*keys, key))

    def _walk_columns(self, value: dict[str, Any], keys: Keys) -> set[str]:
        """Add arrays of one length that are columns of one table (``X_train`` and ``y_train``); return their keys."""
        groups: dict[tuple[str | None, int], list[tuple[str, str]]] = {}
        for key, one in value.items():
            split, rest = cut_key(key)
            if isinstance(one, list) and one and not any(isinstance(cell, dict | list) for cell in one):
                known = is_heading(rest) if rest else split is not None
                if known:
                    groups.setdefault((split, len(one)), []).append((key, rest or "names"))
        done: set[str] = set()
        for (split, size), found in groups.items():
            if len(found) < 2 or not any(simplify(rest) not in CLASS_HEADINGS for _, rest in found):
                continue
            rows = [[to_cell(value[key][number]) for key, _ in found] for number in range(size)]
            above = keys if split is None else (*keys, split)
            self._add(above, range(size), rows, tuple(rest for _, rest in found))
            done.update(key for key, _ in found)
        return done

    def _add(self, keys: Keys, lines: Any, rows: list[list[Cell]], headings: tuple[str, ...] | None) -> None:
        start = _path(keys)
        places = [f"{start}{_step(line)}".lstrip(".") or "the top" for line in lines]
        names = tuple(key for key in keys if isinstance(key, str))
        self.tables.append(Table(self.file, rows, places, headings, names))


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
