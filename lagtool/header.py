"""The header of a manifest: what holds for all of its rows."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from lagtool.depth import Depth
from lagtool.profile import Profile
from lagtool.schema import FORMAT_VERSION


class Header(BaseModel):
    """What holds for the manifest as a whole.

    Attributes:
        format: Version of the manifest's format.
        tool_version: Version of lagtool that made it.
        created: When it was made, UTC, ISO 8601.
        scan_started_ns: When the scan began, nanoseconds since 1970, UTC: files changed after that (or shortly before)
            cannot be known to be as they were read.
        root_name: Name of the root folder; the path to it is not recorded.
        depth: How far the scan looked into the files.
        profile: The profile that the tree was read with, whole.
        profile_choice: How the profile came about: ``auto`` or ``given``.
        content_sha256: Fingerprint of the data, see `lagtool.fingerprint`; None where files were not read.
        ids_sha256: Fingerprint of ids and labels, see `lagtool.fingerprint`.
        split: How the split in the columns ``split`` and ``fold`` was made, or None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT_VERSION
    tool_version: str
    created: str
    scan_started_ns: int | None = None
    root_name: str
    depth: Depth = Depth()
    profile: Profile
    profile_choice: Literal["auto", "given"] = "auto"
    content_sha256: str | None = None
    ids_sha256: str
    split: dict[str, Any] | None = None
