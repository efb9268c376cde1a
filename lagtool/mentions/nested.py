"""Nested JSON that carries a split: parts and classes as keys round lists of names, in any order and depth."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.mentions.columns import Default, check_name, choose_columns, decode, name_part, read_record, untold
from lagtool.mentions.mention import Mention, Sheet
from lagtool.mentions.words import find_part, is_class_word, is_part
from lagtool.root import PICTURES

MAX_DEPTH = 16
"""Levels that are looked into."""

Keys = tuple[str | int, ...]


def read_nested(data: bytes, default: Default) -> Sheet:
    """Return what a JSON document names.

    Parts, classes and folds are keys, or columns of records (``[{"image": ..., "split": ...}]``); a list of such
    objects is one split per object (``splits_final.json``). A key with a picture's name may carry its part or class.
    Where no key is called like a part, the outermost keys are the parts.

    Raises:
        LagtoolError: It is no JSON, nested too deep, or nothing tells the parts; the message names file and place.
    """
    try:
        document = json.loads(decode(data, default.file))
    except json.JSONDecodeError as error:
        raise LagtoolError(f"{default.file} line {error.lineno}: not JSON ({show(error.msg, 60)})") from None
    except (ValueError, RecursionError) as error:
        raise LagtoolError(f"{default.file}: not JSON that can be read ({show(str(error), 60)})") from None
    walker = _Walker(default, by_top=_parts_at_top(document, default))
    walker.walk(document, ())
    sheet = walker.sheet
    if not sheet.parts and not sheet.mentions:
        raise untold(default.file)
    if walker.ignored:
        number, first = walker.ignored.total(), next(iter(walker.ignored))
        sheet.remarks.append(f"{count(number, 'value')} outside all parts left out, such as that at {first}")
    return sheet


def _parts_at_top(document: Any, default: Default) -> bool:
    """Whether the outermost keys are the parts, though they are called like none."""
    if not isinstance(document, dict) or default.part is not None or not document:
        return False
    if not all(isinstance(value, dict | list) for value in document.values()):
        return False
    return not _any_part(document, 0) and not all(is_class_word(str(key)) for key in document)


def _any_part(value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        if choose_columns(map(str, value)).part is not None:
            return True
        return any(is_part(str(key)) or _any_part(inner, depth + 1) for key, inner in value.items())
    if isinstance(value, list):
        return any(_any_part(inner, depth + 1) for inner in value[:1000] if isinstance(inner, dict | list))
    return isinstance(value, str) and is_part(value)


@dataclass
class _Walker:
    default: Default
    by_top: bool
    sheet: Sheet = field(default_factory=Sheet)
    ignored: Counter[str] = field(default_factory=Counter)

    def walk(self, value: Any, keys: Keys) -> None:
        if len(keys) > MAX_DEPTH:
            raise LagtoolError(f"{self._place(keys)}: nested deeper than {MAX_DEPTH} levels: this is no split")
        if isinstance(value, dict):
            self._walk_object(value, keys)
        elif isinstance(value, list):
            outer, part = self._part(keys)
            if part is not None:
                self.sheet.parts.setdefault((outer, part))
            split_each = not keys and any(isinstance(inner, dict) and any(map(is_part, inner)) for inner in value)
            for number, inner in enumerate(value):
                self.walk(inner, (*keys, f"fold{number}" if split_each else number))
        else:
            self._name(value, keys)

    def _walk_object(self, value: dict[str, Any], keys: Keys) -> None:
        choice = choose_columns(value)
        if choice.name is not None and isinstance(value[choice.name], str | int):
            outer, part = self._part(keys)
            if choice.part is not None and part is not None and choice.part.strip().lower() == "fold":
                choice = choice._replace(part=None)  # a fold within a part: the part is what is judged
            found = list(read_record(value, choice, Default(self.default.file, part), self._place(keys)))
            self.sheet.mentions += ((outer, mention) for mention in found)
            if not found:
                self.ignored[self._place(keys)] += 1
            return
        for key, inner in value.items():
            if not isinstance(inner, dict | list) and _looks_like_name(key):
                self._name_with_value(key, inner, keys)
            else:
                self.walk(inner, (*keys, key))

    def _name_with_value(self, name: str, value: Any, keys: Keys) -> None:
        outer, part = self._part(keys)
        claimed: str | None = None
        if isinstance(value, str) and is_part(value):
            part = name_part(None, value)
        elif isinstance(value, str | int):
            claimed = str(value)
        self._note(keys, outer, part, name, claimed)

    def _name(self, value: Any, keys: Keys) -> None:
        outer, part = self._part(keys)
        if keys and not isinstance(keys[-1], int) and not isinstance(value, str | int):
            part = None
        name = value if isinstance(value, str) else json.dumps(value)
        claimed = next((str(key) for key in reversed(keys) if isinstance(key, str) and not is_part(key)), None)
        if self.by_top and claimed == keys[0]:
            claimed = None
        self._note(keys, outer, part, name, claimed)

    def _note(self, keys: Keys, outer: str | None, part: str | None, name: str, claimed: str | None) -> None:
        place = self._place(keys)
        if part is None:
            self.ignored[place] += 1
        else:
            self.sheet.mentions.append((outer, Mention(part, check_name(name, place), place, claimed)))

    def _part(self, keys: Keys) -> tuple[str | None, str | None]:
        if self.by_top:
            return None, str(keys[0]) if keys else None
        outer, part = find_part(key for key in keys if isinstance(key, str))
        return (outer, part) if part is not None else (None, self.default.part)

    def _place(self, keys: Keys) -> str:
        return f"{self.default.file} at {''.join(_steps(keys)).lstrip('.')}" if keys else self.default.file


def _steps(keys: Keys) -> Iterator[str]:
    for key in keys:
        yield f"[{key}]" if isinstance(key, int) else f".{show(key, 40)}"


def _looks_like_name(key: str) -> bool:
    return key.lower().endswith(PICTURES) or (key.isascii() and key.isdigit() and len(key) > 2)
