"""Checks of the numbers against the published ones (LAG5xx)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.choice import found_counts
from lagtool.fingerprint import files_fingerprint
from lagtool.profile import SLOTS, ClassSpec, SlotName


class Count(NamedTuple):
    """Expected against found, for one class and one slot; ``expected`` is None where nothing is published."""

    class_name: str
    slot: SlotName
    expected: int | None
    found: int


def compare_counts(evidence: Evidence) -> list[Count]:
    """Return expected and found numbers of images, maps and, where expected, labels per class, in profile order."""
    rows: list[Count] = []
    for slot in SLOTS:
        expected = evidence.profile.expected(slot)
        # No release publishes how many label files there are; only who pins a copy says so.
        if slot in evidence.profile.slots and (slot != "label" or any(n is not None for n in expected.values())):
            found = found_counts(evidence.samples, slot, evidence.profile)
            rows.extend(Count(name, slot, expected[name], found[name]) for name in found)
    return rows


def _classes(evidence: Evidence, slot: SlotName) -> Iterator[ClassSpec]:
    expected = evidence.profile.expected(slot)
    known = [c for c in evidence.profile.classes if expected[c.name] is not None]
    if not known:
        raise NotApplicable("the profile publishes no such number")
    yield from known


def _compare(evidence: Evidence, slot: SlotName) -> Hits:
    known = {c.name for c in _classes(evidence, slot)}
    for row in compare_counts(evidence):
        if row.slot == slot and row.class_name in known and row.expected is not None and row.found != row.expected:
            off = row.found - row.expected
            how = f"{abs(off):,} {'more' if off > 0 else 'fewer'} than {evidence.profile.name}'s {row.expected:,}"
            word = evidence.profile.noun(slot, row.found)
            home = evidence.profile.home(row.class_name)
            of = "" if home == row.class_name else f"{row.class_name}: "
            yield Hit(f"{of}{row.found:,} {word}: {how}", home)


def image_count(evidence: Evidence) -> Hits:
    """A class has another number of images than published.

    Why it matters: fewer: the copy is incomplete. More: something was added. Results are not comparable either way.
    How to fix: find what is missing or added (`lagtool index` lists every file); if this copy is meant to differ, pin
    its numbers in a profile of its own.
    Example: 3,100 images in `non_glaucoma`, 43 fewer than lag-part1's 3,143.
    """
    return _compare(evidence, "image")


def map_count(evidence: Evidence) -> Hits:
    """A class has another number of attention maps than published.

    Why it matters: as for the images; a loss of maps often goes unnoticed, since they are optional in most loaders.
    How to fix: as for the images.
    Example: 3,000 maps in `non_glaucoma`, 432 fewer than lag's 3,432.
    """
    return _compare(evidence, "map")


def label_count(evidence: Evidence) -> Hits:
    """A class has another number of label files than the profile says.

    Why it matters: label files were added or lost; other programs may take them for samples.
    How to fix: find what is missing or added; or pin the new number in the profile.
    Example: 25 label files in `non_glaucoma`, 1 more than our-copy's 24.
    """
    return _compare(evidence, "label")


def complete_release(evidence: Evidence) -> Hits:
    """The numbers are those of a published release.

    Why it matters: good news, to be quoted: which release it is and that it is complete. Part 1 alone is complete as
    4,854 images; nothing is missing from it. Where the ids and labels of the release are known, they are compared too.
    How to fix: nothing.
    Example: lag-part1 is complete: 4,854 images, 4,854 attention maps; ids and labels are those of the release.
    """
    _require_match(evidence)
    profile, counts = evidence.profile, compare_counts(evidence)
    sums: Counter[SlotName] = Counter()
    for row in counts:
        sums[row.slot] += row.found
    found = ", ".join(f"{number:,} {profile.noun(slot, number)}" for slot, number in sums.items())
    same = profile.ids_sha256 is not None and profile.ids_sha256 == evidence.manifest.header.ids_sha256
    tail = "; ids and labels are those of the release" if same else ""
    yield Hit(f"{profile.name} is complete: {found}{tail}")


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


def files_differ(evidence: Evidence) -> Hits:
    """The files are not the ones that the profile pins.

    Why it matters: a file was added, removed, renamed, changed or exchanged since the copy was pinned; results are not
    those of that copy.
    How to fix: `lagtool verify` with a manifest of that time names the files; if the change is meant, pin the copy
    again with `lagtool profile new`.
    Example: the fingerprint of files and names is 1f0c..., pinned is 6116....
    """
    profile, header = evidence.profile, evidence.manifest.header
    if profile.files_sha256 is None and profile.content_sha256 is None:
        raise NotApplicable("the profile pins no files")
    found = header.content_sha256 or "none"
    if profile.content_sha256 is not None and found != profile.content_sha256:
        yield Hit(f"the content has the fingerprint {_short(found)}, pinned is {_short(profile.content_sha256)}")
    elif profile.files_sha256 is not None:
        found = files_fingerprint(evidence.samples)
        if found != profile.files_sha256:
            same = ": the same content, but named, written or put together otherwise" if profile.content_sha256 else ""
            pinned = _short(profile.files_sha256)
            yield Hit(f"files and names have the fingerprint {_short(found)}, pinned is {pinned}{same}")


def _short(digest: str) -> str:
    return f"{digest[:12]}..." if len(digest) > 12 else digest


def _require_match(evidence: Evidence) -> None:
    known = {c.name for c in _classes(evidence, "image")}
    if not matches_release(row for row in compare_counts(evidence) if row.class_name in known):
        raise NotApplicable(f"the numbers are not those of {evidence.profile.name}")


def matches_release(counts: Iterable[Count]) -> bool:
    """Whether every published number is met."""
    return all(row.expected is None or row.expected == row.found for row in counts)
