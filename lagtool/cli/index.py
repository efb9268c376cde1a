"""``lagtool index``: a tree becomes a manifest."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli.app import app
from lagtool.cli.options import (
    Backend,
    ConfigFile,
    CurationFile,
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
from lagtool.cli.terminal import progress
from lagtool.files import is_tree
from lagtool.model import MAX_PIXELS, ScanOptions
from lagtool.scanning.workers import prepare
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.curation.read import Curation
    from lagtool.manifest.value import Manifest
    from lagtool.scanning.index import Indexed


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
    backend: Backend = None,
    scheduler: Scheduler = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Look into every file once and write a manifest: one row per sample.

    Interrupted, it goes on where it was when it is called again with the same SOURCE and FILE.
    """
    from lagtool.cli.session import choose_backend, open_source
    from lagtool.scanning.source import data_root

    does = choose_backend(context, backend, scheduler, jobs)
    from lagtool.cli.session import curate, open_curation, open_settings
    from lagtool.output.writing import check_suffix, check_target

    if update and earlier is not None:
        raise typer.BadParameter("--update and --earlier contradict each other: give one of them")
    options = {"profile": profile, "curation": curation}
    settings = open_settings(config, no_config=no_config, options=options, quiet=quiet)
    chosen, marks = settings.profile, open_curation(settings.curation)
    target = Path(output)
    root = data_root(source, chosen)
    check_suffix(target)
    check_target(target, force=force or update, data_root=root)
    if not is_tree(source):
        if update or earlier is not None or rehash or quick or output_format is TextOrJson.JSON:
            raise typer.BadParameter(
                "--update, --earlier, --rehash, --quick and --format need a folder, archive or URL as SOURCE"
            )
        from lagtool.scanning.index import Indexed

        manifest = curate(open_source(source, profile=chosen, jobs=jobs, backend=does, quiet=quiet), marks, quiet=quiet)
        manifest.write(target)
        made, changes = Indexed.of(manifest), ""
        remarks: tuple[str, ...] = ()
    else:
        from lagtool.scanning.trees import open_tree

        known = _open_earlier(target, earlier, update=update, force=force, quiet=quiet)
        tree = open_tree(source, chosen)
        if rehash or not (update or earlier):  # else there may be nothing to read
            prepare(len(tree.samples), does or tree.store.jobs(jobs))
        from lagtool.scanning.index import index_tree

        made = index_tree(
            tree,
            target,
            options=ScanOptions(quick=quick, max_pixels=max_pixels),
            earlier=known,
            keep=update,
            rehash=rehash,
            changes=(known is not None and not quiet) or output_format is TextOrJson.JSON,
            finish=None if known is None and marks is None else partial(_finish, known, marks, quiet),
            jobs=jobs,
            backend=does,
            bar=partial(progress, quiet=quiet, backend=does),
            resuming=partial(_say_resumed, quiet),
        )
        from lagtool.reporting.changes import render_changes, render_changes_json

        if made.changes is not None and output_format is TextOrJson.JSON:
            sys.stdout.write(render_changes_json(made.changes))
        changes = "" if known is None or made.changes is None else render_changes(made.changes)
        remarks = tree.remarks
    if not quiet:
        lines = [_summary(made, output), *(f"  {remark}" for remark in remarks)]
        sys.stderr.write("\n".join(lines) + f"\n{changes}")


def _say_resumed(quiet: bool, samples: int) -> None:
    if not quiet:
        print(f"resumed: {count(samples, 'sample')} were finished earlier", file=sys.stderr)


def _open_earlier(target: Path, earlier: str | None, *, update: bool, force: bool, quiet: bool) -> "Manifest | None":
    if earlier is None and not (update and target.exists()):
        return None
    from lagtool.errors import ForeignFileError, LagtoolError
    from lagtool.files.tree import FOUND
    from lagtool.manifest.value import read_manifest

    if earlier is not None:
        return read_manifest(earlier)
    try:
        known = read_manifest(target)
    except LagtoolError as error:
        if isinstance(error, ForeignFileError) and not force:
            raise LagtoolError(f"{show(target)} is a file of another program: use --force to replace it") from None
        if not quiet:
            print(f"lagtool: note: all is read: {error}", file=sys.stderr)
        return None
    if known.header.split is not None and FOUND not in known.header.split:
        raise LagtoolError(
            f"{show(target)} holds a split, which an update would lose: name another FILE, and this one as --earlier"
        )
    return known


def _finish(known: "Manifest | None", marks: "Curation | None", quiet: bool, manifest: "Manifest") -> "Manifest":
    """Carry over what an earlier manifest has beyond its rows, and apply curation marks: its own, or others."""
    from lagtool.cli.session import curate
    from lagtool.curation.apply import drop_curation, recorded_curation

    carried = None if known is None else recorded_curation(known)
    if known is not None and known.pairs is not None:
        manifest = _carry_pairs(drop_curation(known), manifest, quiet=quiet)
    again = " (carried over from the earlier manifest)" if marks is None and carried is not None else ""
    return curate(manifest, marks or carried, quiet=quiet, where=again)


def _carry_pairs(known: "Manifest", manifest: "Manifest", *, quiet: bool) -> "Manifest":
    """Keep the pairs of the earlier manifest where the pictures are the same, and say so."""
    from lagtool.duplicates.pairs import carry_pairs

    carried = carry_pairs(known, manifest)
    if not quiet:
        kept = "kept: the pictures are the same" if carried.pairs is not None else "dropped: pictures changed"
        hint = "" if carried.pairs is not None else "; 'lagtool duplicates --manifest' finds them again"
        print(f"lagtool: note: pairs of like pictures {kept}{hint}", file=sys.stderr)
    return carried


def _summary(made: "Indexed", output: str) -> str:
    from lagtool.profiles import SLOTS

    profile = made.header.profile
    numbers = [(slot, made.files[slot]) for slot in SLOTS if slot in made.files]
    found = ", ".join(count(number, profile.noun(slot), profile.noun(slot, 2)) for slot, number in numbers)
    origin = "nearest release" if made.header.profile_choice == "auto" else "profile"
    unread = made.unread.describe(sum(number for _, number in numbers))
    return (
        f"{show(output)}: {count(made.samples, 'sample')}, {count(made.unmatched, 'unmatched file')}\n"
        f"  {found}; {origin}: {profile.name}{unread}"
    )
