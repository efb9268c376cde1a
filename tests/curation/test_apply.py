"""Marks applied: what they do, and what they leave alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.checks.report import Status
from lagtool.checks.runner import validate
from lagtool.curation.apply import apply_curation, curated, drop_curation, excluded, recorded_curation
from lagtool.curation.read import Curation
from lagtool.errors import LagtoolError
from lagtool.manifest.marks import Mark
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.model import Action, Finding
from lagtool.reporting.report import render_report
from lagtool.splits.certificate import certify
from lagtool.splits.constraints import Constraints
from lagtool.splits.plan import part_names
from lagtool.splits.reproduction import reproduce
from lagtool.splits.split import make_split
from lagtool.stats import compute_stats
from tests.factories import make_manifest, row, rows

N, S = "non_glaucoma", "suspicious_glaucoma"


def mark(id: str, action: str = "exclude", value: str = "", class_: str = N, **more: str) -> Mark:
    return Mark(class_name=class_, id=id, action=Action(action), value=value, **more)


def marked(manifest: Manifest, *marks: Mark) -> Manifest:
    return apply_curation(manifest, Curation("c.csv", marks))


def _findings(manifest: Manifest, code: str) -> tuple[Finding, ...]:
    (result,) = validate(manifest, select=[code]).results
    assert result.status is not Status.NOT_APPLICABLE
    return result.findings


def test_the_manifest_keeps_every_sample_and_says_which_marks_hold(tmp_path: Path) -> None:
    plain = make_manifest(4, 3)
    done = marked(plain, mark("0001"), mark("0002", "relabel", S), mark("0002", "accept", note="fine"), mark("0099"))
    assert done.samples["id"].tolist() == plain.samples["id"].tolist()
    assert done.samples["class"].equals(plain.samples["class"])
    assert done.samples["curation"].tolist()[:2] == ["exclude", "relabel,accept"]
    assert done.samples["curated_class"].tolist()[1] == S
    assert done.header.content_sha256 == plain.header.content_sha256
    record = done.header.curation
    assert record is not None
    assert (record.applied, record.unknown, record.stale) == (
        {Action.EXCLUDE: 1, Action.RELABEL: 1, Action.ACCEPT: 1},
        1,
        0,
    )
    for suffix in ("parquet", "csv", "jsonl"):
        done.write(tmp_path / f"m.{suffix}")
        assert read_manifest(tmp_path / f"m.{suffix}").equals(done)
    assert drop_curation(done).equals(plain)


def test_training_sees_neither_what_is_excluded_nor_the_old_class() -> None:
    done = curated(marked(make_manifest(4, 3), mark("0001"), mark("0002", "relabel", S)))
    assert sorted(done.samples["id"]) == [f"{number:04d}" for number in range(2, 8)]
    assert dict(zip(done.samples["id"], done.samples["class"], strict=True))["0002"] == S
    assert dict(zip(done.samples["id"], done.samples["label"], strict=True))["0002"] == 1


def test_statistics_leave_out_what_is_excluded_and_say_so() -> None:
    stats = compute_stats(marked(make_manifest(4, 3), mark("0001"), mark("0002", "relabel", S)))
    assert (stats.subject.samples, stats.subject.excluded, stats.subject.relabelled) == (6, 1, 1)
    assert {name: found.found for name, found in stats.counts["image"].classes.items()} == {N: 2, S: 4}


def test_a_relabelled_sample_is_no_contradiction_of_its_label_file() -> None:
    wrong = make_manifest([row("0001", label_raw="1", label_value=1), *rows(3, 3, first=2)])
    assert [finding.sample for finding in _findings(wrong, "LAG201")] == [f"{N}/0001"]
    assert _findings(marked(wrong, mark("0001", "relabel", S)), "LAG201") == ()


def test_a_mark_of_another_picture_is_stale_and_not_applied() -> None:
    plain = make_manifest(3, 3)
    right = plain.samples["image_sha256"].iloc[0]
    assert excluded(marked(plain, mark("0001", image_sha256=right)).samples).sum() == 1
    stale = marked(plain, mark("0001", image_sha256="f" * 64))
    assert excluded(stale.samples).sum() == 0
    (finding,) = _findings(stale, "LAG802")
    assert finding.sample == f"{N}/0001"
    assert right[:12] in finding.message
    assert _findings(marked(plain, mark("0001", image_sha256=right)), "LAG802") == ()


def test_an_id_that_a_spreadsheet_took_for_a_number_is_found() -> None:
    assert excluded(marked(make_manifest(3, 3), mark("1")).samples).tolist() == [True, *[False] * 5]


def test_unknown_samples_and_lone_groups_are_findings() -> None:
    plain = make_manifest(3, 3)
    pair = (mark("0001", "keep-together", "p1"), mark("0002", "keep-together", "p1"))
    done = marked(plain, mark("0077"), *pair, mark("0003", "keep-together", "p2"))
    assert [f.message for f in _findings(done, "LAG801")] == ["exclude, but there is no sample non_glaucoma/0077"]
    assert [(f.sample, f.message) for f in _findings(done, "LAG803")] == [
        (f"{N}/0003", "is the only sample that is kept together as 'p2'")
    ]
    assert _findings(marked(plain, *pair), "LAG801") == _findings(marked(plain, *pair), "LAG803") == ()


def test_what_marks_accept_counts_as_accepted_with_the_note() -> None:
    spoilt = make_manifest([row("0001", image_state="truncated", image_message="cut"), *rows(3, 3, first=2)])
    report = validate(spoilt, select=["LAG301"])
    assert [finding.sample for finding in report.findings] == [f"{N}/0001"]
    for value in ("LAG301", ""):
        report = validate(marked(spoilt, mark("0001", "accept", value, note="seen")), select=["LAG301"])
        assert report.findings == ()
        assert [(one.finding.sample, one.reason) for one in report.accepted] == [(f"{N}/0001", "seen")]
    other = validate(marked(spoilt, mark("0001", "accept", "LAG302")), select=["LAG301", "LAG302"])
    assert [finding.sample for finding in other.findings] == [f"{N}/0001"]
    assert any("what was not found" in remark for remark in other.remarks)


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([mark("0001", class_="glaucoma")], "unknown class 'glaucoma': write non_glaucoma or suspicious_glaucoma"),
        ([mark("0001", "relabel", "both")], "unknown class 'both'"),
        ([mark("1", "relabel", S), mark("0001", "relabel", N)], "is relabelled to"),
    ],
)
def test_what_no_data_set_can_mean_is_refused(marks: list[Mark], said: str) -> None:
    with pytest.raises(LagtoolError, match=said):
        marked(make_manifest(3, 3), *marks)


@st.composite
def curations(draw: st.DrawFn) -> list[Mark]:
    ids = [f"{number:04d}" for number in range(1, 41)]
    made = [mark(key, class_=N if int(key) <= 20 else S) for key in draw(st.sets(st.sampled_from(ids), max_size=4))]
    for name in ("p", "q"):
        chosen = draw(st.sets(st.sampled_from(ids), max_size=5))
        made += [mark(key, "keep-together", name, class_=N if int(key) <= 20 else S) for key in sorted(chosen)]
    if draw(st.booleans()):
        made.append(mark("0003", "relabel", S))
    return draw(st.permutations(made))


@given(curations(), st.integers(0, 3))
def test_laws_of_marks_in_a_split(made: list[Mark], seed: int) -> None:
    plain = make_manifest(20, 20)
    done = marked(plain, *made)
    assert marked(plain, *reversed(made)).equals(done)
    assert marked(done, *made).equals(done)
    split = make_split(done, ratios=[50, 50], seed=seed)
    parts = np.array([None if name is None else str(name) for name in part_names(split).astype(object)], object)
    out = excluded(done.samples)
    assert (split.samples["split"].isna().to_numpy() == out).all()
    assert len(parts) == 40
    place = {f"{c}/{i}": p for c, i, p in split.samples[["class", "id", "split"]].itertuples(index=False)}
    for name in ("p", "q"):
        inside = {place[m.sample] for m in made if m.value == name and place[m.sample] is not None}
        assert len({part for part in inside if isinstance(part, str)}) <= 1


def test_the_certificate_says_who_was_left_out_and_why_and_makes_it_again() -> None:
    plain = make_manifest(20, 20)
    done = marked(plain, mark("0001", note="not an eye"), mark("0002", "relabel", S, note="cup 0.9"))
    split = make_split(done, ratios=[80, 20], seed=1)
    certificate = certify(split)
    decided: Any = certificate.curation
    assert [(one.sample, one.note) for one in decided.excluded] == [(f"{N}/0001", "not an eye")]
    assert [(one.sample, one.value, one.note) for one in decided.relabelled] == [(f"{N}/0002", S, "cup 0.9")]
    assert "1 sample was excluded, 1 was assigned to another class" in certificate.methods
    again = reproduce(plain, certificate, Constraints())
    assert again.same
    assert again.split is not None
    assert again.split.samples["split"].equals(split.samples["split"])
    other = reproduce(plain, certificate, Constraints(), curation=Curation("d.csv", (mark("0005"),)))
    assert not other.same
    assert any("mark" in cause for cause in other.differences)


def test_a_split_made_before_the_marks_is_called() -> None:
    split = make_split(make_manifest(20, 20), ratios=[50, 50], seed=1)
    parts = dict(zip(split.samples["id"], split.samples["split"], strict=True))
    first = next(key for key in parts if parts[key] == "train" and int(key) <= 20)
    second = next(key for key in parts if parts[key] == "test" and int(key) <= 20)
    done = marked(split, mark(first, note="blurred"), *(mark(i, "keep-together", "p") for i in (first, second)))
    (out,) = _findings(done, "LAG714")
    assert out.message == "is in part train, and excluded (blurred)"
    (crossing,) = _findings(done, "LAG733")
    assert {crossing.sample, *crossing.related} == {f"{N}/{first}", f"{N}/{second}"}
    fine = make_split(marked(drop_curation(make_manifest(20, 20)), *recorded_curation(done).marks), ratios=[50, 50])  # type: ignore[union-attr]
    assert _findings(fine, "LAG714") == _findings(fine, "LAG733") == ()


def test_an_excluded_sample_no_longer_fails_the_verdict_and_stays_in_the_report() -> None:
    rows_ = [row("0001", image_state="truncated", image_message="ends early"), row("0002"), row("0003"), row("0004", S)]
    plain = make_manifest(rows_)
    assert validate(plain, ignore=["counts"]).fails()
    report = validate(marked(plain, mark("0001", note="cut off")), ignore=["counts"])
    assert (report.findings, report.fails()) == ((), False)
    (known,) = report.accepted
    assert (known.finding.code, known.finding.sample) == ("LAG301", f"{N}/0001")
    assert (known.reason, known.origin) == ("excluded: cut off", "curation")
    text = render_report(report)
    assert text.startswith("LAG: 4 samples (1 of them excluded by curation marks), ")
    assert "PASS  LAG301  image-truncated           1 accepted" in text
    counts = validate(marked(plain, mark("0001"))).findings
    assert counts[0].message.startswith("non_glaucoma: 3 images (1 of them excluded by curation marks): ") or (
        counts[0].message.startswith("3 images (1 of them excluded by curation marks): ")
    )


@pytest.mark.parametrize("gone", ["0001", "0003"])
def test_of_two_copies_either_may_be_excluded(gone: str) -> None:
    sums: dict[str, Any] = {"image_sha256": "a" * 64, "image_pixels_sha256": "b" * 64}
    plain = make_manifest([row("0001", **sums), row("0002"), row("0003", S, **sums), row("0004", S)])
    assert validate(plain, select=["LAG601"]).fails()
    report = validate(marked(plain, mark(gone, class_=N if gone == "0001" else S)), select=["LAG601"])
    assert report.findings == ()
    assert [known.finding.sample.rpartition("/")[2] for known in report.accepted] == [gone]


def test_copies_that_are_left_are_still_found() -> None:
    sums: dict[str, Any] = {"image_sha256": "a" * 64}
    plain = make_manifest([row(f"000{i}", **sums) for i in (1, 2, 3)])
    report = validate(marked(plain, mark("0001")), select=["LAG602"])
    assert [finding.sample for finding in report.findings] == [f"{N}/0003"]
    assert [known.finding.sample for known in report.accepted] == [f"{N}/0001"]


def test_a_split_that_has_an_excluded_sample_is_not_settled() -> None:
    plain = make_manifest([row(f"000{i}", split="train" if i < 3 else "test") for i in (1, 2, 3, 4)])
    report = validate(marked(plain, mark("0001")), select=["splits", "curation"])
    assert "LAG714" in {finding.code for finding in report.findings}
