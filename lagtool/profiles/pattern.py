"""Patterns of file names: regular expressions that cannot take long, and names that they take."""

import importlib
import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from lagtool.probe.threads import warnings_raised, without_warnings
from lagtool.text import show

MAX_STEM = 100
"""Characters that a name may have before its suffix; longer ones belong to no sample."""

MAX_WAYS = 2_000_000
"""Ways to match one name that a pattern may have: a backtracking matcher tries them all, in some milliseconds."""

# The parser behind `re`: the only reading of a pattern that is sure to be the matcher's own.
_PARSER: Any = importlib.import_module("re._parser")
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_CANDIDATES = "0a1A2bBz9Z_-. "
_MOST_EXAMPLES = 64


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern of a checked profile."""
    with without_warnings():
        return re.compile(pattern, re.ASCII)


def check_pattern(pattern: str) -> str:
    """Return a pattern that is a regular expression, ties samples together, and can take long on no name.

    The bound is that of `count_ways`. It is generous to real patterns (three open repeats side by side pass) and
    shuts out those whose time grows exponentially with the name, such as ``(a+)+``.

    Raises:
        ValueError: With what to write instead.
    """
    try:
        with warnings_raised():
            groups = re.compile(pattern, re.ASCII).groupindex
        tree = _PARSER.parse(pattern, re.ASCII)
    except (re.error, Warning, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {show(str(error))}") from None
    if len({"number", "id"} & groups.keys()) != 1:
        raise ValueError("needs one group that ties a sample's files together: (?P<number>...) or (?P<id>...)")
    if unknown := groups.keys() - {"number", "id", "class"}:
        raise ValueError(f"has the group {min(unknown)!r}: only 'number' or 'id', and 'class', mean anything")
    if count_ways(tree) > MAX_WAYS:
        raise ValueError(
            "can be matched in too many ways, so that some names would take for ever: "
            "no repeat inside a repeat, at most three open ones, or bounds such as {1,9} instead of +"
        )
    return pattern


def count_ways(tree: Any) -> int:
    """Return an upper bound on the ways to match one name of up to `MAX_STEM` characters from its start.

    What follows another multiplies, alternatives add up, and a repeat of ``n`` to ``m`` times something with ``w`` ways
    has ``w^n + ... + w^m``. Bounds above `MAX_WAYS` are not exact.

    Raises:
        ValueError: The pattern looks around or back, where no such bound holds.
    """
    ways = 1
    for op, value in tree:
        ways *= _count_node(str(op), value)
        if ways > MAX_WAYS:
            break
    return ways


def _count_node(op: str, value: Any) -> int:
    if op in _REPEATS:
        low, high, body = value
        most = min(int(high), MAX_STEM // max(1, int(body.getwidth()[0])))
        inner = count_ways(body)
        if inner == 1:
            return max(1, most - int(low) + 1)
        total = 0
        for times in range(int(low), most + 1):
            total += int(inner**times)
            if total > MAX_WAYS:
                break
        return max(1, total)
    if op == "BRANCH":
        return sum(count_ways(branch) for branch in value[1])
    if op == "SUBPATTERN":
        return count_ways(value[-1])
    if op == "ATOMIC_GROUP":
        return count_ways(value)
    if op in ("ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS", "GROUPREF_IGNORE"):
        raise ValueError("looks around or refers back to a group, which a pattern of names may not")
    return 1


def list_examples(pattern: str) -> list[str]:
    """Return some stems that a checked pattern takes, the plainest first; kinds of character and branches are tried."""
    matcher = compile_pattern(pattern)
    stems = dict.fromkeys(_spell(_PARSER.parse(pattern, re.ASCII)))
    return [stem for stem in stems if matcher.fullmatch(stem)]


def _spell(tree: Any) -> list[str]:
    parts = [_spell_node(str(op), value) for op, value in tree]
    stems: list[str] = []
    for chosen in product(*parts):
        stems.append("".join(chosen))
        if len(stems) == _MOST_EXAMPLES:
            break
    return stems


def _spell_node(op: str, value: Any) -> list[str]:
    if op in _REPEATS:
        low, high, body = int(value[0]), int(value[1]), _spell(value[2])
        times = {max(low, min(1, high)): None, min(max(low, 4), high): None, low: None}
        return [text * n for n in times for text in body if len(text) * n <= MAX_STEM] or [""]
    if op == "BRANCH":
        return [text for branch in value[1] for text in _spell(branch)]
    if op == "SUBPATTERN":
        return _spell(value[-1])
    if op == "ATOMIC_GROUP":
        return _spell(value)
    if op == "LITERAL":
        return [chr(value)]
    if op == "AT":
        return [""]
    return [char for char in _CANDIDATES if _takes(op, value, char)][:2] or _others(op, value)


def _others(op: str, value: Any) -> list[str]:
    return [char for char in map(chr, range(33, 127)) if _takes(op, value, char)][:1]


def _takes(op: str, value: Any, char: str) -> bool:
    """Whether a node that stands for one character takes ``char``."""
    code = ord(char)
    if op == "ANY":
        return True
    if op == "NOT_LITERAL":
        return bool(code != value)
    if op == "LITERAL":
        return bool(code == value)
    if op == "RANGE":
        return bool(value[0] <= code <= value[1])
    if op == "CATEGORY":
        name = str(value).removeprefix("CATEGORY_")
        kind = name.removeprefix("NOT_")
        found = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}[kind]
        return found != name.startswith("NOT_")
    if op == "IN":
        negated = str(value[0][0]) == "NEGATE"
        return any(_takes(str(o), v, char) for o, v in value[int(negated) :]) != negated
    return False


def compose_stem(pattern: str, number: int, width: int, given: dict[str, str]) -> str | None:
    """Return a stem that a pattern takes and that bears a number; None where there is no way to spell it.

    Args:
        pattern: A checked pattern.
        number: What stands in the group ``number``, or in the widest run of digits of the group ``id``.
        width: Digits to pad the number to, as far as the pattern allows.
        given: Text of groups that is decided already.
    """
    tree = _PARSER.parse(pattern, re.ASCII)
    names = {index: name for name, index in tree.state.groupdict.items()}
    stem = _Composer(names, given, str(number), width).compose(tree)
    return stem if stem is not None and compile_pattern(pattern).fullmatch(stem) else None


@dataclass(frozen=True)
class _Composer:
    names: dict[int, str]
    given: dict[str, str]
    digits: str
    width: int

    def compose(self, tree: Any, *, inside: bool = False) -> str | None:
        """Spell a tree in the plainest way; the number goes into its widest run of digits, ``inside`` the id only."""
        numbered = _widest_digits(tree) if inside else None
        parts = [
            self._pad(int(value[0]), int(value[1])) if at == numbered else self._spell(str(op), value, inside)
            for at, (op, value) in enumerate(tree)
        ]
        return None if None in parts else "".join(part or "" for part in parts)

    def _spell(self, op: str, value: Any, inside: bool) -> str | None:
        if op == "SUBPATTERN":
            name = self.names.get(value[0], "")
            if name in self.given:
                return self.given[name]
            if name == "number":
                low, high = value[-1].getwidth()
                return self._pad(int(low), int(high))
            return self.compose(value[-1], inside=inside or name == "id")
        if op in _REPEATS:
            text = self.compose(value[2], inside=inside)
            return None if text is None else text * int(value[0])
        return next(iter(_spell_node(op, value)), None)

    def _pad(self, low: int, high: int) -> str | None:
        if len(self.digits) > high:
            return None
        return self.digits.rjust(max(low, min(self.width, high)), "0")


def _widest_digits(tree: Any) -> int | None:
    """Return the position of the repeat of digits that takes most of them, the last of several."""
    best, most = None, 0
    for at, (op, value) in enumerate(tree):
        if str(op) in _REPEATS and int(value[1]) >= most and _is_digit(value[2]):
            best, most = at, int(value[1])
    return best


def _is_digit(tree: Any) -> bool:
    if len(tree) != 1:
        return False
    op, value = tree[0]
    return _takes(str(op), value, "0") and not any(_takes(str(op), value, char) for char in "aA_-.")
