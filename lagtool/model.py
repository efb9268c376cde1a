"""Frozen records that every layer speaks: severities, findings, states of a file, the files of a sample."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple


class Severity(StrEnum):
    """How much a finding matters; the order is note < warning < error."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a note, 1 for a warning, 2 for an error."""
        return list(Severity).index(self)


class State(StrEnum):
    """What is known of a file after it was looked into (the columns ``*_state``).

    ``ok``: every byte was decoded and the decoder had no complaint. ``unread``: recorded by name, size and header only.
    """

    OK = "ok"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    WRONG_FORMAT = "wrong-format"
    BOMB = "bomb"
    EMPTY = "empty"
    INVALID = "invalid"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not-a-file"
    UNREAD = "unread"


class SampleFiles(NamedTuple):
    """The files of one sample: paths relative to the root, POSIX, or None where a slot is empty."""

    class_name: str
    id: str
    image: str | None
    label: str | None
    map: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one check found.

    Attributes:
        code: The check's code, ``LAG`` and three digits.
        severity: How much it matters.
        message: One plain sentence; text from outside is already passed through `lagtool.display.show`.
        path: The file or folder concerned, POSIX, relative to the root; empty where the data set as a whole is meant.
        sample: ``class/id`` of the sample concerned, or empty.
        related: Other paths that belong to the finding, for example the second of two identical pictures.
    """

    code: str
    severity: Severity
    message: str
    path: str = ""
    sample: str = ""
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that is known and accepted: it is reported as such, and does not count for the verdict.

    Attributes:
        finding: What was found.
        reason: Why it is accepted, in the words of whoever did so.
        origin: ``config`` (an ignore rule of a configuration file), ``curation`` (a mark on the sample) or
            ``baseline``.
    """

    finding: Finding
    reason: str
    origin: Literal["config", "curation", "baseline"]


class Action(StrEnum):
    """What a mark does with its sample."""

    EXCLUDE = "exclude"
    RELABEL = "relabel"
    KEEP_TOGETHER = "keep-together"
    ACCEPT = "accept"
