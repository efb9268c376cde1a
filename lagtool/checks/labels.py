"""Checks of the label files (LAG2xx)."""

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.model import State
from lagtool.profile import SLOTS


def label_contradicts_folder(evidence: Evidence) -> Hits:
    """The label file states another class than the folder that it lies in.

    Why it matters: one of the two is wrong, and training uses one of them. No other tool compares them.
    How to fix: look at the picture and at the published lists; then correct the label or move the sample.
    Example: `non_glaucoma/label/0007.txt` holds `1`.
    """
    evidence.require("label")
    value = evidence.samples["label_value"]
    mask = (value.notna() & (value != evidence.samples["label"])).fillna(False).astype(bool)
    return evidence.hits(
        mask, "label", lambda row: f"states {row['label_value']}, but its folder stands for {row['label']}"
    )


def _by_state(evidence: Evidence, state: State) -> Hits:
    evidence.require("label")
    return evidence.hits(evidence.in_state("label", state), "label", lambda row: str(row["label_message"]))


def label_empty(evidence: Evidence) -> Hits:
    """A label file without content, or with nothing but blanks.

    Why it matters: typical of a full disk or a broken copy; other files may have suffered too.
    How to fix: copy it again.
    Example: `non_glaucoma/label/0007.txt` has 0 bytes.
    """
    return _by_state(evidence, State.EMPTY)


def label_invalid(evidence: Evidence) -> Hits:
    """A label file that holds something else than one of the labels.

    Why it matters: a loader that calls `int()` crashes on it, or takes it for a label that does not exist. Line ends,
    blanks and a byte order mark are accepted.
    How to fix: correct it, or copy it again.
    Example: `2`, `0 1`, `glaucoma`, UTF-16 text.
    """
    return _by_state(evidence, State.INVALID)


def label_unreadable(evidence: Evidence) -> Hits:
    """A label file that could not be read, or is far too large to be one.

    Why it matters: its label is unknown.
    How to fix: give yourself the right to read it, or copy it again.
    Example: a label of 5 KB; `Permission denied`.
    """
    return _by_state(evidence, State.UNREADABLE)


def name_contradicts_class(evidence: Evidence) -> Hits:
    """The name of a file bears the mark of another class than the one that it lies in.

    Why it matters: one of the two is wrong, and training uses one of them. Only data sets whose file names tell the
    class (a profile with `mark`) can be judged so.
    How to fix: look at the picture and at the published lists; then rename the file or move it.
    Example: `Glaucoma/n0007.jpg`, where `g` stands for glaucoma and `n` for the rest.
    """
    profile = evidence.profile
    marks = {c.name: (c.mark or "").lower() for c in profile.classes}
    judged = False
    for slot in SLOTS:
        if not profile.has_marks(slot):
            continue
        judged = True
        rows = evidence.samples.loc[evidence.has(slot), ["class", "id", f"{slot}_path"]]
        for class_name, key, path in rows.itertuples(index=False, name=None):
            parts = profile.read_name(slot, path.rpartition("/")[2])
            if parts is not None and parts.mark is not None and parts.mark != marks[class_name]:
                other = next((name for name, mark in marks.items() if mark == parts.mark), None)
                what = f"named like one of {other}" if other else f"bears the mark '{parts.mark}' of no class"
                yield Hit(f"{what}, but lies in {class_name}", path, f"{class_name}/{key}")
    if not judged:
        raise NotApplicable("file names do not tell the class")
