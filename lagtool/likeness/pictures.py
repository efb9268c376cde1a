"""Opening pictures for a comparison: reduced, and kept while they are needed again."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lagtool.likeness.vessels import SIDE, reduce_picture
from lagtool.probe.picture import Pixels, decode
from lagtool.source import PICTURE_LIMIT
from lagtool.storage import Store

Made = TypeVar("Made")
_KEPT = 48


@dataclass(frozen=True)
class Shelf:
    """Where the pictures lie: the store, their paths below it, and the longer side of each in pixels."""

    store: Store
    paths: Sequence[str] | Mapping[int, str]
    sides: Sequence[int] | Mapping[int, int]

    def select(self, numbers: Iterable[int]) -> "Shelf":
        """Return the shelf with some pictures only, under their numbers."""
        chosen = set(numbers)
        return Shelf(self.store, {n: self.paths[n] for n in chosen}, {n: self.sides[n] for n in chosen})

    def open(self, number: int) -> Pixels | None:
        """Return a picture reduced to `lagtool.likeness.vessels.SIDE`; None where it cannot be opened (any more)."""
        reading = self.store.read(self.paths[number], PICTURE_LIMIT)
        if reading.data is None:
            return None
        factor = max(f for f in (1, 2, 4, 8) if f == 1 or self.sides[number] >= f * SIDE)
        pixels = decode(reading.data, None, reduce=factor).pixels
        return None if pixels is None else reduce_picture(pixels)[0]


class Kept(Generic[Made]):
    """What was made of pictures, the last few kept."""

    def __init__(self, make: Callable[[int], Made]) -> None:
        self._make = make
        self._known: OrderedDict[int, Made] = OrderedDict()

    def __getitem__(self, number: int) -> Made:
        if number in self._known:
            self._known.move_to_end(number)
            return self._known[number]
        made = self._known[number] = self._make(number)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return made
