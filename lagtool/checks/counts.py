"""Checks of the numbers against the published ones (LAG5xx)."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.choice import found_counts
from lagtool.profile import ClassSpec


class Count(NamedTuple):
    """Expected against found, for one class and one slot; ``expected`` is None where nothing is published."""

    class_name: str
    slot: Literal["image", "map"]
    expected: int | None
    found: int


def compare_counts(evidence: Evidence) -> list[Count]:
    """Return expected and found numbers of images and maps per class, in the profile's order."""
    slots: tuple[Literal["image", "map"], ...] = ("image", "map")
    rows: list[Count] = []
    for slot in slots:
        if slot in evidence.profile.slots:
            found = found_counts(evidence.samples, slot, evidence.profile)
            expected = evidence.profile.expected(slot)
            rows.extend(Count(name, slot, expected[name], found[name]) for name in found)
    return rows


def _classes(evidence: Evidence, slot: Literal["image", "map"]) -> Iterator[ClassSpec]:
    known = [c for c in evidence.profile.classes if (c.images if slot == "image" else c.maps) is not None]
    if not known:
        raise NotApplicable("the profile publishes no such number")
    yield from known


def _compare(evidence: Evidence, slot: Literal["image", "map"], word: str) -> Hits:
    known = {c.name for c in _classes(evidence, slot)}
    for row in compare_counts(evidence):
        if row.slot == slot and row.class_name in known and row.expected is not None and row.found != row.expected:
            off = row.found - row.expected
            how = f"{abs(off):,} {'more' if off > 0 else 'fewer'} than {evidence.profile.name}'s {row.expected:,}"
            yield Hit(f"{row.found:,} {word}: {how}", row.class_name)


def image_count(evidence: Evidence) -> Hits:
    """A class has another number of images than published.

    Why it matters: fewer: the copy is incomplete. More: something was added. Results are not comparable either way.
    How to fix: find what is missing or added (`lagtool index` lists every file); if this copy is meant to differ, pin
    its numbers in a profile of its own.
    Example: 3,100 images in `non_glaucoma`, 43 fewer than lag-part1's 3,143.
    """
    return _compare(evidence, "image", "images")


def map_count(evidence: Evidence) -> Hits:
    """A class has another number of attention maps than published.

    Why it matters: as for the images; a loss of maps often goes unnoticed, since they are optional in most loaders.
    How to fix: as for the images.
    Example: 3,000 maps in `non_glaucoma`, 432 fewer than lag's 3,432.
    """
    return _compare(evidence, "map", "attention maps")


def complete_release(evidence: Evidence) -> Hits:
    """The numbers are those of a published release.

    Why it matters: good news, to be quoted: which release it is and that it is complete. Part 1 alone is complete as
    4,854 images; nothing is missing from it. Where the ids and labels of the release are known, they are compared too.
    How to fix: nothing.
    Example: lag-part1 is complete: 4,854 images, 4,854 attention maps; ids and labels are those of the release.
    """
    _require_match(evidence)
    profile, counts = evidence.profile, compare_counts(evidence)
    images = sum(row.found for row in counts if row.slot == "image")
    maps = sum(row.found for row in counts if row.slot == "map")
    same = profile.ids_sha256 is not None and profile.ids_sha256 == evidence.manifest.header.ids_sha256
    tail = "; ids and labels are those of the release" if same else ""
    yield Hit(f"{profile.name} is complete: {images:,} images, {maps:,} attention maps{tail}")


def ids_differ(evidence: Evidence) -> Hits:
    """The numbers are those of a release, but ids or labels are not.

    Why it matters: files were renamed or exchanged, or it is another (or a synthetic) data set of the same size; ids
    in published lists do not fit.
    How to fix: compare the ids with a public list of the release.
    Example: the fingerprint of ids and labels is 1f0c..., that of lag-part1 is 6116....
    """
    published = evidence.profile.ids_sha256
    if published is None:
        raise NotApplicable("the profile has no fingerprint of ids")
    _require_match(evidence)
    found = evidence.manifest.header.ids_sha256
    if found != published:
        yield Hit(f"ids and labels have the fingerprint {found[:12]}..., the release's is {published[:12]}...")


def _require_match(evidence: Evidence) -> None:
    known = {c.name for c in _classes(evidence, "image")}
    if not matches_release(row for row in compare_counts(evidence) if row.class_name in known):
        raise NotApplicable(f"the numbers are not those of {evidence.profile.name}")


def matches_release(counts: Iterable[Count]) -> bool:
    """Whether every published number is met."""
    return all(row.expected is None or row.expected == row.found for row in counts)
