"""SOURCE, what every command and use case takes: a tree (a folder, an archive or a URL) or a manifest."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Union

from lagtool.errors import LagtoolError
from lagtool.files import is_tree, open_store
from lagtool.output.progress import Bar, no_bar
from lagtool.scanning.workers import Backend, prepare
from lagtool.text import show

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest

Source = Union["Manifest", str, os.PathLike[str]]
"""A manifest, or where one is or can be made of: a tree or a manifest file."""


def open_manifest(
    source: Source,
    *,
    profile: str = "auto",
    jobs: int | None = None,
    backend: Backend | None = None,
    bar: Bar = no_bar,
    say: Callable[[str], None] = lambda _line: None,
) -> "Manifest":
    """Return the manifest of a tree, which is scanned now, or the one in a file; a manifest itself as it is.

    Args:
        source: The manifest, or the path or URL of a tree or manifest file.
        profile: What to expect: ``auto``, a built-in profile, or a TOML file.
        jobs: Processes, as for `lagtool.scan`.
        backend: The backend, as there.
        bar: Makes the progress bar of a scan.
        say: Told how a tree was read: its layout where it is not the release's, split and table of labels.

    Raises:
        LagtoolError: There is no such thing, it is neither, or the profile contradicts the manifest's.
    """
    if not isinstance(source, str | os.PathLike):
        from lagtool.manifest.releases import rejudge

        return rejudge(source, profile)
    place = os.fspath(source)
    check_named(place)
    if is_tree(place):
        from lagtool.scanning.trees import open_tree

        tree = open_tree(place, profile)
        for line in tree.remarks:
            say(line)
        prepare(len(tree.samples), backend or tree.store.jobs(jobs))
        from lagtool.scanning.scan import scan

        with bar("Scanning", len(tree.samples), "samples") as advance:
            return scan(tree, jobs=jobs, advance=advance, backend=backend)
    from lagtool.manifest.releases import rejudge
    from lagtool.manifest.value import read_manifest

    return rejudge(read_manifest(place), profile)


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
    """Return what must not be written into: the root of the dataset that SOURCE is or holds, or the archive.

    None where SOURCE is neither, or lies elsewhere.

    Args:
        source: SOURCE, which is looked at before what its result would replace.
        profile: Its profile.
        pictures: Where the pictures of a manifest lie, which has a profile of its own.

    Raises:
        LagtoolError: SOURCE is nothing that can be read, or no dataset is in it.
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

    try:
        return find_root(path, profile)
    except LagtoolError:
        if pictures is None:
            raise
        return path
