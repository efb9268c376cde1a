"""Opening pictures for a comparison, reduced, and only those that the manifest describes."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from lagtool.duplicates.vessels import SIDE
from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.probe.field import Crop, crop_field, find_field
from lagtool.probe.picture import Pixels, decode
from lagtool.reading import PICTURE_LIMIT
from lagtool.scanning.workers import Backend, map_chunks
from lagtool.text import count, show

KEPT = 48
"""Pictures, or what was made of them, that a chunk of work keeps while they may be needed again."""

_EXPLAINED = 64


class Unopened(StrEnum):
    """Why a picture was not compared, in words."""

    UNREADABLE = "missing or unreadable"
    CHANGED = "another file than the manifest's (sha256)"
    DAMAGED = "cannot be decoded"
    CRASHED = "ended the process that opened it"
    UNSTEADY = "failed, but can be opened now"


_ENOUGH = 0.9  # of the pixels wanted: what is missing is made up, rather than four times as much decoded


@dataclass(frozen=True)
class Shelf:
    """Where the pictures lie.

    Attributes:
        store: The files of the dataset.
        paths: Of each picture below it.
        sides: The longer side of each one's field in pixels.
        digests: The sha256 of each as the manifest has it: other bytes are not opened. None: whatever is there.
        further: The files of a second dataset, in which the pictures from number ``cut`` on lie; None: there is none.
        cut: See there.
    """

    store: Store
    paths: Sequence[str] | Mapping[int, str]
    sides: Sequence[int] | Mapping[int, int]
    digests: Sequence[str] | Mapping[int, str] | None = None
    further: Store | None = None
    cut: int = 0

    def store_of(self, number: int) -> Store:
        """Return the files that a picture is one of."""
        return self.store if self.further is None or number < self.cut else self.further

    def select(self, numbers: Iterable[int]) -> "Shelf":
        """Return the shelf with some pictures only, under their numbers."""
        chosen = set(numbers)
        digests = None if self.digests is None else {n: self.digests[n] for n in chosen}
        paths, sides = {n: self.paths[n] for n in chosen}, {n: self.sides[n] for n in chosen}
        return replace(self, paths=paths, sides=sides, digests=digests)

    def open_field(self, number: int, side: int = SIDE, *, square: bool = True) -> Crop | None:
        """Return the field of a picture; None where it cannot be opened.

        Args:
            number: Which picture.
            side: Pixels, width and height of the result.
            square: False: keep the shape of the field's box, with ``side`` as its longer side.
        """
        found = self._decode(number, side)
        return None if isinstance(found, Unopened) else crop_field(found, find_field(found), side, square=square)

    def explain(self, number: int) -> Unopened | None:
        """Return why `open_field` gives no picture; None where it does."""
        found = self._decode(number, SIDE)
        return found if isinstance(found, Unopened) else None

    def _decode(self, number: int, side: int) -> Pixels | Unopened:
        reading = self.store_of(number).read(self.paths[number], PICTURE_LIMIT)
        if reading.data is None:
            return Unopened.UNREADABLE
        if self.digests is not None and hashlib.sha256(reading.data).hexdigest() != self.digests[number]:
            return Unopened.CHANGED
        enough = _ENOUGH * side
        factor = max(f for f in (1, 2, 4, 8) if f == 1 or self.sides[number] >= f * enough)
        pixels = decode(reading.data, None, reduce=factor).pixels
        return Unopened.DAMAGED if pixels is None else pixels


def explain_chunk(shelf: Shelf, numbers: Sequence[int]) -> list[Unopened | None]:
    """Return why some pictures cannot be opened; None for those that can."""
    return [shelf.explain(number) for number in numbers]


def _blame_crash(_shelf: Shelf, numbers: Sequence[int]) -> list[Unopened | None]:
    """Say of some pictures that they took their process down."""
    return [Unopened.CRASHED] * len(numbers)


def lose_pictures(_context: object, tasks: Sequence[object]) -> list[Any]:
    """Return None for each task: its pictures took their process down."""
    return [None] * len(tasks)


@dataclass(eq=False)
class Losses:
    """Which pictures of a search had to be opened, and which could not be.

    Attributes:
        wanted: The pictures that had to be opened.
        lost: Those that could not be.
        torn: Pairs of which at least one could not be.
        reasons: How many were lost for each reason, see `settle`.
    """

    wanted: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    torn: list[tuple[int, int]] = field(default_factory=list)
    reasons: "Counter[Unopened]" = field(default_factory=Counter)

    def settle(self, shelf: Shelf, jobs: int | Backend) -> None:
        """Find out which pictures of torn pairs were lost, and why each was.

        Raises:
            LagtoolError: Not one of those of a dataset that had to be opened could be.
        """
        numbers = sorted(self.lost.union(*self.torn))
        why: dict[int, Unopened | None] = {}
        for _, part in map_chunks(explain_chunk, shelf, numbers, _EXPLAINED, jobs, _blame_crash, Shelf.select):
            why.update(zip(numbers[len(why) :], part, strict=False))
        for pair in self.torn:
            self.lost.update([number for number in pair if why[number] is not None] or pair)
        self.reasons = Counter(why[number] or Unopened.UNSTEADY for number in self.lost)
        for lost, wanted in zip(self._by_store(shelf, self.lost), self._by_store(shelf, self.wanted), strict=True):
            if lost and len(lost) == len(wanted):
                reasons, first = Counter(why[number] or Unopened.UNSTEADY for number in lost), min(lost)
                raise LagtoolError(
                    f"{show(str(shelf.store_of(first)))}: none of the {count(len(lost), 'picture')} to compare is "
                    f"there as the manifest has it ({_list_reasons(reasons)}; the first: "
                    f"{show(shelf.paths[first], 80)}): name the folder of this manifest, or index it again"
                )

    def _by_store(self, shelf: Shelf, numbers: set[int]) -> tuple[set[int], set[int]]:
        """Return pictures of the first and of the second dataset."""
        later = {number for number in numbers if shelf.further is not None and number >= shelf.cut}
        return numbers - later, later

    def __str__(self) -> str:
        return _list_reasons(self.reasons)


def _list_reasons(reasons: "Counter[Unopened]") -> str:
    return ", ".join(f"{reasons[reason]:,} {reason.value}" for reason in Unopened if reasons[reason])
