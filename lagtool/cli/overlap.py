"""What two datasets share: ``--against`` of ``duplicates`` and ``audit``, and ``lagtool fingerprint``."""

import functools
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.session import open_curation, open_pictures, open_settings, open_source
from lagtool.cli.terminal import progress, tell
from lagtool.errors import LagtoolError
from lagtool.files import hide_secrets, is_tree, open_store
from lagtool.scanning.source import check_named, data_root
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.duplicates.overlap import Overlap
    from lagtool.duplicates.sets import PictureSet
    from lagtool.manifest.header import Relation
    from lagtool.scanning.workers import Backend

Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="OTHER",
        help="Compare with another dataset: a folder, archive, URL, manifest or fingerprint file; can be repeated.",
        show_default=False,
    ),
]


AgainstRoot = Annotated[
    str | None,
    typer.Option("--against-root", metavar="DIR", help="Where the pictures of the manifest lie that --against names."),
]


def is_fingerprint_file(source: str) -> bool:
    """Return whether ``source`` names a fingerprint file that is there."""
    from lagtool.output.writing import FINGERPRINT_SUFFIX

    return source.lower().endswith(FINGERPRINT_SUFFIX) and Path(source).is_file()


def check_others(others: Sequence[str], root: str | None, targets: Sequence[str | None], *, profile: str) -> None:
    """Refuse an ``--against`` that is nothing which could be read, and outputs inside of it; before a scan.

    Args:
        others: What ``--against`` names.
        root: What ``--against-root`` names.
        targets: The files that are to be written; None: there is none.
        profile: The profile of SOURCE.

    Raises:
        LagtoolError: With what it is.
    """
    from lagtool.output.writing import check_target

    if root is not None and (len(others) != 1 or is_tree(others[0]) or is_fingerprint_file(others[0])):
        raise typer.BadParameter("--against-root is for one --against that is a manifest.")
    for other in others:
        if not is_fingerprint_file(other):
            check_named(other)
        for target in (Path(target) for target in targets if target is not None):
            for place in (other, root):
                if place is not None and Path(place).exists():
                    check_target(target, force=True, data_root=_guard(place, profile))


def _guard(place: str, profile: str) -> Path:
    """Return what must not be written into of a dataset: its root, the folder where no profile fits, or the file."""
    try:
        return (None if is_fingerprint_file(place) else data_root(place, profile)) or Path(place)
    except LagtoolError:
        return Path(place)


def open_set(
    source: str,
    taken: Sequence[str] = (),
    *,
    root: str | None = None,
    profile: str,
    jobs: int | None,
    backend: "Backend | None" = None,
    quiet: bool,
) -> "PictureSet":
    """Return the pictures of another dataset: of a fingerprint file, a manifest, a tree, or any folder of pictures.

    Args:
        source: What ``--against`` names.
        taken: Names that other datasets have already.
        root: Where the pictures of a manifest lie; None: they are not at hand.
        profile: The profile of SOURCE, which is tried first on a tree; then those that are built in.
        jobs: Processes.
        backend: The backend.
        quiet: Without a progress bar.

    Raises:
        LagtoolError: It cannot be read, or holds no picture.
    """
    from lagtool.duplicates.fingerprint_file import read_fingerprint
    from lagtool.duplicates.sets import of_manifest, of_pictures
    from lagtool.files.root import find_store, find_tree

    shown = hide_secrets(source)
    if is_fingerprint_file(source):
        return read_fingerprint(source, _name_apart(Path(source).name, shown, taken))
    if not is_tree(source):
        manifest = open_source(source, quiet=quiet)
        store = None if root is None else find_store(root, manifest.profile)
        return of_manifest(manifest, _name_apart(Path(source).name, shown, taken), store)
    for choice in dict.fromkeys((profile, "auto")):
        try:
            find_tree(source, choice)
        except LagtoolError:  # no dataset by the layout of this profile
            continue
        manifest = open_source(source, profile=choice, jobs=jobs, backend=backend, quiet=quiet)
        name = _name_apart(manifest.header.root_name, shown, taken)
        return of_manifest(manifest, name, find_store(source, manifest.profile))
    bar = functools.partial(progress, quiet=quiet)
    return of_pictures(open_store(source), _name_apart(Path(shown).name or shown, shown, taken), jobs=jobs, bar=bar)


def _name_apart(name: str, source: str, taken: Sequence[str]) -> str:
    """Return a name that no other dataset has: its own, else its path, else that with a number."""
    numbered = (f"{show(source, 120)} ({number})" for number in itertools.count(2))
    names = itertools.chain([show(name, 60), show(source, 120)], numbered)
    return next(one for one in names if one not in taken)


def find_overlaps(
    one: "PictureSet",
    others: Sequence[str],
    relations: "Sequence[Relation]",
    *,
    root: str | None = None,
    profile: str,
    jobs: int | None,
    backend: "Backend | None" = None,
    quiet: bool,
) -> "list[Overlap]":
    """Return what a dataset has in common with others, one after the other; see `open_set` for the arguments.

    Raises:
        LagtoolError: One of them cannot be read or compared.
    """
    from lagtool.duplicates.overlap import find_overlap

    names, found = [one.name], []
    for source in others:
        other = open_set(source, names, root=root, profile=profile, jobs=jobs, backend=backend, quiet=quiet)
        names.append(other.name)
        bar = functools.partial(progress, quiet=quiet)
        found.append(find_overlap(one, other, relations=relations, jobs=jobs, bar=bar, backend=backend))
        for remark in () if quiet else found[-1].remarks:
            tell(remark)
    return found


@app.command()
def fingerprint(
    source: options.Source,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Ends in .fingerprint.", show_default=False)
    ],
    root: options.PictureRoot = None,
    profile: options.ProfileName = None,
    curation: options.CurationFile = None,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Write hashes and vessel features of the pictures, to be compared where the pictures cannot go.

    There are no pixels, names, ids, classes or splits in it; 'lagtool duplicates DATA --against FILE' compares. Who has
    the file can tell whether a given picture or eye is in your dataset: see docs/likeness.md before you pass it on.
    """
    from lagtool.cli.session import curate
    from lagtool.duplicates.fingerprint_file import write_fingerprint
    from lagtool.duplicates.sets import of_manifest
    from lagtool.output.writing import FINGERPRINT_SUFFIX, check_target

    if not output.lower().endswith(FINGERPRINT_SUFFIX):
        raise typer.BadParameter(f"-o {show(output)}: the name of a fingerprint file ends in {FINGERPRINT_SUFFIX}")
    settings = open_settings(None, no_config=False, options={"profile": profile, "curation": curation}, quiet=quiet)
    check_target(Path(output), force=force, data_root=data_root(source, settings.profile, pictures=root))
    marks = open_curation(settings.curation)
    manifest, place = open_pictures(source, root, settings.profile, jobs, quiet=quiet)
    if place is None:
        raise LagtoolError(f"{show(source)}: the pictures are needed: name their folder by --root DIR")
    manifest = curate(manifest, marks, quiet=quiet)
    pictures = of_manifest(manifest, show(manifest.header.root_name, 60), place)
    bare = write_fingerprint(output, pictures, jobs=jobs, bar=functools.partial(progress, quiet=quiet))
    if not quiet:
        without = f", {bare:,} of them without vessels" if bare else ""
        print(f"{show(output)}: {count(len(pictures.samples), 'picture')}{without}", file=sys.stderr)
