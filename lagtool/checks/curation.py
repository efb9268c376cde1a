"""Checks of the marks that a manifest carries (LAG8xx), and of splits against them."""

import numpy as np

from lagtool.checks.division import list_divisions
from lagtool.checks.duplicates import find_elsewhere
from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable, remembered
from lagtool.curation import Action, excluded, recorded_marks
from lagtool.curation.apply import Fate, Placed
from lagtool.display import show


def unknown_mark(evidence: Evidence) -> Hits:
    """A mark of the curation names a sample that is not there.

    Why it matters: what somebody decided has no effect: the id is misspelt, or the file belongs to another data set.
    How to fix: correct the id (`lagtool curate add --manifest SOURCE` refuses unknown ones), or remove the line.
    Example: exclude `non_glaucoma/0007`, and no such sample.
    """
    placed = _marks(evidence)
    for row, mark in zip(placed.rows.tolist(), placed.marks, strict=True):
        if row < 0:
            yield Hit(f"{_words(mark.action, mark.value)}, but there is no sample {mark.sample}", "", mark.sample)


def stale_mark(evidence: Evidence) -> Hits:
    """A mark of the curation is of another picture than the sample has now; it is not applied.

    Why it matters: somebody looked at one picture and decided; the file was exchanged since, and nobody has looked at
    the new one. A sample that was to be left out is back.
    How to fix: look at the picture again, and mark it again with `lagtool curate add --manifest SOURCE`.
    Example: exclude `non_glaucoma/0007`, of a picture whose sha256 begins with 1f0c, while now it begins with 6116.
    """
    placed = _marks(evidence)
    at = np.array([number for number, fate in enumerate(placed.fates) if fate is Fate.STALE], np.intp)
    rows = placed.rows[at].astype(np.intp)
    texts = []
    for number, digest in zip(at.tolist(), evidence.values("image_sha256", rows), strict=True):
        mark = placed.marks[number]
        now = f"now {digest[:12]}" if digest else "now no image that could be read"
        then = show(mark.image_sha256, 64)[:12]
        texts.append(f"{_words(mark.action, mark.value)}: of a picture with sha256 {then}, {now}")
    return evidence.say(rows, texts)


def lone_mark(evidence: Evidence) -> Hits:
    """A group that is to be kept together has one sample only.

    Why it matters: it keeps nothing together: the other members were misspelt, are stale, or the name of the group was.
    How to fix: mark the others with the same value, or remove the mark.
    Example: keep-together patient-12 for `non_glaucoma/0007`, and for no other sample.
    """
    placed = _marks(evidence)
    groups: dict[str, set[int]] = {}
    for row, mark in placed.select(Action.KEEP_TOGETHER):
        groups.setdefault(mark.value, set()).add(row)
    lone = {next(iter(rows)): name for name, rows in groups.items() if len(rows) == 1}
    rows = sorted(lone)
    texts = (f"is the only sample that is kept together as '{show(lone[row], 60)}'" for row in rows)
    return evidence.say(np.array(rows, np.intp), texts)


def excluded_in_part(evidence: Evidence) -> Hits:
    """A sample that a mark excludes stands in a part of a split.

    Why it matters: the split was made before the mark, or without it: what was to be left out is trained or tested on.
    How to fix: split again with `lagtool split --curation FILE`; or leave the sample out of the lists.
    Example: `non_glaucoma/0007` is in part train, and excluded ("not an eye").
    """
    divisions = list_divisions(evidence)
    placed = _marks(evidence)
    notes = {row: mark.note for row, mark in placed.select(Action.EXCLUDE)}
    out = excluded(evidence.samples)
    for division in divisions:
        rows = np.flatnonzero(out & (division.parts >= 0))
        texts = (
            f"is in {division.name(division.parts[row])}, and excluded"
            + (f" ({show(notes[row], 120)})" if notes.get(row) else "")
            for row in rows.tolist()
        )
        yield from evidence.say(rows, texts)


def marked_group_in_two_parts(evidence: Evidence) -> Hits:
    """Samples that marks keep together stand in two parts of a split.

    Why it matters: somebody knows that they belong together (one patient, one eye, one session): in two parts, the test
    set leaks.
    How to fix: split again with `lagtool split --curation FILE`.
    Example: `0008` in test is to be kept together with `0007` in train, as patient-12.
    """
    divisions = list_divisions(evidence)
    marked = _marks(evidence).select(Action.KEEP_TOGETHER)
    if not marked:
        raise NotApplicable("no mark keeps samples together")
    marked.sort(key=lambda found: (found[1].value, found[0]))
    rows = np.array([row for row, _ in marked], np.intp)
    groups = np.array([mark.value for _, mark in marked], object)
    for division in divisions:
        placed = np.flatnonzero(division.parts[rows] >= 0)
        again, firsts = (placed[at] for at in find_elsewhere(groups[placed], division.parts[rows[placed]]))
        others = evidence.titles(rows[firsts])
        parts = (map(division.name, division.parts[rows[at]].tolist()) for at in (again, firsts))
        texts = (
            f"is in {here}, and to be kept together with {other} in {there}, as '{show(name, 60)}'"
            for here, there, other, name in zip(*parts, others, groups[again], strict=True)
        )
        yield from evidence.say(rows[again], texts, others=others)


def _words(action: Action, value: str) -> str:
    return f"{action.value} {show(value, 60)}" if value else action.value


@remembered
def _marks(evidence: Evidence) -> Placed:
    known = recorded_marks(evidence.manifest)
    if known is None:
        raise NotApplicable("no marks: --curation FILE applies some")
    return known
