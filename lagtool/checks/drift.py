"""Checks for parts of a split that differ by more than chance: in quality, and by following the order of names."""

import numpy as np
from numpy.typing import NDArray

from lagtool.checks.evidence import SIGNIFICANT, Evidence, Hit, Hits, NotApplicable
from lagtool.checks.splits import Division, list_divisions
from lagtool.manifest.facts import BY_NAME, COMPARED
from lagtool.splits.summary import measure, part_spread

_SIGNIFICANT_GAP = 2.28  # the same for a Kolmogorov-Smirnov statistic: sqrt(-ln(1 / 32,000) / 2)
_WORTH_ORDER = 50


def parts_follow_ids(evidence: Evidence) -> Hits:
    """The parts of a split follow the order of the ids, though not in whole slices.

    Why it matters: neighbours in the order of names are in one part far more often or more seldom than by chance (runs
    test), or every tenth, say, is in test. Where ids follow time, clinic or patient, parts differ in these.
    How to fix: split again with a seed, if results are to be compared with nobody's.
    Example: the part changes 40 times along the ids of a class, where chance makes 900 changes.
    """
    for division in list_divisions(evidence):
        for number, spec in enumerate(evidence.profile.classes):
            parts = division.parts[(division.parts >= 0) & (evidence.class_codes == number)]
            kinds = len(np.unique(parts))
            if len(parts) < _WORTH_ORDER or kinds < 2:
                continue
            if (regular := find_regular(parts)) is not None:
                yield Hit(
                    f"{spec.name}: one in every {regular[1]}, in the order of ids, is in {division.name(regular[0])}"
                )
                continue
            changes = int(np.count_nonzero(np.diff(parts)))
            expected, spread = expected_changes(parts)
            if changes == kinds - 1 or abs(changes - expected) <= SIGNIFICANT * spread:
                continue  # whole slices have a check of their own
            text = (
                f"the column {division.column} changes {changes:,} times along the ids, by chance {expected:,.0f} times"
            )
            yield Hit(f"{spec.name}: {text}")


def find_regular(parts: NDArray[np.intp]) -> tuple[int, int] | None:
    """Return a part that takes every k-th place, and k; None where there is none.

    Nine in ten of its gaps, from 20 on, have to be the same and more than 1: by chance no gap of more than 1 makes more
    than a quarter of them.
    """
    for part in np.flatnonzero(np.bincount(parts) > 20).tolist():
        gaps = np.bincount(np.diff(np.flatnonzero(parts == part)))
        most = int(gaps.argmax())
        if most > 1 and gaps[most] >= 0.9 * gaps.sum():
            return part, most
    return None


def expected_changes(parts: NDArray[np.intp]) -> tuple[float, float]:
    """Return mean and standard deviation of the number of changes in a random order of ``parts`` (not negative).

    With n samples in parts of n_i: mean ``(n^2 - sum n_i^2) / n``, variance
    ``(S2 (S2 + n (n + 1)) - 2 n S3 - n^3) / (n^2 (n - 1))`` with ``Sk = sum n_i^k`` (Wald-Wolfowitz runs test for
    several kinds; Barton & David, Biometrika 1957; 44:168).
    """
    counts = np.bincount(parts).astype(np.float64)
    n, squares, cubes = counts.sum(), (counts**2).sum(), (counts**3).sum()
    mean = (n * n - squares) / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n * n * (n - 1))
    return float(mean), float(np.sqrt(max(0.0, variance)))


def part_quality(evidence: Evidence) -> Hits:
    """The pictures of a part are of another quality than those of the whole split.

    Why it matters: brightness, contrast, saturation, sharpness, JPEG quality or file size differ by more than
    chance: the part comes from another source, camera or treatment, and results on it speak of that.
    How to fix: find out how the part was chosen; split again, stratified or by chance.
    Example: part test: brightness has the median 61 (in all 88): standardised difference -0.9.
    """
    divisions = list_divisions(evidence)
    columns = {name: evidence.numbers(column) for name, column in COMPARED.items()}
    if all(np.isnan(values).all() for name, values in columns.items() if name != "bytes"):
        raise NotApplicable("the pictures were not measured")
    for division in divisions:
        for part in range(len(division.names)):
            found = [
                text for name, values in columns.items() if (text := _differs(evidence, division, part, name, values))
            ]
            if found:
                yield Hit(f"{division.name(part)}: {'; '.join(found)}")


def _differs(evidence: Evidence, division: Division, part: int, name: str, values: NDArray[np.float64]) -> str | None:
    """Return in words how a part differs in one measure, or None."""
    known = np.isfinite(values) & (division.parts >= 0)
    here, whole = values[known & (division.parts == part)], values[known]
    found, spread, limits = measure(here, whole), part_spread(len(here), len(whole)), evidence.thresholds
    difference, gap = found.difference, found.distance or 0.0
    shifted = abs(difference or 0.0) > max(limits.part_mean_difference, SIGNIFICANT * spread)
    if not shifted and gap <= max(limits.part_distribution_difference, _SIGNIFICANT_GAP * spread):
        return None
    medians = f"median {found.median:,.4g}, in all {np.median(whole):,.4g}"
    mean = "" if difference is None else f"standardised difference {difference:+.2f}, "
    return f"{BY_NAME[COMPARED[name]].title} ({medians}; {mean}largest gap {gap:.2f})"
