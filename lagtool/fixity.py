"""Fixity: is every byte still what it was when the manifest was made?"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pandas as pd

from lagtool.manifest import Manifest
from lagtool.profile import SLOTS
from lagtool.source import LABEL_LIMIT, PICTURE_LIMIT, read_file
from lagtool.tree import Tree
from lagtool.workers import map_chunks, usable_cores

Outcome = Literal["ok", "changed", "missing", "unreadable"]

_CHUNK = 128
_WORTH_PROCESSES = 2_000
_NO_FILE = {"missing-folder", "folder-case"}
"""Reasons of strays that say something of the layout, not that something lies there."""


class Expected(NamedTuple):
    """A file of the manifest: its path relative to the root, its sha256, and how many bytes it may have."""

    path: str
    sha256: str
    limit: int


class Unreadable(NamedTuple):
    """A file that is there but could not be read, and why."""

    path: str
    message: str


@dataclass
class Fixity:
    """What came of reading every byte again; all lists in order of the path.

    Attributes:
        ok: Number of files whose bytes are those of the manifest.
        changed: Files with other bytes.
        missing: Files that are no longer there.
        unreadable: Files that are there but could not be read.
        new: Files, links and folders that the manifest does not know.
        unproved: Number of files that the manifest knows without a sha256: they could not be read then.
    """

    ok: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    unproved: int = 0

    @property
    def holds(self) -> bool:
        """Whether the tree is what the manifest says, to the byte."""
        return not (self.changed or self.missing or self.unreadable or self.new)


def expected_files(manifest: Manifest) -> list[Expected]:
    """Return the files that the manifest has a sha256 for, in order of their path."""
    found: list[Expected] = []
    for slot in SLOTS:
        hashed = manifest.samples.loc[manifest.samples[f"{slot}_sha256"].notna(), [f"{slot}_path", f"{slot}_sha256"]]
        limit = LABEL_LIMIT if slot == "label" else PICTURE_LIMIT
        paths, sums = (hashed[name].tolist() for name in hashed.columns)
        found.extend(Expected(path, digest, limit) for path, digest in zip(paths, sums, strict=True))
    return sorted(found)


def list_sums(manifest: Manifest) -> str:
    """Return the list that ``sha256sum -c`` takes in the root of the tree."""
    # The paths are of an allow-list of characters: none needs the escapes of that format.
    return "".join(f"{file.sha256}  {file.path}\n" for file in expected_files(manifest))


def verify(
    tree: Tree, manifest: Manifest, *, jobs: int | None = None, advance: Callable[[int], None] | None = None
) -> Fixity:
    """Read every file of the manifest again and compare its sha256; find what the manifest does not know.

    Args:
        tree: The tree, read with the manifest's profile.
        manifest: What it should be.
        jobs: Number of processes; None: one per usable core. The result does not depend on it.
        advance: Called with the number of files that are newly done.
    """
    files = expected_files(manifest)
    root = os.fspath(tree.root.resolve())
    jobs = usable_cores() if jobs is None else max(1, jobs)
    result = Fixity(new=_unknown(tree, manifest), unproved=int(_count_paths(manifest.samples)) - len(files))
    done = 0
    for part in map_chunks(_check, root, files, _CHUNK, jobs if len(files) >= _WORTH_PROCESSES else 1, _crashed):
        for file, (outcome, message) in zip(files[done : done + len(part)], part, strict=True):
            if outcome == "ok":
                result.ok += 1
            elif outcome == "changed":
                result.changed.append(file.path)
            elif outcome == "missing":
                result.missing.append(file.path)
            else:
                result.unreadable.append(Unreadable(file.path, message))
        done += len(part)
        if advance is not None:
            advance(len(part))
    return result


def _check(root: str, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    return [_check_file(f"{root}/{file.path}", file) for file in files]


def _check_file(path: str, file: Expected) -> tuple[Outcome, str]:
    reading = read_file(path, file.limit)
    if reading.data is not None:
        return ("ok" if hashlib.sha256(reading.data).hexdigest() == file.sha256 else "changed"), ""
    if not os.path.lexists(path):
        return "missing", ""
    return "unreadable", reading.message


def _crashed(_root: str, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    return [("unreadable", "could not be read: the process that read it was killed") for _ in files]


def _count_paths(samples: pd.DataFrame) -> int:
    return sum(int(samples[f"{slot}_path"].notna().sum()) for slot in SLOTS)


def _unknown(tree: Tree, manifest: Manifest) -> list[str]:
    known: set[str] = set(manifest.strays["path"].dropna().tolist())
    for slot in SLOTS:
        known.update(manifest.samples[f"{slot}_path"].dropna().tolist())
    there: Iterable[str | None] = (path for sample in tree.samples for path in (sample.image, sample.label, sample.map))
    strays = (stray.path for stray in tree.strays if stray.reason not in _NO_FILE)
    return sorted({path for path in (*there, *strays) if path is not None} - known)
