"""What was taken of many pictures, in files of a folder: written picture by picture, mapped by several processes."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.centrelines import Centrelines
from lagtool.duplicates.features import DIMENSIONS, NO_FEATURES, Features, lay_descriptors, lay_places
from lagtool.duplicates.hashes import Position

_PARTS = {"places": ("<f4", 3), "descriptors": ("i1", DIMENSIONS), "lines": ("u1", 1)}
_SMALL = "pictures.npz"
FIRST = "first-"
"""What the names of files begin with that hold what was taken before specks are removed."""

TABLE_FILES = tuple(stage + name for stage in ("", FIRST) for name in (*_PARTS, _SMALL))
"""Names of the files that a table lies in."""

Numbers = NDArray[np.int64]


class Extract(NamedTuple):
    """What was taken of one picture: its features, its reduced size (width, height), and its centrelines, packed."""

    features: Features
    size: tuple[int, int]
    lines: bytes

    def see_features(self, position: Position) -> Features:
        """Return the features of the picture in another position."""
        places, descriptors = self.features
        return Features(lay_places(places, self.size, position), lay_descriptors(descriptors, position))

    def see_lines(self, position: Position) -> Centrelines | None:
        """Return the centrelines in another position; None where the picture could not be opened."""
        return Centrelines.unpack(self.lines).lay(position) if self.lines else None


class TableWriter:
    """Writes what was taken of pictures into a folder, one after the other: memory holds none of it."""

    def __init__(self, folder: Path, stage: str = "") -> None:
        self._folder, self._stage = folder, stage
        self._stack = ExitStack()
        self._files = {name: self._stack.enter_context((folder / (stage + name)).open("wb")) for name in _PARTS}
        self._numbers: list[int] = []
        self._lengths: list[int] = []
        self._sizes: list[tuple[int, int]] = []

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if kind is None:
            starts, offsets = (np.cumsum([0, *part], dtype=np.int64) for part in (self._numbers, self._lengths))
            sizes = np.array(self._sizes, np.int64).reshape(-1, 2)
            np.savez(self._folder / (self._stage + _SMALL), starts=starts, offsets=offsets, sizes=sizes)

    def add(self, extract: Extract | None) -> None:
        """Write the next picture; None: one without anything in it."""
        (places, descriptors), size, lines = extract or Extract(NO_FEATURES, (1, 1), b"")
        self._files["places"].write(places.astype("<f4").tobytes())
        self._files["descriptors"].write(descriptors.tobytes())
        self._files["lines"].write(lines)
        self._numbers.append(len(places))
        self._lengths.append(len(lines))
        self._sizes.append(size)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """The features of many pictures, one after the other, and their centrelines.

    Attributes:
        places: (features, 3), x, y and size.
        descriptors: (features, 29).
        starts: (pictures + 1,), where the features of each picture begin.
        sizes: (pictures, 2), width and height of each reduced picture.
        lines: (bytes,), the centrelines, packed.
        offsets: (pictures + 1,), where those of each picture begin.
    """

    places: NDArray[np.float32]
    descriptors: NDArray[np.int8]
    starts: Numbers
    sizes: Numbers
    lines: NDArray[np.uint8]
    offsets: Numbers

    @classmethod
    def load(cls, folder: Path, stage: str = "") -> "FeatureTable":
        """Return a table that was written, mapped from disk: processes share the memory."""
        with np.load(folder / (stage + _SMALL), allow_pickle=False) as small:
            starts, offsets, sizes = small["starts"], small["offsets"], small["sizes"]
        places, descriptors, lines = (_map(folder / (stage + name), *shape) for name, shape in _PARTS.items())
        return cls(places, descriptors, starts, sizes, lines[:, 0], offsets)

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return len(self.sizes)

    def __getitem__(self, picture: int) -> Extract:
        """Return what was taken of one picture, in memory."""
        part = slice(int(self.starts[picture]), int(self.starts[picture + 1]))
        lines = self.lines[int(self.offsets[picture]) : int(self.offsets[picture + 1])].tobytes()
        features = Features(np.array(self.places[part]), np.array(self.descriptors[part]))
        width, height = self.sizes[picture].tolist()
        return Extract(features, (width, height), lines)


def _map(path: Path, kind: str, width: int) -> Any:
    number = path.stat().st_size // (np.dtype(kind).itemsize * width)
    if not number:  # an empty file cannot be mapped
        return np.zeros((0, width), kind)
    return np.memmap(path, kind, "r", shape=(number, width))
