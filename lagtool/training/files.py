"""What is to be loaded, as plain arrays: the samples, and the files of a slot, which are held against the manifest.

Processes that load pictures import this module: no pandas here.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.probe.picture import Pixels, decode
from lagtool.reading import PICTURE_LIMIT
from lagtool.text import count, show

Check = Literal["auto", "sha256", "size", "none"]
"""What of a file must be as in the manifest when it is read; ``auto``: its size, and its sha256 where that is known."""

ALL = "*"
"""As ``split``: every sample, whatever part of a split it is in."""

Names = NDArray[np.bytes_]
_REMEDY = "put back the file that was indexed, or index the dataset again"


@dataclass(frozen=True, eq=False)
class Files:
    """The files of one slot, one entry per sample, packed so that forked processes share them.

    Attributes:
        root: Where paths start from.
        paths: Relative to it, POSIX, in UTF-8, (N,); empty: there is none.
        sizes: In bytes, (N,); -1: not known, or not to be compared.
        digests: SHA-256 in hexadecimal, (N,); empty: not known, or not to be compared.
        factors: 1, 2, 4 or 8, (N,): pictures are wanted at that part of their size.
        format: The format that the files must have by their content; None: any that is known.
        max_pixels: Pictures with more are not decoded.
    """

    root: Store
    paths: Names
    sizes: NDArray[np.int64]
    digests: Names
    factors: NDArray[np.uint8]
    format: str | None
    max_pixels: int

    def take(self, rows: NDArray[np.intp]) -> "Files":
        """Return the entries of some samples."""
        columns = self.paths[rows], self.sizes[rows], self.digests[rows], self.factors[rows]
        return Files(self.root, *columns, self.format, self.max_pixels)

    def open(self, number: int) -> Pixels | None:
        """Read and decode one file; None where the sample has none.

        Returns:
            (height, width) or (height, width, 3), 0..255, writable and contiguous.

        Raises:
            LagtoolError: The file is gone, is another one than was indexed, or cannot be decoded.
        """
        name = self.paths[number].decode()
        if not name:
            return None
        path = f"{self.root}/{name}"
        reading = self.root.read(name, PICTURE_LIMIT)
        if reading.data is None:
            raise LagtoolError(f"{show(path)} {reading.message}; {_REMEDY}")
        size, digest = int(self.sizes[number]), self.digests[number].decode()
        if size not in (-1, len(reading.data)):
            numbers = f"{len(reading.data):,} bytes, in the manifest {size:,}"
            raise LagtoolError(f"{show(path)} is not the file that was indexed ({numbers}): {_REMEDY}")
        if digest and hashlib.sha256(reading.data).hexdigest() != digest:
            raise LagtoolError(f"{show(path)} is not the file that was indexed (another sha256): {_REMEDY}")
        picture = decode(reading.data, self.format, reduce=int(self.factors[number]), max_pixels=self.max_pixels)
        if picture.pixels is None:
            raise LagtoolError(f"{show(path)} {picture.message}: {_REMEDY}")
        return np.require(picture.pixels, requirements=["C", "W"])


@dataclass(frozen=True, eq=False)
class Selection:
    """The samples that were chosen, N of them, in the order of the manifest.

    Attributes:
        title: What was chosen, in words.
        classes: Names of all classes, in the order of their labels.
        class_labels: Their labels, ascending.
        labels: Label of each sample, (N,).
        keys: ``class/id`` of each sample, in UTF-8, (N,).
        images: Their images.
        maps: Their maps.
        masks: Whether maps are masks, whose levels must not be mixed.
        left_out: See `lagtool.training.SampleSet`.
        maps_left_out: See there.
        groups: Finds the group of each sample, (N,); None: nothing to find them with is here.
    """

    title: str
    classes: tuple[str, ...]
    class_labels: NDArray[np.int64]
    labels: NDArray[np.int64]
    keys: Names
    images: Files
    maps: Files
    masks: bool
    left_out: dict[str, int]
    maps_left_out: dict[str, int]
    groups: Callable[[], NDArray[np.int64]] | None

    def take(self, rows: NDArray[np.intp]) -> "Selection":
        """Return some of the samples."""
        groups = self.groups
        return replace(
            self,
            title=f"{count(len(rows), 'sample')} of {self.title}",
            labels=self.labels[rows],
            keys=self.keys[rows],
            images=self.images.take(rows),
            maps=self.maps.take(rows),
            groups=None if groups is None else lambda: groups()[rows],
        )
