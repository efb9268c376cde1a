"""Checks of the numbers against the published ones (LAG5xx)."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import numpy as np

from lagtool.checks.evidence import SIGNIFICANT, Evidence, Hit, Hits, NotApplicable, class_hit, remembered
from lagtool.manifest.fingerprint import files_fingerprint
from lagtool.manifest.releases import found_counts
from lagtool.profiles import BUILT_IN, SLOTS, ClassSpec, SlotName, is_built_in, load_profile

_MOST_LINES = 8_000
_MOST_WIDTH = 4
"""Digits of ids that are all tried: 10,000 of them. Part 1 of LAG takes half a second."""


_ENOUGH = 100
_NEAR = 0.03
"""From how many images on, and how near, a share of a class tells that the classes are exchanged."""


class Difference(NamedTuple):
    """One sample by which ids and labels differ from a release's, and the label it has there (or has not)."""

    kind: Literal["missing", "extra", "relabelled"]
    id: str
    label: int

    def __str__(self) -> str:
        proof = "proved by the published fingerprint"
        if self.kind == "missing":
            return f"missing is {self.id} with label {self.label} ({proof})"
        if self.kind == "extra":
            return f"{self.id} with label {self.label} does not belong to it ({proof})"
        return f"{self.id} has another label than the published {self.label} ({proof})"


@remembered
def find_difference(evidence: Evidence) -> Difference | None:
    """Return the one sample that explains why the fingerprint of ids and labels is not the profile's.

    None: it is the profile's, or there is none; or more than one sample differs, or the dataset is too large to try.
    """
    profile, published = evidence.profile, evidence.profile.ids_sha256
    numbers = [c.images for c in profile.classes]
    if published is None or None in numbers or evidence.manifest.header.ids_sha256 == published:
        return None
    samples = evidence.samples.loc[evidence.has("image"), ["id", "label"]]
    off = len(samples) - sum(number or 0 for number in numbers)
    if abs(off) > 1 or len(samples) > _MOST_LINES:
        return None
    lines = sorted(f"{key} {label}\n".encode() for key, label in samples.itertuples(index=False, name=None))
    labels = [c.label for c in profile.classes]
    if off < 0:
        return _find(lines, _insertions(lines, profile.id_width, labels), published)
    return _find(lines, _removals(lines) if off else _relabellings(lines, labels), published)


class _Change(NamedTuple):
    """Lines from ``start`` to ``end`` are replaced by one line, or by nothing."""

    start: int
    end: int
    line: bytes
    difference: Difference


def _find(lines: list[bytes], changes: Iterable[_Change], published: str) -> Difference | None:
    """Return the difference of the first change that gives the published sha256; changes come in order of start."""
    whole = b"".join(lines)
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + len(line))
    view = memoryview(whole)
    wanted = bytes.fromhex(published)
    before, done = hashlib.sha256(), 0  # what comes before the change is digested once
    for change in changes:
        before.update(view[ends[done] : ends[change.start]])
        done = change.start
        digest = before.copy()
        digest.update(change.line)
        digest.update(view[ends[change.end] :])
        if digest.digest() == wanted:
            return change.difference
    return None


def _insertions(lines: list[bytes], width: int, labels: list[int]) -> Iterator[_Change]:
    if width > _MOST_WIDTH:
        return
    known = {line.split(b" ")[0] for line in lines}
    at = 0
    for number in range(10**width):
        key = f"{number:0{width}d}"
        if key.encode() in known:
            continue
        while at < len(lines) and lines[at] < key.encode():
            at += 1
        for label in labels:
            yield _Change(at, at, f"{key} {label}\n".encode(), Difference("missing", key, label))


def _removals(lines: list[bytes]) -> Iterator[_Change]:
    for at, line in enumerate(lines):
        key, label = line.split()
        yield _Change(at, at + 1, b"", Difference("extra", key.decode(), int(label)))


def _relabellings(lines: list[bytes], labels: list[int]) -> Iterator[_Change]:
    for at, line in enumerate(lines):
        key, now = line.split()
        for label in labels:
            if label != int(now):
                changed = key + f" {label}\n".encode()
                yield _Change(at, at + 1, changed, Difference("relabelled", key.decode(), label))


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


def _published(evidence: Evidence, slot: SlotName) -> set[str]:
    """Return the classes of which it is published how many have ``slot``; none raises `NotApplicable`."""
    if slot not in evidence.profile.slots:
        raise NotApplicable(f"the profile has no {evidence.profile.noun(slot, 2)}")
    known = {name for name, number in evidence.profile.expected(slot).items() if number is not None}
    if not known:
        raise NotApplicable("the profile publishes no such number")
    return known


def _compare(evidence: Evidence, slot: SlotName) -> Hits:
    _published(evidence, slot)
    gone = found_counts(evidence.samples[evidence.excluded], slot, evidence.profile)
    cause = find_difference(evidence) if slot == "image" else None
    for row in compare_counts(evidence):
        if row.slot == slot and row.expected is not None and row.found != row.expected:
            off = row.found - row.expected
            out = gone[row.class_name]
            marks = f" ({out:,} of them excluded by curation marks)" if out else ""
            how = f"{abs(off):,} {'more' if off > 0 else 'fewer'} than {evidence.profile.name}'s {row.expected:,}"
            text = f"{row.found:,} {evidence.profile.noun(slot, row.found)}{marks}: {how}"
            yield class_hit(evidence, row.class_name, f"{text}; {cause}" if cause else text)


def image_count(evidence: Evidence) -> Hits:
    """A class has another number of images than published.

    Why it matters: fewer: the copy is incomplete. More: something was added. Results are not comparable either way.
    Where exactly one sample is missing, too much or in another class, and the release has a published fingerprint of
    ids and labels, that sample is named: put back, the fingerprint is the published one, which no other sample gives.
    How to fix: find what is missing or added (`lagtool verify --sums MANIFEST` lists every file); if this copy is meant
    to differ, pin its numbers in a profile of its own.
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

    Why it matters: files were renamed or exchanged, or it is another (or a synthetic) dataset of the same size; ids
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
    known = _published(evidence, "image")
    if not matches_release(row for row in compare_counts(evidence) if row.class_name in known):
        raise NotApplicable(f"the numbers are not those of {evidence.profile.name}")


def matches_release(counts: Iterable[Count]) -> bool:
    """Whether every published number is met."""
    return all(row.expected in (None, row.found) for row in counts)


def other_release(evidence: Evidence) -> Hits:
    """The ids and labels are those of another release than the one that it is judged by.

    Why it matters: it is known which release this is, by the fingerprint of its ids and labels; the findings about
    numbers come from judging it by another one.
    How to fix: judge it by that release: `--profile lag-part1`, or `--profile auto`.
    Example: judged by lag, it lacks 6,906 images; by its ids and labels it is lag-part1.
    """
    found = evidence.manifest.header.ids_sha256
    if evidence.profile.ids_sha256 == found:
        raise NotApplicable("the ids and labels are those of the profile")
    for profile in map(load_profile, BUILT_IN):
        if profile.ids_sha256 == found and profile.name != evidence.profile.name:
            yield Hit(f"ids and labels are those of {profile.name}, not of {evidence.profile.name}: {profile.title}")


def class_index_inverted(evidence: Evidence) -> Hits:
    """The classes are exchanged: what is labelled 0 is what the release labels 1.

    Why it matters: loaders that number class folders in the order of the alphabet, and tables made of them, have
    glaucoma = 0; every figure of a model trained on one and tested on the other is then upside down.
    How to fix: map the labels: `values = { "0" = 1, "1" = 0 }` in `[labels]` of a profile, or name the folders as the
    release does.
    Example: with exchanged labels, ids and labels are those of lag-part1.
    """
    profile = evidence.profile
    if not is_built_in(profile.name):
        raise NotApplicable("the profile is none of LAG's")
    samples = evidence.samples.loc[evidence.has("image"), ["id", "label"]]
    lines = sorted(f"{key} {1 - label}\n" for key, label in samples.itertuples(index=False, name=None))
    exchanged = hashlib.sha256("".join(lines).encode()).hexdigest()
    for release in map(load_profile, BUILT_IN):
        if release.ids_sha256 == exchanged:
            yield Hit(
                f"class index inverted: with exchanged labels, ids and labels are exactly those of {release.name}"
            )
            return
    found = evidence.count_by_folder(evidence.has("image"))
    published = [c.images or 0 for c in profile.classes]
    share, usual = found[1] / max(1, found.sum()), published[1] / max(1, sum(published))
    if found.sum() >= _ENOUGH and abs(share - (1 - usual)) < _NEAR and abs(share - usual) > 3 * _NEAR:
        yield Hit(
            f"class index probably inverted: {100 * share:.1f} % of the images are {profile.classes[1].name}, in "
            f"{profile.name} {100 * usual:.1f} %; with exchanged classes it would be {100 * (1 - share):.1f} %"
        )


def map_share(evidence: Evidence) -> Hits:
    """The share of images with an attention map differs between the classes.

    Why it matters: the mere presence of a map then tells the class: a model that gets maps, or a loader that leaves out
    samples without one, learns or changes the balance. In LAG the shares are 49.9 and 49.0 %, in part 1 all.
    How to fix: find the lost maps; or use maps in none or in all, and split with class and map as strata.
    Example: 3,432 of 6,882 images (50 %) have a map in `non_glaucoma`, 1,000 of 4,878 (21 %) in `suspicious_glaucoma`.
    """
    evidence.require("map")
    images, classes = evidence.has("image"), evidence.profile.classes
    total, covered = evidence.count_by_folder(images), evidence.count_by_folder(images & evidence.has("map"))
    known = np.flatnonzero(total)
    if len(known) < 2:
        raise NotApplicable("there is only one class with images")
    share = covered[known] / total[known]
    # What the profile itself expects is not odd.
    meant = np.array([_expected_share(classes[number]) for number in known])
    beyond = share - (meant if not np.isnan(meant).any() else 0)
    low, high = int(beyond.argmin()), int(beyond.argmax())
    pooled = covered[known].sum() / total[known].sum()
    sigma = float(np.sqrt(pooled * (1 - pooled) * (1 / total[known[low]] + 1 / total[known[high]])))
    off = float(beyond[high] - beyond[low])
    if off > evidence.thresholds.map_share_difference and off > SIGNIFICANT * sigma:
        parts = (
            f"{covered[known[k]]:,} of {total[known[k]]:,} ({100 * share[k]:.0f} %) in {classes[known[k]].name}"
            for k in (high, low)
        )
        yield Hit(f"images with {evidence.profile.noun('map', 2)}: {', '.join(parts)}")


def _expected_share(spec: ClassSpec) -> float:
    return spec.maps / spec.images if spec.images and spec.maps is not None else np.nan
