"""Pairs that a manifest recorded, or else a search: what ``duplicates``, ``split`` and ``audit`` begin with."""

from collections.abc import Sequence

from lagtool.duplicates.pairs import Likeness, could_be_opened, recorded_pairs, select_relations
from lagtool.duplicates.search import find_pairs
from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest
from lagtool.output.progress import Bar, no_bar
from lagtool.scanning.backends import BackendLike


def find_or_take_pairs(
    manifest: Manifest,
    root: Store | None,
    wanted: Sequence[Relation],
    *,
    again: bool = False,
    jobs: int | None = None,
    bar: Bar = no_bar,
    backend: BackendLike = None,
) -> tuple[Likeness, bool]:
    """Return the pairs of a manifest, and whether they are those that it recorded.

    Recorded pairs are taken where they answer what is wanted, or where nothing else can (the pictures are not at hand);
    otherwise, or ``again``, or where pictures could not be opened then, a search is made now.

    Args:
        manifest: The manifest.
        root: Where its pictures are; None: not at hand.
        wanted: The relations to look for.
        again: Do not take recorded pairs.
        jobs: Processes, as for `find_pairs`, and ``bar`` and ``backend``.
        bar: Makes a progress bar for each step.
        backend: The backend.

    Raises:
        LagtoolError: Nothing of what is wanted could be searched for, or no picture could be opened.
    """
    recorded = None if again else recorded_pairs(manifest)
    if recorded is not None and (
        root is None or (set(wanted) <= set(recorded.looked_for) and not could_be_opened(manifest, recorded))
    ):
        return select_relations(recorded, wanted), True
    found = find_pairs(manifest, root, relations=wanted, jobs=jobs, bar=bar, backend=backend)
    if wanted and not found.looked_for:
        why = "; ".join(dict.fromkeys(found.not_looked_for[relation] for relation in wanted))
        raise LagtoolError(f"nothing was searched for {', '.join(wanted)}: {why}")
    return found, False
