"""The audit: what is planted is called, what is not is not, and whatever a manifest lacks is said."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.profiles import Profile, load_profile
from lagtool.reporting.html.shortcuts import describe_shortcuts
from lagtool.stats.shortcuts import audit_shortcuts
from lagtool.stats.shortcuts.nuisance import NUISANCES, read_values
from tests.benchmarks.columns import make_columns
from tests.benchmarks.confounds import KINDS, permute, plant, write_reencoded
from tests.factories import make_manifest, row

N, S = "non_glaucoma", "suspicious_glaucoma"
_NULL = permute(make_columns(600), np.random.default_rng(0))


@pytest.mark.parametrize("kind", [k for k in KINDS if k.plant is not None and k.right], ids=lambda kind: kind.name)
def test_what_is_planted_is_called_with_the_right_fact_on_top(kind: object) -> None:
    audit = audit_shortcuts(plant(_NULL, kind, 2))  # type: ignore[arg-type]
    assert audit.facts[0].name in kind.right  # type: ignore[attr-defined]
    assert audit.facts[0].called
    assert audit.facts[0].title in " ".join((audit.sentence, *audit.advice))
    if audit.facts[0].origin != "beside":
        assert audit.verdict == "called"


def test_where_nothing_is_planted_nothing_is_called() -> None:
    audit = audit_shortcuts(_NULL)
    assert audit.verdict == "not called"
    assert not [fact for fact in audit.facts if fact.called]
    assert audit.model is not None
    assert audit.model.low < 0.5 < audit.model.high
    assert audit.sentence.startswith("A classifier that never looks at the eye reaches AUC 0.")
    assert audit.advice == ()


def test_the_headline_rests_on_picture_and_file_content_alone() -> None:
    """Files copied class by class have times that tell the class, which no network sees: no alarm, said last."""
    samples = _NULL.samples
    times = np.where(samples["class"].eq(S), 10**18, 10**18 + 10**15) + np.arange(len(samples)) * 10**9
    audit = audit_shortcuts(replace(_NULL, samples=samples.assign(image_mtime_ns=pd.array(times, "Int64"))))
    assert audit.model is not None
    assert audit.carried is not None
    assert (audit.verdict, audit.model.auc) == ("beside", 1.0)
    figure = f"AUC {audit.carried.auc:.2f}"
    assert audit.sentence.startswith(f"A classifier that never looks at the eye reaches {figure}")
    assert "by facts of picture and file content. Only what lies beside the pictures tells" in audit.sentence
    assert audit.sentence.partition("Beside the pictures: ")[2].startswith(
        "with id, time of change and presence of a map"
    )
    assert describe_shortcuts(audit).alarming is False
    light = samples.assign(image_brightness=np.where(samples["class"].eq(S), 60.0, 90.0))
    assert describe_shortcuts(audit_shortcuts(replace(_NULL, samples=light))).alarming is True


def test_files_of_one_class_that_were_encoded_again(tmp_path: Path) -> None:
    audit = audit_shortcuts(write_reencoded(tmp_path / "LAG", 3, 0.01))
    assert {fact.name for fact in audit.facts[:3]} >= {"jpeg_quality", "jpeg_tables"}
    assert (audit.facts[0].auc in (0.0, 1.0), audit.facts[0].called, audit.verdict) == (True, True, "called")
    assert audit.carried is not None
    assert audit.carried.auc > 0.95
    assert audit.advice[0].startswith("Encoding (")


def test_same_manifest_same_audit_and_another_seed_another_chance() -> None:
    assert audit_shortcuts(_NULL) == audit_shortcuts(_NULL)
    other = audit_shortcuts(_NULL, seed=1)
    assert [fact.auc for fact in other.facts if fact.unit] != []
    assert other != audit_shortcuts(_NULL)


def test_nothing_anatomical_and_no_hash_is_a_fact() -> None:
    samples = make_columns(50).samples
    changed = samples.assign(
        image_disc_x=0.1,
        image_disc_y=0.9,
        image_disc_score=1.0,
        image_sha256="0" * 64,
        image_phash="0" * 64,
        map_mass=1.0,
    )
    for fact in NUISANCES:
        before, after = read_values(fact, samples), read_values(fact, changed)
        assert np.array_equal(before.numbers, after.numbers, equal_nan=True), fact.name
        assert np.array_equal(before.codes, after.codes), fact.name


@pytest.mark.parametrize(
    ("manifest", "sentence", "remark"),
    [
        (make_manifest(), "Nothing could be audited", "No image of suspicious_glaucoma and none of non_glaucoma"),
        (make_manifest(40, 0), "Nothing could be audited", "No image of suspicious_glaucoma: there is nothing"),
        (make_manifest(1, 1), "Nothing could be audited", "Too few samples: 1 of the smaller side"),
        (make_manifest(6, 60), "There are too few samples for a model", "No model: that takes 10"),
        (make_manifest(20, 20), "No fact of picture or file content varies", "Few samples (20 of the smaller side)"),
        (make_manifest([row("0001", image=False)]), "Nothing could be audited", "1 sample without an image left out."),
    ],
)
def test_what_cannot_be_audited_is_said(manifest: Manifest, sentence: str, remark: str) -> None:
    audit = audit_shortcuts(manifest)
    assert audit.sentence.startswith(sentence)
    assert remark in " ".join(audit.remarks)


def test_facts_that_are_missing_constant_or_known_of_one_class_are_named() -> None:
    rows = [row(f"{n:04d}", N if n < 30 else S, image_brightness=float(n) if n < 32 else None) for n in range(60)]
    audit = audit_shortcuts(make_manifest(rows))
    text = " ".join(audit.remarks)
    assert "Hardly known of one side: brightness." in text
    assert "Not known: JPEG quality," in text
    assert "The same everywhere: file size," in text


def test_missing_values_are_left_out_of_a_fact_and_counted() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for n in range(120):
        light = None if n % 3 == 0 else 60 + 20 * (n % 2) + rng.normal()
        rows.append(row(f"{n:04d}", S if n % 2 else N, image_brightness=light))
    fact = next(fact for fact in audit_shortcuts(make_manifest(rows)).facts if fact.name == "brightness")
    assert (fact.samples, fact.auc, fact.called, fact.direction) == (80, 1.0, True, f"higher in {S}")


def test_groups_are_kept_whole(tmp_path: Path) -> None:
    rows = [row(f"{n:04d}", S if n // 20 % 2 else N, image_brightness=50.0 + n // 20) for n in range(400)]
    manifest = make_manifest(rows)
    patients = {f"{sample['class']}/{sample['id']}": f"p{int(sample['id']) // 20}" for sample in rows}
    (tmp_path / "patients.csv").write_text("sample,patient\n" + "".join(f"{k},{v}\n" for k, v in patients.items()))
    audit = audit_shortcuts(manifest, groups=tmp_path / "patients.csv")
    assert "400 samples in 20 groups, which stay whole in folds and permutations." in audit.remarks
    assert audit == audit_shortcuts(manifest, groups=patients)
    light, alone = (
        next(fact for fact in one.facts if fact.name == "brightness") for one in (audit, audit_shortcuts(manifest))
    )
    assert light.auc == alone.auc
    assert light.high - light.low > 2 * (alone.high - alone.low)
    assert light.p > alone.p


def test_more_than_two_classes() -> None:
    lag = load_profile("lag").model_dump()
    names = ("healthy", "early", "late")
    classes = [{"name": name, "label": label} for label, name in enumerate(names)]
    profile = Profile.model_validate(lag | {"classes": classes})
    rows = [
        row(f"{n:04d}", names[n % 3], profile=profile, image_brightness=float(n + 300 * (n % 3 == 2)))
        for n in range(90)
    ]
    manifest = make_manifest(rows, profile=profile)
    audit = audit_shortcuts(manifest)
    assert (audit.positive, audit.negative, audit.positives, audit.negatives) == ("late", "the others", 30, 60)
    assert "There are 3 classes: late is told from all others together." in audit.remarks
    assert audit_shortcuts(manifest, positive="early").positives == 30
    with pytest.raises(LagtoolError, match="no class is called 'sick': the classes are healthy, early, late"):
        audit_shortcuts(manifest, positive="sick")


def test_parts_that_differ_are_called_and_parts_by_chance_are_not() -> None:
    split = _NULL.samples["split"].eq("test").to_numpy(bool)
    fair = audit_shortcuts(_NULL)
    assert [(part.part, part.called) for part in fair.parts] == [("test", False)]
    shifted = _NULL.with_columns(image_sharpness=_NULL.samples["image_sharpness"] + np.where(split, 15.0, 0.0))
    audit = audit_shortcuts(shifted)
    assert [(part.called, part.facts[0].name) for part in audit.parts] == [(True, "sharpness")]
    assert audit.advice[-1].startswith("Parts of the split differ (first test (sharpness))")
    assert not any(fact.called for fact in audit.facts)
    folds = replace(_NULL, samples=_NULL.samples.drop(columns="split")).with_columns(fold=np.arange(len(split)) % 3)
    assert [part.part for part in audit_shortcuts(folds).parts] == ["fold0", "fold1", "fold2"]


def test_large_manifests_are_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lagtool.stats.shortcuts.audit.MOST", 300)
    audit = audit_shortcuts(_NULL)
    assert audit.positives + audit.negatives == 300
    assert audit.remarks[0] == "300 of 600 samples were audited, drawn by the seed."


def test_values_of_strangers() -> None:
    rows = [
        row(f"{n:04d}", S if n % 2 else N, image_mode="a\x1b[2J\n" if n % 2 else "=1", image_brightness=1e300)
        for n in range(60)
    ]
    audit = audit_shortcuts(make_manifest(rows))
    assert audit.facts[0].name == "mode"
    assert audit.facts[0].direction.isprintable()
    assert "Not known: " in " ".join(audit.remarks)


def test_without_scikit_learn_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_manifest(3, 3).write(tmp_path / "m.parquet")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert run(["stats", str(tmp_path / "m.parquet"), "--shortcuts"]) == 2
    assert "pip install 'lagtool[shortcuts]'" in capsys.readouterr().err
