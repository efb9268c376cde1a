"""What two datasets share: ``--against`` of ``duplicates`` and ``audit``, and ``lagtool fingerprint``."""

import functools
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
from lagtool.files import is_tree, open_store
from lagtool.scanning.source import check_named, data_root
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.duplicates.overlap import Overlap
    from lagtool.duplicates.sets import PictureSet
    from lagtool.files import Store
    from lagtool.manifest.header import Relation
    from lagtool.manifest.value import Manifest
    from lagtool.scanning.workers import Engine

Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="OTHER",
        help="Compare with another dataset: a folder, archive, URL, manifest or fingerprint file; can be repeated.",
        show_default=False,
    ),
]


def check_others(others: Sequence[str]) -> None:
    """Refuse an ``--against`` that is nothing which could be read; said before a scan, not after it.

    Raises:
        LagtoolError: With what it is.
    """
    from lagtool.output.writing import FINGERPRINT_SUFFIX

    for other in others:
        if not (other.lower().endswith(FINGERPRINT_SUFFIX) and Path(other).is_file()):
            check_named(other)


def open_set(
    source: str, taken: Sequence[str] = (), *, jobs: int | None, engine: "Engine | None" = None, quiet: bool
) -> "PictureSet":
    """Return the pictures of another dataset: of a fingerprint file, a manifest, a tree, or any folder of pictures.

    Args:
        source: What ``--against`` names.
        taken: Names that other datasets have already.
        jobs: Processes.
        engine: The backend.
        quiet: Without a progress bar.

    Raises:
        LagtoolError: It cannot be read, or holds no picture.
    """
    from lagtool.duplicates.fingerprint_file import read_fingerprint
    from lagtool.duplicates.sets import of_manifest, of_pictures
    from lagtool.files.root import find_store
    from lagtool.output.writing import FINGERPRINT_SUFFIX

    def free(name: str) -> str:
        shown = show(name, 60)
        return show(source, 120) if shown in taken else shown

    if source.lower().endswith(FINGERPRINT_SUFFIX):
        return read_fingerprint(source, free(Path(source).name))
    if not is_tree(source):
        manifest = open_source(source, quiet=quiet)
        return of_manifest(manifest, free(Path(source).name))
    try:
        manifest = open_source(source, jobs=jobs, engine=engine, quiet=quiet)
    except LagtoolError:  # no dataset by the layout of a profile: perhaps a folder of pictures
        bar = functools.partial(progress, quiet=quiet)
        return of_pictures(open_store(source), free(Path(source).name or source), jobs=jobs, bar=bar)
    return of_manifest(manifest, free(manifest.header.root_name), find_store(source, manifest.profile))


def find_overlaps(
    manifest: "Manifest",
    place: "Store | None",
    others: Sequence[str],
    relations: "Sequence[Relation]",
    *,
    jobs: int | None,
    engine: "Engine | None" = None,
    quiet: bool,
) -> "list[Overlap]":
    """Return what a manifest's pictures have in common with those of other datasets, one after the other.

    Raises:
        LagtoolError: One of them cannot be read or compared.
    """
    from lagtool.duplicates.overlap import find_overlap
    from lagtool.duplicates.sets import of_manifest

    one = of_manifest(manifest, show(manifest.header.root_name, 60), place)
    names, found = [one.name], []
    for source in others:
        other = open_set(source, names, jobs=jobs, engine=engine, quiet=quiet)
        names.append(other.name)
        bar = functools.partial(progress, quiet=quiet)
        found.append(find_overlap(one, other, relations=relations, jobs=jobs, bar=bar, engine=engine))
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
