"""Checks for pictures that stand in the data set more than once (LAG6xx)."""

import numpy as np
import pandas as pd

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable, Rows


def identical_across_classes(evidence: Evidence) -> Hits:
    """One picture, byte for byte, in two classes.

    Why it matters: one of the two labels is wrong, and a split may train on one and test on the other.
    How to fix: find out which label is right; leave both out until then.
    Example: `suspicious_glaucoma/image/0008.jpg` is the same file as `non_glaucoma/image/0007.jpg`.
    """
    return _twins(evidence, _by_bytes(evidence), "is the same file as", across=True)


def identical_within_class(evidence: Evidence) -> Hits:
    """One picture, byte for byte, under two ids of one class.

    Why it matters: a random split puts it on both sides: the test set leaks. `lagtool split` keeps both together.
    How to fix: remove one of them, or split with lagtool.
    Example: `non_glaucoma/image/0008.jpg` is the same file as `non_glaucoma/image/0007.jpg`.
    """
    return _twins(evidence, _by_bytes(evidence), "is the same file as", across=False)


def same_pixels_across_classes(evidence: Evidence) -> Hits:
    """One picture, pixel for pixel but in other bytes, in two classes.

    Why it matters: metadata was added or taken off, or the file was packed again without loss; it is the same
    photograph, and one of the two labels is wrong.
    How to fix: find out which label is right; leave both out until then.
    Example: `suspicious_glaucoma/image/0008.jpg` has the same pixels as `non_glaucoma/image/0007.jpg`, and Exif beside.
    """
    return _twins(evidence, _by_pixels(evidence), "has the same pixels as", across=True)


def same_pixels_within_class(evidence: Evidence) -> Hits:
    """One picture, pixel for pixel but in other bytes, under two ids of one class.

    Why it matters: no list of file hashes shows it, and a random split puts it on both sides: the test set leaks.
    How to fix: remove one of them, or keep both in one part of a split.
    Example: `non_glaucoma/image/0008.jpg` has the same pixels as `non_glaucoma/image/0007.jpg`, and Exif beside.
    """
    return _twins(evidence, _by_pixels(evidence), "has the same pixels as", across=False)


def _by_bytes(evidence: Evidence) -> pd.DataFrame:
    """Return row and content of all images that were read and are not empty."""
    known = evidence.measured("image_sha256") & (evidence.numbers("image_bytes") > 0)
    return _twice(evidence, np.flatnonzero(known), "image_sha256")


def _by_pixels(evidence: Evidence) -> pd.DataFrame:
    """The same by decoded pixels, of files that are the first or only one of their bytes in their class."""
    found = pd.DataFrame({"file": evidence.samples["image_sha256"], "class": evidence.class_codes})
    known = evidence.measured("image_pixels_sha256") & ~found.duplicated().to_numpy()
    return _twice(evidence, np.flatnonzero(known), "image_pixels_sha256")


def _twice(evidence: Evidence, rows: Rows, column: str) -> pd.DataFrame:
    """Return the rows whose content stands there twice, with the numbers of content and class, in order."""
    if not len(rows):
        raise NotApplicable("no images were read")
    rows = np.intersect1d(evidence.repeated(column), rows, assume_unique=True)
    codes = pd.factorize(evidence.samples[column].iloc[rows])[0]
    return pd.DataFrame({"row": rows, "content": codes, "class": evidence.class_codes[rows]})


def _twins(evidence: Evidence, table: pd.DataFrame, words: str, *, across: bool) -> Hits:
    """Yield for each copy the first picture of its content: in an earlier class, or earlier in its own class."""
    if table.empty:
        return
    by = "content" if across else ["content", "class"]
    table["first"] = table.groupby(by, sort=False)["row"].transform("first")
    table["first_class"] = evidence.class_codes[table["first"].to_numpy()]
    if across:  # once per class and content: further copies within the class have a check of their own
        here = table.groupby(["content", "class"], sort=False)["row"].transform("first")
        table = table[(table["class"] != table["first_class"]) & (here == table["row"])]
    else:
        table = table[table["first"] != table["row"]]
    if words.startswith("has"):  # the same bytes are said by the checks of bytes
        files = evidence.samples["image_sha256"]
        same = files.iloc[table["row"]].to_numpy() == files.iloc[table["first"]].to_numpy()
        table = table[~np.asarray(same, dtype=bool)]
    rows, firsts = table["row"].to_numpy(), table["first"].to_numpy()
    paths, others = evidence.texts("image_path", rows), evidence.texts("image_path", firsts)
    tail = ", which stands in another class" if across else ""
    for path, title, other in zip(paths, evidence.titles(rows), others, strict=True):
        yield Hit(f"{words} {other}{tail}", path, title, (other,))
