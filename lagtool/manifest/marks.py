"""Marks: what somebody decided about single samples after looking at them."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lagtool.model import Action
from lagtool.text import is_shown, show

_CODE = re.compile(r"LAG[0-9]{3}", re.ASCII)
_LONGEST_WORD = 200
LONGEST_NOTE = 4_000


class Mark(BaseModel):
    """One decision about one sample.

    Attributes:
        class_name: The class whose folder the sample lies in.
        id: Its id.
        action: What is to be done.
        value: ``relabel``: the class that it counts in; ``keep-together``: the name of a group; ``accept``: the code of
            a finding, or empty for all; ``exclude``: empty; ``same`` and ``not-same``: ``class/id`` of the other sample
            of the pair.
        note: Why, in free text.
        image_sha256: The picture that was looked at, of a pair both with ``+`` between; with another one the mark is
            stale. Empty: whatever it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    class_name: str = Field(min_length=1, max_length=_LONGEST_WORD)
    id: str = Field(min_length=1, max_length=_LONGEST_WORD)
    action: Action
    value: str = Field(default="", max_length=_LONGEST_WORD)
    note: str = Field(default="", max_length=LONGEST_NOTE)
    image_sha256: str = Field(default="", max_length=_LONGEST_WORD)

    @field_validator("class_name", "id", "value", "note", "image_sha256", mode="before")
    @classmethod
    def _plain(cls, text: object) -> object:
        """Take off blanks at both ends, and let lines end in one way: a file would not tell them apart."""
        return text.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(text, str) else text

    @model_validator(mode="after")
    def _makes_sense(self) -> "Mark":
        if problem := _judge(self):
            raise ValueError(problem)
        return self

    @property
    def sample(self) -> str:
        """``class/id`` of the sample, as the mark writes it."""
        return f"{self.class_name}/{self.id}"

    @property
    def other(self) -> str:
        """``class/id`` of the other sample of a pair, as the mark writes it; empty where it is about one sample."""
        return self.value if self.action.is_of_pair else ""

    @property
    def decision(self) -> tuple[str, str, str, str]:
        """What makes two marks the same, whatever their notes say: class, id, action and value."""
        return self.class_name, self.id, self.action.value, self.value

    @property
    def order(self) -> tuple[str, ...]:
        """What marks are sorted by, so that the order of lines makes no difference."""
        return (*self.decision, self.note, self.image_sha256)


def _judge(mark: Mark) -> str:
    """Return what is wrong with a mark, or nothing."""
    if not all(map(is_shown, (mark.class_name, mark.id, mark.value, mark.image_sha256))):
        return "a character that cannot be shown, beside the note"
    if not mark.note.isascii() and any("\ud800" <= char <= "\udfff" for char in mark.note):
        return "a note with half a character"
    if mark.action is Action.EXCLUDE and mark.value:
        return f"exclude takes no value, but there is '{show(mark.value, 40)}': write it as the note"
    if mark.action is Action.RELABEL and not mark.value:
        return "relabel needs the class as its value"
    if mark.action is Action.KEEP_TOGETHER and not mark.value:
        return "keep-together needs the name of a group as its value"
    if mark.action.is_of_pair and not all(mark.value.rpartition("/")[::2]):
        return f"{mark.action.value} needs the other sample as its value, as CLASS/ID, not '{show(mark.value, 40)}'"
    if mark.action.is_of_pair and mark.value == mark.sample:
        return f"{mark.action.value} needs two samples, not one twice"
    if mark.action is Action.ACCEPT and mark.value and not _CODE.fullmatch(mark.value):
        return f"accept takes the code of a finding, such as LAG301, or nothing, not '{show(mark.value, 40)}'"
    return ""


def find_contradiction(marks: Iterable[Mark]) -> tuple[int, int] | None:
    """Return the positions of the first two marks that contradict each other, or None."""
    said: dict[tuple[str, ...], tuple[int, str]] = {}
    for number, mark in enumerate(marks):
        if mark.action is Action.RELABEL:
            key, word = [mark.sample], mark.value
        elif mark.action.is_of_pair:
            key, word = sorted((mark.sample, mark.other)), mark.action.value
        else:
            continue
        first, before = said.setdefault(tuple(key), (number, word))
        if before != word:
            return first, number
    return None


def describe_contradiction(mark: Mark, earlier: Mark, where: str) -> str:
    """Say that a mark contradicts an earlier one, which stands ``where``: two classes, or a pair same and not same."""
    if mark.action is Action.RELABEL:
        now, then = f"relabelled to {show(mark.value, 40)}", f"to {show(earlier.value, 40)}"
    else:
        now, then = f"marked {mark.action.value} with {show(mark.other, 80)}", earlier.action.value
    return f"{show(mark.sample, 80)} is {now}, {where} {then}: remove one"


def sort_marks(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return marks in their one order, each once."""
    return tuple(sorted(set(marks), key=lambda mark: mark.order))


def fingerprint_marks(marks: Iterable[Mark]) -> str:
    """Return the sha256 over all marks, notes included, whatever the order and form of the file that they stand in."""
    digest = hashlib.sha256()
    for mark in sort_marks(marks):
        digest.update(json.dumps(mark.order).encode() + b"\n")
    return digest.hexdigest()


class CurationRecord(BaseModel):
    """What a manifest records of the marks that were applied to it.

    Attributes:
        name: Name of the file that they stand in, fit to be shown.
        sha256: Of that file; None where they came from a program.
        applied: How many marks of each action hold.
        unknown: How many marks name a sample that is not there.
        stale: How many marks are of another picture than the sample has now; they are not applied.
        marks: All of them, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=400)
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    applied: dict[Action, int]
    unknown: int = Field(ge=0)
    stale: int = Field(ge=0)
    marks: tuple[Mark, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> "CurationRecord":
        if not is_shown(self.name):
            raise ValueError("a name of a curation that cannot be shown")
        if find_contradiction(self.marks) is not None:
            raise ValueError("marks that contradict each other")
        written = Counter(mark.action for mark in self.marks)
        if any(number < 0 or number > written[action] for action, number in self.applied.items()):
            raise ValueError("more marks applied than there are")
        if sum(self.applied.values()) + self.unknown + self.stale != len(self.marks):
            raise ValueError("the numbers of marks do not add up")
        return self
