"""The rows of a table whose columns are known: names, splits, classes and groups; and what could not be used."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from lagtool.lists.columns import Column, Roles, write_whole
from lagtool.lists.matching import Fate, Matcher
from lagtool.lists.record import Cell, NameRecord, Sheet, Table, Unusable
from lagtool.lists.words import (
    SplitName,
    cut_key,
    is_fold_heading,
    is_heading,
    is_missing,
    is_picture,
    is_split,
    read_flag,
    read_indicator,
    unwrap,
)
from lagtool.text import count, join_some, show

_SEEN = 50
_MOST = 6


def take_headings(table: Table, matcher: Matcher | None) -> None:
    """Make the first row of a table its headings, where it holds none of what stands below it."""
    first, *rest = table.rows
    cells = [cell for cell in first if cell]
    if any(is_picture(cell) for cell in cells):
        return
    several = len({cell.lower() for cell in cells}) > 1 and all(map(is_split, cells))
    known = any(is_heading(cell) or read_indicator(cell) not in (None, cell.lower()) for cell in cells)
    if known and matcher is not None and any(_is_known(cell, matcher) for cell in cells):
        return
    if several or known or (len(first) > 1 and any(_differs(cell, rest, n) for n, cell in enumerate(first))):
        table.headings = tuple(cell or "" for cell in first)
        table.rows, table.lines = rest, table.lines[1:]


def _is_known(cell: str, matcher: Matcher) -> bool:
    found = matcher.find(cell)
    return found.fate in (Fate.FOUND, Fate.AMBIGUOUS) and not found.padded


def _differs(cell: Cell, rest: list[list[Cell]], number: int) -> bool:
    """Whether all cells below are pictures, numbers or splits, and this one is not."""
    below = Column(None, 0, [row[number] for row in rest[:_SEEN] if number < len(row)])
    if cell is None or is_missing(cell) or not below.filled:
        return False
    own = Column(None, 0, [cell])
    return (below.every(is_picture) or below.numeric or below.splits) and not (own.numeric or own.splits)


def read_rows(sheet: Sheet, table: Table, roles: Roles, outer: str | None, split: str | None) -> None:
    """Add the names in a table; ``split`` is that of all rows, None where a column says it."""
    class_key = next((key for key in reversed(table.keys) if cut_key(key)[0] is None and not is_heading(key)), None)
    class_key = None if class_key == split else class_key
    numeric = {id(column): column.numeric for column in roles.used}
    width = len(table.headings) if table.headings is not None else None

    def cell(row: list[Cell], column: Column | None) -> Cell:
        if column is None or column.number >= len(row):
            return None
        text = row[column.number]
        return write_whole(text) if text is not None and numeric[id(column)] else text

    for number, row in enumerate(table.rows):
        place = table.place(number)
        if width is not None and any(row[width:]):
            sheet.unusable.append(Unusable(place, f"more cells than the {width} headings"))
            continue
        for column, meant in roles.wide:
            if text := cell(row, column):
                sheet.add(outer, NameRecord(meant, text, place))
        if roles.wide:
            continue
        name = cell(row, roles.name)
        if not name:
            if any(row) or width is None:
                sheet.unusable.append(Unusable(place, "no name"))
            continue
        put, why = (split, "") if split is not None else _read_split(row, roles, cell)
        if put is None:
            sheet.unusable.append(Unusable(place, f"'{show(name, 60)}' has {why}"))
            continue
        told = cell(row, roles.class_)
        text = unwrap(told) if told and not is_missing(told) else class_key if roles.class_ is None else None
        group = cell(row, roles.group) if roles.group is not None else class_key
        group = None if is_missing(group) else group
        sheet.add(outer, NameRecord(put, name, place, text, None, group))


def _read_split(
    row: list[Cell], roles: Roles, cell: Callable[[list[Cell], Column | None], Cell]
) -> tuple[str | None, str]:
    """Return the split that a row says, or None and why there is none."""
    if roles.split is not None:
        text = cell(row, roles.split)
        if text is None or is_missing(text) or (text.startswith("-") and text[1:].isdigit()):
            return None, "no split"
        if text.isascii() and text.isdigit() and is_fold_heading(roles.split.heading or ""):
            return f"fold{int(text)}", ""
        return text, ""
    said = []
    for column, yes, no in roles.indicators:
        flag = read_flag(cell(row, column) or "")
        meant = yes if flag else no if flag is False else None
        if meant is not None:
            said.append(meant)
    return (said[0], "") if len(said) == 1 else (None, "several splits" if said else "no split")


def describe_reading(
    title: str,
    taken: Sequence[NameRecord],
    kept: Sequence[tuple[Roles, list[Table]]],
    passed: Sequence[Table],
    told: SplitName,
    unusable: Sequence[Unusable],
    wanted: str,
) -> Iterator[str]:
    """Yield what was taken for what in one file, what was not used, and the rows that could not be."""
    several = any(column.heading or roles.unused or len(roles.used) > 1 for roles, _ in kept for column in roles.used)
    names = list(dict.fromkeys(column.title for roles, _ in kept if several and (column := roles.name) is not None))
    parts = [count(len(taken), "name") + (f" from column {', '.join(names[:_MOST])}" if names else "")]
    if wanted == "split" or (wanted == "name" and any(roles.has_split for roles, _ in kept)):
        parts.append(_describe_split(taken, kept, told))
    if classes := [column.title for roles, _ in kept if (column := roles.class_) is not None]:
        parts.append(f"class from column {classes[0]}")
    if wanted == "group":
        groups = [column.title for roles, _ in kept if (column := roles.group) is not None]
        missing = sum(record.group is None for record in taken)
        parts.append(f"group from {f'column {groups[0]}' if groups else 'the keys'}")
        if missing:
            parts.append(f"{count(missing, 'name')} without a group")
    unused = [title for roles, _ in kept for title in roles.unused]
    unused += [f"{'.'.join(show(key, 30) for key in table.keys)}" for table in passed if table.keys]
    words = list(dict.fromkeys(word for word in unused if word))
    left = f"; not used: {join_some(words, _MOST)}" if words else ""
    yield f"{title}: {', '.join(parts)}{left}"
    yield from (f"{title}: {note}" for roles, _ in kept for note in roles.notes)
    whys = Counter(one.why.rpartition("' has ")[2] for one in unusable)
    for why, number in whys.items():
        first = next(one for one in unusable if one.why.endswith(why))
        yield f"{count(number, 'row')} not used: {why} (first: {first.place})"


def _describe_split(taken: Sequence[NameRecord], kept: Sequence[tuple[Roles, list[Table]]], told: SplitName) -> str:
    for roles, _ in kept:
        if roles.split is not None:
            return f"split from column {roles.split.title}"
        if several := [column.title for column in roles.several]:
            return f"split from {'columns' if len(several) > 1 else 'column'} {', '.join(several[:_MOST])}"
    splits = list(dict.fromkeys(record.split for record in taken))
    if splits == [told.name]:
        return f"all of split {show(splits[0], 40)}"
    return f"split from keys {', '.join(show(split, 40) for split in splits[:_MOST])}"
