"""The whole of the statistics."""

import dataclasses
from typing import Any

import pandas as pd
import pytest

import lagtool
from lagtool.profiles import Profile, load_profile
from lagtool.stats import compute_stats
from lagtool.stats.records import Coverage, FileCount, FileSizes, GrayLevels, LevelRange, Part, PartShare, ValueCount
from tests.factories import make_manifest, row
from tests.stats.examples import small_manifest


def test_published_numbers_of_the_whole_database_are_reproduced() -> None:
    stats = compute_stats(make_manifest(6882, 4878, 3432, 2392))
    assert stats.subject.samples == 11_760
    images, maps = stats.counts["image"], stats.counts["map"]
    assert images.classes == {
        "non_glaucoma": FileCount(6882, 58.5204, 6882, 58.5204, 0),
        "suspicious_glaucoma": FileCount(4878, 41.4796, 4878, 41.4796, 0),
    }
    assert images.total == FileCount(11_760, 100.0, 11_760, 100.0, 0)
    assert [count.found for _, count in maps.rows()] == [3432, 2392, 5824]
    assert [count.deviation for _, count in maps.rows()] == [0, 0, 0]
    assert stats.counts["label"].total == FileCount(11_760, 100.0, None, None, None)
    assert stats.coverage["map"].total == Coverage(11_760, 5824, 49.5238, 0)
    assert stats.coverage["label"].total == Coverage(11_760, 11_760, 100.0, 0)


@pytest.mark.parametrize(("n0", "n1", "deviations"), [(7, 3, [-3136, -1708, -4844]), (3144, 1711, [1, 0, 1])])
def test_deviations_from_the_published_numbers(n0: int, n1: int, deviations: list[int]) -> None:
    stats = compute_stats(make_manifest(n0, n1, profile="lag-part1"))
    assert [count.deviation for _, count in stats.counts["image"].rows()] == deviations


def test_coverage_does_not_count_files_without_an_image() -> None:
    coverage = compute_stats(small_manifest()).coverage
    assert coverage["map"].classes["non_glaucoma"] == Coverage(2, 2, 100.0, 1)
    assert coverage["map"].classes["suspicious_glaucoma"] == Coverage(2, 1, 50.0, 0)
    assert coverage["label"].total == Coverage(4, 3, 75.0, 1)


def test_values_and_missing_values_are_counted() -> None:
    stats = compute_stats(small_manifest())
    assert stats.states["image"].total.most_frequent == (
        ValueCount("ok", 2, 50.0),
        ValueCount("truncated", 1, 25.0),
        ValueCount("wrong-format", 1, 25.0),
    )
    assert stats.modes["image"].classes["suspicious_glaucoma"].most_frequent == (
        ValueCount("L", 1, 50.0),
        ValueCount(None, 1, 50.0),
    )
    assert [(v.value, v.count) for v in stats.label_contents["label"].total.most_frequent] == [
        ("0", 1),
        ("0\\r\\n", 1),
        ("=1|<b>@all", 1),
        (None, 1),
    ]
    assert stats.file_sizes["image"].classes["non_glaucoma"] == FileSizes(2, 20_001, 25_000.5, 25_000.5, 30_000, 50_001)
    assert stats.gray_levels is not None
    assert stats.gray_levels.classes["non_glaucoma"] == GrayLevels(
        3, LevelRange(0, 0, 0), LevelRange(250, 255, 255), LevelRange(12.5, 15, 15)
    )


def test_rare_values_are_summed_up() -> None:
    samples = [row(f"{n:04d}", label_raw=f"x{n:02d}") for n in range(12)] + [row("0012", label_raw="x11")]
    contents = compute_stats(make_manifest(samples)).label_contents["label"].total
    assert [v.value for v in contents.most_frequent] == ["x11", *(f"x{n:02d}" for n in range(9))]
    assert (contents.files, contents.distinct, contents.other, contents.other_percent) == (13, 12, 2, 15.3846)


def test_text_of_strangers_is_made_printable() -> None:
    manifest = make_manifest([row(label_raw="\x1b[2J\u202e", image_mode="a\nb", split="tr\tain")])
    stats = compute_stats(
        dataclasses.replace(manifest, header=manifest.header.model_copy(update={"root_name": "\x07"}))
    )
    assert stats.label_contents["label"].total.most_frequent[0].value == "\\x1b[2J\\u202e"
    assert stats.modes["image"].total.most_frequent[0].value == "a\\x0ab"
    assert stats.split is not None
    assert stats.split[0].name == "tr\\x09ain"
    assert stats.subject.root_name == "\\x07"


def test_parts_and_folds() -> None:
    stats = compute_stats(small_manifest())
    assert stats.split is not None
    assert stats.fold is not None
    assert [(part.name, part.samples) for part in stats.split] == [("train", 2), ("val", 1), ("test", 1), (None, 1)]
    assert stats.fold[0] == Part(
        "0", 2, 40.0, {"non_glaucoma": PartShare(1, 50.0), "suspicious_glaucoma": PartShare(1, 50.0)}
    )
    assert [part.name for part in stats.fold] == ["0", "1", None]


def test_folds_are_in_order_of_their_numbers() -> None:
    folds = compute_stats(make_manifest(12, 0, fold=list(range(12)))).fold
    assert folds is not None
    assert [part.name for part in folds] == [str(n) for n in range(12)]


def test_without_split_there_are_no_parts() -> None:
    stats = compute_stats(make_manifest(1))
    assert stats.split is None
    assert stats.fold is None


def test_nothing_at_all() -> None:
    stats = compute_stats(make_manifest())
    assert stats.counts["image"].total == FileCount(0, None, 11_760, 100.0, -11_760)
    assert stats.coverage["map"].total == Coverage(0, 0, None, 0)
    assert stats.file_sizes["label"].total == FileSizes(0, None, None, None, None, 0)
    assert stats.modes["map"].total.most_frequent == ()
    assert stats.gray_levels is not None
    assert stats.gray_levels.total == GrayLevels(0, None, None, None)


def test_files_that_were_not_read() -> None:
    missing: dict[str, Any] = {f"image_{c}": None for c in ("width", "height", "mode", "format", "bytes", "sha256")}
    levels: dict[str, Any] = {"map_min": None, "map_max": None, "map_mean": None}
    stats = compute_stats(make_manifest([row(image_state="unread", **missing, **levels)]))
    assert stats.modes["image"].total.most_frequent == (ValueCount(None, 1, 100.0),)
    assert stats.sizes["image"].total.unknown == 1
    assert stats.file_sizes["image"].total.files == 0


def test_mean_level_that_is_no_number_is_left_out() -> None:
    manifest = make_manifest(2)
    broken = manifest.with_columns(map_mean=pd.array([float("inf"), 15.0], dtype="Float64"))
    gray = compute_stats(broken).gray_levels
    assert gray is not None
    assert gray.total.mean == LevelRange(15, 15, 15)


def test_profile_without_maps_labels_and_numbers() -> None:
    lag = load_profile("lag").model_dump()
    bare = Profile.model_validate(
        {
            "name": "bare",
            "classes": [{"name": "a", "label": 0, "images": 1}, {"name": "b", "label": 1}],
            "slots": {"image": lag["slots"]["image"]},
        }
    )
    stats = compute_stats(make_manifest([row("1", "a", label=False, map=False, profile=bare)], profile=bare))
    assert list(stats.counts) == ["image"]
    assert stats.counts["image"].classes["a"] == FileCount(1, 100.0, 1, None, 0)
    assert stats.counts["image"].total == FileCount(1, 100.0, None, None, None)
    assert (stats.coverage, stats.label_contents, stats.gray_levels) == ({}, {}, None)
    assert stats.mixed_sizes.total.complete_width is None
    assert stats.mixed_sizes.total.matches is None


def test_same_manifest_same_stats_whatever_stood_in_memory() -> None:
    assert compute_stats(small_manifest()) == lagtool.compute_stats(small_manifest())
