"""Which sample a release lacks, has too much, or has in the other class: found by trying, proved by its fingerprint."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from lagtool.checks.evidence import Evidence, remembered

_MOST_LINES = 8_000
_MOST_WIDTH = 4
"""Digits of ids that are all tried: 10,000 of them. Part 1 of LAG takes half a second."""


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

    None: it is the profile's, or there is none; or more than one sample differs, or the data set is too large to try.
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
