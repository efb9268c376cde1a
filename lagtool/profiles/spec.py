"""The profile as a whole; the descriptions of its fields are the documentation of the keys."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from lagtool.profiles.names import CLASS, SAFE_NAME, check_folder, check_noun, check_safe_name, check_text, is_safe_name
from lagtool.profiles.template import (
    NameParts,
    NameReader,
    Template,
    check_id,
    check_templates,
    find_ambiguity,
    read_template,
)

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
_Text = {"type": "string", "maxLength": 200}
Files = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...],
    BeforeValidator(lambda files: (files,) if isinstance(files, str) else files),
    AfterValidator(check_templates),
    WithJsonSchema({"anyOf": [_Text, {"type": "array", "items": _Text, "minItems": 1, "maxItems": 50}]}),
]


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
        description="What stands for `{class}` in the names of its files, in any case.",
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
    files: Files = Field(
        min_length=1,
        max_length=50,
        description="How its files are named, with their extension: a template, or a list of which the first that fits "
        "counts. `{number}`: 1 to 9 digits; `{number:04}`: padded to 4 digits; `{name}`: letters, digits, `_` and `-`; "
        "`{class}`: the `mark` of a class. `.JPG` fits `.jpg`.",
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

    @property
    def templates(self) -> list[Template]:
        """The templates of its file names."""
        return [read_template(text) for text in self.files]

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The extensions that its files may have, in lower case, in the order of the templates."""
        return tuple(dict.fromkeys(template.suffix for template in self.templates))


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


class Profile(Part):
    """What a data set should look like; see the built-in ``lag``, ``lag-part1`` and ``cvpr2019``."""

    name: SafeName = Field(description="Name of the profile, as reports give it.")
    title: Text = Field(default="", description="One line that says what it describes.")
    source: Text = Field(default="", description="Where the numbers come from.")
    terms: Text = Field(default="", description="Terms of use of the data.")
    id: Annotated[str, AfterValidator(check_id)] = Field(
        default="{number:04}",
        max_length=100,
        description="What the id of a sample is made of: with `{number:04}`, `image1.jpg` and `0001.txt` meet in "
        "`0001`. `{name}` where files have names; `{class}{number:04}` where numbers are given anew in each class.",
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
        self._check_names()
        self._check_places()
        return self

    def _check_marks(self) -> None:
        marks = [c.mark.lower() for c in self.classes if c.mark is not None]
        if len(set(marks)) < len(marks):
            raise ValueError("two classes with the same mark")
        marked = [slot for slot in self.slots if self.has_marks(slot)]
        unmarked = [c.name for c in self.classes if c.mark is None]
        if marked and unmarked:
            raise ValueError(f"slots.{marked[0]}.files has {{class}}, but class {unmarked[0]} has no mark: give it one")

    def _check_names(self) -> None:
        """Hold the templates against the id and the marks: each names files whose samples it tells for certain."""
        for c in self.classes:
            example = self._id.fill("1", c.mark or "")
            if not is_safe_name(example):
                raise ValueError(
                    f"id: '{self.id}' makes ids such as '{example}': begin and end it with a letter or digit"
                )
        for slot, spec in self.slots.items():
            for text, template in zip(spec.files, spec.templates, strict=True):
                where = f"slots.{slot}.files: '{text}'"
                if missing := self._id.fields - template.fields:
                    own = "" if "class" in missing else f', or set id = "{{{template.key}}}"'
                    raise ValueError(f'{where} has no {{{min(missing)}}}, which id = "{self.id}" needs: add it{own}')
                if pair := find_ambiguity(template, self._marks):
                    raise ValueError(
                        f"{where} fits one name with the mark '{pair[0]}' and with '{pair[1]}': put other characters "
                        "between {class} and the next field"
                    )
                for c in self.classes if "class" in template.fields else self.classes[:1]:
                    example = template.fill("1", c.mark or "")
                    if self.key(slot, example) is None:
                        raise ValueError(
                            f"{where} makes names such as '{example}': a name has up to 100 characters and begins "
                            "and ends with a letter or digit"
                        )

    def _check_places(self) -> None:
        taken: dict[tuple[str, str], str] = {}
        for place in self.places():
            for component in place.folder:
                check_folder(component)
            path = "/".join(place.folder).lower()
            other = taken.setdefault((path, place.slot), place.class_name)
            marked = all("class" in template.fields for template in self.slots[place.slot].templates)
            if other != place.class_name and not marked:
                raise ValueError(
                    f"{other} and {place.class_name} have one folder for {place.slot}, and slots.{place.slot}.files "
                    "lacks a {class} that tells them apart"
                )

    def has_marks(self, slot: SlotName) -> bool:
        """Whether the names of files in ``slot`` tell their class."""
        return slot in self.slots and any("class" in template.fields for template in self.slots[slot].templates)

    @property
    def id_width(self) -> int:
        """Digits that the numbers of ids are padded to."""
        return max(piece.width for piece in self._id.pieces)

    @property
    def _id(self) -> Template:
        return read_template(self.id, extension=False)

    @property
    def _marks(self) -> tuple[str, ...]:
        return tuple(c.mark for c in self.classes if c.mark is not None)

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
        """Return the function that reads a file name of ``slot``; it gives None for a name that no template makes."""
        return _read_names(self.slots[slot].files, self.id, self._marks)

    def claim_order(self, slots: Iterable[SlotName]) -> list[SlotName]:
        """Return slots in the order in which they take files of a folder that they share: the most definite first.

        So `{name}_mask.png` of one slot comes before `{name}.png` of another, whose template takes that name too.
        """
        return sorted(slots, key=lambda slot: (-min(t.literals for t in self.slots[slot].templates), SLOTS.index(slot)))

    def key(self, slot: SlotName, name: str) -> str | None:
        """Return the sample id that a file name of ``slot`` stands for, or None where no template makes the name.

        Numbers are padded as ``id`` says, so that ``image1.jpg`` and ``0001.txt`` meet in ``0001``.
        """
        parts = self.name_reader(slot)(name)
        return None if parts is None else parts.id

    def layout(self) -> tuple[object, ...]:
        """Return what decides which rows a scan makes; published counts and expected sizes do not."""
        marked = "class" in self._id.fields  # the id spells the mark as the profile does
        classes = tuple((c.name, c.label, (c.mark or "") if marked else (c.mark or "").lower()) for c in self.classes)
        places = tuple((place.class_name, place.slot, place.folder) for place in self.places())
        slots = tuple(
            (slot, spec.files, spec.format, tuple(sorted(spec.values.items())))
            for slot, spec in sorted(self.slots.items())
        )
        return self.id, classes, places, slots

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


@lru_cache(64)
def _read_names(files: tuple[str, ...], id_text: str, marks: tuple[str, ...]) -> Callable[[str], NameParts | None]:
    """See `Profile.name_reader`; a reader keeps what it read, for the files of a sample share their stem."""
    readers: dict[str, NameReader] = {}
    for suffix in {read_template(text).suffix for text in files}:
        same = tuple(t._replace(suffix="") for t in map(read_template, files) if t.suffix == suffix)
        readers[suffix] = _reader(same, read_template(id_text, extension=False), marks)

    def read_name(name: str) -> NameParts | None:
        stem, dot, suffix = name.rpartition(".")
        suffix = dot + suffix
        reader = readers.get(suffix) or (readers.get(suffix.lower()) if suffix.isascii() else None)
        return None if reader is None else reader.read(stem)

    return read_name


@lru_cache(64)
def _reader(templates: tuple[Template, ...], id_template: Template, marks: tuple[str, ...]) -> NameReader:
    """Return the reader of stems; slots whose names differ in the extension only share one."""
    return NameReader(templates, id_template, marks)
