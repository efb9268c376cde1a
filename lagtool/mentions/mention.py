"""Records: one place of a split that names a sample, all of them as they are read, and all tied to samples."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.display import show


class Mention(NamedTuple):
    """One name in a split, as it was read: nothing in it can be trusted.

    Attributes:
        part: The part that it is put into.
        name: The name itself.
        place: Where it stands, fit to be shown: ``train.txt line 7``; empty where the name says it.
        class_text: The class that the split puts it into, in the split's words; None where it says nothing.
        sha256: Of the file's bytes, where they are at hand; None otherwise.
    """

    part: str
    name: str
    place: str
    class_text: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """A split as it was read, not yet compared with any data set.

    Attributes:
        title: What it was read from, fit to be shown.
        parts: Its parts in order, those without any name too.
        mentions: All names, in the order of files and lines.
        remarks: What must be known of the reading.
    """

    title: str
    parts: tuple[str, ...]
    mentions: list[Mention] = field(repr=False)
    remarks: tuple[str, ...] = ()


@dataclass
class Sheet:
    """What was read so far: names, each with the fold round it (None: there is none); parts in order; remarks.

    Where there are folds round parts, each fold holds a split of its own.
    """

    mentions: list[tuple[str | None, Mention]] = field(default_factory=list)
    parts: dict[tuple[str | None, str], None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def take(self, other: "Sheet") -> None:
        """Add what another sheet holds; parts that only its names tell come last."""
        self.mentions += other.mentions
        self.parts |= other.parts
        self.parts |= dict.fromkeys((outer, mention.part) for outer, mention in other.mentions)
        self.remarks += other.remarks

    def listings(self, title: str) -> list[Listing]:
        """Return one listing, or one per fold where each fold holds a split."""
        return [
            Listing(
                title if outer is None else f"{title}, {show(outer, 40)}",
                tuple(part for o, part in self.parts if o == outer),
                [mention for o, mention in self.mentions if o == outer],
                tuple(self.remarks),
            )
            for outer in dict.fromkeys(outer for outer, _ in self.parts)
        ]


class Fate(StrEnum):
    """What became of one name."""

    FOUND = "found"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Mentions:
    """The names of a split, tied to the samples of a manifest.

    Attributes:
        title: What the split was read from, fit to be shown.
        parts: Parts in order, by the names that a manifest's column can hold.
        table: One row per name: ``part`` (its number), ``name`` and ``place`` (fit to be shown), ``row`` (position of
            the sample, -1: none), ``slot`` (of the sample's files, which is named), ``fate`` (a `Fate`), ``claimed``
            (number of the class that the split says, -1: it says none), ``detail`` (samples that an ambiguous name
            may mean).
        remarks: What must be known of reading and matching.
    """

    title: str
    parts: tuple[str, ...]
    table: pd.DataFrame
    remarks: tuple[str, ...] = ()

    def numbers(self, column: str) -> NDArray[np.int64]:
        """Return ``part``, ``row`` or ``claimed`` as whole numbers."""
        return self.table[column].to_numpy(dtype=np.int64)
