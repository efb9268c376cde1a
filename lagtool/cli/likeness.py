"""What is alike in SOURCE: as its manifest tells, or looked for now, with progress bars."""

import functools
from typing import TYPE_CHECKING

import typer

from lagtool.cli.progress import progress
from lagtool.errors import LagtoolError
from lagtool.storage import is_tree

if TYPE_CHECKING:
    from lagtool.likeness.pairs import Likeness
    from lagtool.manifest import Manifest
    from lagtool.relation import Relation
    from lagtool.storage import Store
    from lagtool.workers import Engine


def parse_relations(names: str | None) -> "tuple[Relation, ...]":
    """Return the relations that ``--relations`` names; all of them where nothing is said.

    Raises:
        LagtoolError: It names what is none, or nothing.
    """
    from lagtool.relation import ALL, choose_relations

    return ALL if names is None else choose_relations(word for word in names.split(",") if word.strip())


def open_pictures(
    source: str, root: str | None, profile: str, jobs: int | None, *, engine: "Engine | None" = None, quiet: bool
) -> "tuple[Manifest, Store | None]":
    """Return the manifest of a tree or file, and where its pictures lie, where that is known.

    Raises:
        LagtoolError: Either cannot be read.
    """
    from lagtool.cli.source import open_source
    from lagtool.root import find_store

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
    from lagtool.likeness.pairs import select_relations
    from lagtool.likeness.record import could_be_opened, recorded_pairs
    from lagtool.likeness.search import find_pairs

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
