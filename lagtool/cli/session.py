"""What commands share: settings, curation marks, SOURCE, and the search for similar pictures."""

import functools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lagtool.cli.terminal import progress, tell
from lagtool.files import Store, is_tree
from lagtool.scanning.source import open_manifest
from lagtool.scanning.workers import Backend, BackendName
from lagtool.text import count

if TYPE_CHECKING:
    from lagtool.checks.settings import Settings
    from lagtool.curation.read import Curation
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
        LagtoolError: A mark cannot be meant for this dataset.
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


def choose_backend(
    context: typer.Context, name: BackendName | None, scheduler: str | None, jobs: int | None
) -> Backend | None:
    """Return the backend that the options name, which ends with the command; None for processes.

    Raises:
        LagtoolError: The options contradict each other, or a library is missing.
    """
    if name in {None, BackendName.PROCESSES} and scheduler is None:
        return None
    from lagtool.scanning.backends import open_backend

    return context.with_resource(open_backend(name, scheduler=scheduler, jobs=jobs))


def open_source(
    source: str,
    *,
    profile: str = "auto",
    jobs: int | None = None,
    backend: Backend | None = None,
    quiet: bool = False,
) -> "Manifest":
    """Return the manifest of a tree (scanned now, with a progress bar) or the one in a file; see `open_manifest`."""
    bar = functools.partial(progress, quiet=quiet, backend=backend)
    say = (lambda _line: None) if quiet else tell
    return open_manifest(source, profile=profile, jobs=jobs, backend=backend, bar=bar, say=say)


def parse_relations(names: str | None) -> "tuple[Relation, ...]":
    """Return the relations that ``--relations`` names; all of them where nothing is said.

    Raises:
        LagtoolError: It names what is none, or nothing.
    """
    from lagtool.manifest.header import ALL, choose_relations

    return ALL if names is None else choose_relations(word for word in names.split(",") if word.strip())


def open_pictures(
    source: str, root: str | None, profile: str, jobs: int | None, *, backend: "Backend | None" = None, quiet: bool
) -> "tuple[Manifest, Store | None]":
    """Return the manifest of a tree or file, and where its pictures lie, where that is known.

    Raises:
        LagtoolError: Either cannot be read.
    """
    from lagtool.cli.session import open_source
    from lagtool.files.root import find_store

    if is_tree(source) and root is not None:
        raise typer.BadParameter("--root is for a manifest: SOURCE is a folder already")
    manifest = open_source(source, profile=profile, jobs=jobs, backend=backend, quiet=quiet)
    place = root or (source if is_tree(source) else None)
    return manifest, None if place is None else find_store(place, manifest.profile)
