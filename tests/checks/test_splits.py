"""Splits: one that lagtool made is left alone; what is planted in it is found, each where it was planted."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lagtool.checks.runner import Status, validate
from lagtool.manifest.value import Manifest
from lagtool.splits.split import make_split
from tests.benchmarks.columns import make_columns
from tests.factories import make_manifest

SIZE = 2000
Edit = Callable[[pd.DataFrame, np.random.Generator], set[tuple[str, str]]]


def _bare() -> Manifest:
    manifest = make_columns(SIZE, seed=4)
    return Manifest(manifest.samples.drop(columns=["split"]), manifest.unmatched, manifest.header)


@pytest.fixture(scope="module")
def parts() -> Manifest:
    """A split into train, val and test."""
    return make_split(_bare(), seed=1)


@pytest.fixture(scope="module")
def folds() -> Manifest:
    """Five folds."""
    return make_split(_bare(), folds=5, seed=1)


def _found(manifest: Manifest) -> set[tuple[str, str]]:
    return {(finding.code, finding.path) for finding in validate(manifest, select=["splits"]).findings}


def _edited(manifest: Manifest, edit: Edit) -> tuple[Manifest, set[tuple[str, str]]]:
    samples = manifest.samples.copy()
    expected = edit(samples, np.random.default_rng(0))
    return Manifest(samples, manifest.unmatched, manifest.header), expected


def _pairs(samples: pd.DataFrame, rng: np.random.Generator, *, number: int = 5) -> list[tuple[int, int]]:
    """Return rows (earlier, later) of one class in two parts, each row once."""
    rows = rng.permutation(np.flatnonzero(samples["class"] == samples["class"].iloc[0]))
    column = "split" if "split" in samples else "fold"
    where = samples[column].astype(str).to_numpy()
    pairs: list[tuple[int, int]] = []
    for one, other in zip(rows[0::2].tolist(), rows[1::2].tolist(), strict=False):
        if where[one] != where[other] and len(pairs) < number:
            pairs.append((min(one, other), max(one, other)))
    return pairs


def _same(column: str, code: str) -> Edit:
    def edit(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
        expected = set()
        for earlier, later in _pairs(samples, rng):
            samples[column] = samples[column].where(samples.index != later, samples[column].iloc[earlier])
            expected.add((code, str(samples.loc[later, "image_path"])))
        return expected

    return edit


def _group(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    expected = set()
    for number, pair in enumerate(_pairs(samples, rng)):
        samples.loc[list(pair), "group"] = f"eye-{number}"
        expected.add(("LAG702", str(samples.loc[pair[1], "image_path"])))
    return expected


def _conflict(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    expected = set()
    last = len(samples) - 1  # of the other class
    for number in range(3):
        part = samples.loc[last - number, "split"]
        first = int(np.flatnonzero(samples["split"] == part)[number])
        samples.loc[[first, last - number], "group"] = f"eye-{number}"
        expected.add(("LAG710", str(samples.loc[last - number, "image_path"])))
    return expected


def _lost(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    gone, damaged = rng.choice(len(samples), 2, replace=False).tolist()
    for name in samples.columns[samples.columns.str.startswith("image_")]:
        samples.loc[gone, name] = pd.NA
    samples.loc[damaged, "image_state"] = "truncated"
    return {("LAG703", ""), ("LAG703", str(samples.loc[damaged, "image_path"]))}


def _left_out(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    samples.loc[rng.choice(len(samples), 7, replace=False), "split"] = pd.NA
    return {("LAG704", "")}


def _one_class(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    other = samples["class"] != samples["class"].iloc[0]
    samples.loc[samples["split"].eq("val") & other, "split"] = "train"
    return {("LAG705", "")}


def _unbalanced(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    first = np.flatnonzero(samples["split"].eq("test") & (samples["class"] == samples["class"].iloc[0]))
    samples.loc[first[: len(first) * 2 // 3], "split"] = "train"
    return {("LAG706", "")}


def _without_maps(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    half = rng.permutation(np.flatnonzero(samples["split"].eq("test")))[:150]
    for name in samples.columns[samples.columns.str.startswith("map_")]:
        samples.loc[half, name] = pd.NA
    return {("LAG707", "")}


def _emptied(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    samples.loc[samples["split"].eq("val"), "split"] = "train"
    return {("LAG709", "")}


def _sliced(samples: pd.DataFrame, rng: np.random.Generator) -> set[tuple[str, str]]:
    rank = samples.groupby("class").cumcount() / samples.groupby("class")["id"].transform("size")
    samples["split"] = np.select([rank < 0.7, rank < 0.85], ["train", "val"], "test")
    samples["split"] = samples["split"].astype("string")
    return {("LAG711", "")}


EDITS: dict[str, Edit] = {
    "bytes": _same("image_sha256", "LAG701"),
    "pixels": _same("image_pixels_sha256", "LAG701"),
    "group": _group,
    "conflict": _conflict,
    "lost": _lost,
    "left out": _left_out,
    "one class": _one_class,
    "unbalanced": _unbalanced,
    "without maps": _without_maps,
    "emptied": _emptied,
    "sliced": _sliced,
}


def test_a_split_of_our_own_is_left_alone(parts: Manifest, folds: Manifest) -> None:
    assert _found(parts) == set()
    assert _found(folds) == set()
    statuses = {result.check.code: result.status for result in validate(parts, select=["splits"]).results}
    assert {code for code, status in statuses.items() if status is Status.NOT_APPLICABLE} == {
        "LAG702",  # all pictures differ: there are no groups
        "LAG708",
        "LAG710",
        *(f"LAG{number}" for number in range(721, 728)),  # there are no names of others
        *("LAG731", "LAG732", "LAG734", "LAG735"),  # nobody looked for pairs, or compared with another dataset
        *("LAG714", "LAG733"),  # nobody marked anything
    }


@pytest.mark.parametrize("name", EDITS)
def test_what_is_planted_in_a_split_is_found_and_nothing_else(parts: Manifest, name: str) -> None:
    edited, expected = _edited(parts, EDITS[name])
    assert len(expected) > 0
    assert _found(edited) == expected


@pytest.mark.parametrize("name", ["bytes", "pixels", "group"])
def test_folds_are_parts_too(folds: Manifest, name: str) -> None:
    edited, expected = _edited(folds, EDITS[name])
    assert len(expected) == 5
    assert _found(edited) == expected


def test_copies_in_one_part_are_no_leak(parts: Manifest) -> None:
    samples = parts.samples.copy()
    train = np.flatnonzero(samples["split"].eq("train"))
    samples.loc[train[1], ["image_sha256", "group"]] = samples.loc[train[0], "image_sha256"], "a"
    samples.loc[train[0], "group"] = "a"
    assert _found(Manifest(samples, parts.unmatched, parts.header)) == set()


@pytest.mark.parametrize(
    ("numbers", "text"), [([1, 2, 3], "1, 2, 3"), ([0, 2, 3], "0, 2, 3"), ([-1, 0, 1], "-1, 0, 1")]
)
def test_fold_numbers(numbers: list[int], text: str) -> None:
    manifest = make_manifest(30, 30, fold=numbers * 20)
    (finding,) = validate(manifest, select=["fold-numbers"]).findings
    assert finding.message == f"folds are numbered {text}, expected 0 to 2"
    assert not validate(make_manifest(30, 30, fold=[0, 1, 2] * 20), select=["fold-numbers"]).findings


def test_without_a_split_there_is_nothing_to_judge() -> None:
    results = validate(make_manifest(3, 3), select=["splits"]).results
    assert {result.status for result in results} == {Status.NOT_APPLICABLE}
    empty: Any = make_manifest(3, 3, split=pd.NA, fold=pd.NA, group=pd.NA)
    assert {result.status for result in validate(empty, select=["splits"]).results} == {Status.NOT_APPLICABLE}


def test_chance_is_no_finding() -> None:
    # 20 in test of 200: 60 % of one class where 50 % are expected is what chance does.
    names = np.full(200, "train", dtype=object)
    names[np.r_[0:12, 100:108]] = "test"
    manifest = make_manifest(100, 100, split=names)
    assert not validate(manifest, select=["part-class-share"]).findings


def test_sentences() -> None:
    rows = make_manifest(40, 40, split=["train"] * 30 + ["test"] * 10 + ["train"] * 10 + ["test"] * 30)
    [one, other] = validate(rows, select=["part-class-share"]).findings
    assert one.message == "part test: 30 of 40 (75.0 %, in all 50.0 %) are of suspicious_glaucoma"
    assert other.message == "part train: 10 of 40 (25.0 %, in all 50.0 %) are of suspicious_glaucoma"
