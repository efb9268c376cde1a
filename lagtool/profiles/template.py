"""Templates of file names such as ``image{number}.jpg``: what they may hold, and the expression each compiles to."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from lagtool.profiles.names import is_safe_name
from lagtool.text import show

MAX_STEM = 100
"""Characters that a name may have before its extension; longer ones belong to no sample."""

MAX_DIGITS = 9
"""Digits that ``{number}`` may have."""

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}", re.ASCII)
_LITERAL = re.compile(r"[A-Za-z0-9_.-]*", re.ASCII)
_FIELD = re.compile(r"(\{[^{}]*\})")
_NUMBER = re.compile(rf"number(?::0([1-{MAX_DIGITS}]))?", re.ASCII)
_NAME = r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?)"
_CHARACTERS = {"number": re.compile(r"[0-9]*", re.ASCII), "name": re.compile(r"[A-Za-z0-9_-]*", re.ASCII)}
FIELDS = "{number}, {number:04}, {name} or {class}"


class Piece(NamedTuple):
    """A stretch of a template: literal text, or a field (``number``, ``name``, ``class``) with its least digits."""

    text: str
    field: str = ""
    width: int = 1


class Template(NamedTuple):
    """A template that was read: its pieces before the extension, and the extension in lower case with its dot."""

    pieces: tuple[Piece, ...]
    suffix: str

    @property
    def fields(self) -> set[str]:
        """Names of the fields."""
        return {piece.field for piece in self.pieces if piece.field}

    @property
    def key(self) -> str:
        """The field that ties the files of a sample together: ``number`` or ``name``."""
        return min(self.fields - {"class"})

    @property
    def literals(self) -> int:
        """Number of characters before the extension that are given."""
        return sum(len(piece.text) for piece in self.pieces if not piece.field)

    def fill(self, key: str, mark: str, width: int = 1) -> str:
        """Return the name that a number or name, and the mark of a class, make.

        Args:
            key: The name, or the digits of the number without zeros in front.
            mark: What stands for the class.
            width: Digits that ``key`` is padded to where the template does not say it.
        """
        return "".join(_fill(piece, key, mark, width) for piece in self.pieces) + self.suffix

    def pattern(self, marks: Sequence[str]) -> re.Pattern[str]:
        """Return the expression for a whole name before its extension; marks are taken in any case.

        Every repeat is bounded, and no two of them stand side by side, so that a match is quick on any name.
        """
        return re.compile("".join(_expression(piece, marks) for piece in self.pieces), re.ASCII)


@cache
def read_template(text: str, *, extension: bool = True) -> Template:
    """Return a template of a file name, or without ``extension`` of an id.

    Raises:
        ValueError: It is none, with what to write instead.
    """
    pieces = [_read_piece(part, text) for part in _FIELD.split(text) if part]
    suffix = ""
    if extension:
        last = pieces.pop() if pieces else Piece("")
        start, dot, ending = last.text.rpartition(".")
        suffix = dot + ending
        if last.field or not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"'{show(text, 60)}' has no extension: end it in one, such as {{number}}.jpg")
        pieces += [Piece(start)] if start else []
    fields = [piece.field for piece in pieces if piece.field]
    if twice := next((field for field in fields if fields.count(field) > 1), None):
        raise ValueError(f"'{show(text, 60)}' has {{{twice}}} twice: keep one")
    if len({"number", "name"} & {*fields}) != 1:
        has = "both {number} and {name}: keep one," if "name" in fields else "neither {number} nor {name}: add one,"
        raise ValueError(f"'{show(text, 60)}' has {has} by which the files of a sample are found")
    return Template(tuple(pieces), suffix.lower())


def _read_piece(part: str, text: str) -> Piece:
    if _FIELD.fullmatch(part):
        inside = part[1:-1]
        if number := _NUMBER.fullmatch(inside):
            return Piece(part, "number", int(number[1] or 1))
        if inside in ("name", "class"):
            return Piece(part, inside)
        raise ValueError(f"'{show(text, 60)}' has the unknown field {show(part, 40)}: use {FIELDS}")
    if not _LITERAL.fullmatch(part):
        raise ValueError(
            f"'{show(text, 60)}' is no template of file names: write letters, digits, '_', '-', '.' and {FIELDS}, such "
            "as image{number}.jpg (a regular expression is not read)"
        )
    return Piece(part)


def check_templates(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return templates of file names that are sound, each given once.

    Raises:
        ValueError: One is not.
    """
    for text in texts:
        read_template(text)
    if len({*texts}) < len(texts):
        raise ValueError("names one template twice")
    return texts


def check_id(text: str) -> str:
    """Return the template of an id.

    Raises:
        ValueError: It is none.
    """
    read_template(text, extension=False)
    return text


def find_ambiguity(template: Template, marks: Iterable[str]) -> tuple[str, str] | None:
    """Return two marks that one name could bear, where ``{class}`` and another field meet; None: there are none.

    What stands between class and the other field belongs to the mark: ``{name}_{class}`` with the marks ``g`` and
    ``x_g`` reads ``a_x_g`` in two ways.
    """
    order = [piece.field for piece in template.pieces]
    if "class" not in order:
        return None
    first = order.index("class")
    other = next(at for at, field in enumerate(order) if field in _CHARACTERS)
    between = "".join(piece.text for piece in template.pieces[min(first, other) + 1 : max(first, other)]).lower()
    ends = {mark.lower() + between if first < other else (between + mark.lower())[::-1]: mark for mark in marks}
    for whole, long in ends.items():
        for cut in range(1, len(whole)):
            short = ends.get(whole[:cut])
            if short is not None and _CHARACTERS[order[other]].fullmatch(whole[cut:]):
                return short, long
    return None


def _fill(piece: Piece, key: str, mark: str, width: int) -> str:
    if piece.field == "class":
        return mark
    if not piece.field:
        return piece.text
    return key.rjust(piece.width if piece.width > 1 else width, "0")


def _expression(piece: Piece, marks: Sequence[str]) -> str:
    if piece.field == "class":
        return f"(?P<class>(?i:{'|'.join(map(re.escape, marks))}))"
    if piece.field == "number":
        exact, more = rf"[0-9]{{{piece.width}}}", rf"[1-9][0-9]{{{piece.width},{MAX_DIGITS - 1}}}"
        if piece.width == 1:
            return rf"(?P<number>[0-9]{{1,{MAX_DIGITS}}})"
        return f"(?P<number>{exact}|{more})" if piece.width < MAX_DIGITS else f"(?P<number>{exact})"
    return _NAME if piece.field else re.escape(piece.text)


class NameParts(NamedTuple):
    """What a file name says: the id of its sample, and the mark of its class in lower case (None: no such field)."""

    id: str
    mark: str | None


class NameReader:
    """Reads names by templates that share an extension; results are kept, for the files of a sample share a stem."""

    def __init__(self, templates: Sequence[Template], id_template: Template, marks: Sequence[str]) -> None:
        self._patterns = [
            (template.pattern(marks).fullmatch, template.key, "class" in template.fields) for template in templates
        ]
        self._id = id_template
        self._is_number = [piece.field for piece in id_template.pieces] == ["number"]  # nearly always, and quick
        self._width = id_template.pieces[0].width
        self._marks = {mark.lower(): mark for mark in marks}
        self._known: dict[str, NameParts | None] = {}

    def read(self, stem: str) -> NameParts | None:
        """Return what a name says before its extension; None where no template takes it."""
        try:
            return self._known[stem]
        except KeyError:
            if len(self._known) >= 1 << 14:
                self._known.clear()
            parts = self._known[stem] = self._read(stem)
            return parts

    def _read(self, stem: str) -> NameParts | None:
        if len(stem) > MAX_STEM:
            return None
        if not ((stem.isascii() and stem.isalnum()) or is_safe_name(f"{stem}.x")):  # the first is the same, but quick
            return None
        for fullmatch, field, marked in self._patterns:
            if match := fullmatch(stem):
                key = match[field] if field == "name" else match[field].lstrip("0") or "0"
                mark = match["class"].lower() if marked else None
                if self._is_number:
                    return NameParts(key.rjust(self._width, "0"), mark)
                text = self._id.fill(key, self._marks[mark] if mark is not None else "")
                return NameParts(text, mark) if len(text) <= MAX_STEM and is_safe_name(text) else None
        return None
