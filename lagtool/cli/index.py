"""``lagtool index``: a tree becomes a manifest."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import app
from lagtool.cli.options import (
    ConfigFile,
    CurationFile,
    Engine,
    Force,
    Jobs,
    MaxPixels,
    NoConfig,
    ProfileName,
    Quick,
    Quiet,
    Scheduler,
    TextOrJson,
)
from lagtool.cli.progress import progress
from lagtool.depth import MAX_PIXELS, Depth
from lagtool.display import count, show
from lagtool.progress import Advance
from lagtool.storage import is_tree
from lagtool.workers import prepare

if TYPE_CHECKING:
    from lagtool.ahead import Ahead
    from lagtool.curation.model import Curation
    from lagtool.journal import Journal
    from lagtool.manifest import Manifest
    from lagtool.scanner import Outline, Reused
    from lagtool.tree import Tree
    from lagtool.workers import Engine as WorkEngine


@app.command()
def index(  # noqa: PLR0917 - each is one option of the command line
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The LAG folder, archive or URL (or a manifest, to convert it).")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Ends in .parquet, .csv or .jsonl.")
    ] = "manifest.parquet",
    profile: ProfileName = None,
    config: ConfigFile = None,
    no_config: NoConfig = False,
    curation: CurationFile = None,
    update: Annotated[
        bool, typer.Option("--update", "-u", help="FILE may be there: read only what changed since, and replace it.")
    ] = False,
    earlier: Annotated[
        str | None, typer.Option(metavar="MANIFEST", help="Like --update, against a manifest that stays as it is.")
    ] = None,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read all bytes all the same.")] = False,
    quick: Quick = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    output_format: Annotated[
        TextOrJson, typer.Option("--format", help="What became different: a few on stderr, or all as JSON.")
    ] = TextOrJson.TEXT,
    jobs: Jobs = None,
    engine: Engine = None,
    scheduler: Scheduler = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Look into every file once and write a manifest: one row per sample.

    Interrupted, it goes on where it was when it is called again with the same SOURCE and FILE.
    """
    from lagtool.cli.source import choose_engine

    does = choose_engine(context, engine, scheduler, jobs)
    if is_tree(source) and (rehash or not (update or earlier)):  # else there may be nothing to read
        prepare(does or jobs)
    from lagtool.cli.configuration import open_settings
    from lagtool.cli.marking import curate, open_curation
    from lagtool.cli.source import data_root, open_source
    from lagtool.output import check_suffix, check_target
    from lagtool.tree import read_tree

    if update and earlier is not None:
        raise typer.BadParameter("--update and --earlier contradict each other: give one of them")
    options = {"profile": profile, "curation": curation}
    settings = open_settings(config, no_config=no_config, options=options, quiet=quiet)
    chosen, marks = settings.profile, open_curation(settings.curation)
    target = Path(output)
    root = data_root(source, chosen)
    check_suffix(target)
    check_target(target, force=force or update, data_root=root)
    made: Outline | None = None  # else the whole manifest is there
    if not is_tree(source):
        if update or earlier is not None or rehash or quick or output_format is TextOrJson.JSON:
            raise typer.BadParameter(
                "--update, --earlier, --rehash, --quick and --format need a folder, archive or URL as SOURCE"
            )
        manifest = open_source(source, profile=chosen, jobs=jobs, engine=does, quiet=quiet)
        manifest = curate(manifest, marks, quiet=quiet)
        manifest.write(target)
        known = None
    else:
        known = _open_earlier(target, earlier, update=update, force=force, quiet=quiet)
        tree = read_tree(source, chosen)
        depth = Depth(quick=quick, max_pixels=max_pixels)
        job = _Scan(tree, target, depth, rehash=rehash, jobs=jobs, engine=does, quiet=quiet)
        with _begin(tree, target, depth, does or jobs) if known is None else nullcontext() as ahead:
            if output_format is TextOrJson.TEXT and known is None and marks is None and _is_large(tree, target):
                made = job.write(ahead)
            else:
                manifest = job.run(ahead, known, marks, update=update)
    from lagtool.render.changes import render_changes, render_changes_json
    from lagtool.reuse import compare

    if not quiet:
        from lagtool.scanner import outline

        print(_summary(made or outline(manifest), output), file=sys.stderr)
        if known is not None:
            sys.stderr.write(render_changes(compare(known, manifest)))
    if output_format is TextOrJson.JSON:
        sys.stdout.write(render_changes_json(compare(known, manifest)))


def _begin(
    tree: "Tree", target: Path, depth: Depth, work: "int | WorkEngine | None"
) -> "AbstractContextManager[Ahead | None]":
    """Begin to scan, before what the rest needs is imported; not where an interrupted scan may have done a part."""
    from lagtool.ahead import begin_scan
    from lagtool.output import journal_path

    return (None if journal_path(target).exists() else begin_scan(tree, depth, work)) or nullcontext()


def _open_earlier(target: Path, earlier: str | None, *, update: bool, force: bool, quiet: bool) -> "Manifest | None":
    from lagtool.errors import ForeignFileError, LagtoolError
    from lagtool.manifest import read_manifest

    if earlier is not None:
        return read_manifest(earlier)
    if not (update and target.exists()):
        return None
    try:
        known = read_manifest(target)
    except LagtoolError as error:
        if isinstance(error, ForeignFileError) and not force:
            raise LagtoolError(f"{show(target)} is a file of another program: use --force to replace it") from None
        if not quiet:
            print(f"lagtool: note: all is read: {error}", file=sys.stderr)
        return None
    if known.header.split is not None:
        raise LagtoolError(
            f"{show(target)} holds a split, which an update would lose: name another FILE, and this one as --earlier"
        )
    return known


def _is_large(tree: "Tree", target: Path) -> bool:
    """Whether the manifest is better written while it is made: it is long, and no interrupted scan did a part."""
    from lagtool.fingerprint import BATCH
    from lagtool.output import journal_path

    return len(tree.samples) > BATCH and target.suffix.lower() == ".parquet" and not journal_path(target).exists()


@dataclass(frozen=True)
class _Scan:
    """A scan as it was asked for, with a journal beside the target, which goes when the manifest is written."""

    tree: "Tree"
    target: Path
    depth: Depth
    _: KW_ONLY
    rehash: bool
    jobs: int | None
    engine: "WorkEngine | None"
    quiet: bool

    def write(self, ahead: "Ahead | None") -> "Outline":
        """Scan a tree that nothing is known of, and write the manifest while it is made."""
        from lagtool.scanner import scan_into

        with self._journal() as journal:
            with self._progress() as advance:
                made = scan_into(
                    self.target,
                    self.tree,
                    depth=self.depth,
                    jobs=self.jobs,
                    advance=advance,
                    journal=journal,
                    ahead=ahead,
                    engine=self.engine,
                )
            journal.remove()
        return made

    def run(
        self, ahead: "Ahead | None", known: "Manifest | None", marks: "Curation | None", *, update: bool
    ) -> "Manifest":
        """Scan, and write.

        Marks that an earlier manifest carries are applied again, unless there are others.
        """
        from lagtool.cli.marking import curate
        from lagtool.curation.apply import drop_curation, recorded_curation
        from lagtool.scanner import outline, scan

        carried = None if known is None else recorded_curation(known)
        bare = None if known is None else drop_curation(known)
        with self._journal() as journal:
            with self._progress() as advance:
                manifest = scan(
                    self.tree,
                    depth=self.depth,
                    jobs=self.jobs,
                    advance=advance,
                    earlier=None if self.rehash else bare,
                    journal=journal,
                    notice=self._notice,
                    ahead=ahead,
                    engine=self.engine,
                )
            if bare is not None and bare.pairs is not None:
                manifest = _carry_pairs(bare, manifest, quiet=self.quiet)
            same = bare is not None and _still_holds(bare, manifest)
            again = " (carried over from the earlier manifest)" if marks is None and carried is not None else ""
            manifest = curate(manifest, marks or carried, quiet=self.quiet, where=again)
            same = same and known is not None and manifest.header.curation == known.header.curation
            made = outline(manifest)
            made.unread.refuse_all(made.files["image"])
            if not (update and same):
                manifest.write(self.target)
            journal.remove()
        return manifest

    @contextmanager
    def _journal(self) -> "Iterator[Journal]":
        from lagtool.journal import Journal
        from lagtool.unread import NothingReadError

        with Journal(self.target, self.tree, depth=self.depth, rehash=self.rehash) as journal:
            try:
                yield journal
            except NothingReadError:
                journal.remove()  # there is nothing to go on with
                raise

    def _progress(self) -> AbstractContextManager[Advance]:
        return progress("Scanning", len(self.tree.samples), "samples", quiet=self.quiet, engine=self.engine)

    def _notice(self, reused: "Reused") -> None:
        if reused.resumed and not self.quiet:
            print(f"resumed: {count(reused.resumed, 'sample')} were finished earlier", file=sys.stderr)


def _carry_pairs(known: "Manifest", manifest: "Manifest", *, quiet: bool) -> "Manifest":
    """Keep the pairs of the earlier manifest where the pictures are the same, and say so."""
    from lagtool.likeness.record import carry_pairs

    carried = carry_pairs(known, manifest)
    if not quiet:
        kept = "kept: the pictures are the same" if carried.pairs is not None else "dropped: pictures changed"
        hint = "" if carried.pairs is not None else "; 'lagtool duplicates --manifest' finds them again"
        print(f"lagtool: note: pairs of like pictures {kept}{hint}", file=sys.stderr)
    return carried


def _still_holds(known: "Manifest", manifest: "Manifest") -> bool:
    """Whether nothing at all was read again and only the clocks are others: then the file stays, to the byte."""
    clocks = {"created": "", "scan_started_ns": None}
    return (
        manifest.samples is known.samples
        and manifest.strays.equals(known.strays)
        and manifest.header.model_copy(update=clocks) == known.header.model_copy(update=clocks)
    )


def _summary(outline: "Outline", output: str) -> str:
    from lagtool.profile import SLOTS

    profile = outline.header.profile
    numbers = [(slot, outline.files[slot]) for slot in SLOTS if slot in outline.files]
    found = ", ".join(count(number, profile.noun(slot), profile.noun(slot, 2)) for slot, number in numbers)
    origin = "nearest release" if outline.header.profile_choice == "auto" else "profile"
    unread = outline.unread.describe(sum(number for _, number in numbers))
    return (
        f"{show(output)}: {count(outline.samples, 'sample')}, {count(outline.strays, 'stray')}\n"
        f"  {found}; {origin}: {profile.name}{unread}"
    )
