"""The samples of a tree as columns: a million of them fit, and each becomes an object when it is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, overload

import numpy as np

from lagtool.model import ListedFiles, SampleFiles
from lagtool.profile import SLOTS, SlotName
from lagtool.storage import Store

_AT_ONCE = 1 << 10


@dataclass(frozen=True, slots=True)
class SlotNames:
    """The files of one slot of a class: the folder, and the name of each sample's file.

    Attributes:
        folder: Path of the folder from the root, POSIX; empty: the root itself.
        ids: The ids, in order of the names.
        names: The names of their files.
    """

    folder: str
    ids: Any
    names: Any

    @classmethod
    def pack(cls, folder: str, names: Mapping[str, str]) -> "SlotNames":
        """Return the names of the files in ``folder``, by id, as columns of 16 bytes a text."""
        return cls(folder, _texts(names.keys()), _texts(names.values()))


@dataclass(frozen=True, slots=True)
class _Class:
    """The samples of one class, in order of id; for each slot the folder and the names of files, or empty texts."""

    name: str
    ids: Any
    slots: list[tuple[str, Any]]

    @classmethod
    def join(cls, name: str, slots: Mapping[SlotName, SlotNames]) -> "_Class":
        ids = _texts(sorted({key for slot in slots.values() for key in slot.ids.tolist()}))
        columns = []
        for slot in SLOTS:
            found = slots.get(slot)
            names = np.zeros(len(ids), ids.dtype)
            if found is not None:
                names[np.searchsorted(ids, found.ids)] = found.names
            columns.append((f"{found.folder}/" if found is not None and found.folder else "", names))
        return cls(name, ids, columns)

    def read(self, start: int, stop: int) -> Iterator[SampleFiles]:
        names = (
            [folder + name if name else None for name in names[start:stop].tolist()] for folder, names in self.slots
        )
        return map(SampleFiles, repeat(self.name), self.ids[start:stop].tolist(), *names)


def _texts(texts: Any) -> Any:
    """Return texts as a column; it holds those of up to 15 bytes without another object."""
    return np.array(list(texts), np.dtypes.StringDType())


class Samples(Sequence[SampleFiles]):
    """The samples of a tree, in the order class, id; each is made when it is asked for."""

    def __init__(self, store: Store, found: Mapping[str, Mapping[SlotName, SlotNames]]) -> None:
        """Put the files of each class together to samples, in the order of ``found``.

        Args:
            store: Where they lie.
            found: For each class, the names of the files in each slot.
        """
        self._store = store
        self._classes = [_Class.join(name, slots) for name, slots in found.items()]
        self._size = sum(len(part.ids) for part in self._classes)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[SampleFiles]:
        for start in range(0, self._size, _AT_ONCE):
            yield from self._read(start, min(start + _AT_ONCE, self._size))

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
            here, there = max(start - first, 0), min(stop - first, len(part.ids))
            if here < there:
                samples = part.read(here, there)
                yield from map(self._with_listed, samples) if self._store.lists else samples
            first += len(part.ids)

    def _with_listed(self, sample: SampleFiles) -> SampleFiles:
        listed = ListedFiles(*sample)
        image, label, heat = map(self._store.listed, sample[2:])
        listed.listed = image, label, heat
        return listed
