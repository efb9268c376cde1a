"""Planted defects: each is found where it was planted, and nothing is invented."""

import json
from collections import Counter
from pathlib import Path

import pytest

from lagtool.checks.registry import CHECKS
from lagtool.checks.runner import validate
from lagtool.model import Severity
from lagtool.profiles import Profile, load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree
from lagtool.synth.defects import KINDS
from tests.profiles.examples import as_published

# What a tree of files cannot show, or only as a whole; tests/checks shows that these find.
NOT_PLANTED = {
    "LAG001": "a missing folder would take every other defect with it",
    "LAG002": "root, who runs many tests, may read everything",
    "LAG003": "a linked folder would hide every other defect in it",
    "LAG009": "a file system may not tell cases apart",
    "LAG010": "a special file is planted in a sample's place (LAG107)",
    "LAG011": "a welcome README",
    "LAG017": "an empty class would be missing its other defects",
    "LAG018": "LAG as it is planted has no table of labels",
    "LAG019": "LAG as it is planted has no table of labels",
    "LAG211": "the names of LAG do not tell the class",
    "LAG308": "concerns all pictures at once",
    "LAG313": "concerns all pictures at once",
    **{f"LAG{n}": "LAG has no masks; tests/checks/test_masks.py spoils drawn ones" for n in range(416, 420)},
    "LAG503": "good news",
    "LAG504": "holds for every synthetic part 1",
    "LAG505": "concerns all labels at once",
    "LAG506": "no synthetic dataset has the ids of a release",
    "LAG507": "concerns all maps at once",
    "LAG511": "no release says how many label files there are",
    "LAG512": "no release pins its files",
    **{check.code: "a tree has no split" for check in CHECKS if check.family == "splits"},
    **{check.code: "a tree has no marks" for check in CHECKS if check.family == "curation"},
    **{f"LAG{n}": "judges what a search recorded; tests/duplicates plants for that" for n in range(605, 613)},
}
COUNTED = {"LAG501", "LAG502"}


@pytest.mark.parametrize(("profile", "seed"), [("lag-part1", 1), ("lag", 2), ("cvpr2019", 3)])
def test_every_planted_defect_is_found_and_none_invented(tmp_path: Path, profile: str, seed: int) -> None:
    root = tmp_path / "LAG"
    tree = write_synthetic_tree(root, profile=load_profile(profile), scale=0.06, seed=seed, defects=3 * len(KINDS))
    assert tree.truth_path is not None
    truth = json.loads(tree.truth_path.read_text())
    expected = {(entry["code"], entry["path"]) for entry in truth["expected"]}
    found = {(f.code, f.path) for f in validate(scan(root, profile=profile), ignore=["counts"]).findings}
    assert (expected - found, found - expected) == (set(), set())
    planted = Counter(entry["code"] for entry in truth["defects"])
    left_out = set(NOT_PLANTED) | COUNTED | ({"LAG104"} if profile == "lag" else set())
    assert set(planted) | left_out == {check.code for check in CHECKS}
    assert min(planted.values()) >= 3


@pytest.mark.parametrize("profile", [load_profile("lag"), as_published(load_profile("lag"))])
def test_a_clean_synthetic_tree_has_no_finding(tmp_path: Path, profile: Profile) -> None:
    root = tmp_path / "LAG"
    write_synthetic_tree(root, profile=profile, scale=0.005)
    assert validate(scan(root), ignore=["counts"]).findings == ()


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["lag", "lag-part1", "cvpr2019"])
def test_a_full_tree_meets_all_counts(tmp_path: Path, profile: str) -> None:
    root = tmp_path / "LAG"
    tree = write_synthetic_tree(root, profile=load_profile(profile), defects=0)
    report = validate(scan(root))
    assert report.header.profile.name == profile
    assert not report.fails(Severity.WARNING)
    assert tree.images == sum(c.images or 0 for c in load_profile(profile).classes)
