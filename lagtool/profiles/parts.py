"""The parts of a profile: classes, kinds of file, a table of labels; their fields are the documentation of the keys."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from lagtool.profiles.names import (
    CLASS,
    SAFE_NAME,
    SPLIT,
    check_folder,
    check_noun,
    check_safe_name,
    check_text,
)
from lagtool.profiles.template import Template, check_templates, read_template

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
    """What all parts have in common: they do not change, and know no other keys.

    Attributes:
        RARE: Keys that few profiles have: they are not written where they say nothing, so that manifests stay as they
            were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    RARE: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value or key not in self.RARE}


Folder = Annotated[str, AfterValidator(check_folder), Field(max_length=200)]
SplitName = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,32}$")]


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_Names = {"anyOf": [_Text, {"type": "array", "items": _Text, "minItems": 1, "maxItems": 20}]}
SplitFolders = Annotated[
    tuple[Folder, ...], BeforeValidator(_as_list), Field(min_length=1, max_length=20), WithJsonSchema(_Names)
]
Headings = Annotated[
    tuple[Text, ...], BeforeValidator(_as_list), Field(max_length=50), WithJsonSchema({"anyOf": _Names["anyOf"]})
]


class ClassSpec(Part):
    """One class of the dataset."""

    RARE = ("also",)

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
    also: tuple[Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,40}$")], ...] = Field(
        default=(),
        max_length=20,
        description="Other names that its folder may have, and other marks: whichever is there is read.",
    )
    images: Number | None = Field(default=None, description="Number of its images; not given: any.")
    labels: Number | None = Field(default=None, description="Number of its label files; not given: any.")
    maps: Number | None = Field(default=None, description="Number of its maps; not given: any.")


class SlotSpec(Part):
    """One kind of file that a sample has: where it lies, how it is named, what it should contain."""

    folder: Annotated[str, AfterValidator(lambda folder: check_folder(folder, template=True))] = Field(
        max_length=200,
        description='Its folder inside the class folder, or `"."`: the class folder itself. With `{class}` in it, the '
        "path from the root, in which that stands for the folder of the class: `masks/{class}`. `{split}` stands for "
        "the folder of a split: `{split}/{class}`. Upper and lower case are not told apart.",
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


class LabelsSpec(Part):
    """A table that says the class of each sample, and where it has them, its split and patient."""

    table: SplitFolders = Field(
        description="The table, a path from the root: CSV, TSV, TXT, JSON, JSON Lines or Parquet. Of a list, all that "
        "are there are read, and at least one must be.",
    )
    file: Text | None = Field(
        default=None, description="Column of the file names or ids. Not given: found by its cells, as for `audit`."
    )
    label: Headings = Field(
        default=(),
        description="Column of the labels; or a list of columns, one for each class, of 0 and 1. Not given: found.",
    )
    split: Text | None = Field(
        default=None, description='Column of the splits. Not given: found; `"none"`: there is none.'
    )
    patient: Text | None = Field(
        default=None,
        description="Column of the patients: their samples stay together in a split. Not given: found by its heading; "
        '`"none"`: there is none.',
    )
    eye: Text | None = Field(
        default=None,
        description="Column of ids of eyes, where no patient is known. One of left and right alone groups nothing.",
    )
    values: dict[Text, Number] = Field(
        default_factory=dict,
        max_length=1000,
        description="Texts in the column of labels, each with its label. Not given: the label or name of a class, or a "
        "usual word for it. With it, any other text is refused.",
    )
    splits: dict[Text, SplitName] = Field(
        default_factory=dict,
        max_length=1000,
        description='Texts in the column of splits, each with the name of its split: `{ A = "train", B = "test" }`.',
    )


class Place(NamedTuple):
    """Where the files of one slot of one class lie.

    Attributes:
        class_name: The class.
        slot: The slot.
        folder: The components of the folder's path from the root.
        split: The split whose folder it is; None: no folder says one.
        called: What each component is called first, where it is another name of that; None: it need not be there.
    """

    class_name: str
    slot: SlotName
    folder: tuple[str, ...]
    split: str | None
    called: tuple[str | None, ...]


def list_places(
    slot: SlotName, template: str, spec: ClassSpec, splits: Mapping[str, tuple[str, ...]]
) -> Iterator[Place]:
    """Yield the folders that a slot of a class may have, the first names first."""
    path = template if CLASS in template else f"{CLASS}/{template}"
    first = spec.folder or spec.name
    words = (first, *spec.also) if spec.folder != "." else (first,)
    folders = [(name, folder) for name, named in splits.items() for folder in named] if SPLIT in path else [(None, "")]
    for (split, folder), word in product(folders, words):
        placed = path.replace(SPLIT, folder)
        real = _components(placed.replace(CLASS, word))
        main = _components(path.replace(CLASS, first))
        called = [None if SPLIT in name else name for name in main]
        yield Place(spec.name, slot, real, split, tuple(called) if len(real) == len(main) else (None,) * len(real))


def _components(path: str) -> tuple[str, ...]:
    return tuple(component for component in path.split("/") if component not in (".", ""))
