"""Tables of labels that no profile describes yet: which file is one, and which of its columns says what."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lagtool.lists.columns import Column, is_one_hot, write_whole
from lagtool.lists.labels import is_side
from lagtool.lists.rows import take_headings
from lagtool.lists.tables import read_csv
from lagtool.lists.words import CLASS_HEADINGS, GROUP_HEADINGS, SPLIT_HEADINGS, ClassReader, unwrap
from lagtool.profiles import load_profile
from lagtool.text import show

_MOST_CLASSES = 20
_SHORT = {"he": 0, "gl": 1}
"""Abbreviations that converters of glaucoma sets give to class folders."""
_MATCHED = 0.5
"""Share of the cells of a column that must name a picture."""


@dataclass
class TableDraft:
    """What a table seems to say.

    Attributes:
        labels: The keys of ``[labels]``.
        classes: Its classes, by name, each with its label.
        unsure: What a person has to look at.
    """

    labels: dict[str, Any]
    classes: dict[str, int]
    unsure: list[str] = field(default_factory=list)


def class_of(word: str) -> int | None:
    """Return 1 for a word for glaucoma, 0 for one for its absence, None for any other."""
    text = unwrap(word).strip()
    if text.lower() in _SHORT:
        return _SHORT[text.lower()]
    return None if text.isdigit() else ClassReader(load_profile("lag")).read(text)


def number_classes(words: Sequence[str], unsure: list[str]) -> dict[str, int]:
    """Return labels for class names: by what they mean, else by the order of the alphabet, which is said."""
    told = {word: class_of(word) for word in words}
    if len(words) == 2 and set(told.values()) == {0, 1}:
        return {word: int(told[word] or 0) for word in sorted(words, key=lambda word: told[word] or 0)}
    unsure.append(
        f"labels of the classes {', '.join(map(show, words))}: numbered in the order of the alphabet: check them"
    )
    return {word: number for number, word in enumerate(sorted(words))}


def draft_table(path: str, data: bytes, is_picture_name: Callable[[str], bool]) -> TableDraft | None:
    """Return what a CSV seems to say of the pictures; None: it names none, or has no headings or labels.

    Args:
        path: The table, relative to the root.
        data: Its bytes.
        is_picture_name: Whether a cell names one of the pictures.

    Raises:
        LagtoolError: It is no such table.
    """
    table = read_csv(data, show(path))
    if table.rows:
        take_headings(table, None)
    if table.headings is None or not table.rows:
        return None
    columns = [Column(heading, number, table.column(number)) for number, heading in enumerate(table.headings)]
    names = max(columns, key=lambda column: column.share(is_picture_name))
    if names.share(is_picture_name) < _MATCHED:
        return None
    rest = [column for column in columns if column is not names and column.filled]
    unsure: list[str] = []
    labels = _choose_labels(rest, unsure)
    if not labels:
        return None
    draft = TableDraft({"table": path, "file": names.heading, "label": [str(c.heading) for c in labels]}, {}, unsure)
    _describe_classes(draft, labels)
    for key, words in (("split", SPLIT_HEADINGS), ("patient", GROUP_HEADINGS)):
        found = [c for c in rest if c not in labels and c.word in words and not is_side(table, str(c.heading))]
        if len(found) == 1:
            draft.labels[key] = found[0].heading
        elif found:
            headings = ", ".join(c.title for c in found)
            unsure.append(f"{key}: the columns {headings} may say it; none is taken")
            draft.labels[key] = "none"
    _describe_splits(draft, rest)
    used = {*draft.labels["label"], draft.labels["file"], draft.labels.get("split"), draft.labels.get("patient")}
    if left := [c.title for c in columns if c.heading not in used and c.heading]:
        unsure.append(f"columns of {show(path)} that are not used: {', '.join(left)}")
    return draft


def _choose_labels(columns: Sequence[Column], unsure: list[str]) -> list[Column]:
    """Return the column of labels, or the columns that hold one class each."""
    flags = [c for c in columns if c.flags and class_of(str(c.heading)) is not None]
    if len(flags) > 1 and is_one_hot(flags):
        return flags
    few = [c for c in columns if len(set(c.filled)) <= _MOST_CLASSES]
    headed = [c for c in few if c.word in CLASS_HEADINGS or any(c.word.endswith(word) for word in ("label", "class"))]
    words = [c for c in few if not c.numeric and c.every(lambda cell: class_of(cell) is not None)]
    found = [*words, *(c for c in headed if c not in words)] or flags
    if len(found) > 1:
        unsure.append(
            f"label: column {found[0].title} is taken; {', '.join(c.title for c in found[1:])} may say it too"
        )
    return found[:1]


def _describe_classes(draft: TableDraft, labels: Sequence[Column]) -> None:
    if len(labels) > 1:
        draft.classes = number_classes([str(c.heading) for c in labels], draft.unsure)
        draft.labels["values"] = dict(draft.classes)
        return
    column = labels[0]
    texts = sorted({write_whole(unwrap(text)) for text in column.filled})
    heading = class_of(str(column.heading))
    if column.flags and set(texts) <= {"0", "1"}:
        draft.classes = {"normal": 0, "glaucoma": 1}
        ones = 0 if heading == 0 else 1
        draft.labels["values"] = {"0": 1 - ones, "1": ones}
        if heading is None:
            draft.unsure.append(f"column {column.title}: 1 is taken for glaucoma, 0 for normal; nothing in it says so")
    elif column.whole is not None:
        draft.classes = {f"class-{text}": int(text) for text in sorted(texts, key=int)}
        draft.labels["values"] = {text: int(text) for text in sorted(texts, key=int)}
        draft.unsure.append(f"column {column.title}: nothing says what {', '.join(texts)} stand for; name the classes")
    else:
        draft.classes = number_classes(texts, draft.unsure)
        draft.labels["values"] = dict(draft.classes)


def _describe_splits(draft: TableDraft, columns: Sequence[Column]) -> None:
    column = next((c for c in columns if c.heading == draft.labels.get("split")), None)
    if column is not None and not column.splits:
        texts = ", ".join(sorted(set(map(str, column.filled)))[:6])
        draft.unsure.append(f"splits are called {show(texts, 60)}: name them in splits of [labels]")


def tables_of(paths: Sequence[str]) -> Iterator[str]:
    """Yield the files that may be tables of labels, the likeliest first."""
    order = (".csv", ".tsv", ".json")
    known = [path for path in paths if Path(path).suffix.lower() in order]
    yield from sorted(known, key=lambda path: (path.count("/"), order.index(Path(path).suffix.lower()), path))
