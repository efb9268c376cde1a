"""The header of a manifest: what holds for all of its rows."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lagtool.display import is_shown
from lagtool.marks import CurationRecord
from lagtool.model import ScanOptions
from lagtool.profile import Profile
from lagtool.profile.parts import Sha256
from lagtool.relation import Relation
from lagtool.schema import FORMAT_VERSION

_DEEPEST = 20


def check_shown(text: str) -> str:
    """Return a text that `lagtool.display.show` may have made; raises ValueError where it cannot be shown."""
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
        content_sha256: Fingerprint of the data, see `lagtool.fingerprint`; None where files were not read.
        ids_sha256: Fingerprint of ids and labels, see `lagtool.fingerprint`.
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
