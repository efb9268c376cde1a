"""What became different since an earlier manifest, and what a check of every byte found, as text and as JSON."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lagtool.display import count, show

if TYPE_CHECKING:
    from lagtool.scanning.changes import Changes
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
    unreadable = [f"{file.path} {show(file.message)}" for file in fixity.unreadable]
    kinds = (
        ("changed", "its bytes are others than when it was indexed", fixity.changed),
        ("missing", "no longer there", fixity.missing),
        ("unreadable", "there, but not to be read", unreadable),
        ("new", "the manifest does not know it", fixity.new),
    )
    lines = [f"{'ok':<12}{fixity.ok:>9,}", *(f"{name:<12}{len(paths):>9,}" for name, _, paths in kinds)]
    if fixity.unproved:
        lines.append(f"{'no sha256':<12}{fixity.unproved:>9,}  (could not be read when it was indexed)")
    for name, meaning, paths in kinds:
        if paths:
            lines += ["", f"{name}: {meaning}", *(f"  {line}" for line in _first(paths, _SHOWN_FILES))]
    verdict = "PASS: every byte" if fixity.holds else "FAIL: not"
    return "\n".join([*lines, "", f"{verdict} as indexed, {count(fixity.ok, 'file')} proved."]) + "\n"


def render_fixity_json(fixity: "Fixity") -> str:
    """Return one JSON document; its keys are described in docs/indexing.md."""
    document = {
        "verdict": "pass" if fixity.holds else "fail",
        "ok": fixity.ok,
        "changed": fixity.changed,
        "missing": fixity.missing,
        "unreadable": [file._asdict() for file in fixity.unreadable],
        "new": fixity.new,
        "without_sha256": fixity.unproved,
    }
    return json.dumps(document, indent=2) + "\n"


def _first(paths: Sequence[str], most: int) -> list[str]:
    more = [f"... and {len(paths) - most:,} more (all of them: --format json)"] if len(paths) > most else []
    return [*paths[:most], *more]
