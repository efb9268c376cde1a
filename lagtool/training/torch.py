"""Samples as tensors: `LagDataset` for a PyTorch ``DataLoader``."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, SupportsIndex

import cv2
import numpy as np

from lagtool.errors import LagtoolError, MissingLibraryError
from lagtool.probe.picture import Pixels
from lagtool.text import show
from lagtool.training import Check, SampleSet, Size

try:
    import torch
    from torch import Tensor
    from torch.utils.data import Dataset, WeightedRandomSampler, default_collate
except ImportError as problem:
    raise MissingLibraryError(
        f"lagtool.training.torch needs PyTorch ({show(str(problem))}): pip install 'lagtool[torch]'"
    ) from None

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest

MissingMap = Literal["zeros", "none", "skip"]
"""What stands in for a map that is not there: a black one, None, or the sample is left out."""


class Example(NamedTuple):
    """One sample, or a batch of them.

    Attributes:
        image: (3, height, width), RGB; 0..1 as float, 0..255 as ``torch.uint8``. A batch: (B, 3, height, width).
        map: The attention map, (1, height, width), in the type of the image; a batch: (B, 1, height, width). None where
            there is none and ``missing_map`` is ``none``; a batch then has a list.
        label: Position of the class in `LagDataset.classes`; LAG: 0 non-glaucoma, 1 suspicious glaucoma. A batch: (B,).
        has_map: Whether the map was drawn by people, or stands in for one that is not there. A batch: (B,).
        key: ``class/id``, with the class of its folder. A batch: a list.
    """

    image: Any
    map: Any
    label: Any
    has_map: Any
    key: Any


class Labelled(NamedTuple):
    """One sample without a map, or a batch of them: as in torchvision's ``ImageFolder``.

    Attributes:
        image: As in `Example`.
        label: As in `Example`.
    """

    image: Any
    label: Any


class LagDataset(Dataset):
    """The samples of a manifest as tensors: `lagtool.training.SampleSet` for PyTorch.

    Items are `Example`, or `Labelled` with ``with_maps=False``. Nothing is cached and nothing is random but the
    transform, so that any number of workers may read it, forked or spawned.

    Attributes:
        samples: The samples as arrays, in the same order.
        classes: Names of the classes; labels are positions in it.
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
        missing_map: MissingMap = "zeros",
        transform: Callable[..., Any] | None = None,
        dtype: Any = torch.float32,
        check: Check = "auto",
    ) -> None:
        """Choose the samples; no picture is opened yet.

        Args:
            manifest: As for `lagtool.training.SampleSet`.
            root: As there.
            split: As there.
            fold: As there.
            held_out: As there.
            size: As there.
            draft: As there.
            with_maps: Whether items have a map.
            missing_map: What to give for a map that is not there: ``zeros``, black, with ``has_map`` False; ``none``,
                None, for which `collate` makes batches; ``skip`` leaves the sample out.
            transform: Called with image and map together, and gives both; without maps, with the image alone. Where
                torchvision is installed they are a ``tv_tensors.Image`` and a ``tv_tensors.Mask``, so that transforms
                of ``torchvision.transforms.v2`` turn and crop both alike, and change colours of the image only.
            dtype: ``torch.float32`` (or another float): 0..1, or ``torch.uint8``: 0..255; before the transform.
            check: As for `lagtool.training.SampleSet`.

        Raises:
            LagtoolError: As for `lagtool.training.SampleSet`; or ``skip`` leaves none.
        """
        if missing_map not in ("zeros", "none", "skip"):
            raise LagtoolError(f"missing_map={show(str(missing_map))}: one of 'zeros', 'none', 'skip'")
        if dtype is not torch.uint8 and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise LagtoolError(f"dtype={show(str(dtype))}: torch.uint8 (0..255) or a float (0..1)")
        samples = SampleSet(
            manifest,
            root,
            split=split,
            fold=fold,
            held_out=held_out,
            size=size,
            draft=draft,
            with_maps=with_maps,
            check=check,
        )
        if with_maps and missing_map == "skip":
            there = np.flatnonzero(samples.has_map)
            if not there.size:
                raise LagtoolError(f"missing_map=skip: no sample has a map in {samples!r}")
            samples = samples if there.size == len(samples) else samples.take(there)
        self.samples = samples
        self.classes = samples.classes
        self.transform = transform
        if transform is not None:
            _tv_tensors()  # imported once, here, not in every forked worker
        self._targets = samples.targets
        self._with_maps = with_maps
        self._missing_map = missing_map
        self._dtype = dtype

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: SupportsIndex) -> Any:
        """Return one sample, read, decoded and transformed: an `Example`, or a `Labelled` without maps.

        Raises:
            IndexError: There is no such sample.
            LagtoolError: A file is gone, is another one than was indexed, or cannot be decoded; or the transform does
                not give image and map.
        """
        sample = self.samples[number]
        label = int(self._targets[number])
        image: Tensor = self._tensor(sample.image)
        if not self._with_maps:
            if self.transform is not None:
                image = _plain(self.transform(_wrap(image, None)[0]))
            return Labelled(image, label)
        has_map = sample.map is not None
        levels: Tensor | None = None
        if sample.map is not None:
            levels = self._tensor(sample.map)
        elif self._missing_map == "zeros":
            levels = torch.zeros((1, *image.shape[1:]), dtype=self._dtype)
        if self.transform is not None:
            image, levels = self._transform(image, levels)
        return Example(image, levels, label, has_map, sample.key)

    def __repr__(self) -> str:
        return repr(self.samples).replace(type(self.samples).__name__, type(self).__name__, 1)

    def class_weights(self) -> Tensor:
        """Return a weight per class, (C,), float32, for ``CrossEntropyLoss(weight=...)``: inverse frequency.

        See `lagtool.training.SampleSet.class_weights`. Use these or `sampler`, not both.
        """
        return torch.from_numpy(self.samples.class_weights()).to(torch.float32)

    def sampler(self, num_samples: int | None = None, *, generator: Any = None) -> Any:
        """Return a ``WeightedRandomSampler`` that draws all classes with the same probability, with replacement.

        Args:
            num_samples: Samples of an epoch; None: as many as there are.
            generator: A ``torch.Generator``, for an order that can be made again.
        """
        number = len(self) if num_samples is None else num_samples
        return WeightedRandomSampler(self.samples.sample_weights().tolist(), number, generator=generator)

    @staticmethod
    def collate(examples: list[Any]) -> Any:
        """Make a batch like PyTorch's default, but with maps as a list, since they may be None (``collate_fn=``)."""
        if not isinstance(examples[0], Example):
            return default_collate(examples)
        columns = Example(*zip(*examples, strict=True))
        others = {name: default_collate(list(getattr(columns, name))) for name in Example._fields if name != "map"}
        return Example(map=list(columns.map), **others)

    def _tensor(self, pixels: Pixels) -> Tensor:
        """Return (height, width) or (height, width, C) as (C, height, width), contiguous, in the wanted type."""
        if pixels.ndim == 3:
            planes = np.empty((pixels.shape[2], *pixels.shape[:2]), np.uint8)
            cv2.split(pixels, list(planes))  # into these: ten times as fast as a transposed copy
        else:
            planes = pixels[None]
        stored = torch.from_numpy(planes)
        return stored if self._dtype is torch.uint8 else stored.to(self._dtype).div_(255)

    def _transform(self, image: Tensor, levels: Tensor | None) -> tuple[Tensor, Tensor | None]:
        assert self.transform is not None
        given = _wrap(image, levels)
        result = self.transform(*given)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise LagtoolError(
                f"the transform gave {show(type(result).__name__)}: it is called with image and map, and gives both"
            )
        return _plain(result[0]), _plain(result[1])


@cache
def _tv_tensors() -> Any:
    """Return ``torchvision.tv_tensors``, or None where torchvision is not installed, or not for this PyTorch."""
    try:
        return import_module("torchvision.tv_tensors")
    except (ImportError, RuntimeError):  # the latter: built for another PyTorch
        return None


def _wrap(image: Tensor, levels: Tensor | None) -> tuple[Any, Any]:
    kinds = _tv_tensors()
    if kinds is None:
        return image, levels
    return kinds.Image(image), None if levels is None else kinds.Mask(levels)


def _plain(value: Any) -> Any:
    """Return what a transform gave, without the kind that torchvision knows it by."""
    return value.as_subclass(Tensor) if isinstance(value, Tensor) else value
