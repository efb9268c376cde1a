"""Distributions of numbers: per class, per part, and whatever strangers put into a column."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.manifest.facts import FACTS, SHOWN, choose_facts
from lagtool.manifest.schema import SAMPLE_COLUMNS
from lagtool.stats import compute_stats
from lagtool.stats.distributions import BINS, FactDistribution, bin_edges, summarize
from lagtool.stats.figures import order_parts
from tests.factories import make_manifest, row

S = "suspicious_glaucoma"
# Numbers that are marks or places on a disk, not measured values.
_MARKS = ("_mtime_ns", "_ctime_ns", "_inode", "_device", "_orientation", "_value", "label", "fold")


def _fact(found: tuple[FactDistribution, ...], name: str) -> FactDistribution:
    return next(one for one in found if one.name == name)


def test_every_number_of_the_schema_is_a_fact() -> None:
    numbers = {c.name for c in SAMPLE_COLUMNS if c.kind in ("int", "float") and not c.name.endswith(_MARKS)}
    assert {fact.name for fact in FACTS} == numbers
    assert set(SHOWN) <= numbers


def test_a_column_per_class_and_part() -> None:
    values = [1.0, 2.0, 3.0, 100.0, None, 7.0]
    samples = [
        row(f"{n:04d}", S if n > 3 else "non_glaucoma", image_brightness=value, split="train" if n < 3 else "test")
        for n, value in enumerate(values)
    ]
    one = _fact(compute_stats(make_manifest(samples)).distributions, "image_brightness")
    first = one.figures.classes["non_glaucoma"]
    assert (first.n, first.missing, first.min, first.max, first.mad) == (4, 0, 1, 100, 1)
    assert (first.p5, first.q1, first.median, first.q3, first.p95) == (1.15, 1.75, 2.5, 27.25, 85.45)
    second = one.figures.classes[S]
    assert (second.n, second.missing, second.median, second.mad) == (1, 1, 7.0, 0.0)
    assert list(one.parts) == ["train", "test"]
    assert [(part.n, part.missing, part.median) for part in one.parts.values()] == [(3, 0, 2.0), (2, 1, 53.5)]
    assert len(one.edges) == BINS + 1
    assert [sum(summary.histogram) for _, summary in one.figures.rows()] == [4, 1, 5]


def test_folds_are_parts_in_the_order_of_their_numbers() -> None:
    samples = [row(f"{n:04d}", fold=n, image_brightness=float(n)) for n in range(12)]
    one = _fact(compute_stats(make_manifest(samples)).distributions, "image_brightness")
    assert list(one.parts) == [f"fold{n}" for n in range(12)]
    assert order_parts(["test", "b", "val", "train", "a10", "a9"]) == ["train", "val", "test", "a9", "a10", "b"]


def test_without_a_split_there_are_no_parts_and_without_values_no_facts() -> None:
    found = compute_stats(make_manifest(3, 2)).distributions
    assert all(one.parts == {} for one in found)
    assert "image_bytes" in [one.name for one in found]
    assert "image_brightness" not in [one.name for one in found]
    assert compute_stats(make_manifest()).distributions == ()


@given(st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), max_size=60))
def test_summaries_agree_with_the_standard_library(values: list[float]) -> None:
    array = np.array(values, float)
    one = summarize(array, bin_edges(array))
    known = sorted(value for value in values if not math.isnan(value))
    assert (one.n, one.missing) == (len(known), len(values) - len(known))
    assert sum(one.histogram) == len(known)
    if not known:
        assert one.median is one.mad is one.min is None
        return
    middle = statistics.median(known)
    assert one.median == pytest.approx(middle, abs=1e-5)
    assert one.mad == pytest.approx(statistics.median(abs(value - middle) for value in known), abs=1e-5)
    ordered = [one.min, one.p5, one.q1, one.median, one.q3, one.p95, one.max]
    assert ordered == sorted(ordered, key=lambda number: number or 0.0)


def test_numbers_that_no_scan_measures_count_as_missing() -> None:
    strange = [math.inf, -math.inf, 1e300, 5.0]
    samples = [row(f"{n:04d}", image_brightness=value) for n, value in enumerate(strange)]
    one = _fact(compute_stats(make_manifest(samples)).distributions, "image_brightness")
    assert (one.figures.total.n, one.figures.total.missing, one.figures.total.max) == (1, 3, 5.0)


def test_one_outlier_does_not_empty_the_histogram() -> None:
    values = np.append(np.linspace(0, 1, 999), 1e6)
    one = summarize(values, bin_edges(values))
    assert min(one.histogram) > 20


def test_facts_are_chosen_by_name() -> None:
    assert choose_facts(None) == SHOWN
    assert choose_facts("all") == tuple(fact.name for fact in FACTS)
    assert choose_facts("brightness, map_mass,brightness") == ("image_brightness", "map_mass")
    with pytest.raises(LagtoolError, match="'bytes' stands for image_bytes and label_bytes and map_bytes"):
        choose_facts("bytes")
    with pytest.raises(LagtoolError, match="'beauty' is none of them"):
        choose_facts("beauty")
    with pytest.raises(LagtoolError, match="names none"):
        choose_facts(",")
