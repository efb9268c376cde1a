"""Which samples a synthetic tree has, and how their files are called."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lagtool.errors import LagtoolError
from lagtool.profile import ClassSpec, Profile, SlotName

Naming = Literal["release", "published"]

_PLAN_STREAM = 1
# LAG part 1 has 4,854 images whose numbers end at 5849.
_SPAN = 5849 / 4854
_MAX_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample to be made: its number, its class (position in the profile) and whether it has a map."""

    number: int
    class_index: int
    has_map: bool


@dataclass(frozen=True)
class Layout:
    """Where the files of a sample lie, and what they are called."""

    profile: Profile
    naming: Naming

    def id(self, sample: Sample) -> str:
        """Return the id, ``0001``."""
        return str(sample.number).rjust(self.profile.id_width, "0")

    def title(self, sample: Sample) -> str:
        """Return ``class/id``, as findings name a sample."""
        return f"{self.class_of(sample).name}/{self.id(sample)}"

    def class_of(self, sample: Sample) -> ClassSpec:
        """Return the class of a sample."""
        return self.profile.classes[sample.class_index]

    def name(self, sample: Sample, slot: SlotName) -> str:
        """Return a file name: ``0001.jpg``, or as published ``image1.jpg``."""
        if slot != "label" and self.naming == "published":
            return f"image{sample.number}.jpg"
        return f"{self.id(sample)}{'.txt' if slot == 'label' else '.jpg'}"

    def path(self, sample: Sample, slot: SlotName) -> str:
        """Return the POSIX path of a file, relative to the root."""
        return self.profile.path(self.class_of(sample).name, slot, self.name(sample, slot))

    def folder(self, class_name: str, slot: SlotName) -> str:
        """Return the POSIX path of the folder of a slot, relative to the root."""
        return self.profile.path(class_name, slot, ".").removesuffix("/.")

    def label_text(self, label: int) -> str:
        """Return what the label file of a class holds."""
        texts = [text for text, value in self.profile.slots["label"].values.items() if value == label]
        if not texts:
            raise LagtoolError(f"profile {self.profile.name} has no text for the label {label}: add it to its values")
        return texts[0]

    def check(self) -> None:
        """Refuse a profile that would not recognise the files.

        Raises:
            LagtoolError: Saying what the profile expects otherwise.
        """
        sample = Sample(1, 0, True)
        for slot in self.profile.slots:
            name = self.name(sample, slot)
            if self.profile.key(slot, name) != self.id(sample):
                raise LagtoolError(
                    f"profile {self.profile.name} has no place for a file {name}: synth cannot follow it"
                )
        if "label" in self.profile.slots:
            for spec in self.profile.classes:
                self.label_text(spec.label)


def count_samples(profile: Profile, scale: float) -> list[tuple[int, int]]:
    """Return the number of images and of maps of each class.

    Raises:
        LagtoolError: The scale is out of range, or the profile gives no number of images.
    """
    if not (math.isfinite(scale) and 0 < scale <= _MAX_SCALE):
        raise LagtoolError(f"scale {scale:g} is out of range: give a number above 0 and up to {_MAX_SCALE:g}")
    counts = []
    for spec in profile.classes:
        if not spec.images:
            raise LagtoolError(f"profile {profile.name} gives no number of images for {spec.name}: add it")
        images = max(1, round(spec.images * scale))
        published = (spec.maps or 0) if "map" in profile.slots else 0
        counts.append((images, min(images, max(1, round(published * scale))) if published else 0))
    return counts


def plan_samples(profile: Profile, scale: float, seed: int) -> list[Sample]:
    """Return all samples in order of their number: classes and maps at random, and numbers missing in between."""
    counts = count_samples(profile, scale)
    total = sum(images for images, _ in counts)
    rng = np.random.default_rng([seed, 0, _PLAN_STREAM])  # samples count from 1, so 0 is free
    numbers = np.sort(rng.permutation(math.ceil(total * _SPAN))[:total]) + 1
    kinds = np.array(
        [
            (index, has_map)
            for index, (images, maps) in enumerate(counts)
            for has_map in (maps * [True] + (images - maps) * [False])
        ]
    )
    rng.shuffle(kinds)
    return [
        Sample(int(number), int(index), bool(has_map)) for number, (index, has_map) in zip(numbers, kinds, strict=True)
    ]
