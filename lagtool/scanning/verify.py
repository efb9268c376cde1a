"""Verify: is every byte still what it was when the manifest was made?"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.files.tree import Tree
from lagtool.manifest.fingerprint import write_sums
from lagtool.manifest.value import Manifest
from lagtool.model import any_image
from lagtool.profiles import SLOTS
from lagtool.reading import LABEL_LIMIT, PICTURE_LIMIT, Reading
from lagtool.scanning.backends import BackendLike, open_backend
from lagtool.scanning.workers import Backend, count_processes, map_chunks

Outcome = Literal["ok", "changed", "missing", "unreadable"]


class Expected(NamedTuple):
    """A file of the manifest: its path relative to the root, its sha256, and how many bytes it may have."""

    path: str
    sha256: str
    limit: int


def check_files(store: Store, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    """Read every byte of ``files`` in ``store`` and return what came of each, with the reason where unreadable."""
    readings = store.read_many((file.path, file.limit, None, None) for file in files)
    return [_check_file(store, file, reading) for file, reading in zip(files, readings, strict=True)]


def _check_file(store: Store, file: Expected, reading: Reading | None) -> tuple[Outcome, str]:
    assert reading is not None
    if reading.data is not None:
        return ("ok" if hashlib.sha256(reading.data).hexdigest() == file.sha256 else "changed"), ""
    if not store.exists(file.path):
        return "missing", ""
    return "unreadable", reading.message


def crashed_files(_store: Store, files: Sequence[Expected]) -> list[tuple[Outcome, str]]:
    """Stand in for `check_files` where reading took the process down."""
    return [("unreadable", "could not be read: the process that read it was killed") for _ in files]


_CHUNK = 128
_WORTH_PROCESSES = 2_000
_NO_FILE = {"missing-folder", "folder-case", "unused-row"}
"""Reasons of unmatched files that say something of the layout, not that something lies there."""


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
        unproved: Files that the manifest knows without a sha256, so that nothing can be compared: they could not be
            read when it was made, and why not.
    """

    ok: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    unproved: list[Unreadable] = field(default_factory=list)

    def note(self, path: str, outcome: Outcome, message: str) -> None:
        """Take in what came of one file."""
        if outcome == "ok":
            self.ok += 1
        elif outcome == "changed":
            self.changed.append(path)
        elif outcome == "missing":
            self.missing.append(path)
        else:
            self.unreadable.append(Unreadable(path, message))

    @property
    def holds(self) -> bool:
        """Whether the tree is what the manifest says, to the byte: every file was compared, and there is one."""
        return self.ok > 0 and not (self.differs or self.unproved)

    @property
    def differs(self) -> bool:
        """Whether something is not as the manifest says, whatever could not be compared."""
        return bool(self.changed or self.missing or self.unreadable or self.new)


def expected_files(manifest: Manifest) -> list[Expected]:
    """Return the files that the manifest has a sha256 for, in order of their path.

    Raises:
        LagtoolError: It was made without hashing anything.
    """
    if manifest.header.scan_options.quick:
        raise LagtoolError("the manifest holds no sha256 (indexed with --quick): index the data without it")
    found: list[Expected] = []
    for slot in SLOTS:
        hashed = manifest.samples.loc[manifest.samples[f"{slot}_sha256"].notna(), [f"{slot}_path", f"{slot}_sha256"]]
        limit = LABEL_LIMIT if slot == "label" else PICTURE_LIMIT
        paths, sums = (hashed[name].tolist() for name in hashed.columns)
        found.extend(Expected(path, digest, limit) for path, digest in zip(paths, sums, strict=True))
    return sorted(found)


def unproved_files(manifest: Manifest) -> list[Unreadable]:
    """Return the files that the manifest knows without a sha256, in order of their path, with the reason."""
    found: list[Unreadable] = []
    for slot in SLOTS:
        samples = manifest.samples
        bare = samples.loc[
            samples[f"{slot}_path"].notna() & samples[f"{slot}_sha256"].isna(), [f"{slot}_path", f"{slot}_message"]
        ]
        paths, messages = (bare[name].tolist() for name in bare.columns)
        reasons = ("" if pd.isna(message) else str(message) for message in messages)
        found.extend(map(Unreadable, paths, reasons))
    return sorted(found)


def list_sums(manifest: Manifest) -> str:
    """Return the list that ``sha256sum -c`` takes in the root of the tree; raises as `expected_files` does."""
    # The paths are of an allow-list of characters: none needs the escapes of that format.
    return write_sums((file.path, file.sha256) for file in expected_files(manifest))


def verify(
    tree: Tree,
    manifest: Manifest,
    *,
    jobs: int | None = None,
    advance: Callable[[int], None] | None = None,
    backend: BackendLike = None,
) -> Fixity:
    """Read every file of the manifest again and compare its sha256; find what the manifest does not know.

    Args:
        tree: The tree, read with the manifest's profile.
        manifest: What it should be.
        jobs: Number of processes; None: one per usable core. The result does not depend on it.
        advance: Called with the number of files that are newly done.
        backend: What does the work, as for `lagtool.scan`.

    Raises:
        LagtoolError: The manifest was made without hashing anything, or the backend cannot do the work.
    """
    files = expected_files(manifest)
    store = tree.store.for_workers()
    result = Fixity(new=_unknown(tree, manifest), unproved=unproved_files(manifest))
    done = 0
    with ExitStack() as stack:
        jobs = store.jobs(jobs)
        enough: int | Backend = count_processes(jobs)
        if does := stack.enter_context(open_backend(backend, jobs=jobs)):
            does.look_for(store, any_image(tree.samples))
            enough = does
        elif len(files) < _WORTH_PROCESSES:
            enough = 1
        work = stack.enter_context(closing(map_chunks(check_files, store, files, _CHUNK, enough, crashed_files)))
        for number, part in work:
            for file, (outcome, message) in zip(files[done : done + number], part, strict=True):
                result.note(file.path, outcome, message)
            done += number
            if advance is not None:
                advance(number)
    return result


def _unknown(tree: Tree, manifest: Manifest) -> list[str]:
    known: set[str] = set(manifest.unmatched["path"].dropna().tolist())
    for slot in SLOTS:
        known.update(manifest.samples[f"{slot}_path"].dropna().tolist())
    there: Iterable[str | None] = (path for sample in tree.samples for path in (sample.image, sample.label, sample.map))
    unmatched = (unmatched_file.path for unmatched_file in tree.unmatched if unmatched_file.reason not in _NO_FILE)
    return sorted({path for path in (*there, *unmatched) if path is not None} - known)
