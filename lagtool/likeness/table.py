"""What was taken of many pictures, in files of a folder: written picture by picture, mapped by several processes."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.likeness.centrelines import Centrelines
from lagtool.likeness.features import DIMENSIONS, NO_FEATURES, Features, mirror_descriptors

_PARTS = {"places": ("<f4", 3), "descriptors": ("i1", DIMENSIONS), "lines": ("u1", 1)}
_SMALL = "pictures.npz"
TABLE_FILES = (*_PARTS, _SMALL)
"""Names of the files that a table lies in."""

Numbers = NDArray[np.int64]


class Extract(NamedTuple):
    """What was taken of one picture: its features, its width reduced, and its centrelines, packed."""

    features: Features
    width: int
    lines: bytes

    def see_features(self, *, mirrored: bool) -> Features:
        """Return the features, or those of the mirror image."""
        if not mirrored:
            return self.features
        places = self.features.places.copy()
        places[:, 0] = self.width - 1 - places[:, 0]
        return Features(places, mirror_descriptors(self.features.descriptors))

    def see_lines(self, *, mirrored: bool) -> Centrelines | None:
        """Return the centrelines, or those of the mirror image; None where the picture could not be opened."""
        if not self.lines:
            return None
        lines = Centrelines.unpack(self.lines)
        return lines.mirror() if mirrored else lines


class TableWriter:
    """Writes what was taken of pictures into a folder, one after the other: memory holds none of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._files = {name: self._stack.enter_context((folder / name).open("wb")) for name in _PARTS}
        self._numbers: list[int] = []
        self._lengths: list[int] = []
        self._widths: list[int] = []

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if kind is None:
            starts, offsets = (np.cumsum([0, *part], dtype=np.int64) for part in (self._numbers, self._lengths))
            np.savez(self._folder / _SMALL, starts=starts, offsets=offsets, widths=np.array(self._widths, np.int64))

    def add(self, extract: Extract | None) -> None:
        """Write the next picture; None: one without anything in it."""
        (places, descriptors), width, lines = extract or Extract(NO_FEATURES, 1, b"")
        self._files["places"].write(places.astype("<f4").tobytes())
        self._files["descriptors"].write(descriptors.tobytes())
        self._files["lines"].write(lines)
        self._numbers.append(len(places))
        self._lengths.append(len(lines))
        self._widths.append(width)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """The features of many pictures, one after the other, and their centrelines.

    Attributes:
        places: (features, 3), x, y and size.
        descriptors: (features, 29).
        starts: (pictures + 1,), where the features of each picture begin.
        widths: (pictures,), width of each reduced picture.
        lines: (bytes,), the centrelines, packed.
        offsets: (pictures + 1,), where those of each picture begin.
    """

    places: NDArray[np.float32]
    descriptors: NDArray[np.int8]
    starts: Numbers
    widths: Numbers
    lines: NDArray[np.uint8]
    offsets: Numbers

    @classmethod
    def load(cls, folder: Path) -> "FeatureTable":
        """Return a table that was written, mapped from disk: processes share the memory."""
        with np.load(folder / _SMALL, allow_pickle=False) as small:
            starts, offsets, widths = small["starts"], small["offsets"], small["widths"]
        places, descriptors, lines = (_map(folder / name, *shape) for name, shape in _PARTS.items())
        return cls(places, descriptors, starts, widths, lines[:, 0], offsets)

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return len(self.widths)

    def __getitem__(self, picture: int) -> Extract:
        """Return what was taken of one picture, in memory."""
        part = slice(int(self.starts[picture]), int(self.starts[picture + 1]))
        lines = self.lines[int(self.offsets[picture]) : int(self.offsets[picture + 1])].tobytes()
        features = Features(np.array(self.places[part]), np.array(self.descriptors[part]))
        return Extract(features, int(self.widths[picture]), lines)


def _map(path: Path, kind: str, width: int) -> Any:
    number = path.stat().st_size // (np.dtype(kind).itemsize * width)
    if not number:  # an empty file cannot be mapped
        return np.zeros((0, width), kind)
    return np.memmap(path, kind, "r", shape=(number, width))
