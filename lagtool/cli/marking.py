"""``--curation FILE``: read before a scan, applied after it, and said on stderr."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lagtool.cli.terminal import tell
from lagtool.display import count

if TYPE_CHECKING:
    from lagtool.curation.model import Curation
    from lagtool.manifest import Manifest


def open_curation(path: Path | str | None) -> "Curation | None":
    """Return the marks of a file, or None where none is named.

    Raises:
        LagtoolError: It cannot be read, or says what means nothing.
    """
    if path is None:
        return None
    from lagtool.curation.read import read_curation

    return read_curation(path)


def curate(manifest: "Manifest", curation: "Curation | None", *, quiet: bool, where: str = "") -> "Manifest":
    """Return the manifest with a curation applied, or as it is where there is none, and say which marks hold.

    ``where`` says in a few words where the marks come from, if not from ``--curation``.

    Raises:
        LagtoolError: A mark cannot be meant for this data set.
    """
    from lagtool.curation.apply import apply_curation

    before = manifest.header.curation
    if curation is not None:
        manifest = apply_curation(manifest, curation)
    record = manifest.header.curation
    if record is None or quiet:
        return manifest
    for remark in curation.remarks if curation is not None else ():
        tell(remark)
    applied = ", ".join(f"{number:,} {action.value}" for action, number in record.applied.items()) or "nothing"
    origin = where or ("" if curation is not None else " (carried by the manifest)")
    print(f"curation: {record.name}{origin}: {applied}", file=sys.stderr)
    if record.unknown or record.stale:
        why = f"{record.unknown:,} of samples that are not there, {record.stale:,} of other pictures"
        lost = count(record.unknown + record.stale, "mark is not applied", "marks are not applied")
        tell(f"{lost} ({why}): 'lagtool curate check' tells which")
    if curation is not None and before is not None and before.marks != record.marks:
        tell(f"the marks of {before.name}, which SOURCE carried, hold no more")
    return manifest
