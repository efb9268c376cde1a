"""Which samples a synthetic tree has, and how their files are called."""

import math
from dataclasses import dataclass

import numpy as np

from lagtool.errors import LagtoolError
from lagtool.profiles import ClassSpec, Profile, SlotName, SlotSpec
from lagtool.profiles.names import CLASS
from lagtool.synth.encoding import SIZES, check_drawable, size_of

_PLAN_STREAM = 1
# LAG part 1 has 4,854 images whose numbers end at 5849.
_SPAN = 5849 / 4854


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

    def id(self, sample: Sample) -> str:
        """Return the id, such as ``0001``."""
        return self.profile.key("image", self.name(sample, "image")) or ""

    def title(self, sample: Sample) -> str:
        """Return ``class/id``, as findings name a sample."""
        return f"{self.class_of(sample).name}/{self.id(sample)}"

    def class_of(self, sample: Sample) -> ClassSpec:
        """Return the class of a sample."""
        return self.profile.classes[sample.class_index]

    def name(self, sample: Sample, slot: SlotName) -> str:
        """Return a file name: ``0001.jpg`` or what else the first template makes."""
        template = self.profile.slots[slot].templates[0]
        return template.fill(str(sample.number), self.class_of(sample).mark or "", self.profile.id_width)

    def path(self, sample: Sample, slot: SlotName) -> str:
        """Return the POSIX path of a file, relative to the root."""
        return self.profile.path(self.class_of(sample).name, slot, self.name(sample, slot))

    def label_text(self, label: int) -> str:
        """Return what the label file of a class holds."""
        texts = [text for text, value in self.profile.slots["label"].values.items() if value == label]
        if not texts:
            raise LagtoolError(f"profile {self.profile.name} has no text for the label {label}: add it to its values")
        return texts[0]

    def check(self) -> None:
        """Refuse a profile whose pictures cannot be drawn.

        Raises:
            LagtoolError: Saying what the profile expects otherwise.
        """
        if not self.profile.tells_class:
            raise LagtoolError(f"profile {self.profile.name} has its classes in a table, which is not drawn")
        for slot, spec in self.profile.slots.items():
            if slot != "label":
                check_drawable(self.profile.name, slot, spec)
        if "label" in self.profile.slots:
            for c in self.profile.classes:
                self.label_text(c.label)

    def check_defects(self) -> None:
        """Refuse to plant defects where files are not like LAG's: the kinds of damage are made for those.

        Raises:
            LagtoolError: Saying what is different.
        """
        profile = self.profile
        different = next((what for slot, spec in profile.slots.items() if (what := self._differs(slot, spec))), None)
        if different is None and any(c.mark or c.folder == "." for c in profile.classes):
            different = "file names that tell the class"
        if different is not None:
            raise LagtoolError(
                f"defects can be planted in trees like LAG's only, and {profile.name} has {different}: leave out "
                "--defects"
            )

    def _differs(self, slot: SlotName, spec: SlotSpec) -> str | None:
        """Say what is unlike LAG in a slot."""
        if spec.folder == "." or CLASS in spec.folder:
            return "other folders"
        one = "1".rjust(self.profile.id_width, "0")
        if any(self.profile.key(slot, f"{stem}{spec.suffixes[0]}") != one for stem in ("image1", "1", one)):
            return "other file names"
        if slot == "label":
            return None
        if spec.format != "JPEG" or not {".jpg", ".jpeg"} <= set(spec.suffixes) or size_of(slot, spec) != SIZES[slot]:
            return "pictures of another format or size"
        return "masks in the place of attention maps" if spec.content == "mask" else None


def count_samples(profile: Profile, scale: float) -> list[tuple[int, int]]:
    """Return the number of images and of maps of each class.

    Raises:
        LagtoolError: The scale is out of range, or the profile gives no number of images.
    """
    if not 0 < scale <= 1:  # not a number is neither
        raise LagtoolError(f"scale {scale:g} is out of range: give a number above 0 and up to 1")
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
