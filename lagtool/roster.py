"""The samples of a tree, packed: ids and the names of their files, without an object for each of them."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import overload

from lagtool.model import ListedFiles, SampleFiles
from lagtool.profile import SLOTS, SlotName
from lagtool.storage import Store


class SlotNames:
    """The files of one slot of a class: their ids, and the names that do not follow from these."""

    def __init__(self, folder: str, suffix: str, names: Mapping[str, str]) -> None:
        """Pack names, by id, of files in ``folder``; most are the id and ``suffix``."""
        self._folder = f"{folder}/" if folder else ""
        self._suffix = suffix
        self._ids = "\n".join(names)
        self._odd = {key: name for key, name in names.items() if name != key + suffix}

    def ids(self) -> list[str]:
        """Return the ids that have a file."""
        return self._ids.split("\n") if self._ids else []

    def path(self, key: str) -> str:
        """Return the path of the file of an id that has one."""
        return self._folder + (self._odd.get(key) or key + self._suffix)


@dataclass(frozen=True, slots=True)
class _Class:
    """The samples of one class, in order of id; ``there`` says of each slot who has a file, as one byte each."""

    name: str
    ids: str
    ends: "array[int]"
    names: tuple[SlotNames | None, ...]
    there: tuple[bytes, ...]

    def read(self, start: int, stop: int) -> Iterator[SampleFiles]:
        begin = self.ends[start - 1] if start else 0
        for number in range(start, stop):
            end = self.ends[number]
            key, begin = self.ids[begin:end], end
            paths = (
                names.path(key) if names is not None and there[number] else None
                for names, there in zip(self.names, self.there, strict=True)
            )
            yield SampleFiles(self.name, key, *paths)


def _pack_class(name: str, slots: Mapping[SlotName, SlotNames]) -> _Class:
    names = tuple(slots.get(slot) for slot in SLOTS)
    found = [set(slot.ids()) if slot is not None else set[str]() for slot in names]
    ids = sorted(set[str]().union(*found))
    ends = array("Q", accumulate(map(len, ids)))
    return _Class(name, "".join(ids), ends, names, tuple(bytes(key in keys for key in ids) for keys in found))


class Roster(Sequence[SampleFiles]):
    """The samples of a tree, in the order class, id; each is made when it is asked for.

    One takes some 30 bytes where its files are named by its id, with the id's own 4 characters and the usual suffix.
    """

    def __init__(self, store: Store, found: Mapping[str, Mapping[SlotName, SlotNames]]) -> None:
        """Put the files of each class together to samples, in the order of ``found``.

        Args:
            store: Where they lie.
            found: For each class, the names of the files in each slot.
        """
        self._store = store
        self._classes = [_pack_class(name, slots) for name, slots in found.items()]
        self._size = sum(len(part.ends) for part in self._classes)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[SampleFiles]:
        return self._read(0, self._size)

    @overload
    def __getitem__(self, index: int) -> SampleFiles: ...

    @overload
    def __getitem__(self, index: slice) -> list[SampleFiles]: ...

    def __getitem__(self, index: int | slice) -> SampleFiles | list[SampleFiles]:
        places = range(self._size)[index]
        if isinstance(places, int):
            return next(self._read(places, places + 1))
        if places.step == 1:
            return list(self._read(places.start, places.stop))
        return [self[place] for place in places]

    def _read(self, start: int, stop: int) -> Iterator[SampleFiles]:
        first = 0
        for part in self._classes:
            here, there = max(start - first, 0), min(stop - first, len(part.ends))
            if here < there:
                samples = part.read(here, there)
                yield from map(self._with_listed, samples) if self._store.lists else samples
            first += len(part.ends)

    def _with_listed(self, sample: SampleFiles) -> SampleFiles:
        listed = ListedFiles(*sample)
        image, label, heat = map(self._store.listed, sample[2:])
        listed.listed = image, label, heat
        return listed
