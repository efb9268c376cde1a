"""The samples of a tree, packed: ids and the names of their files, without an object for each of them."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, repeat
from typing import Self, overload

from lagtool.files import Store
from lagtool.model import ListedFiles, SampleFiles
from lagtool.profiles import SLOTS, SlotName

_AT_ONCE = 1 << 10


@dataclass(frozen=True, slots=True)
class SlotNames:
    """The files of one slot of a class in a folder: as lines their ids and names, in one order; and their split."""

    folder: str
    ids: str
    names: str
    split: str | None = None

    @classmethod
    def pack(cls, folder: str, names: Mapping[str, str], split: str | None = None) -> Self:
        """Pack the names of files in ``folder``, by id."""
        return cls(folder, "\n".join(names), "\n".join(names.values()), split)

    def read(self) -> Iterator[tuple[str, str]]:
        """Yield id and name of each file."""
        return zip(self.ids.split("\n"), self.names.split("\n"), strict=True) if self.ids else iter(())


_NONE = SlotNames("", "", "")


class _Texts:
    """Texts in one piece: an object for each of them would take five times as much."""

    def __init__(self, texts: Iterable[str]) -> None:
        texts = list(texts)
        self._text = "".join(texts)
        self._ends = array("I", accumulate(map(len, texts), initial=0))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def read(self, start: int, stop: int) -> list[str]:
        text, ends = self._text, self._ends[start : stop + 1].tolist()
        return [text[begin:end] for begin, end in pairwise(ends)]


@dataclass(frozen=True, slots=True)
class _Class:
    """The samples of one class, in order of id; for each slot the folder, and the names of files or empty texts."""

    name: str
    ids: _Texts
    slots: list[tuple[str, _Texts]]
    splits: list[str | None] | None

    def read(self, start: int, stop: int) -> Iterator[SampleFiles]:
        paths = ([folder + name if name else None for name in names.read(start, stop)] for folder, names in self.slots)
        return map(SampleFiles, repeat(self.name), self.ids.read(start, stop), *paths)


def _pack_class(name: str, slots: Mapping[SlotName, Sequence[SlotNames]]) -> _Class:
    ids = sorted({key for packs in slots.values() for pack in packs for key, _ in pack.read()})
    packed: list[tuple[str, _Texts]] = []
    for slot in SLOTS:  # one after the other: as objects they take room
        packs = [pack for pack in slots.get(slot, ()) if pack.ids] or [_NONE]
        start = f"{packs[0].folder}/" if len(packs) == 1 and packs[0].folder else ""
        names = dict(packs[0].read())
        if len(packs) > 1:  # the folder becomes a part of the name
            names = {k: f"{p.folder}/{name}" if p.folder else name for p in packs for k, name in p.read()}
        packed.append((start, _Texts(names.get(key, "") for key in ids)))
    return _Class(name, _Texts(ids), packed, _split_of(slots, ids))


def _split_of(slots: Mapping[SlotName, Sequence[SlotNames]], ids: Sequence[str]) -> list[str | None] | None:
    """Return the split of each id, by the folder of its image first; None where no folder tells one."""
    packs = [pack for slot in reversed(SLOTS) for pack in slots.get(slot, ()) if pack.split is not None]
    told = {key: pack.split for pack in packs for key, _ in pack.read()}
    return [told.get(key) for key in ids] if packs else None


class Samples(Sequence[SampleFiles]):
    """The samples of a tree, in the order class, id; each is made when it is asked for.

    One takes the characters of its id and of its files' names, and 4 bytes for each of these.
    """

    def __init__(self, store: Store, found: Mapping[str, Mapping[SlotName, Sequence[SlotNames]]]) -> None:
        """Put the files of each class together to samples, in the order of ``found``.

        Args:
            store: Where they lie.
            found: For each class, the names of the files in each slot, folder by folder.
        """
        self._store = store
        self._classes = [_pack_class(name, slots) for name, slots in found.items()]
        self._size = sum(len(part.ids) for part in self._classes)

    def splits(self) -> list[str | None] | None:
        """Return the split of each sample, as its folder tells it; None where no folder tells one."""
        if all(part.splits is None for part in self._classes):
            return None
        return [name for part in self._classes for name in (part.splits or [None] * len(part.ids))]

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
