"""Profiles: what a data set of this shape should look like, as data."""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from lagtool.display import show
from lagtool.errors import LagtoolError

BUILT_IN = ("lag", "lag-part1", "cvpr2019")
SlotName = Literal["image", "label", "map"]
SLOTS: tuple[SlotName, ...] = ("image", "label", "map")

# Every file and folder name that may become part of a sample: no separator, markup, formula, control character or
# hidden file can pass, whatever pattern a profile brings.
SAFE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)
_MAX_PROFILE_BYTES = 1 << 20

SafeName = Annotated[str, StringConstraints(pattern=rf"^{SAFE_NAME.pattern}$", max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassSpec(_Part):
    """One class of the data set: its folder, its label and how many files are published."""

    name: SafeName
    label: int = Field(ge=0)
    images: int | None = Field(default=None, ge=0)
    maps: int | None = Field(default=None, ge=0)


class SlotSpec(_Part):
    """One kind of file that a sample has: where it lies, how it is named, what it should contain.

    ``folder`` is the folder inside the class folder (``"."``: the class folder itself). ``pattern`` is matched against
    the whole stem; its group ``number`` (digits, compared as numbers) or ``id`` (text) ties the slots of a sample
    together. ``values`` maps the text of a label file to the label.
    """

    folder: SafeName | Literal["."]
    pattern: str = Field(max_length=200)
    suffixes: tuple[Annotated[str, StringConstraints(pattern=r"^\.[a-z0-9]{1,8}$")], ...] = Field(min_length=1)
    format: str | None = None
    width: int | None = Field(default=None, gt=0)
    height: int | None = Field(default=None, gt=0)
    modes: tuple[str, ...] = ()
    values: dict[str, int] = Field(default_factory=dict)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern, re.ASCII).groupindex
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if not {"number", "id"} & groups.keys():
            raise ValueError("needs a group (?P<number>...) or (?P<id>...)")
        return pattern


class PublishedSizes(_Part):
    """The published size table, (width, height) each, over images and attention maps together."""

    min: tuple[int, int]
    median: tuple[int, int]
    max: tuple[int, int]


class Profile(_Part):
    """What a data set should look like; see the built-in ``lag``, ``lag-part1`` and ``cvpr2019``."""

    name: SafeName
    title: str = ""
    source: str = ""
    terms: str = ""
    id_width: int = Field(default=4, ge=1, le=12)
    classes: tuple[ClassSpec, ...] = Field(min_length=1)
    slots: dict[SlotName, SlotSpec]
    ids_sha256: str | None = None
    published_sizes: PublishedSizes | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Profile":
        if "image" not in self.slots:
            raise ValueError("slots.image is missing")
        if len({c.name.lower() for c in self.classes}) < len(self.classes):
            raise ValueError("two classes with the same name")
        if len({c.label for c in self.classes}) < len(self.classes):
            raise ValueError("two classes with the same label")
        for slot, spec in self.slots.items():
            if slot == "label" and not spec.values:
                raise ValueError("slots.label.values is missing")
        folders = [spec.folder for spec in self.slots.values()]
        if len(set(folders)) < len(folders):
            raise ValueError("two slots with the same folder")
        return self

    def key(self, slot: SlotName, name: str) -> str | None:
        """Return the sample id that a file name of ``slot`` stands for, or None where the name is off the pattern.

        Numbers are padded to ``id_width`` digits, so that ``image1.jpg`` and ``0001.txt`` meet in ``0001``.
        """
        spec = self.slots[slot]
        stem, dot, suffix = name.rpartition(".")
        return _key(spec.pattern, self.id_width, stem) if f"{dot}{suffix.lower()}" in spec.suffixes else None

    def path(self, class_name: str, slot: SlotName, name: str) -> str:
        """Return the POSIX path, relative to the root, of a file in a slot of a class."""
        folder = self.slots[slot].folder
        return f"{class_name}/{name}" if folder == "." else f"{class_name}/{folder}/{name}"

    def layout(self) -> tuple[object, ...]:
        """Return what decides which rows a scan makes; published counts and expected sizes do not."""
        classes = tuple((c.name, c.label) for c in self.classes)
        slots = tuple(
            (slot, spec.folder, spec.pattern, spec.suffixes, spec.format, tuple(sorted(spec.values.items())))
            for slot, spec in sorted(self.slots.items())
        )
        return self.id_width, classes, slots

    def expected(self, slot: Literal["image", "map"]) -> dict[str, int | None]:
        """Return the published number of images or maps per class (None where nothing is published)."""
        return {c.name: c.images if slot == "image" else c.maps for c in self.classes}


@lru_cache(1 << 17)
def _key(pattern: str, id_width: int, stem: str) -> str | None:
    """See `Profile.key`; the files of a sample bear the same stem, and a tree the names of its manifest."""
    if not (
        (stem.isascii() and stem.isalnum()) or SAFE_NAME.fullmatch(f"{stem}.x")
    ):  # the first is the same, but quick
        return None
    match = _compile(pattern).fullmatch(stem)
    if match is None:
        return None
    groups = match.groupdict()
    if (text := groups.get("id")) is not None:
        return text
    digits = groups.get("number") or ""
    if not (digits.isascii() and digits.isdigit()):
        return None
    return (digits.lstrip("0") or "0").rjust(id_width, "0")


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def load_profile(name_or_path: str) -> Profile:
    """Return a built-in profile by name, or the one in a TOML file.

    Raises:
        LagtoolError: There is no such profile, or the file is not a valid profile; the message says where.
    """
    if name_or_path in BUILT_IN:
        return _built_in(name_or_path)
    path = Path(name_or_path)
    if not path.suffix == ".toml":
        raise LagtoolError(
            f"unknown profile '{show(name_or_path)}': choose {', '.join(BUILT_IN)} or name a file that ends in .toml"
        )
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_PROFILE_BYTES + 1)
    except OSError as error:
        raise LagtoolError(f"cannot read profile {show(path)}: {error.strerror}") from None
    if len(data) > _MAX_PROFILE_BYTES:
        raise LagtoolError(f"profile {show(path)} is larger than 1 MB: it cannot be a profile")
    return _parse(data, show(path))


@cache
def _built_in(name: str) -> Profile:
    return _parse(resources.files("lagtool").joinpath("profiles", f"{name}.toml").read_bytes(), name)


def _parse(data: bytes, origin: str) -> Profile:
    try:
        table: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LagtoolError(f"profile {origin} is not valid TOML: {error}") from None
    if (parent := table.pop("extends", None)) is not None:
        if parent not in BUILT_IN:
            raise LagtoolError(f"profile {origin} extends '{show(str(parent))}': choose {', '.join(BUILT_IN)}")
        table = {**_built_in(parent).model_dump(exclude={"ids_sha256"}), **table}
    try:
        return Profile.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "top level"
        raise LagtoolError(f"profile {origin} is not valid at {show(where)}: {first['msg']}") from None
