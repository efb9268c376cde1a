"""Splits of whole manifests: counts, groups, determinism, certificate."""

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lagtool.duplicates.pairs import VERSION
from lagtool.errors import LagtoolError
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.splits.certificate import certify
from lagtool.splits.grouping import NO_PAIRS
from lagtool.splits.plan import part_names, split_fingerprint
from lagtool.splits.split import make_split
from tests.factories import fake_sha256, make_manifest, row, rows

Table = dict[str, tuple[int, int, int, int]]
CLASSES = ("non_glaucoma", "suspicious_glaucoma")


@pytest.fixture(scope="module")
def lag() -> Manifest:
    """The published numbers of the whole database."""
    return make_manifest(6_882, 4_878, 3_432, 2_392)


def _table(manifest: Manifest) -> Table:
    """Per part: non-glaucoma with and without map, suspicious with and without."""
    samples = manifest.samples
    cells = Counter(zip(part_names(manifest), samples["class"], samples["map_path"].notna(), strict=True))
    return {
        str(part): tuple(cells[part, name, with_map] for name in CLASSES for with_map in (True, False))  # type: ignore[misc]
        for part in sorted({part for part, _, _ in cells})
    }


def test_70_15_15_of_lag(lag: Manifest) -> None:
    assert _table(make_split(lag)) == {
        "train": (2_403, 2_415, 1_674, 1_740),
        "val": (514, 518, 359, 373),
        "test": (515, 517, 359, 373),
    }


def test_five_folds_of_lag(lag: Manifest) -> None:
    assert _table(make_split(lag, folds=5)) == {
        "fold0": (687, 690, 478, 497),
        "fold1": (687, 690, 478, 497),
        "fold2": (686, 690, 478, 498),
        "fold3": (686, 690, 479, 497),
        "fold4": (686, 690, 479, 497),
    }


def test_absolute_sizes_of_lag(lag: Manifest) -> None:
    expected = {"train": (3_189, 3_206, 2_223, 2_310), "test": (243, 244, 169, 176)}
    assert _table(make_split(lag, sizes=[10_928, 832])) == expected
    assert _table(make_split(lag, sizes=["rest", "832"])) == expected


def test_a_split_is_the_same_for_ever(lag: Manifest) -> None:
    """Should this fingerprint change, `ALGORITHM` must get another name."""
    split = make_split(lag).header.split
    assert split is not None
    assert split["algorithm"] == "lagtool-split-2"
    assert split["split_sha256"] == "9e46a7fc31849e30b6e73ecc47119a6265629c6bcd865c1d16285630a9f76746"


def test_header_tells_how_it_was_made(lag: Manifest, tmp_path: Path) -> None:
    made = make_split(lag, ratios=["0.8", "0.2"], names=["learn", "judge"], stratify="class", seed=3)
    assert made.header.split == {
        "algorithm": "lagtool-split-2",
        "folds": None,
        "names": ["learn", "judge"],
        "ratios": ["0.8", "0.2"],
        "sizes": None,
        "stratify": "class",
        "seed": 3,
        "targets": [9_408, 2_352],
        "slack": 0,
        "size_slack": 0,
        "test": None,
        "grouping": {
            "looked_for": ["byte-identical", "pixel-identical"],
            "not_looked_for": dict.fromkeys([relation.value for relation in list(Relation)[2:]], NO_PAIRS),
            "methods": [],
            "version": VERSION,
            "pairs": 0,
            "remarks": [],
            "unsearched": [],
            "file_sha256": None,
            "file_groups": None,
            "file_samples": None,
            "file_joined": None,
            "sha256": sha256(b"").hexdigest(),
        },
        "held_out": None,
        "extends": None,
        "one_per_group": False,
        "drop_conflicts": False,
        "left_out": {},
        "data_sha256": lag.header.content_sha256,
        "split_sha256": split_fingerprint(made),
    }
    made.write(tmp_path / "m.parquet")
    assert read_manifest(tmp_path / "m.parquet").equals(made)


def test_fingerprint_follows_its_definition() -> None:
    made = make_split(make_manifest(4, 4), ratios=[50, 50])
    pairs = zip(made.samples["split"], made.samples["image_sha256"], strict=True)
    lines = sorted(f"{part} {content}\n" for part, content in pairs)
    assert split_fingerprint(made) == sha256("".join(lines).encode()).hexdigest()


def test_stratify_by_class_or_nothing(lag: Manifest) -> None:
    by_class = _table(make_split(lag, stratify="class"))
    assert {part: (a + b, c + d) for part, (a, b, c, d) in by_class.items()} == {
        "train": (4_818, 3_414),
        "val": (1_032, 732),
        "test": (1_032, 732),
    }
    free = _table(make_split(lag, stratify="none"))
    assert {part: sum(cells) for part, cells in free.items()} == {"train": 8_232, "val": 1_764, "test": 1_764}
    assert free != by_class


def test_names_order_and_place_of_files_do_not_matter() -> None:
    """The same pictures under other ids, in another order, get the same parts."""
    before = rows(40, 30, 20, 10)
    after = []
    for number, old in enumerate(reversed(before)):
        new = row(f"{5_000 + number}", old["class"], map="map_path" in old)
        new["image_sha256"] = old["image_sha256"]
        after.append(new)
    first, second = make_split(make_manifest(before)), make_split(make_manifest(after))
    parts = [dict(zip(m.samples["image_sha256"], m.samples["split"], strict=True)) for m in (first, second)]
    assert parts[0] == parts[1]
    assert split_fingerprint(first) == split_fingerprint(second)
    assert split_fingerprint(make_split(make_manifest(before), seed=1)) != split_fingerprint(first)


def test_only_intact_samples_get_a_part() -> None:
    manifest = make_manifest(
        [
            *rows(5, 5),
            row("0100", image=False),
            row("0101", image_state="truncated"),
            row("0102", image_state="truncated"),
            row("0103", image_sha256=None),
            row("0104", image_state="unread", image_sha256=None),
            row("0105", image_state=None),
        ]
    )
    made = make_split(manifest)
    assert made.samples["split"].notna().sum() == 10
    assert not made.samples["id"][made.samples["split"].notna()].ge("0100").any()
    certificate = certify(made)
    assert (certificate.samples, certificate.usable) == (16, 10)
    assert certificate.excluded == {"no-image": 1, "not-hashed": 1, "truncated": 2, "unread": 2}


def test_identical_images_stay_together_and_are_named() -> None:
    same = fake_sha256("twice")
    many = rows(60, 40)
    for position in (3, 17, 70):
        many[position]["image_sha256"] = same
    made = make_split(make_manifest(many), folds=5)
    together = made.samples[made.samples["image_sha256"] == same]
    assert together["fold"].nunique() == 1
    assert together["group"].tolist() == [same[:16]] * 3
    assert made.samples["group"].notna().sum() == 3
    groups = certify(made).groups
    assert (groups.number, groups.samples, groups.largest, groups.crossings) == (1, 3, 3, 0)
    assert groups.conflicting == [same[:16]]


def test_certificate_counts_crossings_anew() -> None:
    many = rows(10, 10)
    many[0]["image_sha256"] = many[1]["image_sha256"]
    made = make_split(make_manifest(many), ratios=[50, 50])
    columns = made.samples.drop(columns="group")
    columns["group"] = pd.Series(pd.NA, index=columns.index, dtype="string")
    columns.loc[0, "split"], columns.loc[1, "split"] = "train", "test"
    assert certify(Manifest(columns, made.unmatched, made.header)).groups.crossings == 1


def test_another_split_replaces_the_earlier_one() -> None:
    first = make_split(make_manifest(10, 10))
    second = make_split(first, folds=2)
    assert "split" not in second.samples
    assert second.equals(make_split(make_manifest(10, 10), folds=2))
    assert make_split(second).equals(first)


def test_as_many_folds_as_the_smallest_class_has_samples() -> None:
    made = make_split(make_manifest(50, 7), folds=7)
    assert Counter(made.samples["fold"][made.samples["class"] == CLASSES[1]]) == dict.fromkeys(range(7), 1)


@pytest.mark.parametrize(
    ("manifest", "options", "message"),
    [
        (make_manifest(), {}, "no usable image among 0 samples"),
        (make_manifest(3, 3, image_state="corrupt"), {}, "no usable image among 6 samples"),
        (make_manifest(1, 1), {}, "2 usable samples cannot fill 3 parts"),
        (make_manifest(50, 7), {"folds": 8}, "8 folds are not possible: class suspicious_glaucoma has only 7"),
        (make_manifest(3, 3), {"sizes": [3, 4]}, "but there are 6 usable samples"),
        (make_manifest(3, 3, image_sha256="1" * 64), {}, "would stay empty, because groups must stay together"),
        (make_manifest(3, 3, image_sha256="x"), {}, "not 64 hexadecimal digits"),
    ],
)
def test_what_the_data_do_not_allow(manifest: Manifest, options: dict[str, Any], message: str) -> None:
    with pytest.raises(LagtoolError, match=message):
        make_split(manifest, **options)


def test_a_manifest_without_split_has_no_certificate() -> None:
    with pytest.raises(LagtoolError, match="has no split"):
        certify(make_manifest(3, 3))
    with pytest.raises(LagtoolError, match="has no split"):
        part_names(make_manifest(3, 3))
