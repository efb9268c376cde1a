"""The tree in which defects are planted, and the samples in it that are still whole."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lagtool.errors import LagtoolError
from lagtool.profiles import SlotName
from lagtool.synth.fundus import draw_fundus, encode_fundus
from lagtool.synth.layout import Layout, Sample
from lagtool.synth.scene import SIZE, Scene, compose_scene

_DEFECT_STREAM = 2
_PAIRS = 50
_EXTRA = 1 << 24  # numbers of the pictures that belong to no sample begin here


@dataclass(frozen=True)
class Planted:
    """One defect in its place.

    Attributes:
        path: POSIX path, relative to the root, on which the finding is expected; empty: the dataset as a whole.
        sample: ``class/id`` of the sample concerned, or empty.
        more: Further findings that follow from it, (code, path).
    """

    path: str
    sample: str = ""
    more: tuple[tuple[str, str], ...] = ()


@dataclass
class Ground:
    """A tree on disk, and what is still free in it."""

    root: Path
    layout: Layout
    seed: int
    free: list[Sample]
    rng: np.random.Generator
    turns: Counter[Hashable] = field(default_factory=Counter)
    scenes: dict[int, Scene] = field(default_factory=dict)

    @classmethod
    def prepare(cls, root: Path, layout: Layout, samples: Sequence[Sample], seed: int) -> "Ground":
        """Return the ground with all samples free, in an order that the seed decides."""
        rng = np.random.default_rng([seed, 0, _DEFECT_STREAM])
        return cls(root, layout, seed, [samples[index] for index in rng.permutation(len(samples))], rng)

    def turn(self, what: Hashable) -> int:
        """Return how often this was called with ``what`` before."""
        self.turns[what] += 1
        return self.turns[what] - 1

    def take(self, *, has_map: bool | None = None, class_index: int | None = None) -> Sample:
        """Return a sample that no defect has touched, and touch it.

        Raises:
            LagtoolError: There is none left.
        """
        sample = self.find(
            lambda s: has_map in (None, s.has_map) and (class_index is None or class_index == s.class_index)
        )
        if sample is None:
            raise LagtoolError("too few samples for so many defects: raise --scale or lower --defects")
        return sample

    def take_alike(self, distance: float) -> tuple[Sample, Sample] | None:
        """Return two samples with maps, of one class, the lower id first, whose discs lie at most ``distance`` apart.

        None where there are none; the distance is in sides of the picture.
        """
        candidates = [sample for sample in self.free if sample.has_map]
        for one in candidates[:_PAIRS]:
            for other in candidates:
                behind = other.class_index == one.class_index and other.number > one.number
                if behind and math.dist(self.disc(one), self.disc(other)) <= distance:
                    self.free.remove(one)
                    self.free.remove(other)
                    return one, other
        return None

    def disc(self, sample: Sample) -> tuple[float, float]:
        """Return where the optic disc lies in a sample's photograph, 0..1."""
        x, y = self.scene(sample).view.disc
        return x / SIZE, y / SIZE

    def scene(self, sample: Sample) -> Scene:
        """Return what a sample's photograph shows."""
        known = self.scenes.get(sample.number)
        if known is None:
            known = compose_scene(self.seed, sample.number, self.layout.class_of(sample).label)
            self.scenes[sample.number] = known
        return known

    def find(self, fits: Callable[[Sample], bool]) -> Sample | None:
        """Return an untouched sample that fits, and touch it; None where there is none."""
        for index, sample in enumerate(self.free):
            if fits(sample):
                return self.free.pop(index)
        return None

    def file(self, sample: Sample, slot: SlotName) -> Path:
        """Return where a file lies on disk."""
        return self.root / self.layout.path(sample, slot)

    def planted(self, sample: Sample, slot: SlotName) -> Planted:
        """Return a defect whose finding is expected on a file of a sample."""
        return Planted(self.layout.path(sample, slot), self.layout.title(sample))

    def extra_picture(self) -> bytes:
        """Return the JPEG of a picture that is in the tree nowhere else."""
        fundus = draw_fundus(self.seed, _EXTRA + 1 + self.turn("extra picture"), 0)
        return encode_fundus(fundus.pixels, fundus.scene.view.quality)

    def present(self, class_name: str, slot: SlotName) -> set[str]:
        """Return the ids for which something stands in a slot, whatever it is."""
        names = (entry.name for entry in (self.root / self.layout.profile.folder(class_name, slot)).iterdir())
        return {key for name in names if (key := self.layout.profile.key(slot, name)) is not None}
