"""Checks for pictures that stand in the data set more than once (LAG6xx)."""

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable


def _twins(evidence: Evidence, *, across: bool) -> Hits:
    samples = evidence.samples[evidence.samples["image_sha256"].notna()]
    if samples.empty:
        raise NotApplicable("no images were read")
    twins = samples[samples["image_sha256"].duplicated(keep=False) & (samples["image_bytes"] > 0)]
    first: dict[str, tuple[str, str]] = {}
    first_in_class: dict[tuple[str, str], str] = {}
    for row in twins.to_dict("records"):
        path, class_name, digest = row["image_path"], row["class"], row["image_sha256"]
        other_class, other = first.setdefault(digest, (class_name, path))
        other_here = first_in_class.setdefault((digest, class_name), path)
        sample = f"{class_name}/{row['id']}"
        if across and other_class != class_name and other_here == path:
            yield Hit(f"is the same file as {other}, which stands in another class", path, sample, (other,))
        if not across and other_here != path:
            yield Hit(f"is the same file as {other_here}", path, sample, (other_here,))


def identical_across_classes(evidence: Evidence) -> Hits:
    """One picture, byte for byte, in two classes.

    Why it matters: one of the two labels is wrong, and a split may train on one and test on the other.
    How to fix: find out which label is right; leave both out until then.
    Example: `suspicious_glaucoma/image/0008.jpg` is the same file as `non_glaucoma/image/0007.jpg`.
    """
    return _twins(evidence, across=True)


def identical_within_class(evidence: Evidence) -> Hits:
    """One picture, byte for byte, under two ids of one class.

    Why it matters: a random split puts it on both sides: the test set leaks. `lagtool split` keeps both together.
    How to fix: remove one of them, or split with lagtool.
    Example: `non_glaucoma/image/0008.jpg` is the same file as `non_glaucoma/image/0007.jpg`.
    """
    return _twins(evidence, across=False)
