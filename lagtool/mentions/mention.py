"""Records: one place of a split that names a sample, and all of them together."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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
