"""The one figure of leakage: of what it is a share, its interval, and what it does not cover."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.__main__ import run
from lagtool.checks.audit import audit_split
from lagtool.curation.apply import apply_curation
from lagtool.curation.read import Curation
from lagtool.duplicates.pairs import record_pairs
from lagtool.manifest.header import IDENTICAL, Relation
from lagtool.manifest.marks import Mark
from lagtool.manifest.value import Manifest
from lagtool.model import Action
from lagtool.reporting.findings import parse_lines, write_lines
from lagtool.splits.certificate import certify
from lagtool.splits.grouping import describe_joined, list_joined
from lagtool.splits.leakage import Leakage, choose_sides, measure_leakage, wilson_interval
from lagtool.splits.lines import read_groups
from lagtool.splits.split import make_split
from tests.factories import make_manifest
from tests.test_pairs import likeness

Capture = pytest.CaptureFixture[str]
N = "non_glaucoma"
EYE, MIRRORED = Relation.SAME_EYE, Relation.MIRRORED
PARTS = ["train", "train", "train", "val", "test", "test", "test", "test"]


def split_of(*pairs: Any, parts: list[Any] | None = None, unsearched: tuple[int, ...] = (), **columns: Any) -> Manifest:
    """Eight samples in parts, with pairs as a search recorded them."""
    bare = make_manifest(8, 0, split=parts or PARTS, **columns)
    return record_pairs(bare, likeness(bare, *pairs, unsearched=unsearched))


def measured(manifest: Manifest) -> Leakage:
    found = measure_leakage(manifest)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("hits", "number", "low", "high"), [(0, 10, 0, 0.2775), (7, 12, 0.3195, 0.8067), (1, 1, 0.2065, 1)]
)
def test_the_interval_is_that_of_wilson(hits: int, number: int, low: float, high: float) -> None:
    assert wilson_interval(hits, number) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_in_its_interval(case: tuple[int, int]) -> None:
    low, high = wilson_interval(*case)
    assert 0 <= low <= case[0] / case[1] <= high <= 1


def test_a_test_sample_leaks_once_by_whatever_connects_it_with_training() -> None:
    pairs = (0, 4, EYE), (1, 4, MIRRORED), (5, 6, EYE), (3, 7, EYE)
    found = measured(split_of(*pairs))
    assert (found.tested, found.trained) == (("test",), ("train",))
    assert (found.samples, found.leaking, found.share) == (4, 1, 0.25), "val and test itself are no training"
    assert found.sentence == (
        "Leakage: 1 of 4 samples of test (25.0 %, 95 % interval 4.6 to 69.9 %) has a copy or the same eye in train "
        "(patients not known)"
    )
    assert measured(split_of((0, 4, EYE), (4, 5, EYE))).leaking == 2, "the eye of an eye"
    assert measured(split_of((0, 4, EYE), parts=["train", *PARTS[1:4], None, *PARTS[5:]])).samples == 3


def test_marks_and_groups_count() -> None:
    marks = [
        Mark(class_name=N, id="0001", action=Action.NOT_SAME, value=f"{N}/0005"),
        Mark(class_name=N, id="0002", action=Action.SAME, value=f"{N}/0006"),
    ]
    assert measured(apply_curation(split_of((0, 4, EYE)), Curation("c.csv", tuple(marks[:1])))).leaking == 0
    assert measured(apply_curation(split_of((0, 4, EYE)), Curation("c.csv", tuple(marks)))).leaking == 1
    assert measured(split_of(group=["a", *[None] * 5, "a", "a"])).leaking == 2


def test_what_was_not_searched_is_said() -> None:
    bare = make_manifest(8, 0, split=PARTS)
    assert measured(bare).sentence.endswith(
        "have an identical copy in train (not searched: near-duplicate, mirrored, turned, same-eye, probably-same-eye; "
        "patients not known)"
    )
    assert "(2 of the 4 not searched; patients not known)" in measured(split_of(unsearched=(0, 4, 5))).sentence


def test_the_sides() -> None:
    assert choose_sides(["train", "val", "test"]) == ([2], [0])
    assert choose_sides(["test", "dev"]) == ([0], [1])
    assert choose_sides(["Train", "valid"]) == ([1], [0])
    assert choose_sides(["fold0", "fold1", "fold2"]) == ([0, 1, 2], [0, 1, 2])
    folds = record_pairs(m := make_manifest(6, 0, fold=[0, 0, 1, 1, 2, 2]), likeness(m, (0, 2, EYE), (4, 5, EYE)))
    found = measured(folds)
    assert (found.samples, found.leaking) == (6, 2)
    assert "of fold0, fold1, fold2 (33.3 %" in found.sentence
    assert "in another of these" in found.sentence
    assert measure_leakage(make_manifest(3, 0, split=["train"] * 3)) is None


def test_a_split_of_our_own_has_none_and_its_certificate_says_of_how_many() -> None:
    bare = make_manifest(40, 20)
    made = make_split(record_pairs(bare, likeness(bare, (0, 1, EYE), (2, 45, EYE))), ratios=[50, 50])
    certificate = certify(made)
    assert certificate.leakage is not None
    assert (certificate.leakage.leaking, certificate.leakage.samples) == (0, 30)
    assert "0 of 30 samples of test (0.0 %, 95 % interval 0.0 to 11.4 %) have a copy or" in certificate.methods
    torn = make_split(
        record_pairs(bare, likeness(bare, *[(i, i + 1, EYE) for i in range(0, 40, 2)])), relations=IDENTICAL
    )
    assert certify(torn).leakage.leaking > 0  # type: ignore[union-attr]


def test_an_audit_says_it_in_every_format_and_keeps_it(tmp_path: Path) -> None:
    manifest = split_of((0, 4, EYE))
    bare = make_manifest(8, 0)
    (tmp_path / "s.csv").write_text("id,split\n" + "".join(f"{i},{part}\n" for i, part in enumerate(PARTS, 1)))
    searched = record_pairs(bare, likeness(bare, (0, 4, EYE)))
    report = audit_split(searched, tmp_path / "s.csv")
    assert report.leakage == measured(manifest)
    assert report.leakage is not None
    assert report.leakage.sentence in report.remarks
    assert parse_lines(write_lines(report).encode()).leakage == report.leakage
    patients = audit_split(searched, tmp_path / "s.csv", groups={"0001": "P1", "0005": "P2", "2": "P3", "7": "P3"})
    assert patients.leakage is not None
    assert (patients.leakage.leaking, patients.leakage.patients) == (2, True)
    assert "a copy, the same eye or the same patient in train" in patients.leakage.sentence
    assert [f.sample for f in patients.findings if f.code == "LAG702"] == [f"{N}/0007"]
    assert any(remark.startswith("1 pair of given groups shares an eye") for remark in patients.remarks)


def test_patients_that_share_an_eye_are_joined_and_said(tmp_path: Path, capsys: Capture) -> None:
    bare = make_manifest(12, 8)
    manifest = record_pairs(bare, likeness(bare, (0, 1, EYE), (1, 2, MIRRORED), (4, 5, EYE)))
    given = read_groups({"1": "P1", "2": "P2", "3": "P2", "5": "P3", "6": "P3"}, manifest)
    joined = list_joined(manifest, given)
    assert joined == [f"P1 and P2 ({N}/0001 and {N}/0002, same-eye 0.88)"]
    assert describe_joined([]) == []
    assert list_joined(manifest, given, [Relation.MIRRORED]) == []
    manifest.write(tmp_path / "m.parquet")
    table = tmp_path / "g.csv"
    table.write_text("id,patient\n1,P1\n2,P2\n3,P2\n5,P3\n6,P3\n")
    assert run(["split", str(tmp_path / "m.parquet"), "-o", str(tmp_path / "s"), "--groups", str(table)]) == 0
    captured = capsys.readouterr()
    assert f"1 pair of given groups shares an eye or a picture, and is joined: {joined[0]}" in captured.err
    out = " ".join(captured.out.split())
    assert "(3 groups were given, 1 of them joined to another by an eye or a picture)" in out
    assert "1 given group was joined to another, with which an eye or a picture is shared." in out
    assert "have a copy, the same eye or the same patient in train." in out
    certificate = json.loads((tmp_path / "s" / "certificate.json").read_text())
    assert certificate["groups"]["file"]["joined"] == 1
    assert "P1" not in json.dumps(certificate), "names of patients stay out of what is published"
