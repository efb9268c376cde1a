"""The profile as a whole; the descriptions of its fields are the documentation of the keys."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lagtool.profiles.names import SPLIT, check_folder, is_safe_name
from lagtool.profiles.parts import (
    SLOTS,
    ClassSpec,
    LabelsSpec,
    Part,
    Place,
    PublishedSizes,
    SafeName,
    Sha256,
    SlotName,
    SlotSpec,
    SplitFolders,
    SplitName,
    Text,
    list_places,
)
from lagtool.profiles.template import NameParts, NameReader, Template, check_id, find_ambiguity, read_template

_MOST_PLACES = 20_000
_NOUNS = {"image": "image", "label": "label file", "map": "attention map"}


class Profile(Part):
    """What a dataset should look like; see the built-in ``lag``, ``lag-part1`` and ``cvpr2019``."""

    RARE = ("splits", "labels")

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
        description="The kinds of file: `image`, and where the dataset has them `label` and `map`."
    )
    splits: dict[SplitName, SplitFolders] = Field(
        default_factory=dict,
        max_length=100,
        description="The splits that folders tell, each with the folder (or the folders, whichever are there) that "
        '`{split}` stands for: `{ train = "train", val = ["validation", "val"] }`.',
    )
    labels: LabelsSpec | None = Field(
        default=None, description="A table of labels, where no folder or file name tells the class; see below."
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
        self._check_labels()
        return self

    def _check_marks(self) -> None:
        if len(self.class_of_mark) < sum(len(set(map(str.lower, (c.mark, *c.also)))) for c in self.classes if c.mark):
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
            read_name = self.name_reader(slot)
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
                    if read_name(example) is None:
                        raise ValueError(
                            f"{where} makes names such as '{example}': a name has up to 100 characters and begins "
                            "and ends with a letter or digit"
                        )

    def _check_places(self) -> None:
        taken: dict[tuple[str, str], tuple[str, str | None]] = {}
        split = [slot for slot, spec in self.slots.items() if SPLIT in spec.folder]
        if bool(split) != bool(self.splits):
            what = f"slots.{split[0]}.folder has {{split}}" if split else "splits is given"
            raise ValueError(f"{what}, but {'no splits are given' if split else 'no folder of a slot has {split}'}")
        words = sum(1 + len(c.also) for c in self.classes) * (1 + sum(map(len, self.splits.values())))
        if words * len(self.slots) > _MOST_PLACES:
            raise ValueError(f"classes, other names of them and splits make more than {_MOST_PLACES:,} folders")
        for place in self.places():
            for component in place.folder:
                check_folder(component)
            path = "/".join(place.folder).lower()
            other, part = taken.setdefault((path, place.slot), (place.class_name, place.split))
            marked = all("class" in template.fields for template in self.slots[place.slot].templates)
            if part != place.split:
                raise ValueError(f"splits {part} and {place.split} have one folder for {place.slot}")
            if other != place.class_name and not marked and self.labels is None:
                raise ValueError(
                    f"{other} and {place.class_name} have one folder for {place.slot}, and slots.{place.slot}.files "
                    "lacks a {class} that tells them apart"
                )

    def _check_labels(self) -> None:
        known = {c.label for c in self.classes}
        if self.labels is not None and (wrong := set(self.labels.values.values()) - known):
            raise ValueError(f"labels.values has the label {min(wrong)}, which no class has")

    @property
    def tells_class(self) -> bool:
        """Whether folders or names of files tell the class; else the table of labels does."""
        if self.labels is None:
            return True
        taken: dict[tuple[object, ...], str] = {}
        return all(
            self.has_marks(place.slot)
            or taken.setdefault((place.slot, *place.folder), place.class_name) == place.class_name
            for place in self.places()
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
        return tuple(mark for c in self.classes if c.mark is not None for mark in (c.mark, *c.also))

    @property
    def class_of_mark(self) -> dict[str, str]:
        """The class that each mark stands for, in lower case."""
        return {
            mark.lower(): c.name
            for c in self.classes
            if c.mark is not None
            for mark in dict.fromkeys((c.mark, *c.also))
        }

    def places(self) -> list[Place]:
        """Return where files lie, in the order of classes and of slots."""
        return [
            place
            for c in self.classes
            for slot in SLOTS
            if slot in self.slots
            for place in list_places(slot, self.slots[slot].folder, c, self.splits)
        ]

    def folder(self, class_name: str, slot: SlotName) -> str:
        """Return the POSIX path, relative to the root, of the first folder of a slot; empty: the root itself."""
        return self.folders(class_name, slot)[0]

    def folders(self, class_name: str, slot: SlotName) -> list[str]:
        """Return the paths of all folders that a slot may have: one for each split, and for each other name."""
        spec = next(c for c in self.classes if c.name == class_name)
        places = list_places(slot, self.slots[slot].folder, spec, self.splits)
        return ["/".join(place.folder) for place in places]

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
        others = tuple(sorted(self.class_of_mark)) if any(c.also for c in self.classes) else ()
        more = tuple(key for key in (self.splits and tuple(self.splits.items()), self.labels, others) if key)
        slots = tuple(
            (slot, spec.files, spec.format, tuple(sorted(spec.values.items())))
            for slot, spec in sorted(self.slots.items())
        )
        return (self.id, classes, places, slots, *more)

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
