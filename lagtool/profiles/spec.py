"""The profile as a whole; the descriptions of its fields are the documentation of the keys."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lagtool.profiles.names import CLASS, SAFE_NAME, check_folder, check_noun, check_safe_name, check_text, is_safe_name
from lagtool.profiles.pattern import MAX_STEM, check_pattern, compile_pattern

SlotName = Literal["image", "label", "map"]
PictureSlot = Literal["image", "map"]
SLOTS: tuple[SlotName, ...] = ("image", "label", "map")
Format = Literal["JPEG", "PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG2000"]
Mode = Literal["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F"]

SafeName = Annotated[
    str,
    AfterValidator(check_safe_name),
    Field(max_length=100, json_schema_extra={"pattern": f"^{SAFE_NAME.pattern}$"}),
]
Text = Annotated[str, AfterValidator(check_text), Field(max_length=1000)]
Number = Annotated[int, Field(strict=True, ge=0, le=10**12)]
Level = Annotated[int, Field(strict=True, ge=0, le=255)]
Side = Annotated[int, Field(strict=True, gt=0, le=1_000_000)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Suffix = Annotated[str, Field(pattern=r"^\.[a-z0-9]{1,8}$")]


class Part(BaseModel):
    """What all parts have in common: they do not change, and know no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassSpec(Part):
    """One class of the data set."""

    name: SafeName = Field(description="Name of the class in manifests, tables and findings.")
    label: Number = Field(description="Its label, a number of its own.")
    folder: Annotated[str, AfterValidator(check_folder)] | None = Field(
        default=None,
        max_length=200,
        description='Its folder, where that is not called like the class. `"."`: it has none; its files lie among '
        "those of other classes, and `mark` tells them apart.",
    )
    mark: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9_-]{1,20}$",
        description="What the group `class` of the patterns holds in the names of its files, in any case.",
    )
    images: Number | None = Field(default=None, description="Number of its images; not given: any.")
    labels: Number | None = Field(default=None, description="Number of its label files; not given: any.")
    maps: Number | None = Field(default=None, description="Number of its maps; not given: any.")


class SlotSpec(Part):
    """One kind of file that a sample has: where it lies, how it is named, what it should contain."""

    folder: Annotated[str, AfterValidator(lambda folder: check_folder(folder, template=True))] = Field(
        max_length=200,
        description='Its folder inside the class folder, or `"."`: the class folder itself. With `{class}` in it, the '
        "path from the root, in which that stands for the folder of the class: `masks/{class}`. Upper and lower case "
        "are not told apart.",
    )
    pattern: Annotated[str, AfterValidator(check_pattern)] = Field(
        max_length=200,
        description="Regular expression (Python, ASCII) for the whole name without its suffix. Its group `number` "
        "(digits, compared as numbers) or `id` (text, compared as it is) ties the files of a sample together; a group "
        "`class` holds the `mark` of its class.",
    )
    suffixes: tuple[Suffix, ...] = Field(
        min_length=1, max_length=20, description="Suffixes that its files may have, in lower case; `.JPG` fits `.jpg`."
    )
    format: Format | None = Field(
        default=None,
        description="Format that every file must have by its content. Not given: any of these formats.",
    )
    width: Side | None = Field(
        default=None, description="Width of the pictures in pixels, together with `height`. Not given: any."
    )
    height: Side | None = Field(default=None, description="Height of the pictures in pixels.")
    modes: tuple[Mode, ...] = Field(
        default=(), max_length=20, description="Pixel modes that pictures may have, as Pillow calls them. Empty: any."
    )
    content: Literal["attention", "mask"] | None = Field(
        default=None,
        description="Of `map` only: `attention` (the default), gray levels to weight pixels with; or `mask`, regions "
        "such as optic disc and cup.",
    )
    levels: tuple[Level, ...] = Field(
        default=(),
        max_length=16,
        description="Of masks only: the gray levels that they may have, from the outermost region to the innermost: "
        "`[255, 128, 0]` for background, disc and cup as in REFUGE. Empty: any.",
    )
    nested: bool = Field(
        default=False,
        description="Of masks only: each region of `levels` lies within the one before it, as the cup in the disc.",
    )
    noun: Annotated[str, AfterValidator(check_noun)] | None = Field(
        default=None, max_length=40, description='What to call such a file, in the singular: `"disc mask"`.'
    )
    values: dict[Text, Number] = Field(
        default_factory=dict,
        max_length=1000,
        description="Of `label` only, and needed there: the texts that label files hold, each with its label. Blanks "
        "and line ends round the text do not count; upper and lower case do.",
    )

    @model_validator(mode="after")
    def _whole_size(self) -> "SlotSpec":
        if (self.levels or self.nested) and self.content != "mask":
            raise ValueError('has levels or nested, which are for masks: add content = "mask"')
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("names a level twice")
        if self.nested and len(self.levels) < 2:
            raise ValueError("is nested, but names no levels from outside to inside")
        if (self.width is None) != (self.height is None):
            raise ValueError("has a width or a height only: give both or none")
        return self


Pair = tuple[Side, Side]


class PublishedSizes(Part):
    """A published size table, (width, height) in pixels each, over images and maps together."""

    min: Pair = Field(description="Smallest width and height.")
    median: Pair = Field(description="Median width and height.")
    max: Pair = Field(description="Largest width and height.")

    @model_validator(mode="after")
    def _ordered(self) -> "PublishedSizes":
        for side in (0, 1):
            if not self.min[side] <= self.median[side] <= self.max[side]:
                raise ValueError("min, median and max are out of order")
        return self


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
