"""A map-style dataset of samples.

Processes that load pictures import this module: pandas is imported where a manifest is read, which they do not do.
"""

import operator
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from lagtool.errors import LagtoolError
from lagtool.probe.picture import Pixels, level_pixels
from lagtool.text import show
from lagtool.training.files import Check

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest

Size = int | tuple[int, int]
_LARGEST = 1 << 14


class Sample(NamedTuple):
    """One sample, decoded.

    Attributes:
        image: (height, width, 3), RGB, 0..255; the array belongs to the caller.
        map: The attention map, (height, width) like the image, 0..255; None where there is none or none was asked for.
        label: Label of the class that the sample counts in; LAG: 0 non-glaucoma, 1 suspicious glaucoma.
        key: ``class/id``, with the class of its folder, whatever a mark says.
    """

    image: Pixels
    map: Pixels | None
    label: int
    key: str


class SampleSet:
    """A map-style dataset: ``len(samples)``, ``samples[i]``.

    Order is that of the manifest: class, then id. Nothing is cached and no file stays open, so that it can be pickled,
    and used by any number of threads and processes at once.

    A picture is decoded whole and strictly: pixels are those that Pillow gives, and a file that Pillow would patch up
    is an error. Exif orientation is ignored, as everywhere in lagtool (LAG has none): a map lies on the pixels as they
    are stored. Where ``size`` or a map asks for it, pictures are resampled by Pillow's bilinear filter, which averages
    when it reduces; maps that are masks by the nearest pixel. Gray images become RGB of equal channels, and of coloured
    maps the mean of the channels is taken.

    Attributes:
        classes: Names of the classes, in the order of their labels.
        left_out: How many samples of the part are left out, by reason: ``excluded`` (by a mark), ``no-image``, or the
            state of the image, such as ``image-truncated``.
        maps_left_out: How many maps are treated as if they were not there, by their state, such as ``map-corrupt``.
    """

    def __init__(
        self,
        manifest: "Manifest | str | Path",
        root: str | Path,
        *,
        split: str | None = None,
        fold: int | None = None,
        held_out: bool = False,
        size: Size | None = None,
        draft: bool = False,
        with_maps: bool = True,
        check: Check = "auto",
    ) -> None:
        """Choose the samples; no picture is opened yet.

        Marks of the manifest are heeded: samples that they exclude are left out, others count in the class that they
        say. Left out is, too, what has no image that can be decoded, as the scan found.

        Args:
            manifest: The manifest, or its file.
            root: The folder of the dataset, or one that holds it.
            split: The part, by name (``train``). Of a manifest with a split it must be given, or ``*`` for all of it,
                so that nobody trains on a test part by oversight.
            fold: Number of a fold, in place of ``split``: all samples that have a fold, without this one, to train on.
            held_out: With ``fold``: the samples of this fold instead, to validate on.
            size: Pixels that all pictures are resampled to: of both sides, or (height, width). None: as they are.
            draft: With ``size``: an image that is a JPEG at least twice as large is reduced while it is decoded (the
                scaled inverse transform of libjpeg, to a half, quarter or eighth), and then resampled. Quicker, with
                slightly other pixels.
            with_maps: Whether maps are opened.
            check: What of a file must be as in the manifest when it is read: ``sha256`` (and size), ``size`` only, or
                ``none``. ``auto``: the sha256 of all files of which the manifest has one (indexed without --quick).

        Raises:
            LagtoolError: The manifest or the dataset cannot be read; there is no such part or fold; nothing in it
                can be used; or an option is none.
        """
        from lagtool.training.selection import select

        if check not in ("auto", "sha256", "size", "none"):
            raise LagtoolError(f"check={show(str(check))}: one of 'auto', 'sha256', 'size', 'none'")
        self._size = _check_size(size)
        if draft and self._size is None:
            raise LagtoolError("draft= needs size=: pictures are reduced to a size that is wanted")
        reduced = self._size if draft else None
        chosen = select(manifest, root, split=split, fold=fold, held_out=held_out, check=check, reduced=reduced)
        self.classes: tuple[str, ...] = chosen.classes
        self.left_out: Mapping[str, int] = chosen.left_out
        self.maps_left_out: Mapping[str, int] = chosen.maps_left_out
        self._with_maps = with_maps
        self._chosen = chosen

    def __len__(self) -> int:
        return len(self._chosen.labels)

    def __getitem__(self, number: SupportsIndex) -> Sample:
        """Read and decode one sample.

        Raises:
            IndexError: There is no such sample.
            LagtoolError: A file is gone, is another one than was indexed, or cannot be decoded.
        """
        place = operator.index(number)
        if not -len(self) <= place < len(self):
            raise IndexError(f"sample {place} of {len(self)}")
        chosen = self._chosen
        image = chosen.images.open(place)
        assert image is not None
        if image.ndim == 2:
            image = np.repeat(image[..., None], 3, axis=2)
        if self._size is not None:
            image = _resample(image, self._size, Image.Resampling.BILINEAR)
        levels = chosen.maps.open(place) if self._with_maps else None
        if levels is not None:
            kind = Image.Resampling.NEAREST if chosen.masks else Image.Resampling.BILINEAR
            levels = _resample(level_pixels(levels), image.shape[:2], kind)
        return Sample(image, levels, int(chosen.labels[place]), chosen.keys[place].decode())

    def __iter__(self) -> Iterator[Sample]:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        numbers = zip(self.classes, self.class_counts().tolist(), strict=True)
        return f"SampleSet({self._chosen.title}: {', '.join(f'{number:,} {show(name)}' for name, number in numbers)})"

    def __getstate__(self) -> dict[str, Any]:
        # Other processes need no groups, and what they are found with is as large as the manifest.
        return self.__dict__ | {"_chosen": replace(self._chosen, groups=None)}

    @property
    def labels(self) -> NDArray[np.int64]:
        """Label of each sample, (N,)."""
        return self._chosen.labels.copy()

    @property
    def targets(self) -> NDArray[np.int64]:
        """Position of each sample's class in `classes`, (N,), 0..C-1: what a classifier predicts. LAG: the label."""
        return np.searchsorted(self._chosen.class_labels, self._chosen.labels).astype(np.int64)

    @property
    def keys(self) -> list[str]:
        """``class/id`` of each sample, in order."""
        return [key.decode() for key in self._chosen.keys.tolist()]

    @property
    def has_map(self) -> NDArray[np.bool_]:
        """Whether each sample has an attention map that can be decoded, (N,); also where maps are not asked for."""
        return np.asarray(self._chosen.maps.paths != b"", np.bool_)

    def class_counts(self) -> NDArray[np.int64]:
        """Return the number of samples of each class, (C,), in the order of `classes`."""
        return np.bincount(self.targets, minlength=len(self.classes)).astype(np.int64)

    def class_weights(self) -> NDArray[np.float64]:
        """Return a weight per class, (C,), in the order of `classes`, to weight a loss with.

        Inverse frequency: ``w_c = N / (K n_c)`` with N samples, n_c of them in class c, and K classes that have any; 0
        for a class that has none. So all classes have the same sum of weights, and the mean over the samples is 1.
        It is the heuristic of King and Zeng (Political Analysis 9, 2001), and scikit-learn's ``balanced``.
        """
        counts = self.class_counts()
        there = counts > 0
        weights = np.zeros(len(counts), np.float64)
        weights[there] = len(self) / (int(there.sum()) * counts[there])
        return weights

    def sample_weights(self) -> NDArray[np.float64]:
        """Return the weight of each sample's class, (N,): drawn with these, all classes are equally probable."""
        return self.class_weights()[self.targets]

    def groups(self) -> NDArray[np.int64]:
        """Return a number per sample, (N,): equal ones must not be divided, as by scikit-learn's ``GroupKFold``.

        Groups are those of the manifest: its column ``group``, its pairs of like pictures, marks that keep samples
        together, and identical pictures in any case. A number is the row of the first member in the manifest.

        Raises:
            LagtoolError: This is a pickled copy.
        """
        if self._chosen.groups is None:
            raise LagtoolError("a pickled copy of a SampleSet knows no groups: ask the one that read the manifest")
        return self._chosen.groups()

    def take(self, rows: ArrayLike) -> Self:
        """Return the samples at some positions (0..N-1), in that order: those of one fold of scikit-learn, say.

        Raises:
            LagtoolError: There is no such position, or none was given.
        """
        chosen = np.asarray(rows)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or not chosen.size:
            raise LagtoolError("take(rows): at least one position, whole numbers in one dimension")
        if chosen.min() < 0 or chosen.max() >= len(self):
            raise LagtoolError(f"take(rows): positions from 0 to {len(self) - 1}")
        other = object.__new__(type(self))
        other.__dict__ |= self.__dict__ | {"_chosen": self._chosen.take(chosen.astype(np.intp))}
        return other


def _check_size(size: Size | None) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(sides) != 2 or not all(isinstance(side, int | np.integer) and 0 < side <= _LARGEST for side in sides):
        raise LagtoolError(f"size={show(str(size))}: pixels of both sides, or (height, width), from 1 to {_LARGEST:,}")
    return int(sides[0]), int(sides[1])


def _resample(pixels: Pixels, size: tuple[int, ...], resampling: Image.Resampling) -> Pixels:
    """Return pixels at (height, width), as Pillow resamples them; as they are where that is their size."""
    if pixels.shape[:2] == size:
        return pixels
    return np.array(Image.fromarray(pixels).resize((size[1], size[0]), resampling))
