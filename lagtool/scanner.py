"""Scan: run the probes over a tree, in one or several processes, and put what they saw into a manifest."""

import datetime
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa

from lagtool import __version__
from lagtool.ahead import Ahead, Done, probe_samples
from lagtool.blocks import ROW_COLUMNS, ROW_SCHEMA, Pile, unpack_rows
from lagtool.choice import FilesByClass, found_counts, nearest_profile
from lagtool.depth import Depth
from lagtool.engines import EngineLike, open_engine
from lagtool.fingerprint import ContentFingerprint, IdsFingerprint, content_fingerprint, ids_fingerprint
from lagtool.header import Header
from lagtool.journal import Journal
from lagtool.lens import grind_lens
from lagtool.manifest import Manifest, conform, envelope, frame_table
from lagtool.model import SampleFiles
from lagtool.output import write_with
from lagtool.partitions import RowWriter
from lagtool.profile import SLOTS, Profile, SlotName
from lagtool.reuse import Positions, find_unchanged, is_trusted
from lagtool.schema import STRAY_COLUMNS
from lagtool.tree import Tree, read_tree
from lagtool.unread import UnreadFiles, unread_columns


@dataclass(frozen=True, slots=True)
class Reused:
    """How many samples need not be read: known from the earlier manifest, and from an interrupted scan."""

    earlier: int
    resumed: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What there is to say of a manifest in two lines.

    Attributes:
        header: Its header.
        samples: Number of samples.
        strays: Number of strays.
        files: Number of files in each slot.
        unread: The files that could not be read, by reason.
    """

    header: Header
    samples: int
    strays: int
    files: dict[SlotName, int]
    unread: UnreadFiles


def outline(manifest: Manifest) -> Outline:
    """Return the outline of a manifest."""
    files = {slot: manifest.count_files(slot) for slot in manifest.profile.slots}
    unread = UnreadFiles()
    unread.update(unread_columns(manifest.samples))
    return Outline(manifest.header, len(manifest.samples), len(manifest.strays), files, unread)


def scan(
    source: Tree | str | Path,
    *,
    profile: str | Profile = "auto",
    depth: Depth | None = None,
    jobs: int | None = None,
    advance: Callable[[int], None] | None = None,
    earlier: Manifest | None = None,
    journal: Journal | None = None,
    notice: Callable[[Reused], None] | None = None,
    ahead: Ahead | None = None,
    engine: EngineLike = None,
) -> Manifest:
    """Look into every file of a tree once and return the manifest.

    Args:
        source: A tree, or what to read one from: a folder, an archive, or a URL (see `lagtool.storage`).
        profile: As for `lagtool.tree.read_tree`; ignored where ``source`` is a tree.
        depth: How far to look into the files; None: decode all that has at most 50 million pixels.
        jobs: Number of processes; None: one per usable core. The result does not depend on it.
        advance: Called with the number of samples that are newly done.
        earlier: A manifest of the same tree: samples none of whose files changed since are not read again. The
            result does not depend on it, as long as every change of a file leaves its trace in size, times, inode or
            device.
        journal: Where to note what is finished, and to find what an interrupted scan had finished.
        notice: Called once, before anything is read, with what need not be read.
        ahead: This scan, begun with the same tree, depth and jobs; of no use where not all is read.
        engine: What does the work: ``threads``, ``processes`` (default) or ``dask`` with ``jobs`` workers on this
            machine; or an executor of `concurrent.futures`, or a ``distributed.Client``. The result does not depend on
            it.

    Raises:
        LagtoolError: There is no tree there, or the engine cannot do the work.
    """
    tree = source if isinstance(source, Tree) else read_tree(source, profile)
    depth = depth or Depth()
    started = time.time_ns() if ahead is None else ahead.started_ns
    known, place, reused = _known(tree, depth, started, earlier, journal)
    if notice is not None:
        notice(reused)
    report = advance or (lambda _done: None)
    report(reused.earlier + reused.resumed)
    todo = tree.samples
    if known:
        todo = [tree.samples[number] for number in np.flatnonzero(place < 0).tolist()]
    if journal is not None:
        journal.begin(started, len(todo))
    pile = Pile()
    with _working(tree, todo, depth, ahead, jobs, engine) as work:
        for block in _noted(work, journal, report):
            pile.add(block)
    if earlier is not None and not todo and _is_whole(place, earlier.samples):
        return _assemble(tree, earlier.samples, depth, started, earlier.header)
    samples = frame_table(pile.to_table())
    if known:
        place[place < 0] = np.arange(len(samples)) + sum(map(len, known))
        frames = [frame for frame in (*known, samples) if not frame.empty]
        samples = pd.concat(frames, ignore_index=True).take(place).reset_index(drop=True)
    return _assemble(tree, samples, depth, started, None)


def scan_into(
    target: Path,
    tree: Tree,
    *,
    depth: Depth | None = None,
    jobs: int | None = None,
    advance: Callable[[int], None] | None = None,
    journal: Journal | None = None,
    ahead: Ahead | None = None,
    engine: EngineLike = None,
) -> Outline:
    """Scan a tree and write the manifest while it is made: its rows are never in memory together.

    The file is that of `scan` and `lagtool.manifest.Manifest.write`, to the byte.

    Args:
        target: The file, ``.parquet``; what is there is replaced in one step, at the end.
        tree: The tree; all of it is read.
        depth: As for `scan`.
        jobs: As there.
        advance: As there.
        journal: Where to note what is finished; what it holds already is not made use of.
        ahead: As there.
        engine: As there.

    Raises:
        LagtoolError: As for `scan`; or not one image could be read; or the file cannot be written.
    """
    depth = depth or Depth()
    started = time.time_ns() if ahead is None else ahead.started_ns
    report = advance or (lambda _done: None)
    if journal is not None:
        journal.begin(started, len(tree.samples))

    def fill(file: IO[bytes]) -> Outline:
        tally = _Tally()
        with RowWriter(file, ROW_SCHEMA, tally.update) as rows:
            with _working(tree, tree.samples, depth, ahead, jobs, engine) as work:
                for block in _noted(work, journal, report):
                    rows.add(unpack_rows([block]))
            number, digest = rows.flush()
            header = _head(tree, depth, started, tally.files, tally.ids.hexdigest(), tally.content.hexdigest())
            bare = Manifest(frame_table(ROW_SCHEMA.empty_table()), _stray_rows(tree), header)
            files = {slot: tally.files[slot].total() for slot in header.profile.slots}
            made = Outline(header, number, len(bare.strays), files, tally.unread)
            tally.unread.refuse_all(files["image"])
            rows.finish(envelope(bare, number, digest))
        return made

    return write_with(target, fill)


@contextmanager
def _working(
    tree: Tree, todo: Sequence[SampleFiles], depth: Depth, ahead: Ahead | None, jobs: int | None, engine: EngineLike
) -> Iterator[Iterable[Done]]:
    """Give what is done, chunk by chunk: of the scan that was begun, where all is to be read, or of a new one."""
    lens = grind_lens(tree.store, tree.profile, depth)
    with ExitStack() as stack:
        does = stack.enter_context(open_engine(engine, jobs=jobs))
        if ahead is not None and len(todo) == len(tree.samples):
            yield ahead
            return
        if ahead is not None:
            ahead.close()
        yield stack.enter_context(closing(probe_samples(lens, todo, does or jobs)))


def _noted(work: Iterable[Done], journal: Journal | None, report: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the rows that are done, packed; each is noted and reported once it is taken."""
    for done, block in work:
        yield block
        if journal is not None:
            journal.add(block)
        report(done)


def _known(
    tree: Tree, depth: Depth, now: int, earlier: Manifest | None, journal: Journal | None
) -> tuple[list[pd.DataFrame], Positions, Reused]:
    """Return frames of earlier rows, and for each sample its place in them, one after the other, or -1."""
    place = np.full(len(tree.samples), -1, np.int64)
    known: list[pd.DataFrame] = []
    taken = [0, 0]
    if earlier is not None and is_trusted(earlier.header, tree.profile, depth, now):
        assert earlier.header.scan_started_ns is not None
        place = find_unchanged(tree.store, tree.samples, earlier.samples, earlier.header.scan_started_ns)
        known.append(earlier.samples[ROW_COLUMNS])
        taken[0] = int((place >= 0).sum())
    if journal is not None and len(journal.rows):
        open_ = np.flatnonzero(place < 0)
        found = find_unchanged(tree.store, [tree.samples[i] for i in open_.tolist()], journal.rows, journal.started_ns)
        place[open_] = np.where(found >= 0, found + sum(map(len, known)), -1)
        known.append(journal.rows)
        taken[1] = int((found >= 0).sum())
    return known, place, Reused(*taken)


def _is_whole(place: Positions, samples: pd.DataFrame) -> bool:
    """Whether a frame, as it stands, is the result: every row of it, in order, and no column of a split."""
    return list(samples.columns) == ROW_COLUMNS and np.array_equal(place, np.arange(len(samples)))


class _Tally:
    """What header and outline say of the rows, which come in batches."""

    def __init__(self) -> None:
        self.ids = IdsFingerprint()
        self.content = ContentFingerprint()
        self.unread = UnreadFiles()
        self.files: dict[SlotName, Counter[str]] = {slot: Counter() for slot in SLOTS}

    def update(self, batch: pa.Table) -> None:
        self.ids.update(batch)
        self.content.update(batch)
        self.unread.update(batch)
        for slot, files in self.files.items():
            files.update(batch["class"].filter(batch[f"{slot}_path"].is_valid()).to_pylist())


def _head(tree: Tree, depth: Depth, started: int, found: FilesByClass, ids: str, content: str | None) -> Header:
    profile = nearest_profile(found, ids) if tree.profile_choice == "auto" else tree.profile
    return Header(
        tool_version=__version__,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        scan_started_ns=started,
        root_name=tree.root_name,
        depth=depth,
        profile=profile,
        profile_choice=tree.profile_choice,
        content_sha256=content,
        ids_sha256=ids,
    )


def _assemble(tree: Tree, samples: pd.DataFrame, depth: Depth, started: int, known: Header | None) -> Manifest:
    """Return the manifest of ``samples``; ``known`` is the header of one with the very same samples."""
    found = {slot: found_counts(samples, slot, tree.profile) for slot in SLOTS}
    ids = known.ids_sha256 if known else ids_fingerprint(samples)
    content = known.content_sha256 if known else content_fingerprint(samples)
    return Manifest(samples, _stray_rows(tree), _head(tree, depth, started, found, ids, content))


def _stray_rows(tree: Tree) -> pd.DataFrame:
    names = [column.name for column in STRAY_COLUMNS]
    strays = pd.DataFrame({n: pd.Series([s[i] for s in tree.strays], dtype=object) for i, n in enumerate(names)})
    return conform(strays, STRAY_COLUMNS)
