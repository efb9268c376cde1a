"""Frozen records of statistics, each number with its unit.

Percentages are 0..100, rounded to 4 decimals; None where the whole is empty. A median over an even number of values is
the mean of the two in the middle. Text that comes from files is printable (`lagtool.text.show`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class PerClass(Generic[T]):
    """The same figures over all classes together and for each class, in the profile's order."""

    total: T
    classes: dict[str, T]

    def rows(self) -> Iterator[tuple[str | None, T]]:
        """Yield each class with its figures, then None with the total."""
        yield from self.classes.items()
        yield None, self.total

    def map(self, measure: Callable[[T], U]) -> "PerClass[U]":
        """Return what ``measure`` makes of each."""
        return PerClass(measure(self.total), {name: measure(one) for name, one in self.classes.items()})


@dataclass(frozen=True, slots=True)
class Subject:
    """What the figures are about.

    Attributes:
        root_name: Name of the root folder.
        profile: Name of the profile whose published figures stand beside.
        title: The profile's title.
        samples: Number of samples.
        content_sha256: Fingerprint of the data; None where files were not read.
        ids_sha256: Fingerprint of ids and labels.
        curation: Name of the curation whose marks hold; None where there is none.
        excluded: Samples that marks exclude; no figure counts them.
        relabelled: Samples that count in another class than that of their folder.
    """

    root_name: str
    profile: str
    title: str
    samples: int
    content_sha256: str | None
    ids_sha256: str
    curation: str | None = None
    excluded: int = 0
    relabelled: int = 0


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many files of one slot there are, beside what is published.

    Attributes:
        found: Number of files.
        percent: ``found`` as a share of the slot's files in all classes.
        published: Published number of files; None where nothing is published.
        published_percent: ``published`` as a share of the published number in all classes.
        deviation: ``found - published``.
    """

    found: int
    percent: float | None
    published: int | None
    published_percent: float | None
    deviation: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many images have a file in another slot.

    Attributes:
        images: Number of images.
        covered: Number of images with such a file.
        percent: ``covered`` as a share of ``images``.
        orphans: Number of such files without an image.
    """

    images: int
    covered: int
    percent: float | None
    orphans: int


@dataclass(frozen=True, slots=True)
class Range:
    """Lowest, middle and highest of whole numbers (pixels)."""

    min: int
    median: float
    max: int


@dataclass(frozen=True, slots=True)
class LevelRange:
    """Lowest, middle and highest of gray levels, 0..255, rounded to 4 decimals."""

    min: float
    median: float
    max: float


@dataclass(frozen=True, slots=True)
class SizeCount:
    """One picture size: width and height in pixels, number of files, share of the files whose size is known."""

    width: int
    height: int
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """Picture sizes of one slot.

    Attributes:
        known: Number of files whose size is known.
        unknown: Number of files whose size is not known.
        width: Widths in pixels; None where no size is known.
        height: Heights in pixels, taken apart from the widths.
        distinct: Number of distinct sizes.
        most_frequent: The ten most frequent sizes; at equal counts the smaller size comes first.
        other: Number of files of other sizes.
        other_percent: ``other`` as a share of ``known``.
    """

    known: int
    unknown: int
    width: Range | None
    height: Range | None
    distinct: int
    most_frequent: tuple[SizeCount, ...]
    other: int
    other_percent: float | None


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """The published size table, (width, height) in pixels each; the same figures are published for every class."""

    min: tuple[int, int]
    median: tuple[int, int]
    max: tuple[int, int]


@dataclass(frozen=True, slots=True)
class MixedSizes:
    """Sizes of images and attention maps mixed together, as in the published table.

    Attributes:
        files: Number of images and maps whose size is known.
        width: Their widths in pixels.
        height: Their heights in pixels.
        matches: Whether all six figures are the published ones; None where there is nothing to compare.
        complete_width: Widths in pixels of a complete copy, by the profile's published numbers and sizes; None where
            the profile does not state them.
        complete_height: Heights in pixels of a complete copy.
        complete_matches: Whether the figures of a complete copy are the published ones. False for a release with as
            many maps as images: its median lies half-way between the two sizes, and the published table, which is
            that of the whole database, cannot be met.
    """

    files: int
    width: Range | None
    height: Range | None
    matches: bool | None
    complete_width: Range | None
    complete_height: Range | None
    complete_matches: bool | None


@dataclass(frozen=True, slots=True)
class FileSizes:
    """Files of one slot whose size is known: their number; smallest, median, mean, largest and sum, all in bytes.

    The mean is rounded to 4 decimals.
    """

    files: int
    min: int | None
    median: float | None
    mean: float | None
    max: int | None
    total: int


@dataclass(frozen=True, slots=True)
class ValueCount:
    """One value, the number of files that have it, and their share of the slot's files in that class.

    ``value`` is None for files of which it is not known.
    """

    value: str | None
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often the values of one column occur among the files of one slot.

    Attributes:
        files: Number of files.
        distinct: Number of distinct values, a missing one included.
        most_frequent: The ten most frequent values; at equal counts in order of the text, a missing one last.
        other: Number of files with other values.
        other_percent: ``other`` as a share of ``files``.
    """

    files: int
    distinct: int
    most_frequent: tuple[ValueCount, ...]
    other: int
    other_percent: float | None


@dataclass(frozen=True, slots=True)
class GrayLevels:
    """Gray levels (0..255) of attention maps, each summed up over the maps.

    Attributes:
        maps: Number of maps whose levels are known.
        lowest: The lowest level of each map.
        highest: The highest level of each map.
        mean: The mean level of each map.
    """

    maps: int
    lowest: LevelRange | None
    highest: LevelRange | None
    mean: LevelRange | None


@dataclass(frozen=True, slots=True)
class PartShare:
    """Samples of one class in one part: their number, and their share of the part's samples."""

    count: int
    percent: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a split, or the samples that one fold holds out.

    Attributes:
        name: The part's name or the fold's number; None for the samples that are in none.
        samples: Number of samples.
        percent: ``samples`` as a share of all samples.
        classes: The same per class.
    """

    name: str | None
    samples: int
    percent: float
    classes: dict[str, PartShare]
