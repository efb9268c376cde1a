"""SOURCE, the argument of every command: a tree (a folder, an archive or a URL) or a manifest."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lagtool.cli.progress import progress
from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.storage import is_tree, open_store
from lagtool.workers import Engine, EngineName, prepare

if TYPE_CHECKING:
    from lagtool.manifest import Manifest


def choose_engine(
    context: typer.Context, name: EngineName | None, scheduler: str | None, jobs: int | None
) -> Engine | None:
    """Return the engine that the options name, which ends with the command; None for processes.

    Raises:
        LagtoolError: The options contradict each other, or a library is missing.
    """
    if name in {None, EngineName.PROCESSES} and scheduler is None:
        return None
    from lagtool.engines import open_engine

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
    _check_named(source)
    if is_tree(source):
        from lagtool.tree import read_tree

        tree = read_tree(source, profile)
        prepare(len(tree.samples), engine or tree.store.jobs(jobs))
        from lagtool.scanning.scan import scan

        with progress("Scanning", len(tree.samples), "samples", quiet=quiet, engine=engine) as advance:
            return scan(tree, jobs=jobs, advance=advance, engine=engine)
    from lagtool.choice import rejudge
    from lagtool.manifest import read_manifest

    return rejudge(read_manifest(source), profile)


def _check_named(source: str) -> None:
    """Refuse a SOURCE that is nothing which could be read.

    Raises:
        LagtoolError: With what it is.
    """
    if not source:  # a variable of the shell that is not set; Path would take it for the current folder
        raise LagtoolError("SOURCE is empty: name a folder or a manifest ('.' is the current folder)")
    if is_tree(source):
        return
    from lagtool.output import SUFFIXES

    path = Path(source)
    if not path.exists():
        home = "; '~' in quotes is not your home folder" if source.startswith("~") else ""
        raise LagtoolError(f"no such file or folder: {show(source)}{home}")
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
    _check_named(source)
    place = pictures or source
    path = Path(place)
    if not path.is_dir():
        if not is_tree(place):
            return None
        store = open_store(place)
        if store.guarded is not None:  # on this disk
            store.glance()
        return store.guarded
    from lagtool.profile import load_profile
    from lagtool.root import find_root

    try:
        return find_root(path, load_profile("lag" if profile == "auto" else profile))
    except LagtoolError:
        if pictures is None:
            raise
        return path
