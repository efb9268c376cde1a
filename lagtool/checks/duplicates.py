"""Checks for pictures that stand in the dataset more than once (LAG6xx)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lagtool.checks.evidence import Evidence, Hit, Hits, Mask, NotApplicable, Rows, remembered
from lagtool.curation.apply import count_as
from lagtool.duplicates.groups import describe_weakest, list_groups
from lagtool.duplicates.pairs import Likeness
from lagtool.manifest.header import Relation
from lagtool.manifest.rules import locate_pairs, sample_keys
from lagtool.text import count

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


def near_duplicate(evidence: Evidence) -> Hits:
    """One photograph saved again: resized, cropped, brightened, slightly turned.

    Why it matters: no file checksum shows it, and a random split puts it on both sides: the test set leaks. In two
    classes, one of the labels is wrong. It is looked for by `lagtool duplicates`, not by validation.
    How to fix: look at both, and keep them in one split: `lagtool split` does, where the manifest has pairs. A file
    that was saved again may be excluded (`lagtool curate add --action exclude`). Two visits of one eye are two samples:
    exclude neither, and mark the pair `same`.
    Example: `non_glaucoma/image/0008.jpg` is a near-duplicate of `non_glaucoma/image/0007.jpg` (score 0.98).
    """
    return _alike(evidence, Relation.NEAR_DUPLICATE, "is a near-duplicate of")


def mirrored(evidence: Evidence) -> Hits:
    """One photograph and its mirror image, possibly turned as well.

    Why it matters: somebody augmented the set before handing it on. A left eye becomes a right one, and a random split
    puts the photograph on both sides. In two classes, one of the labels is wrong.
    How to fix: look at both, and keep them in one split: `lagtool split` does, where the manifest has pairs. The mirror
    image of a file may be excluded (`lagtool curate add --action exclude`), a second photograph of the eye not.
    Example: `non_glaucoma/image/0008.jpg` is a mirror image of `non_glaucoma/image/0007.jpg` (score 0.99).
    """
    return _alike(evidence, Relation.MIRRORED, "is a mirror image of")


def turned(evidence: Evidence) -> Hits:
    """One photograph twice, turned by 90, 180 or 270 degrees.

    Why it matters: no fundus camera is held so; it is an augmentation, and a random split puts it on both sides. In two
    classes, one of the labels is wrong.
    How to fix: look at both, and keep them in one split: `lagtool split` does, where the manifest has pairs. The turned
    copy of a file may be excluded (`lagtool curate add --action exclude`), a second photograph of the eye not.
    Example: `non_glaucoma/image/0008.jpg` is turned against `non_glaucoma/image/0007.jpg` (score 0.99).
    """
    return _alike(evidence, Relation.TURNED, "is turned against")


def same_eye(evidence: Evidence) -> Hits:
    """Two photographs of one eye, in one class.

    Why it matters: both are good data, two photographs of one visit or of two, but in two splits the model is tested on
    an eye that it was trained on.
    How to fix: keep both, in one split: `lagtool split` does, where the manifest has pairs. If they are two eyes, mark
    the pair: `lagtool curate add --action not-same`.
    Example: `non_glaucoma/image/0008.jpg` shows the same eye as `non_glaucoma/image/0007.jpg` (score 0.99).
    """
    return _alike(evidence, Relation.SAME_EYE, "shows the same eye as", across=False)


def same_eye_across_classes(evidence: Evidence) -> Hits:
    """Two photographs of one eye, in two classes.

    Why it matters: perhaps glaucoma developed between two visits, and both labels are right: this is no label error by
    itself. In two splits, the model is tested on an eye that it was trained on.
    How to fix: keep both, in one split: `lagtool split` does, where the manifest has pairs. Look at them: if they are
    two eyes, mark the pair `not-same`; if one label is wrong, `relabel` that sample (`lagtool curate add`).
    Example: `suspicious_glaucoma/image/0008.jpg` shows the same eye as `non_glaucoma/image/0007.jpg` (score 0.61), in
    another class.
    """
    words = "in another class: perhaps progression between two visits; keep both, in one split"
    return _alike(evidence, Relation.SAME_EYE, "shows the same eye as", across=True, where=words)


def large_group(evidence: Evidence) -> Hits:
    """A group of similar images is larger than any eye's photographs are.

    Why it matters: one wrong pair joins two groups, and a split then keeps together what does not belong together; the
    larger the group, the more likely it has one. The weakest link is named: the pair with the lowest score without
    which the group falls apart.
    How to fix: look at the two images of the weakest link. If they do not belong together, reject the pair: `lagtool
    curate add FILE --action not-same`. Thresholds: `large_group`.
    Example: a group of 14 images; weakest link `non_glaucoma/0007` and `non_glaucoma/0008` (same-eye 0.39).
    """
    list_edges(evidence)
    assert evidence.likeness is not None
    most = evidence.thresholds.large_group
    for group in list_groups(evidence.samples, evidence.likeness.pairs, counted=count_as(evidence.manifest)):
        if len(group.members) > most:
            text = f"a group of {count(len(group.members), 'image')}; {describe_weakest(group)}"
            yield Hit(text, "", group.members[0], group.members[1:10])


def unsearched_image(evidence: Evidence) -> Hits:
    """An image was not searched for copies and for the same eye.

    Why it matters: whether anything is like it is not known: it may stand in the test set and in training. The file
    was missing, unreadable or another than the manifest's when it was to be opened, or could not be decoded when the
    dataset was indexed.
    How to fix: put the file back, or index the dataset again, and search again: `lagtool duplicates SOURCE --root DIR
    --manifest FILE`.
    Example: `non_glaucoma/image/0008.jpg` was not searched.
    """
    list_edges(evidence)
    if not any(relation.needs_pictures for relation in (evidence.likeness.looked_for if evidence.likeness else ())):
        raise NotApplicable("no pictures were to be compared")
    return evidence.hits(find_unsearched(evidence), "image", "was not searched for copies and the same eye")


def probably_same_eye(evidence: Evidence) -> Hits:
    """Two photographs that probably show one eye.

    Why it matters: their vessels lie on each other, but less surely than the threshold for the same eye asks: hazy,
    blurred or small parts in common. `lagtool split` keeps them together by default.
    How to fix: look at both.
    Example: `non_glaucoma/image/0008.jpg` probably shows the same eye as `non_glaucoma/image/0007.jpg` (score 0.81).
    """
    return _alike(evidence, Relation.PROBABLY_SAME_EYE, "probably shows the same eye as")


class Edges(NamedTuple):
    """Pairs as positions of two samples, with each one's relation, score and detail."""

    a: Rows
    b: Rows
    relations: list[str]
    scores: list[float]
    details: list[str]


def list_edges(evidence: Evidence, *wanted: Relation) -> Edges:
    """Return all pairs that the manifest records.

    Raises:
        NotApplicable: There are none, or none of the relations that are ``wanted`` was looked for.
    """
    likeness = evidence.likeness
    if likeness is None:
        raise NotApplicable("not looked for: 'lagtool duplicates SOURCE --manifest FILE' makes a manifest with pairs")
    if wanted and not set(wanted) & set(likeness.looked_for):
        raise NotApplicable(f"not looked for: {likeness.not_looked_for[wanted[0]]}")
    return evidence.recall("edges", lambda: _locate(evidence, likeness))


@remembered
def find_unsearched(evidence: Evidence) -> Mask:
    """Return which samples have an image that the search that the manifest records did not search."""
    keys = () if evidence.likeness is None else evidence.likeness.unsearched
    mask: Mask = sample_keys(evidence.samples).isin(keys)
    return mask


def require_searched(unsearched: int, images: int, noun: str = "image") -> None:
    """Raise `NotApplicable` where nothing was found, and not all that could have been found was searched."""
    if unsearched:
        raise NotApplicable(f"none found, but {unsearched:,} of {count(images, noun)} not searched")


def _locate(evidence: Evidence, likeness: Likeness) -> Edges:
    pairs = likeness.pairs
    a, b = locate_pairs(pairs, sample_keys(evidence.samples))
    there = (a >= 0) & (b >= 0)
    return Edges(a[there], b[there], *(pairs[name][there].tolist() for name in ("relation", "score", "detail")))


def _alike(
    evidence: Evidence,
    relation: Relation,
    words: str,
    *,
    across: bool | None = None,
    where: str = "which stands in another class",
) -> Hits:
    """Yield the pairs of a relation at the later picture, those across classes first; or only these, or only others."""
    edges = list_edges(evidence, relation)
    rows = np.flatnonzero(np.array(edges.relations, object) == relation.value)
    crosses = evidence.class_codes[edges.a[rows]] != evidence.class_codes[edges.b[rows]]
    if across is not None:
        rows, crosses = rows[crosses == across], crosses[crosses == across]
    order = np.argsort(~crosses, kind="stable")
    rows, crosses = rows[order], crosses[order]
    if not len(rows):
        require_searched(int(find_unsearched(evidence).sum()), int(evidence.has("image").sum()))
    a, b = evidence.blame(edges.a[rows], edges.b[rows])
    others = evidence.names(a)
    texts = []
    for at, other, apart in zip(rows.tolist(), others, crosses.tolist(), strict=True):
        tail = f"; {edges.details[at]}" if edges.details[at] else ""
        texts.append(f"{words} {other} (score {edges.scores[at]:.2f}{tail}){f', {where}' if apart else ''}")
    return evidence.say(b, texts, others=others)
