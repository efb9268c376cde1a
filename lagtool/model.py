"""Frozen records that every layer speaks: severities, findings, states of a file, the files of a sample."""

from collections.abc import Iterable
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
    SEVERAL_VALUES = "several-values"
    NOT_TEXT = "not-text"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not-a-file"
    LINK_INSIDE = "link-inside"
    LINK_OUTSIDE = "link-outside"
    UNREAD = "unread"


MAX_PIXELS = 50_000_000
"""By default, pictures with more pixels by their header are refused before a decoder runs (LAG: 250,000)."""


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What a scan was asked for, as far as its rows depend on it.

    Attributes:
        quick: Only names, sizes, headers and labels are looked at: nothing is decoded or hashed.
        max_pixels: Pictures that claim more are not decoded.
    """

    quick: bool = False
    max_pixels: int = MAX_PIXELS


UnmatchedReason = Literal[
    "junk", "copy-name", "name", "suffix", "extra-file", "second-file", "folder", "copy-of-tree", "link", "special",
    "unreadable", "missing-folder", "folder-case", "unlabeled", "unused-row",
]  # fmt: skip
"""Why a file or folder has no place in a sample."""


class Listed(NamedTuple):
    """What a listing says of one file that does not lie on this disk (see `lagtool.files`).

    Attributes:
        size: In bytes; None: not told.
        mtime_ns: Time of last change in nanoseconds since 1970; None: not told.
        ctime_ns: Time of last change of the archive that the file lies in, where that is what tells a change.
        mark: A number of 63 bits that is another one when the content is; None: nothing tells a change.
        surely: Whether the mark follows from the content, so that no time need be looked at.
        at: Where in an archive the file lies, in the archive's own terms.
        refusal: Why it is not to be read; None: it is.
    """

    size: int | None
    mtime_ns: int | None = None
    ctime_ns: int | None = None
    mark: int | None = None
    surely: bool = False
    at: tuple[int, ...] = ()
    refusal: tuple[State, str] | None = None


class SampleFiles(NamedTuple):
    """The files of one sample: paths relative to the root, POSIX, or None where a slot is empty."""

    class_name: str
    id: str
    image: str | None
    label: str | None
    map: str | None


def any_image(samples: Iterable[SampleFiles]) -> str | None:
    """Return the path of an image that is there, by which a dataset is known; None: there is none."""
    return next((path for sample in samples if (path := sample.image)), None)


class ListedFiles(SampleFiles):
    """The same of files that do not lie on this disk: ``listed`` is what a listing says of each slot's, in order."""

    listed: tuple[Listed | None, Listed | None, Listed | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one check found.

    Attributes:
        code: The check's code, ``LAG`` and three digits.
        severity: How much it matters.
        message: One plain sentence; text from outside is already passed through `lagtool.text.show`.
        path: The file or folder concerned, POSIX, relative to the root; empty where the dataset as a whole is meant.
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
    SAME = "same"
    NOT_SAME = "not-same"

    @property
    def is_of_pair(self) -> bool:
        """Whether such a mark is about two samples, the second of which is its value."""
        return self in (Action.SAME, Action.NOT_SAME)
