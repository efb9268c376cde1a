"""What commands share: settings, curation marks, SOURCE, and the search for similar pictures."""

import functools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lagtool.cli.terminal import progress, tell
from lagtool.errors import LagtoolError
from lagtool.files import Store, is_tree, open_store
from lagtool.scanning.workers import Engine, EngineName, prepare
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.checks.settings import Settings
    from lagtool.curation.read import Curation
    from lagtool.duplicates.pairs import Likeness
    from lagtool.manifest.header import Relation
    from lagtool.manifest.value import Manifest


def open_settings(
    config: str | None,
    *,
    no_config: bool,
    options: Mapping[str, Any],
    assignments: Sequence[str] = (),
    quiet: bool = False,
) -> "Settings":
    """Return what holds for this run, and say on stderr which file and variables were used, unless ``quiet``.

    Raises:
        LagtoolError: Something in a file, a variable or an option is not understood.
    """
    from lagtool.checks.configuration import load_configuration
    from lagtool.checks.settings import combine
    from lagtool.checks.variables import read_options

    if config is not None and no_config:
        raise typer.BadParameter("--config and --no-config contradict each other: give one of them")
    of_options = read_options(options, assignments)
    found = load_configuration(config, os.environ, search=not no_config)
    if found.origins and not quiet:
        print(f"settings: {', '.join(found.origins)}", file=sys.stderr)
    return combine(found.settings, of_options)


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


def choose_engine(
    context: typer.Context, name: EngineName | None, scheduler: str | None, jobs: int | None
) -> Engine | None:
    """Return the engine that the options name, which ends with the command; None for processes.

    Raises:
        LagtoolError: The options contradict each other, or a library is missing.
    """
    if name in {None, EngineName.PROCESSES} and scheduler is None:
        return None
    from lagtool.scanning.backends import open_engine

    return context.with_resource(open_engine(name, scheduler=scheduler, jobs=jobs))


def open_source(
    source: str,
    *,
    profile: str = "auto",
    jobs: int | None = None,
    engine: Engine | None = None,
    quiet: bool = False,
) -> "Manifest":
    """Return the manifest of a tree (scanned now, with a progress bar) or the one in a file.

    Raises:
        LagtoolError: There is no such thing, it is neither, or the profile contradicts the manifest's.
    """
    check_named(source)
    if is_tree(source):
        from lagtool.files.tree import read_tree

        tree = read_tree(source, profile)
        prepare(len(tree.samples), engine or tree.store.jobs(jobs))
        from lagtool.scanning.scan import scan

        with progress("Scanning", len(tree.samples), "samples", quiet=quiet, engine=engine) as advance:
            return scan(tree, jobs=jobs, advance=advance, engine=engine)
    from lagtool.manifest.releases import rejudge
    from lagtool.manifest.value import read_manifest

    return rejudge(read_manifest(source), profile)


def check_named(source: str) -> None:
    """Refuse a SOURCE that is nothing which could be read.

    Raises:
        LagtoolError: With what it is.
    """
    if not source:  # a variable of the shell that is not set; Path would take it for the current folder
        raise LagtoolError("SOURCE is empty: name a folder or a manifest ('.' is the current folder)")
    if is_tree(source):
        return
    from lagtool.output.writing import FINGERPRINT_SUFFIX, SUFFIXES

    path = Path(source)
    if not path.exists():
        home = "; '~' in quotes is not your home folder" if source.startswith("~") else ""
        raise LagtoolError(f"no such file or folder: {show(source)}{home}")
    if path.suffix.lower() == FINGERPRINT_SUFFIX:
        raise LagtoolError(f"{show(source)} is a fingerprint file: 'lagtool duplicates --against' compares it")
    if path.suffix.lower() not in SUFFIXES:
        raise LagtoolError(
            f"{show(source)} is neither a folder nor an archive (.zip, .tar, .tar.gz) nor a manifest "
            f"({', '.join(SUFFIXES)}): name one of these"
        )


def data_root(source: str, profile: str = "auto", *, pictures: str | None = None) -> Path | None:
    """Return what must not be written into: the root of the data set that SOURCE is or holds, or the archive.

    None where SOURCE is neither, or lies elsewhere.

    Args:
        source: SOURCE, which is looked at before what its result would replace.
        profile: Its profile.
        pictures: Where the pictures of a manifest lie, which has a profile of its own.

    Raises:
        LagtoolError: SOURCE is nothing that can be read, or no data set is in it.
    """
    check_named(source)
    place = pictures or source
    path = Path(place)
    if not path.is_dir():
        if not is_tree(place):
            return None
        store = open_store(place)
        if store.guarded is not None:  # on this disk
            store.glance()
        return store.guarded
    from lagtool.files.root import find_root
    from lagtool.profiles import load_profile

    try:
        return find_root(path, load_profile("lag" if profile == "auto" else profile))
    except LagtoolError:
        if pictures is None:
            raise
        return path


def parse_relations(names: str | None) -> "tuple[Relation, ...]":
    """Return the relations that ``--relations`` names; all of them where nothing is said.

    Raises:
        LagtoolError: It names what is none, or nothing.
    """
    from lagtool.manifest.header import ALL, choose_relations

    return ALL if names is None else choose_relations(word for word in names.split(",") if word.strip())


def open_pictures(
    source: str, root: str | None, profile: str, jobs: int | None, *, engine: "Engine | None" = None, quiet: bool
) -> "tuple[Manifest, Store | None]":
    """Return the manifest of a tree or file, and where its pictures lie, where that is known.

    Raises:
        LagtoolError: Either cannot be read.
    """
    from lagtool.cli.session import open_source
    from lagtool.files.root import find_store

    if is_tree(source) and root is not None:
        raise typer.BadParameter("--root is for a manifest: SOURCE is a folder already")
    manifest = open_source(source, profile=profile, jobs=jobs, engine=engine, quiet=quiet)
    place = root or (source if is_tree(source) else None)
    return manifest, None if place is None else find_store(place, manifest.profile)


def find_likeness(
    manifest: "Manifest",
    place: "Store | None",
    wanted: "tuple[Relation, ...]",
    *,
    again: bool = False,
    jobs: int | None,
    engine: "Engine | None" = None,
    quiet: bool,
) -> "tuple[Likeness, bool]":
    """Return what is alike, and whether that is what the manifest recorded.

    Pairs that the manifest has are used where they answer what is wanted, or where nothing else can (there is no
    folder of pictures); otherwise, or ``again``, or where pictures could not be opened then, it is looked for now.

    Raises:
        LagtoolError: Nothing of what is wanted could be looked for, or no picture could be opened.
    """
    from lagtool.duplicates.pairs import could_be_opened, recorded_pairs, select_relations
    from lagtool.duplicates.search import find_pairs

    known = None if again else recorded_pairs(manifest)
    if known is not None and (
        place is None or (set(wanted) <= set(known.looked_for) and not could_be_opened(manifest, known))
    ):
        return select_relations(known, wanted), True
    bar = functools.partial(progress, quiet=quiet)
    found = find_pairs(manifest, place, relations=wanted, jobs=jobs, bar=bar, engine=engine)
    if wanted and not found.looked_for:
        why = "; ".join(dict.fromkeys(found.not_looked_for[relation] for relation in wanted))
        raise LagtoolError(f"nothing was searched for {', '.join(wanted)}: {why}")
    return found, False
