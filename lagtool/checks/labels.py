"""Checks of the label files (LAG2xx)."""

import numpy as np

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.model import State
from lagtool.profiles import SLOTS


def label_contradicts_folder(evidence: Evidence) -> Hits:
    """The label file states another class than the folder that it lies in.

    Why it matters: one of the two is wrong, and training uses one of them. No other tool compares them.
    How to fix: look at the picture and at the published lists; then correct the label or move the sample.
    Example: `non_glaucoma/label/0007.txt` holds `1`.
    """
    evidence.require("label")
    mask = evidence.flags(evidence.samples["label_value"] != evidence.samples["label"])
    if "curated_class" in evidence.samples:  # somebody looked, and decided
        mask &= evidence.samples["curated_class"].isna().to_numpy()
    return evidence.hits(
        mask, "label", lambda value, label: f"states {value}, but its folder stands for {label}", "label_value", "label"
    )


def label_empty(evidence: Evidence) -> Hits:
    """A label file without content, or with nothing but blanks.

    Why it matters: typical of a full disk or a broken copy; other files may have suffered too.
    How to fix: copy it again.
    Example: `non_glaucoma/label/0007.txt` has 0 bytes.
    """
    return evidence.state_hits("label", State.EMPTY)


def label_invalid(evidence: Evidence) -> Hits:
    """A label file that holds something else than one of the labels.

    Why it matters: a loader that calls `int()` crashes on it, or takes it for a label that does not exist. Line ends,
    blanks and a byte order mark are accepted.
    How to fix: correct it, or copy it again.
    Example: `2`, `glaucoma`, `1.0`.
    """
    return evidence.state_hits("label", State.INVALID)


def label_unreadable(evidence: Evidence) -> Hits:
    """A label file that could not be read, or is far too large to be one.

    Why it matters: its label is unknown.
    How to fix: give yourself the right to read it, or copy it again.
    Example: a label of 5 KB; `Permission denied`.
    """
    return evidence.state_hits("label", State.UNREADABLE)


def label_several_values(evidence: Evidence) -> Hits:
    """A label file that holds several values.

    Why it matters: which one is meant cannot be known; loaders take the first, or the last, or crash.
    How to fix: correct it: one label, one file. Perhaps two files were joined, or one graded by two people.
    Example: `0 1`.
    """
    return evidence.state_hits("label", State.SEVERAL_VALUES)


def label_not_text(evidence: Evidence) -> Hits:
    """A label file that is not plain text.

    Why it matters: an editor saved it as UTF-16, or it is another file altogether (a picture, an archive); what a
    loader makes of it is chance.
    How to fix: save it as plain text (ASCII or UTF-8), or copy it again.
    Example: a UTF-16 text, zero bytes, a JPEG called `0007.txt`.
    """
    return evidence.state_hits("label", State.NOT_TEXT)


def name_contradicts_class(evidence: Evidence) -> Hits:
    """The name of a file bears the mark of another class than the one that it lies in.

    Why it matters: one of the two is wrong, and training uses one of them. Only datasets whose file names tell the
    class (a profile with `mark`) can be judged so.
    How to fix: look at the picture and at the published lists; then rename the file or move it.
    Example: `Glaucoma/n0007.jpg`, where `g` stands for glaucoma and `n` for the rest.
    """
    profile = evidence.profile
    class_of = profile.class_of_mark
    judged = False
    for slot in SLOTS:
        if not profile.has_marks(slot):
            continue
        judged = True
        read_name = profile.name_reader(slot)
        rows = np.flatnonzero(evidence.has(slot))
        classes, paths = evidence.values("class", rows), evidence.texts(f"{slot}_path", rows)
        for class_name, path, title in zip(classes, paths, evidence.titles(rows), strict=True):
            parts = read_name(path.rpartition("/")[2])
            if parts is not None and parts.mark is not None and (other := class_of[parts.mark]) != class_name:
                what = f"named like one of {other}"
                yield Hit(f"{what}, but lies in {class_name}", path, title)
    if not judged:
        raise NotApplicable("file names do not tell the class")
