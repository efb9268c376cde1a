"""Checks of a split: of the columns ``split``, ``fold`` and ``group``, whoever made them (LAG7xx)."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.duplicates import SAME, find_elsewhere
from lagtool.checks.evidence import SIGNIFICANT, Evidence, Hit, Hits, Mask, NotApplicable, Rows, remembered
from lagtool.curation.apply import excluded
from lagtool.text import count, join_some, show


class Division(NamedTuple):
    """One column that divides the samples: the number of each sample's part (-1: none), and the parts' names."""

    column: str
    parts: NDArray[np.intp]
    names: list[str]

    def name(self, part: int | np.intp) -> str:
        """Return a part in words: ``part train``, ``fold 0``."""
        return f"{'part' if self.column == 'split' else 'fold'} {self.names[part]}"


def list_divisions(evidence: Evidence) -> list[Division]:
    """Return the divisions of the manifest; none raises `NotApplicable`."""
    known = _divisions(evidence)
    if not known:
        raise NotApplicable("the manifest has no split")
    return known


@remembered
def _divisions(evidence: Evidence) -> list[Division]:
    found = []
    for column in ("split", "fold"):
        if column in evidence.samples and evidence.samples[column].notna().any():
            parts, names = pd.factorize(evidence.samples[column], sort=True)
            found.append(Division(column, parts.astype(np.intp), [show(str(name), 40) for name in names]))
    return found


_WORTH_ORDER = 20  # samples of a class in parts: fewer lie in order by chance


def picture_in_two_parts(evidence: Evidence) -> Hits:
    """One picture stands in two parts of a split.

    Why it matters: the test set leaks: a model is tested on what it was trained on. Pictures are the same whose bytes
    are, or whose decoded pixels are.
    How to fix: split again with `lagtool split`, which keeps copies together; or leave the copies out of all parts but
    one.
    Example: `0008.jpg` in test is the same file as `0007.jpg` in train.
    """
    divisions = list_divisions(evidence)
    evidence.measured("image_sha256")
    for division in divisions:
        said = np.zeros(len(division.parts), np.bool_)
        for column, words in SAME.items():
            rows, firsts = _crossings(evidence, division, column)
            fresh = ~said[rows]
            said[rows] = True
            yield from _pairs(evidence, division, rows[fresh], firsts[fresh], words)


def group_in_two_parts(evidence: Evidence) -> Hits:
    """Samples of one group stand in two parts of a split.

    Why it matters: the group says that they belong together (one eye, one patient, copies of one picture): in two
    parts, the test set leaks.
    How to fix: split again with `lagtool split`, which keeps groups together.
    Example: `0008` in test is of the group of `0007` in train.
    """
    divisions = list_divisions(evidence)
    _require_groups(evidence)
    for division in divisions:
        rows, firsts = _crossings(evidence, division, "group")
        yield from _pairs(evidence, division, rows, firsts, "is of the group of")


def _crossings(evidence: Evidence, division: Division, column: str) -> tuple[Rows, Rows]:
    """Return rows whose ``column`` stands in another part before, one per part and value, and where it stands first."""
    rows = evidence.repeated(column)
    rows = rows[((division.parts >= 0) & evidence.has("image"))[rows]]
    again, firsts = find_elsewhere(pd.factorize(evidence.samples[column].iloc[rows])[0], division.parts[rows])
    return rows[again], rows[firsts]


def _pairs(evidence: Evidence, division: Division, rows: Rows, firsts: Rows, words: str) -> Hits:
    others = evidence.texts("image_path", firsts)
    parts = zip(others, division.parts[rows].tolist(), division.parts[firsts].tolist(), strict=True)
    texts = (
        f"is in {division.name(here)} and {words} {other} in {division.name(there)}" for other, here, there in parts
    )
    return evidence.say(rows, texts, others=others)


def _require_groups(evidence: Evidence) -> None:
    if "group" not in evidence.samples or evidence.samples["group"].isna().all():
        raise NotApplicable("the manifest has no groups")


def part_without_picture(evidence: Evidence) -> Hits:
    """A split names a sample whose image is not there, or cannot be used.

    Why it matters: a training run stops at it, or goes on with less than the split says.
    How to fix: copy the image again, or make the split again from this tree.
    Example: part test names `non_glaucoma/0007`, which has no image.
    """
    good = evidence.has_size("image")
    for division in list_divisions(evidence):
        rows = np.flatnonzero((division.parts >= 0) & ~good)
        columns = evidence.values("image_path", rows), evidence.values("image_state", rows), evidence.titles(rows)
        texts = (
            f"{title} is in {division.name(part)}, but its image {'is not there' if path is None else f'is {state}'}"
            for path, state, title, part in zip(*columns, division.parts[rows].tolist(), strict=True)
        )
        yield from evidence.say(rows, texts)


def sample_without_part(evidence: Evidence) -> Hits:
    """Samples with an intact image are in no part of a split.

    Why it matters: they were forgotten, or left out on purpose; either way the split does not speak of the whole data.
    How to fix: if it was not meant so, split again; if it was, exclude them by marks with a reason
    (`lagtool curate`), or say in the paper which were left out and why.
    Example: 3,020 of 4,854 samples are in no part.
    """
    placed = np.zeros(len(evidence.samples), np.bool_)
    for division in list_divisions(evidence):
        placed |= division.parts >= 0
    good = evidence.has_size("image") & ~excluded(evidence.samples)
    left = np.flatnonzero(good & ~placed)
    if len(left):
        first = tuple(evidence.texts("image_path", left[:10]))
        yield Hit(f"{len(left):,} of {count(int(good.sum()), 'intact sample')} in no part of the split", "", "", first)


class _Shares(NamedTuple):
    """A part: how many samples it has, how many of them are of a kind, and what would be expected."""

    part: int
    total: int
    found: int
    expected: float
    odd: bool

    @property
    def text(self) -> str:
        here, whole = 100 * self.found / self.total, 100 * self.expected
        return f"{self.found:,} of {self.total:,} ({here:.1f} %, in all {whole:.1f} %)"


def _shares(evidence: Evidence, division: Division, kind: Mask) -> Iterator[_Shares]:
    """Compare the share of ``kind`` in each part with its share in all parts (hypergeometric deviation)."""
    placed = division.parts >= 0
    sizes = np.bincount(division.parts[placed], minlength=len(division.names))
    found = np.bincount(division.parts[placed & kind], minlength=len(division.names))
    whole = int(sizes.sum())
    expected = float(found.sum()) / whole
    limit = evidence.thresholds.part_share_difference
    for part, (size, number) in enumerate(zip(sizes.tolist(), found.tolist(), strict=True)):
        spread = np.sqrt(expected * (1 - expected) / size * (whole - size) / max(1, whole - 1))
        off = abs(number / size - expected)
        yield _Shares(part, size, number, expected, off > limit and off > SIGNIFICANT * spread)


def single_class_part(evidence: Evidence) -> Hits:
    """A part of a split has samples of one class only.

    Why it matters: nothing can be learned from it, and no AUC, sensitivity or specificity computed on it.
    How to fix: split again, stratified by class.
    Example: all 300 samples of part val are of `non_glaucoma`.
    """
    for division in list_divisions(evidence):
        placed = division.parts >= 0
        classes = evidence.profile.classes
        codes = division.parts[placed] * len(classes) + evidence.class_codes[placed]
        sizes = np.bincount(codes, minlength=len(division.names) * len(classes)).reshape(-1, len(classes))
        if np.count_nonzero(sizes.sum(axis=0)) < 2:
            raise NotApplicable("all samples in parts are of one class")
        for part in np.flatnonzero(np.count_nonzero(sizes, axis=1) == 1).tolist():
            number = int(sizes[part].argmax())
            text = f"{count(int(sizes[part][number]), 'sample')}, all of {classes[number].name}"
            yield Hit(f"{division.name(part)}: {text}")


def part_class_share(evidence: Evidence) -> Hits:
    """The share of a class in a part is far from its share in the whole split.

    Why it matters: accuracy, precision and thresholds depend on the share of the classes; numbers from such a part
    cannot be compared with others'. Chance is allowed for. A balanced test set made on purpose is found too.
    How to fix: split again, stratified by class; or say in the paper what the share is.
    Example: part test: 811 of 1,622 (50.0 %, in all 35.2 %) are of `suspicious_glaucoma`.
    """
    for division in list_divisions(evidence):
        worst: dict[int, tuple[float, str]] = {}
        for number, spec in enumerate(evidence.profile.classes):
            for shares in _shares(evidence, division, evidence.class_codes == number):
                off = abs(shares.found / shares.total - shares.expected)
                if shares.odd and 0 < shares.found < shares.total and off >= worst.get(shares.part, (0.0, ""))[0]:
                    worst[shares.part] = off, f"{shares.text} are of {spec.name}"
        for part, (_, text) in sorted(worst.items()):
            yield Hit(f"{division.name(part)}: {text}")


def part_map_share(evidence: Evidence) -> Hits:
    """The share of samples with an attention map in a part is far from that in the whole split.

    Why it matters: samples with a map come from another selection than those without; a part that has more of them is
    another population. Chance is allowed for.
    How to fix: split again, stratified by class and presence of a map (the default of `lagtool split`).
    Example: part test: 100 of 1,764 (5.7 %, in all 49.5 %) have an attention map.
    """
    divisions = list_divisions(evidence)
    evidence.require("map")
    for division in divisions:
        for shares in _shares(evidence, division, evidence.has("map")):
            if shares.odd:
                yield Hit(f"{division.name(shares.part)}: {shares.text} have {evidence.profile.noun('map', 2)}")


def fold_numbers(evidence: Evidence) -> Hits:
    """The folds are not numbered 0, 1, 2, ... without a gap.

    Why it matters: a loop over K folds trains without one, or stops; a fold was lost, or two splits were mixed.
    How to fix: split again with `lagtool split --folds K`, or number the folds anew.
    Example: folds 1, 2, 3, 5.
    """
    if "fold" not in evidence.samples or evidence.samples["fold"].isna().all():
        raise NotApplicable("the manifest has no folds")
    found = sorted(int(number) for number in evidence.samples["fold"].dropna().unique())
    if found != list(range(len(found))):
        shown = join_some([str(number) for number in found], 10)
        yield Hit(f"folds are numbered {shown}, expected 0 to {len(found) - 1}")


def empty_part(evidence: Evidence) -> Hits:
    """A part that the split names has no sample.

    Why it matters: a run that validates or tests on it stops, or reports nothing; the manifest was filtered after the
    split was made.
    How to fix: make the split again from what is there.
    Example: the split names train, val and test, and no sample is in val.
    """
    divisions = list_divisions(evidence)
    named = (evidence.manifest.header.split or {}).get("names")
    if not isinstance(named, list):
        raise NotApplicable("the header names no parts")
    known = {name if d.column == "split" else f"fold{name}" for d in divisions for name in d.names}
    for name in named:
        if str(name) not in known:
            yield Hit(f"part {show(str(name), 40)} has no sample")


def conflicting_group(evidence: Evidence) -> Hits:
    """A group has samples of two classes.

    Why it matters: of copies of one picture, one of the labels is wrong; two visits of one eye or patient may both be
    right (LAG611). Wherever the group goes, a class share gives way.
    How to fix: look at the pictures; correct a wrong label or group by a mark (`lagtool curate`), keep two visits as
    they are, or leave the group out (`lagtool split --drop-conflicts`).
    Example: the group of `non_glaucoma/0007` has `suspicious_glaucoma/0008`.
    """
    _require_groups(evidence)
    rows = np.flatnonzero(evidence.samples["group"].notna().to_numpy())
    groups = pd.factorize(evidence.samples["group"].iloc[rows])[0]
    again, firsts = find_elsewhere(groups, evidence.class_codes[rows])
    sentence = "is of the group of {}, which is of another class"
    return evidence.say(rows[again], map(sentence.format, evidence.titles(rows[firsts])))


def sliced_by_id(evidence: Evidence) -> Hits:
    """The parts of a split are slices of the sorted ids.

    Why it matters: the order of names decided, not chance. In LAG ids carry no order that we know of, so that it may
    do no harm; where they follow time, clinic or patient, parts differ in these.
    How to fix: split again with a seed, if results are to be compared with nobody's.
    Example: train has the lowest 70 % of the ids of each class, test the rest.
    """
    for division in list_divisions(evidence):
        judged = sliced = 0
        for number in range(len(evidence.profile.classes)):
            parts = division.parts[(division.parts >= 0) & (evidence.class_codes == number)]
            if len(parts) >= _WORTH_ORDER and len(np.unique(parts)) > 1:
                judged += 1
                sliced += int(np.count_nonzero(np.diff(parts)) == len(np.unique(parts)) - 1)
        if judged and sliced == judged:
            yield Hit(f"the column {division.column} follows the order of the ids in every class")
