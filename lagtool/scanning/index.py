"""Index: a tree becomes a manifest file, or an earlier one is updated."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lagtool.files.tree import Tree
from lagtool.manifest.header import Header
from lagtool.manifest.rows import RowWriter, make_envelope
from lagtool.model import ScanOptions
from lagtool.output.progress import Bar, no_bar
from lagtool.output.writing import write_with
from lagtool.profiles import SlotName
from lagtool.scanning.backends import BackendLike
from lagtool.scanning.partial import Partial
from lagtool.scanning.scan import Scan, Tally, list_unmatched
from lagtool.scanning.unread import NothingReadError, UnreadFiles

if TYPE_CHECKING:
    from lagtool.manifest.changes import Changes
    from lagtool.manifest.value import Manifest


@dataclass(frozen=True, slots=True)
class Indexed:
    """What came of indexing a tree.

    Attributes:
        header: The header of the manifest.
        samples: Number of samples.
        unmatched files: Number of files, folders and links without a place in a sample.
        files: Number of files in each slot.
        unread: The files that could not be read, by reason.
        resumed: Number of samples that an interrupted run had finished.
        changes: What became different since the earlier manifest; None: nobody asked.
    """

    header: Header
    samples: int
    unmatched: int
    files: dict[SlotName, int]
    unread: UnreadFiles
    resumed: int = 0
    changes: "Changes | None" = None

    @classmethod
    def of(cls, manifest: "Manifest") -> "Indexed":
        """Return what there is to say of a manifest in two lines."""
        from lagtool.manifest.value import sample_rows

        tally = Tally(manifest.header)
        tally.add(sample_rows(manifest, Tally.COLUMNS))
        return cls.counted(manifest.header, tally, len(manifest.unmatched))

    @classmethod
    def counted(cls, header: Header, tally: Tally, unmatched: int) -> "Indexed":
        """Return the same of a manifest whose rows were counted."""
        files = {slot: tally.files[slot].total() for slot in header.profile.slots}
        return cls(header, tally.samples, unmatched, files, tally.unread)


def index_tree(
    tree: Tree,
    target: Path,
    *,
    options: ScanOptions | None = None,
    earlier: "Manifest | None" = None,
    keep: bool = False,
    rehash: bool = False,
    changes: bool = False,
    finish: "Callable[[Manifest], Manifest] | None" = None,
    jobs: int | None = None,
    backend: BackendLike = None,
    bar: Bar = no_bar,
    resuming: Callable[[int], None] = lambda _samples: None,
) -> Indexed:
    """Scan a tree and write its manifest; interrupted, the next call with the same target resumes it.

    A Parquet manifest is written while it is made: its rows are never in memory together, unless ``earlier``,
    ``changes`` or ``finish`` is given.

    Args:
        tree: The tree.
        target: The file, ``.parquet``, ``.csv`` or ``.jsonl``; what is there is replaced in one step, at the end.
        options: How far to look into the files, as for `lagtool.scan`.
        earlier: An earlier manifest: only samples whose files changed are read again.
        keep: Leave ``target`` as it is, to the byte, where ``earlier`` is what it holds and nothing is different.
        rehash: Read unchanged files too.
        changes: Also find out what became different since ``earlier``.
        finish: Applied to the manifest before it is written, for example curation marks.
        jobs: Number of processes, as for `lagtool.scan`.
        backend: The backend, as there.
        bar: Makes the progress bar.
        resuming: Called before anything is read, with the number of samples that an interrupted run had finished; not
            where there are none.

    Raises:
        LagtoolError: The backend cannot do the work, not one image could be read, or the file cannot be written.
    """
    with bar("Scanning", len(tree.samples), "samples") as advance:
        run = Scan(tree, options or ScanOptions(), jobs, backend, advance)
        if earlier is not None and not rehash:
            run.take_over_manifest(earlier)
        with Partial(target, run, rehash=rehash) as partial:
            if partial.resumed:
                resuming(partial.resumed)
            partial.begin()
            try:
                if target.suffix.lower() == ".parquet" and earlier is None and finish is None and not changes:
                    made = _write_rows(target, run, partial)
                else:
                    made = _write_manifest(target, run, partial, earlier, keep=keep, changes=changes, finish=finish)
            except NothingReadError:
                partial.remove()  # there is nothing to resume
                raise
            partial.remove()
    return replace(made, resumed=partial.resumed)


def _write_rows(target: Path, run: Scan, partial: Partial) -> Indexed:
    def fill(file: IO[bytes]) -> Indexed:
        tally = Tally()
        with RowWriter(file, run.schema) as writer, closing(run.rows(partial.add)) as batches:
            for batch in batches:
                writer.add(tally.add(batch))
            tally.unread.refuse_all(tally.files["image"].total())
            header = run.head(tally)
            writer.finish(make_envelope(header, *writer.flush(), list_unmatched(run.tree)))
        return Indexed.counted(header, tally, len(run.tree.unmatched))

    return write_with(target, fill)


def _write_manifest(
    target: Path,
    run: Scan,
    partial: Partial,
    earlier: "Manifest | None",
    *,
    keep: bool,
    changes: bool,
    finish: "Callable[[Manifest], Manifest] | None",
) -> Indexed:
    from lagtool.manifest.changes import compare

    manifest, tally = run.manifest(partial.add)
    tally.unread.refuse_all(tally.files["image"].total())
    if finish is not None:
        manifest = finish(manifest)
    if not (keep and earlier is not None and not run.to_read and _is_same(earlier, manifest)):
        manifest.write(target)
    made = Indexed.counted(manifest.header, tally, len(manifest.unmatched))
    return replace(made, changes=compare(earlier, manifest)) if changes else made


def _is_same(earlier: "Manifest", manifest: "Manifest") -> bool:
    """Whether only the clocks of two manifests differ."""
    clocks = {"created": "", "scan_started_ns": None}
    bare = [replace(one, header=one.header.model_copy(update=clocks)) for one in (earlier, manifest)]
    return bare[0].equals(bare[1])
