"""The parts of a profile; the descriptions of their fields are the documentation of the keys."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lagtool.profile.names import SAFE_NAME, check_folder, check_noun, check_safe_name, check_text
from lagtool.profile.pattern import check_pattern

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
