"""Checks for pictures that stand in the data set more than once (LAG6xx)."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lagtool.checks.evidence import Evidence, Hits, NotApplicable, Rows

SAME = {"image_sha256": "is the same file as", "image_pixels_sha256": "has the same pixels as"}
"""By what one picture is known again, and how that is said."""


def identical_across_classes(evidence: Evidence) -> Hits:
    """One picture, byte for byte, in two classes.

    Why it matters: one of the two labels is wrong, and a split may train on one and test on the other.
    How to fix: find out which label is right; leave both out until then.
    Example: `suspicious_glaucoma/image/0008.jpg` is the same file as `non_glaucoma/image/0007.jpg`.
    """
    return _copies(evidence, "image_sha256", across=True)


def identical_within_class(evidence: Evidence) -> Hits:
    """One picture, byte for byte, under two ids of one class.

    Why it matters: a random split puts it on both sides: the test set leaks. `lagtool split` keeps both together.
    How to fix: remove one of them, or split with lagtool.
    Example: `non_glaucoma/image/0008.jpg` is the same file as `non_glaucoma/image/0007.jpg`.
    """
    return _copies(evidence, "image_sha256", across=False)


def same_pixels_across_classes(evidence: Evidence) -> Hits:
    """One picture, pixel for pixel but in other bytes, in two classes.

    Why it matters: metadata was added or taken off, or the file was packed again without loss; it is the same
    photograph, and one of the two labels is wrong.
    How to fix: find out which label is right; leave both out until then.
    Example: `suspicious_glaucoma/image/0008.jpg` has the same pixels as `non_glaucoma/image/0007.jpg`, and Exif beside.
    """
    return _copies(evidence, "image_pixels_sha256", across=True)


def same_pixels_within_class(evidence: Evidence) -> Hits:
    """One picture, pixel for pixel but in other bytes, under two ids of one class.

    Why it matters: no list of file hashes shows it, and a random split puts it on both sides: the test set leaks.
    How to fix: remove one of them, or keep both in one part of a split.
    Example: `non_glaucoma/image/0008.jpg` has the same pixels as `non_glaucoma/image/0007.jpg`, and Exif beside.
    """
    return _copies(evidence, "image_pixels_sha256", across=False)


def _copies(evidence: Evidence, column: str, *, across: bool) -> Hits:
    """Yield for each copy the first picture of its content: in an earlier class, or earlier in its own class."""
    files, classes = evidence.samples["image_sha256"], evidence.class_codes
    known = evidence.measured(column)
    by_bytes = column == "image_sha256"
    if by_bytes:
        known = known & (evidence.numbers("image_bytes") > 0)
    else:  # of several files with the same bytes in a class, the first
        known = known & ~pd.DataFrame({"file": files, "class": classes}).duplicated().to_numpy()
    if not known.any():
        raise NotApplicable("no images were read")
    rows = evidence.repeated(column)
    rows = rows[known[rows]]
    rows = rows[np.argsort(evidence.excluded[rows], kind="stable")]  # the copy is the one that is excluded
    contents, kinds = pd.factorize(evidence.samples[column].iloc[rows])[0], classes[rows]
    if across:  # once per class and content: further copies within the class have a check of their own
        again, firsts = find_elsewhere(contents, kinds)
    else:
        first = first_of_each(contents * len(evidence.profile.classes) + kinds)
        again = np.flatnonzero((first >= 0) & (first != np.arange(len(rows))))
        firsts = first[again]
    rows, firsts = rows[again], rows[firsts]
    if not by_bytes:  # the same bytes are said by the checks of bytes
        other = ~np.asarray(files.iloc[rows].to_numpy() == files.iloc[firsts].to_numpy(), dtype=bool)
        rows, firsts = rows[other], firsts[other]
    order = np.argsort(rows, kind="stable")
    rows, firsts = rows[order], firsts[order]
    others = evidence.texts("image_path", firsts)
    tail = ", which stands in another class" if across else ""
    return evidence.say(rows, (f"{SAME[column]} {other}{tail}" for other in others), others=others)


def first_of_each(codes: NDArray[np.int64]) -> Rows:
    """Return for each number that stands more than once the place where it stands first; -1 for others and below 0."""
    _, first, kinds, often = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    return np.where((codes >= 0) & (often[kinds] > 1), first[kinds], -1)


def find_elsewhere(values: ArrayLike, kinds: ArrayLike) -> tuple[Rows, Rows]:
    """Return where a value stands again under another kind, such as one picture in another part.

    Args:
        values: Numbers or texts, none missing; (n,).
        kinds: Under what each stands, as numbers; (n,).

    Returns:
        Per value the first place of each kind but that of its first place, and that first place beside; in order.
    """
    table = pd.DataFrame({"value": values, "kind": kinds}).drop_duplicates()
    places = pd.Series(table.index)
    firsts = places.groupby(table["value"].to_numpy(), sort=False).transform("first")
    again = table["value"].duplicated().to_numpy()
    return places[again].to_numpy(np.intp), firsts[again].to_numpy(np.intp)
