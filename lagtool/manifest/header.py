"""The header of a manifest: what holds for all of its rows."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lagtool.errors import LagtoolError
from lagtool.manifest.marks import CurationRecord
from lagtool.manifest.schema import FORMAT_VERSION
from lagtool.model import ScanOptions
from lagtool.profiles import Profile
from lagtool.profiles.parts import Sha256
from lagtool.text import is_shown, show


class Relation(StrEnum):
    """How two photographs are alike; a pair is listed under the first that holds."""

    BYTE_IDENTICAL = "byte-identical"
    PIXEL_IDENTICAL = "pixel-identical"
    NEAR_DUPLICATE = "near-duplicate"
    MIRRORED = "mirrored"
    TURNED = "turned"
    SAME_EYE = "same-eye"
    PROBABLY_SAME_EYE = "probably-same-eye"

    @property
    def meaning(self) -> str:
        """What the relation says of two photographs."""
        return MEANINGS[self]

    @property
    def needs_pictures(self) -> bool:
        """Whether pictures have to be opened to establish it; the others are read off the manifest."""
        return self not in (Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL)


MEANINGS = {
    Relation.BYTE_IDENTICAL: "The same file, byte for byte. An equivalence: each is paired with the first only.",
    Relation.PIXEL_IDENTICAL: "Other bytes (metadata, a lossless rewrite), the same pixels (a quarter of the size).",
    Relation.NEAR_DUPLICATE: "One photograph, saved again: re-encoded, resized, cropped, brightened, slightly turned.",
    Relation.MIRRORED: "One photograph and its mirror image, possibly also turned by 90, 180 or 270 degrees.",
    Relation.TURNED: "One photograph, turned by 90, 180 or 270 degrees.",
    Relation.SAME_EYE: "Two photographs of one eye, of one visit or of two (probability 0.95 or more).",
    Relation.PROBABLY_SAME_EYE: "Probably two photographs of one eye (probability from 0.5 to 0.95): look at them.",
}
"""Meaning of each relation, for the documentation."""

ALL = tuple(Relation)

IDENTICAL = (Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL)
"""What the columns of a manifest tell, without any picture."""

EYES = (Relation.SAME_EYE, Relation.PROBABLY_SAME_EYE)
"""What vessels tell."""

WORDS: dict[str, tuple[Relation, ...]] = {
    "all": ALL,
    "identical": IDENTICAL,
    "copies": tuple(relation for relation in Relation if relation not in EYES),
    "eyes": EYES,
    **{relation.value: (relation,) for relation in Relation},
}
"""What ``--relations`` takes: relations by name, and words for several of them."""


def choose_relations(words: Iterable[str]) -> tuple[Relation, ...]:
    """Return the relations that ``words`` stand for (see `WORDS`), in their order.

    Raises:
        LagtoolError: A word stands for none, or there are no words.
    """
    chosen: set[Relation] = set()
    for word in words:
        if word.strip() not in WORDS:
            raise LagtoolError(f"no relation is called '{show(word.strip())}': choose from {', '.join(WORDS)}")
        chosen.update(WORDS[word.strip()])
    if not chosen:
        raise LagtoolError(f"--relations names none: choose from {', '.join(WORDS)}")
    return tuple(relation for relation in Relation if relation in chosen)


_DEEPEST = 20


def check_shown(text: str) -> str:
    """Return a text that `lagtool.text.show` may have made; raises ValueError where it cannot be shown."""
    if not is_shown(text):
        raise ValueError("characters that cannot be shown, which lagtool does not write")
    return text


Shown = Annotated[str, AfterValidator(check_shown), Field(max_length=4000)]


def first_complaint(error: Exception) -> str:
    """Return the first line of what is wrong; of several complaints of pydantic the first, with its place."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        where, why = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        return f"{where}: {why}" if where else why
    return (str(error).splitlines() or [type(error).__name__])[0]


def _check_depth(record: dict[str, Any]) -> dict[str, Any]:
    """Refuse a record that is nested deeper than any split's: how deep JSON can be read depends on the Python."""
    inner: list[Any] = [record]
    for _ in range(_DEEPEST):
        inner = [part for one in inner if isinstance(one, dict | list) for part in _parts(one)]
    if inner:
        raise ValueError("a split whose record is nested too deep")
    return record


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


class Search(BaseModel):
    """What was looked for when the pairs of a manifest were found.

    Attributes:
        version: Version of the methods.
        looked_for: The relations that were looked for, completely.
        not_looked_for: All others, each with the reason.
        pictures: How many different pictures were compared.
        remarks: What else must be known to judge.
        unsearched: ``class/id`` of the samples with an image that was not searched, in the order of the manifest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    looked_for: tuple[Relation, ...]
    not_looked_for: dict[Relation, str]
    pictures: int = Field(ge=0)
    remarks: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> "Search":
        named = [*self.looked_for, *self.not_looked_for]
        if len(named) != len(set(named)) or set(named) != set(Relation):
            raise ValueError("every relation was looked for, or was not: one of them is named twice or missing")
        if not all(map(is_shown, (*self.not_looked_for.values(), *self.remarks, *self.unsearched))):
            raise ValueError("characters that cannot be shown")
        return self


class Header(BaseModel):
    """What holds for the manifest as a whole.

    Attributes:
        format: Version of the manifest's format.
        tool_version: Version of lagtool that made it.
        created: When it was made, UTC, ISO 8601.
        scan_started_ns: When the scan began, nanoseconds since 1970, UTC: files changed after that (or shortly before)
            cannot be known to be as they were read.
        root_name: Name of the root folder; the path to it is not recorded.
        scan_options: What the scan was asked for.
        profile: The profile that the tree was read with, whole.
        profile_choice: How the profile came about: ``auto`` or ``given``.
        content_sha256: Fingerprint of the data, see `lagtool.manifest.fingerprint`; None where files were not read.
        ids_sha256: Fingerprint of ids and labels, see `lagtool.manifest.fingerprint`.
        search: What was looked for when the table of pairs was made; None: nobody looked, and there is no such table.
        split: How the split in the columns ``split`` and ``fold`` was made, or None.
        curation: The marks on samples that were applied, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT_VERSION
    tool_version: Shown
    created: Shown
    scan_started_ns: int | None = None
    root_name: Shown
    scan_options: ScanOptions = ScanOptions()
    profile: Profile
    profile_choice: Literal["auto", "given"] = "auto"
    content_sha256: Sha256 | None = None
    ids_sha256: Sha256
    search: Search | None = None
    split: Annotated[dict[str, Any], AfterValidator(_check_depth)] | None = None
    curation: CurationRecord | None = None
