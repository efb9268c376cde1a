"""The report without a browser: what stands in it, for every kind of manifest, and that it is the same every time."""

import base64
import hashlib
import importlib.util
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool import write_report
from lagtool.checks.registry import CHECKS
from lagtool.checks.runner import validate
from lagtool.curation.apply import apply_curation
from lagtool.curation.read import Curation
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.model import ScanOptions
from lagtool.profiles import load_profile
from lagtool.reporting.explanation import read_explanation
from lagtool.reporting.html import findings
from lagtool.reporting.html.attention import describe_attention
from lagtool.reporting.html.charts import PLOTTED, draw_histograms
from lagtool.reporting.html.findings import make_ledger
from lagtool.reporting.html.page import embed_json, format_prose
from lagtool.reporting.html.shortcuts import describe_shortcuts
from lagtool.reporting.html.tables import list_part_tables
from lagtool.splits.split import make_split
from lagtool.stats.shortcuts import FactAudit, ModelAudit, PartAudit, ShortcutAudit
from tests.factories import make_manifest, row, rows


def _page(manifest: Manifest, out: Path, **options: Any) -> str:
    return write_report(manifest, out / "report", **options).read_text(encoding="utf-8")


def _text(html: str) -> str:
    """Return what a person reads, roughly."""
    bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(bare).split())


QUICK = {"content_sha256": None, "scan_options": ScanOptions(quick=True)}
MANIFESTS = {
    "of no sample": make_manifest(0, 0),
    "of one sample": make_manifest([row("0001", image_brightness=50.0)]),
    "without a class": make_manifest(0, 4),
    "with nothing known": make_manifest(
        [row(f"000{i}", image=False, map=False, label=False, image_path=f"non_glaucoma/image/000{i}.jpg",
             image_state="unread") for i in range(3)], header=QUICK
    ),
    "without maps": make_manifest(5, 5, 0, 0),
    "of part 1": make_manifest(3, 2, profile="lag-part1"),
    "with all damaged": make_manifest(4, 4, image_state="corrupt", image_message="does not decode", image_sha256=None),
}  # fmt: skip


@pytest.mark.parametrize("kind", MANIFESTS)
def test_every_kind_of_manifest_has_a_report(kind: str, tmp_path: Path) -> None:
    manifest = MANIFESTS[kind]
    html = _page(manifest, tmp_path)
    text = _text(html)
    assert f"{len(manifest.samples):,} sample" in text
    assert ("FAIL" in text) == validate(manifest).fails()
    for section in ("Overview", "Findings", "Marks", "Distributions", "Shortcuts", "Duplicates", "Split", "Numbers"):
        assert f">{section}</h" in html or section == "Overview"
    assert "must not be uploaded again" in text
    assert "nan" not in text.lower().split()


def test_what_was_not_measured_is_not_called_quick_for_its_marks(tmp_path: Path) -> None:
    marked = apply_curation(make_manifest(0, 0), Curation("marks.csv", ()))
    assert "Nothing was measured." in _text(_page(marked, tmp_path))


def test_the_same_manifest_gives_the_same_bytes(tmp_path: Path) -> None:
    manifest = make_manifest(30, 20, image_brightness=np.linspace(20, 90, 50), map_centroid_x=0.5, map_centroid_y=0.4)
    first, second = (write_report(manifest, tmp_path / name) for name in ("a", "b"))
    for path in first.parent.iterdir():
        assert path.read_bytes() == (second.parent / path.name).read_bytes()
    assert sorted(path.name for path in first.parent.iterdir()) == ["findings.csv", "index.html", "lagtool-report.json"]


def test_it_points_nowhere_and_its_policy_names_what_is_inside(tmp_path: Path) -> None:
    html = _page(make_manifest(3, 2), tmp_path)
    assert not re.search(r"(?:src|href|action|content)=\"(?:https?:)?//", html)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", html.split("<script>")[0])
    policy = unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0])
    assert "default-src 'none'" in policy
    assert "img-src 'none'" in policy
    for element in ("style", "script"):
        content = html.split(f"<{element}>")[1].split(f"</{element}>")[0]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_data_in_a_script_cannot_end_it_and_means_the_same(value: Any) -> None:
    text = str(embed_json(value))
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&\u2028\u2029") & set(text)


def test_tens_of_thousands_of_findings_stay_small_and_say_what_is_left_out(tmp_path: Path) -> None:
    manifest = make_manifest(6000, 4000, image_state="truncated", image_message="m" * 60, label_value=7, map_max=90)
    report = validate(manifest)
    assert len(report.findings) > 25_000
    folder = write_report(manifest, tmp_path / "report", report=report).parent
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    html = (folder / "index.html").read_text()
    text = _text(html)
    ledger = make_ledger(report)
    block = next(block for block in ledger.blocks if block.check.code == "LAG301")
    assert (len(block.lines), block.total, block.hidden) == (findings.MOST, 10_000, 9_800)
    assert "… and 9,800 more of LAG301: lagtool validate SOURCE --select LAG301 --format csv" in text
    assert f"{len(report.findings):,} findings of" in text
    assert html.count(f">{ledger.blocks[0].explanation.parts[0][1][:40]}") <= 1
    known = json.loads(html.split('id="data">')[1].split("</script>")[0])
    assert len(known["samples"]["id"]) == len(set(ledger.samples()))


def test_the_cap_bounds_what_all_checks_list_together() -> None:
    for numbers in ([1] * 100, [10_000] * 100, [300] * 3, [150] * 40):
        most = findings._cap(numbers)
        assert sum(min(number, most) for number in numbers) <= 4000 or most == 10
        assert 10 <= most <= findings.MOST


def test_every_check_is_explained_in_parts() -> None:
    for check in CHECKS:
        explanation = read_explanation(check.explanation)
        assert explanation.what
        assert [title for title, _ in explanation.parts][:2] == ["Why it matters", "How to fix"], check.code
        parts = [f"{title}: {text}" if title else text for title, text in explanation.parts]
        flat = " ".join([explanation.what, *parts])
        assert flat.split() == check.explanation.split()


def test_prose_shows_code_and_escapes_all_else() -> None:
    assert str(format_prose("copy `a<b` & `c`")) == "Copy <code>a&lt;b</code> &amp; <code>c</code>"
    assert str(format_prose("")) == ""


def test_histograms_count_every_known_value_once() -> None:
    values = [0.0, 0.0, 1.0, 5.0, None, float("inf"), 250.0]
    samples = [row(f"{i:04d}", image_brightness=value, image_sharpness=value) for i, value in enumerate(values)]
    made = {h.fact.name: h for h in draw_histograms(make_manifest([*samples, row("0100", "suspicious_glaucoma")]))}
    for column in ("image_brightness", "image_sharpness"):
        (sketch,) = made[column].sketches
        assert sketch.number == 0
        assert (sketch.known, sketch.missing, int(sketch.counts.sum())) == (5, 2, 5)
        assert sketch.quantiles[2] == 1.0
    assert made["image_bytes"].constant == 40_000.0
    assert {fact.name for fact in PLOTTED} >= set(made)


def test_one_huge_file_does_not_hide_all_others() -> None:
    sizes = [*range(40_000, 60_000, 50), 64_000_000]
    manifest = make_manifest([row(f"{i:04d}", image_bytes=size) for i, size in enumerate(sizes)])
    made = next(h for h in draw_histograms(manifest) if h.fact.name == "image_bytes")
    (sketch,) = made.sketches
    assert made.edges[-1] < 81_000
    assert (int(sketch.counts[-1]), int(sketch.counts.sum())) == (1, len(sizes))


def test_mean_maps_are_means_of_the_small_maps() -> None:
    grids = ["00" * 255 + "64", None, "00" * 255 + "c8", None]
    manifest = make_manifest(4, 0, map_centroid_x=0.5, map_centroid_y=0.5)
    without = describe_attention(manifest)
    assert without is not None
    assert (without.means, len(without.centers)) == ((), 2)
    found = describe_attention(manifest.with_columns(map_grid=pd.array(grids, dtype="string")))
    assert found is not None
    assert [(heat.class_name, heat.maps) for heat in found.means] == [("non_glaucoma", 2), ("", 2)]
    assert found.means[0].figures == (
        ("mean level", "0.6"),
        ("highest mean", "150"),
        ("highest at", "97 % from the left, 97 % from above"),
    )
    assert describe_attention(make_manifest(2, 2, 0, 0)) is None


def test_shortcuts_are_shown_as_sentence_chart_and_tables(tmp_path: Path) -> None:
    quality = ("quality", "JPEG quality <b>", "1..100", 50, 0.81, 0.75, 0.87, 0.0002, 0.001, True, "higher in a")
    brightness = ("brightness", "brightness", "0..255", 50, 0.52, 0.45, 0.59, 0.6, 0.7, False, "higher in b")
    facts = (FactAudit(*quality, "file"), FactAudit(*brightness, "picture"))
    parts = (PartAudit("test", 25, 0.51, 0.44, 0.58, called=False, facts=facts[1:]),)
    audit = ShortcutAudit(
        subject="LAG",
        positive="a",
        negative="b",
        positives=25,
        negatives=25,
        permutations=999,
        seed=0,
        verdict="called",
        sentence="Reaches AUC 0.830.",
        advice=("Re-encode.",),
        remarks=("Few samples.",),
        facts=facts,
        model=ModelAudit(0.83, 0.78, 0.88, 5, ("quality", "brightness"), called=True),
        carried=None,
        parts=parts,
    )
    section = describe_shortcuts(audit)
    assert section.alarming
    assert section.tables[0].rows[0][3:] == ("0.810", "0.750 – 0.870", "< 0.001", "0.001", "yes")
    assert section.tables[1].rows == (("test", "brightness (0.520)", "0.510", "0.440 – 0.580"),)
    html = _page(make_manifest(3, 2), tmp_path, shortcuts=audit)
    text = _text(html)
    for words in ("Reaches AUC 0.830.", "Re-encode.", "Few samples.", "JPEG quality <b>", "all facts together"):
        assert words in text
    assert "quality <b>" not in html
    slight = replace(facts[0], auc=0.53)
    assert not describe_shortcuts(replace(audit, facts=(slight,), model=None)).alarming
    empty = describe_shortcuts(replace(audit, facts=(), model=None, parts=()))
    assert (str(empty.svg), empty.alarming, empty.tables[0].rows) == ("", False, ())
    assert describe_shortcuts(None, "why not").reason == "why not"


def test_the_parts_of_a_split_stand_beside_each_other(tmp_path: Path) -> None:
    plain = make_manifest(60, 40, image_brightness=np.linspace(20, 90, 100))
    assert list_part_tables(plain, validate(plain)) == []
    split = make_split(plain, ratios=(70, 15, 15), names=("train", "val", "test"), seed=0)
    parts, distances = list_part_tables(split, validate(split))
    assert [cells[:2] for cells in parts.rows] == [("train", "70"), ("val", "15"), ("test", "15"), ("all", "100")]
    assert [cells[0] for cells in distances.rows] == ["train", "val", "test"]
    assert "Quality of each part against all parts together" in _text(_page(split, tmp_path))


def test_another_data_set_is_not_called_lag(tmp_path: Path) -> None:
    other = load_profile("lag").model_copy(update={"name": "ours", "title": "Our <set>"})
    text = _text(_page(make_manifest([row()], profile=other), tmp_path))
    assert "LAG is for academic use only" not in text
    assert "Keep to the terms of the dataset" in text


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    found = "lagtool.reporting.html.writing.find_spec"
    monkeypatch.setattr(found, lambda name: None if name == "matplotlib" else there(name))
    with pytest.raises(LagtoolError, match=r"^a report needs matplotlib: pip install 'lagtool\[report\]'$"):
        write_report(make_manifest(rows(1, 1)), tmp_path / "report")
    assert not (tmp_path / "report").exists()
