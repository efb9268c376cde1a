"""Checks of the marks that a manifest carries (LAG8xx), and of splits against them."""

import numpy as np

from lagtool.checks.duplicates import find_elsewhere, find_unsearched
from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable, remembered
from lagtool.checks.splits import list_divisions
from lagtool.curation.apply import Fate, Placed, excluded, recorded_marks
from lagtool.duplicates.groups import identify_pictures
from lagtool.duplicates.pairs import recorded_pairs
from lagtool.manifest.marks import Mark
from lagtool.manifest.rules import locate_pairs, sample_keys
from lagtool.model import Action
from lagtool.splits.grouping import group_all
from lagtool.text import show


def unknown_mark(evidence: Evidence) -> Hits:
    """A mark of the curation names a sample that is not there.

    Why it matters: what somebody decided has no effect: the id is misspelt, or the file belongs to another dataset.
    How to fix: correct the id (`lagtool curate add --manifest SOURCE` refuses unknown ones), or remove the line.
    Example: exclude `non_glaucoma/0007`, and no such sample.
    """
    placed = _marks(evidence)
    for number, (row, mark) in enumerate(zip(placed.rows.tolist(), placed.marks, strict=True)):
        if row < 0:
            yield Hit(f"{_words(mark.action, mark.value)}, but there is no sample {mark.sample}", "", mark.sample)
        elif mark.other and placed.others[number] in (-1, row):
            yield Hit(f"{_words(mark.action, mark.value)}, but there is no other sample {mark.other}", "", mark.sample)


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
    for number, row in zip(at.tolist(), rows.tolist(), strict=True):
        mark = placed.marks[number]
        ends = np.array([row, *([placed.others[number]] if mark.other else [])], np.intp)
        digests = [digest[:12] if digest else "none" for digest in evidence.values("image_sha256", ends)]
        now = f"now {' and '.join(digests)}" if digests != ["none"] else "now no image that could be read"
        then = " and ".join(digest[:12] for digest in show(mark.image_sha256, 200).split("+"))
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


def idle_pair_mark(evidence: Evidence) -> Hits:
    """A mark rejects a pair that the search does not find (any more).

    Why it matters: it has no effect: the pair was mistaken for another one, or a newer search no longer pairs the two.
    How to fix: look at the pairs again (`lagtool duplicates`); correct the mark, or remove the line.
    Example: not-same `non_glaucoma/0012` for `non_glaucoma/0007`, which no search pairs.
    """
    rejected = _pair_marks(evidence, Action.NOT_SAME)
    found = recorded_pairs(evidence.manifest)
    if found is None or found.not_looked_for:
        raise NotApplicable("not everything was searched: no pair can be missed")
    picture, gone = identify_pictures(evidence.samples), find_unsearched(evidence)
    ends = (picture[side] for side in locate_pairs(found.pairs, sample_keys(evidence.samples)))
    paired = {frozenset(pair) for pair in zip(*(side.tolist() for side in ends), strict=True)}
    for a, b, mark in rejected:
        known = frozenset((int(picture[a]), int(picture[b])))
        if len(known) > 1 and known not in paired and not (gone[a] or gone[b]):
            yield Hit(f"{_words(mark.action, mark.value)}, but no search pairs the two", "", mark.sample)


def identical_marked_apart(evidence: Evidence) -> Hits:
    """A mark says of identical pictures that they are not the same.

    Why it matters: the two files have the same bytes or the same pixels, so that the mark cannot be right: they stay
    together whatever it says.
    How to fix: correct the mark or remove the line; if one of the samples should go, `exclude` it.
    Example: not-same `non_glaucoma/0008` for `non_glaucoma/0007`, which is the same file.
    """
    picture = identify_pictures(evidence.samples)
    for a, b, mark in _pair_marks(evidence, Action.NOT_SAME):
        if picture[a] == picture[b]:
            yield Hit(f"{_words(mark.action, mark.value)}, but the two are identical pictures", "", mark.sample)


def rejected_yet_together(evidence: Evidence) -> Hits:
    """Samples that a mark calls not the same stay together, since other pairs or marks connect them.

    Why it matters: a split keeps them together all the same; some of what connects them contradicts the mark.
    How to fix: look at the group (`lagtool duplicates`), and reject the pair that connects the two by way of others.
    Example: not-same `non_glaucoma/0012` for `non_glaucoma/0007`, and both are of one eye with `non_glaucoma/0009`.
    """
    rejected = _pair_marks(evidence, Action.NOT_SAME)
    picture, group = identify_pictures(evidence.samples), group_all(evidence.manifest).codes
    for a, b, mark in rejected:
        if group[a] == group[b] and picture[a] != picture[b]:
            yield Hit(f"{_words(mark.action, mark.value)}, but other pairs or marks connect the two", "", mark.sample)


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
    """Samples that marks keep together, or call the same, stand in two parts of a split.

    Why it matters: somebody knows that they belong together (one patient, one eye, one session): in two parts, the test
    set leaks.
    How to fix: split again with `lagtool split --curation FILE`.
    Example: `0008` in test is to be kept together with `0007` in train, as patient-12.
    """
    divisions = list_divisions(evidence)
    placed_marks = _marks(evidence)
    marked = placed_marks.select(Action.KEEP_TOGETHER)
    for number, (a, b, mark) in enumerate(placed_marks.select_pairs(Action.SAME)):
        named = mark.model_copy(update={"value": f"same pair {number + 1}"})
        marked += [(a, named), (b, named)]
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


def _pair_marks(evidence: Evidence, action: Action) -> list[tuple[int, int, Mark]]:
    found = _marks(evidence).select_pairs(action)
    if not found:
        raise NotApplicable(f"no mark is '{action.value}'")
    return found


def _words(action: Action, value: str) -> str:
    return f"{action.value} {show(value, 60)}" if value else action.value


@remembered
def _marks(evidence: Evidence) -> Placed:
    known = recorded_marks(evidence.manifest)
    if known is None:
        raise NotApplicable("no marks: --curation FILE applies some")
    return known
