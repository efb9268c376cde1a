"""Opening pictures for a comparison, reduced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lagtool.likeness.vessels import SIDE, reduce_picture
from lagtool.probe.field import Crop, crop_field, find_field
from lagtool.probe.picture import Pixels, decode
from lagtool.source import PICTURE_LIMIT
from lagtool.storage import Store

KEPT = 48
"""Pictures, or what was made of them, that a chunk of work keeps while they may be needed again."""


_ENOUGH = 0.9  # of the pixels wanted: what is missing is made up, rather than four times as much decoded


@dataclass(frozen=True)
class Shelf:
    """Where the pictures lie: the store, their paths below it, and the longer side of each one's field in pixels."""

    store: Store
    paths: Sequence[str] | Mapping[int, str]
    sides: Sequence[int] | Mapping[int, int]

    def select(self, numbers: Iterable[int]) -> "Shelf":
        """Return the shelf with some pictures only, under their numbers."""
        chosen = set(numbers)
        return Shelf(self.store, {n: self.paths[n] for n in chosen}, {n: self.sides[n] for n in chosen})

    def open(self, number: int) -> Pixels | None:
        """Return a picture reduced to `lagtool.likeness.vessels.SIDE`; None where it cannot be opened (any more)."""
        pixels = self._decode(number, SIDE)
        return None if pixels is None else reduce_picture(pixels)

    def open_field(self, number: int, side: int = SIDE) -> Crop | None:
        """Return the field of a picture, made ``side`` pixels wide and high; None where it cannot be opened."""
        pixels = self._decode(number, side)
        return None if pixels is None else crop_field(pixels, find_field(pixels), side)

    def _decode(self, number: int, side: int) -> Pixels | None:
        reading = self.store.read(self.paths[number], PICTURE_LIMIT)
        if reading.data is None:
            return None
        enough = _ENOUGH * side
        factor = max(f for f in (1, 2, 4, 8) if f == 1 or self.sides[number] >= f * enough)
        return decode(reading.data, None, reduce=factor).pixels


def lose_pictures(_context: object, tasks: Sequence[object]) -> list[Any]:
    """Return None for each task: its pictures took their process down."""
    return [None] * len(tasks)
