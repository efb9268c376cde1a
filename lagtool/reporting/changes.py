"""What became different since an earlier manifest, and what a check of every byte found, as text and as JSON."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.manifest.changes import Changes
    from lagtool.scanning.verify import Fixity

_SHOWN_CHANGES = 5
_SHOWN_FILES = 20


def render_changes(changes: "Changes") -> str:
    """Return the counts in one line, and the first few paths of each kind."""
    kinds = (("+", changes.added), ("~", changes.changed), ("-", changes.removed))
    lines = [
        f"  files: {len(changes.added):,} added, {len(changes.changed):,} changed, {len(changes.removed):,} removed, "
        f"{changes.unchanged:,} unchanged"
    ]
    for sign, paths in kinds:
        lines += [f"    {sign} {line}" for line in _first(paths, _SHOWN_CHANGES)]
    return "\n".join(lines) + "\n"


def render_changes_json(changes: "Changes") -> str:
    """Return one JSON document with the keys ``added``, ``changed``, ``removed``, ``unchanged``."""
    document = {
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "unchanged": changes.unchanged,
    }
    return json.dumps(document, indent=2) + "\n"


def render_fixity(fixity: "Fixity") -> str:
    """Return the counts, the first files of each kind, and a verdict in the last line."""
    unreadable, unproved = (
        [f"{file.path} {show(file.message)}".rstrip() for file in files]
        for files in (fixity.unreadable, fixity.unproved)
    )
    kinds = (
        ("changed", "its bytes are others than when it was indexed", fixity.changed),
        ("missing", "no longer there", fixity.missing),
        ("unreadable", "there, but not to be read", unreadable),
        ("new", "the manifest does not know it", fixity.new),
        ("no sha256", "could not be read when it was indexed: nothing to compare with", unproved),
    )
    lines = [f"{'ok':<12}{fixity.ok:>9,}", *(f"{name:<12}{len(paths):>9,}" for name, _, paths in kinds)]
    for name, meaning, paths in kinds:
        if paths:
            lines += ["", f"{name}: {meaning}", *(f"  {line}" for line in _first(paths, _SHOWN_FILES))]
    return "\n".join([*lines, "", _verdict(fixity)]) + "\n"


def _verdict(fixity: "Fixity") -> str:
    proved = f"{count(fixity.ok, 'file')} proved"
    if fixity.holds:
        return f"PASS: every byte as indexed, {proved}."
    if fixity.differs:
        return f"FAIL: not as indexed, {proved}."
    if not fixity.unproved:
        return "INCOMPLETE: the manifest lists no file, so nothing was proved."
    rest = f"{count(len(fixity.unproved), 'file')} cannot be: the manifest has no sha256. Make them readable and index"
    return f"INCOMPLETE: {proved}, {rest} again."


def render_fixity_json(fixity: "Fixity") -> str:
    """Return one JSON document; its keys are described in docs/indexing.md."""
    document = {
        "verdict": "pass" if fixity.holds else "fail" if fixity.differs else "incomplete",
        "ok": fixity.ok,
        "changed": fixity.changed,
        "missing": fixity.missing,
        "unreadable": [file._asdict() for file in fixity.unreadable],
        "new": fixity.new,
        "without_sha256": [file._asdict() for file in fixity.unproved],
    }
    return json.dumps(document, indent=2) + "\n"


def _first(paths: Sequence[str], most: int) -> list[str]:
    more = [f"... and {len(paths) - most:,} more (all of them: --format json)"] if len(paths) > most else []
    return [*paths[:most], *more]
