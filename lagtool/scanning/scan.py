"""Scan: probe every file of a tree once, in one or several processes, and put what was seen into a manifest."""

import datetime
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lagtool import __version__
from lagtool.files.tree import Tree
from lagtool.manifest.blocks import NO_ROWS, ROW_COLUMNS, make_array, unpack_rows
from lagtool.manifest.fingerprint import BATCH, ContentFingerprint, IdsFingerprint
from lagtool.manifest.header import Header
from lagtool.manifest.schema import UNMATCHED_COLUMNS
from lagtool.model import SampleFiles, ScanOptions, any_image
from lagtool.profiles import SLOTS, Profile, SlotName
from lagtool.profiles.releases import nearest_profile
from lagtool.scanning.backends import BackendLike, open_backend
from lagtool.scanning.reuse import COMPARED, Positions, find_unchanged
from lagtool.scanning.trees import open_tree
from lagtool.scanning.unread import UnreadFiles
from lagtool.scanning.workers import WORTH_PROCESSES, count_processes, map_chunks

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest

CHUNK = 64
"""Samples a worker takes at once: few, so that a crash costs little and the end is not waited for."""
QUICK_CHUNK = 256
"""The same where nothing is decoded, and handing a chunk over costs more than a part of the work."""


def scan(
    source: Tree | str | Path,
    *,
    profile: str | Profile = "auto",
    options: ScanOptions | None = None,
    earlier: "Manifest | None" = None,
    jobs: int | None = None,
    backend: BackendLike = None,
    advance: Callable[[int], None] | None = None,
) -> "Manifest":
    """Read every file of a tree once and return the manifest.

    Args:
        source: A tree, or what to read one from: a folder, an archive, or a URL (see `lagtool.files`).
        profile: As for `lagtool.files.tree.read_tree`; ignored where ``source`` is a tree.
        options: How far to look into the files; None: decode all that has at most 50 million pixels.
        earlier: A manifest of the same tree: samples none of whose files changed since are not read again. The
            result does not depend on it, as long as every change of a file leaves its trace in size, times, inode or
            device.
        jobs: Number of processes; None: one per usable core. The result does not depend on it.
        backend: The backend: ``threads`` or ``processes`` (default) of this machine; or an executor of
            `concurrent.futures`, or a ``distributed.Client``. The result does not depend on it.
        advance: Called with the number of samples that are newly done.

    Raises:
        LagtoolError: There is no tree there, or the backend cannot do the work.
    """
    tree = source if isinstance(source, Tree) else open_tree(source, profile)
    run = Scan(tree, options or ScanOptions(), jobs, backend, advance or (lambda _done: None))
    if earlier is not None:
        run.take_over_manifest(earlier)
    return run.manifest()[0]


class Tally:
    """What the header says of the rows, which come in batches.

    Attributes:
        samples: Number of rows.
        files: Number of files in each slot, by class.
        unread: The files that could not be read, by reason.
    """

    COLUMNS = ("class", *(f"{slot}_{what}" for slot in SLOTS for what in ("path", "state", "message")))
    """Columns that are counted; fingerprints need others too."""

    def __init__(self, known: Header | None = None) -> None:
        """Begin; ``known`` is the header of a manifest of the very same rows, whose fingerprints hold."""
        self._header = known
        self.samples = 0
        self.unread = UnreadFiles()
        self.files: dict[SlotName, Counter[str]] = {slot: Counter() for slot in SLOTS}
        self._ids = IdsFingerprint()
        self._content = ContentFingerprint()

    def add(self, batch: pa.Table) -> pa.Table:
        """Count a batch and return it."""
        self.samples += len(batch)
        if self._header is None:
            self._ids.update(batch)
            self._content.update(batch)
        self.unread.update(batch)
        for slot, files in self.files.items():
            for found in pc.value_counts(batch["class"].filter(batch[f"{slot}_path"].is_valid())).to_pylist():
                files[found["values"]] += found["counts"]
        return batch

    @property
    def ids_sha256(self) -> str:
        """Fingerprint of ids and labels."""
        return self._ids.hexdigest() if self._header is None else self._header.ids_sha256

    @property
    def content_sha256(self) -> str | None:
        """Fingerprint of the content; None where nothing was hashed."""
        return self._content.hexdigest() if self._header is None else self._header.content_sha256


@dataclass
class Scan:
    """One scan of a tree: what need not be read again, and then the rows of all samples, in order.

    Attributes:
        tree: The tree.
        options: How far to look into the files.
        jobs: Number of processes; None: one per usable core.
        backend: The backend, as for `scan`.
        advance: Called with the number of samples that are newly done.
        started_ns: When it began, in nanoseconds since 1970.
    """

    tree: Tree
    options: ScanOptions
    jobs: int | None
    backend: BackendLike
    advance: Callable[[int], None]
    started_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self.started_ns = time.time_ns()
        self._place: Positions = np.full(len(self.tree.samples), -1, np.int64)
        self._known: list[tuple[int, Callable[[], pa.Table]]] = []
        self._earlier: Manifest | None = None

    @property
    def to_read(self) -> int:
        """How many samples have to be read."""
        return int((self._place < 0).sum())

    @property
    def unchanged(self) -> "Manifest | None":
        """The earlier manifest, where its rows, as they stand, are those of this scan: no other column, none read."""
        earlier = self._earlier
        if earlier is None or self.tree.columns or list(earlier.samples.columns) != ROW_COLUMNS:
            return None
        return earlier if np.array_equal(self._place, np.arange(len(earlier.samples))) else None

    def take_over_manifest(self, earlier: "Manifest") -> int:
        """Take over the rows of an earlier manifest that still hold; return how many."""
        from lagtool.manifest.value import sample_rows

        header = earlier.header
        trusted = (
            header.tool_version == __version__
            and header.scan_options == self.options
            and header.scan_started_ns is not None
            and header.scan_started_ns <= self.started_ns
            and header.profile.layout() == self.tree.profile.layout()
        )
        if not trusted or header.scan_started_ns is None:
            return 0
        self._earlier = earlier
        return self._take_over(sample_rows(earlier, COMPARED), header.scan_started_ns, lambda: sample_rows(earlier))

    def take_over(self, rows: pa.Table, started_ns: int) -> int:
        """Take over rows, made by a scan that began at ``started_ns``, that still hold; return how many."""
        return self._take_over(rows, started_ns, lambda: rows)

    def _take_over(self, rows: pa.Table, started_ns: int, whole: Callable[[], pa.Table]) -> int:
        waiting = np.flatnonzero(self._place < 0)
        found = find_unchanged(self.tree.store, self._waiting(), rows, started_ns)
        self._place[waiting] = np.where(found >= 0, found + sum(number for number, _ in self._known), -1)
        self._known.append((len(rows), whole))
        return int((found >= 0).sum())

    def _taken_over(self) -> pa.Table:
        return pa.concat_tables([NO_ROWS, *(whole() for _, whole in self._known)])

    def _waiting(self) -> Sequence[SampleFiles]:
        """Return the samples whose rows are not there yet, in order."""
        samples, waiting = self.tree.samples, self._place < 0
        return samples if waiting.all() else list(compress(samples, waiting.tolist()))

    def known_rows(self) -> Iterator[pa.Table]:
        """Yield the rows that were taken over, in order of the tree, in batches."""
        taken, known = self._place[self._place >= 0], self._taken_over()
        for start in range(0, len(taken), BATCH):
            yield known.take(taken[start : start + BATCH])

    def rows(self, note: Callable[[bytes], None] | None = None) -> Generator[pa.Table, None, None]:
        """Yield the rows of all samples, in order, in batches of `BATCH`; to be used within ``contextlib.closing``.

        Args:
            note: Called with packed rows, once, as soon as they are read.
        """
        self.advance(len(self._place) - self.to_read)
        known = self._taken_over()
        left = NO_ROWS
        with closing(self._read(note or (lambda _block: None))) as fresh:
            for start in range(0, max(1, len(self._place)), BATCH):
                place = self._place[start : start + BATCH]
                new = place < 0
                number = int(new.sum())
                parts = [left]
                while sum(map(len, parts)) < number:
                    parts.append(next(fresh))
                left = pa.concat_tables(parts)
                table, left = left.slice(0, number), left.slice(number)
                if not number:
                    table = known.take(place)
                elif number < len(place):
                    order = np.empty(len(place), np.int64)
                    order[new], order[~new] = np.arange(number), np.arange(number, len(place))
                    table = pa.concat_tables([table, known.take(place[~new])]).take(order)
                yield self._with_columns(table, start).combine_chunks()

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows: those of every scan, and those that folders or a table of labels tell."""
        return self._with_columns(NO_ROWS, 0).schema

    def _with_columns(self, table: pa.Table, start: int) -> pa.Table:
        for name, values in self.tree.columns.items():
            part = list(values[start : start + len(table)])
            table = table.append_column(name, make_array(part, pa.string()))
        return table

    def _read(self, note: Callable[[bytes], None]) -> Generator[pa.Table, None, None]:
        """Yield the rows of the samples that have to be read, chunk by chunk."""
        tree = self.tree
        todo = self._waiting()
        if not todo:
            return
        from lagtool.scanning.rows import ProbeContext, crashed_rows, probe_chunk  # with all that decodes pictures

        context = ProbeContext.of(tree.store, tree.profile, self.options)
        size = QUICK_CHUNK if self.options.quick else CHUNK
        with open_backend(self.backend, jobs=self.jobs) as backend:
            if backend is not None:
                backend.look_for(context.store, any_image(todo))
            enough = 1 if len(todo) < WORTH_PROCESSES else count_processes(context.store.jobs(self.jobs))
            with closing(map_chunks(probe_chunk, context, todo, size, backend or enough, crashed_rows)) as work:
                for done, block in work:
                    note(block)
                    self.advance(done)
                    yield unpack_rows(block)

    def manifest(self, note: Callable[[bytes], None] | None = None) -> "tuple[Manifest, Tally]":
        """Return the manifest, and what was counted for its header; ``note`` as in `rows`."""
        from lagtool.manifest.value import Manifest, frame_table, frame_unmatched, sample_rows

        if (same := self.unchanged) is not None:
            self.advance(len(self._place))
            samples, tally = same.samples, Tally(same.header)
            tally.add(sample_rows(same, Tally.COLUMNS))
        else:
            tally = Tally()
            with closing(self.rows(note)) as batches:
                samples = frame_table(pa.concat_tables([tally.add(batch) for batch in batches]))
        return Manifest(samples, frame_unmatched(list_unmatched(self.tree)), self.head(tally)), tally

    def head(self, tally: Tally) -> Header:
        """Return the header of the manifest whose rows were counted."""
        tree = self.tree
        auto = tree.profile_choice == "auto"
        return Header(
            tool_version=__version__,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            scan_started_ns=self.started_ns,
            root_name=tree.root_name,
            scan_options=self.options,
            profile=nearest_profile(tally.files, tally.ids_sha256, tree.profile) if auto else tree.profile,
            profile_choice=tree.profile_choice,
            content_sha256=tally.content_sha256,
            ids_sha256=tally.ids_sha256,
            split=tree.split,
        )


def list_unmatched(tree: Tree) -> dict[str, list[Any]]:
    """Return the unmatched files of a tree as columns of `lagtool.manifest.schema.UNMATCHED_COLUMNS`."""
    return {
        column.name: [unmatched_file[i] for unmatched_file in tree.unmatched]
        for i, column in enumerate(UNMATCHED_COLUMNS)
    }
