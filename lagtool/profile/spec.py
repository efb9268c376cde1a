"""The profile as a whole; the descriptions of its fields are the documentation of the keys."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import Field, model_validator

from lagtool.profile.names import CLASS, check_folder, is_safe_name
from lagtool.profile.parts import SLOTS, ClassSpec, Part, PublishedSizes, SafeName, Sha256, SlotName, SlotSpec, Text
from lagtool.profile.pattern import MAX_STEM, compile_pattern

_NOUNS = {"image": "image", "label": "label file", "map": "attention map"}


class Place(NamedTuple):
    """Where the files of one slot of one class lie: the components of the folder's path from the root."""

    class_name: str
    slot: SlotName
    folder: tuple[str, ...]


class NameParts(NamedTuple):
    """What a file name says: the id of its sample, and the mark of its class in lower case (None: no such group)."""

    id: str
    mark: str | None


class Profile(Part):
    """What a data set should look like; see the built-in ``lag``, ``lag-part1`` and ``cvpr2019``."""

    name: SafeName = Field(description="Name of the profile, as reports give it.")
    title: Text = Field(default="", description="One line that says what it describes.")
    source: Text = Field(default="", description="Where the numbers come from.")
    terms: Text = Field(default="", description="Terms of use of the data.")
    id_width: Annotated[int, Field(strict=True, ge=1, le=12)] = Field(
        default=4, description="Digits that numbers are padded to: with 4, `image1.jpg` and `0001.txt` meet in `0001`."
    )
    classes: tuple[ClassSpec, ...] = Field(
        min_length=1, max_length=1000, description="The classes, in the order in which tables show them."
    )
    slots: dict[SlotName, SlotSpec] = Field(
        description="The kinds of file: `image`, and where the data set has them `label` and `map`."
    )
    ids_sha256: Sha256 | None = Field(
        default=None,
        description="Fingerprint of ids and labels: sha256 over the sorted lines `id label` of all samples with an "
        "image.",
    )
    content_sha256: Sha256 | None = Field(
        default=None,
        description="Fingerprint of the content, whatever files are called: sha256 over the sorted lines "
        "`label image-sha256 map-sha256 label-file-value`.",
    )
    files_sha256: Sha256 | None = Field(
        default=None,
        description="Fingerprint of every byte and name: sha256 over what `lagtool verify --sums` prints.",
    )
    published_sizes: PublishedSizes | None = Field(
        default=None, description="A published size table over images and maps together, which `lagtool stats` redoes."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Profile":
        if "image" not in self.slots:
            raise ValueError("slots.image is missing")
        if len({c.name.lower() for c in self.classes}) < len(self.classes):
            raise ValueError("two classes with the same name")
        if len({c.label for c in self.classes}) < len(self.classes):
            raise ValueError("two classes with the same label")
        if "label" in self.slots and not self.slots["label"].values:
            raise ValueError("slots.label.values is missing: the texts that label files hold")
        self._check_marks()
        self._check_places()
        return self

    def _check_marks(self) -> None:
        marks = [c.mark.lower() for c in self.classes if c.mark is not None]
        if len(set(marks)) < len(marks):
            raise ValueError("two classes with the same mark")
        marked = [slot for slot in self.slots if self.has_marks(slot)]
        unmarked = [c.name for c in self.classes if c.mark is None]
        if marked and unmarked:
            raise ValueError(f"the pattern of {marked[0]} has a group 'class', but class {unmarked[0]} has no mark")

    def _check_places(self) -> None:
        taken: dict[tuple[str, str], str] = {}
        for place in self.places():
            for component in place.folder:
                check_folder(component)
            path = "/".join(place.folder).lower()
            other = taken.setdefault((path, place.slot), place.class_name)
            if other != place.class_name and not self.has_marks(place.slot):
                raise ValueError(
                    f"{other} and {place.class_name} have one folder for {place.slot}, and its pattern has no group "
                    "'class' that tells them apart"
                )

    def has_marks(self, slot: SlotName) -> bool:
        """Whether the names of files in ``slot`` tell their class."""
        return slot in self.slots and "class" in compile_pattern(self.slots[slot].pattern).groupindex

    def places(self) -> list[Place]:
        """Return where files lie, in the order of classes and of slots."""
        return [
            Place(c.name, slot, _components(self.slots[slot].folder, c))
            for c in self.classes
            for slot in SLOTS
            if slot in self.slots
        ]

    def folder(self, class_name: str, slot: SlotName) -> str:
        """Return the POSIX path, relative to the root, of the folder of a slot; empty: the root itself."""
        spec = next(c for c in self.classes if c.name == class_name)
        return "/".join(_components(self.slots[slot].folder, spec))

    def home(self, class_name: str) -> str:
        """Return the POSIX path of the folder that all files of a class lie below; empty: the root itself."""
        folders = [place.folder for place in self.places() if place.class_name == class_name]
        shared = 0
        while all(len(folder) > shared and folder[shared] == folders[0][shared] for folder in folders):
            shared += 1
        return "/".join(folders[0][:shared])

    def path(self, class_name: str, slot: SlotName, name: str) -> str:
        """Return the POSIX path, relative to the root, of a file in a slot of a class."""
        folder = self.folder(class_name, slot)
        return f"{folder}/{name}" if folder else name

    def name_reader(self, slot: SlotName) -> Callable[[str], NameParts | None]:
        """Return the function that reads a file name of ``slot``; it gives None for a name that is off the pattern."""
        spec = self.slots[slot]
        pattern, width = spec.pattern, self.id_width
        suffixes = {*spec.suffixes}

        def read_name(name: str) -> NameParts | None:
            stem, dot, suffix = name.rpartition(".")
            suffix = dot + suffix
            if suffix not in suffixes and suffix.lower() not in suffixes:
                return None
            return _read_stem(pattern, width, stem)

        return read_name

    def key(self, slot: SlotName, name: str) -> str | None:
        """Return the sample id that a file name of ``slot`` stands for, or None where the name is off the pattern.

        Numbers are padded to ``id_width`` digits, so that ``image1.jpg`` and ``0001.txt`` meet in ``0001``.
        """
        parts = self.name_reader(slot)(name)
        return None if parts is None else parts.id

    def layout(self) -> tuple[object, ...]:
        """Return what decides which rows a scan makes; published counts and expected sizes do not."""
        classes = tuple((c.name, c.label, (c.mark or "").lower()) for c in self.classes)
        places = tuple((place.class_name, place.slot, place.folder) for place in self.places())
        slots = tuple(
            (slot, spec.pattern, spec.suffixes, spec.format, tuple(sorted(spec.values.items())))
            for slot, spec in sorted(self.slots.items())
        )
        return self.id_width, classes, places, slots

    def expected(self, slot: SlotName) -> dict[str, int | None]:
        """Return the published number of files of a slot per class (None where nothing is published)."""
        return {c.name: {"image": c.images, "label": c.labels, "map": c.maps}[slot] for c in self.classes}

    def expects(self, folder: str) -> bool:
        """Whether files are expected in a folder of the layout or below it: not where all their numbers are 0."""
        path = tuple(folder.lower().split("/"))
        return any(
            self.expected(place.slot)[place.class_name] != 0
            for place in self.places()
            if tuple(name.lower() for name in place.folder[: len(path)]) == path
        )

    def noun(self, slot: SlotName, number: int = 1) -> str:
        """Return what to call ``number`` files of a slot: ``attention map``, ``attention maps``."""
        spec = self.slots.get(slot)
        word = _NOUNS[slot]
        if spec is not None:
            word = spec.noun or ("mask" if slot == "map" and spec.content == "mask" else word)
        return word if number == 1 else f"{word}s"


def _components(template: str, spec: ClassSpec) -> tuple[str, ...]:
    path = (template if CLASS in template else f"{CLASS}/{template}").replace(CLASS, spec.folder or spec.name)
    return tuple(component for component in path.split("/") if component != ".")


@lru_cache(1 << 14)
def _read_stem(pattern: str, id_width: int, stem: str) -> NameParts | None:
    """See `Profile.name_reader`; the files of a sample bear the same stem, and a tree the names of its manifest."""
    if len(stem) > MAX_STEM:
        return None
    if not ((stem.isascii() and stem.isalnum()) or is_safe_name(f"{stem}.x")):  # the first is the same, but quick
        return None
    match = compile_pattern(pattern).fullmatch(stem)
    if match is None:
        return None
    groups = match.groupdict()
    mark = (groups["class"] or "").lower() if "class" in groups else None
    if "id" in groups:
        text = groups["id"] or ""
        return NameParts(text, mark) if is_safe_name(text) else None
    digits = groups["number"] or ""
    if not (digits.isascii() and digits.isdigit()):
        return None
    return NameParts((digits.lstrip("0") or "0").rjust(id_width, "0"), mark)
