"""Verdicts: warnings warn, notes note, and where nothing was checked nothing passes."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lagtool.__main__ import run
from lagtool.checks.report import Status, Verdict
from lagtool.checks.runner import validate
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.model import Severity
from lagtool.reporting.findings import parse_lines, write_lines
from lagtool.reporting.report import ReportFormat, render_report
from tests.factories import make_manifest, row

N, S = "non_glaucoma", "suspicious_glaucoma"


def test_the_status_follows_the_severity_in_every_format() -> None:
    rows = [row("0001", N, image_width=480), row("0002", N, image_exif=True), row("0003", N), row("0004", S)]
    report = validate(make_manifest(rows), ignore=["counts"])
    found = {result.check.code: result.status for result in report.results if result.findings}
    assert set(found.values()) == {Status.WARN, Status.NOTE}
    assert report.verdict() is Verdict.PASS
    assert report.verdict(Severity.WARNING) is Verdict.FAIL
    document = json.loads(render_report(report, "json"))
    assert {one["code"]: one["status"] for one in document["checks"] if one["findings"]} == {
        code: status.value for code, status in found.items()
    }
    text = render_report(report)
    for code, status in found.items():
        assert f"  {status.value.upper()}  {code}  " in text
    assert "FAIL" not in text
    assert "0 failed, 1 found warnings, 1 found notes" in render_report(report, "markdown")
    assert "<failure" not in render_report(report, "junit")
    assert parse_lines(write_lines(report).encode()).results == report.results


def test_a_findings_file_whose_status_is_not_that_of_its_findings_is_refused() -> None:
    text = write_lines(validate(make_manifest(2, 2), select=["LAG301"]))
    with pytest.raises(LagtoolError, match="damaged at line 1"):
        parse_lines(text.replace('"status": "pass"', '"status": "fail"').encode())


NOTHING = [
    (make_manifest([]), {"ignore": ["LAG017", "counts", "tree"]}, "there are no samples"),
    (make_manifest(3, 2), {"select": ["splits"]}, "none of the checks that were run applies"),
    (make_manifest(3, 2), {"select": ["LAG301"], "ignore": ["images"]}, "no check was run"),
]


@pytest.mark.parametrize(("manifest", "options", "why"), NOTHING, ids=["empty", "none applies", "none run"])
@pytest.mark.parametrize("name", ReportFormat)
def test_where_nothing_was_checked_no_format_says_pass(
    manifest: Manifest, options: dict[str, list[str]], why: str, name: ReportFormat
) -> None:
    report = validate(manifest, **options)  # type: ignore[arg-type]
    assert report.verdict() is Verdict.NOT_CHECKED
    assert why in report.unchecked
    text = render_report(report, name)
    if name in {ReportFormat.TEXT, ReportFormat.MARKDOWN, ReportFormat.GITHUB}:
        assert "NOT CHECKED" in text
        assert "PASS:" not in text
    elif name is ReportFormat.JSON:
        assert json.loads(text)["verdict"] == "not checked"
    elif name is ReportFormat.SARIF:
        assert json.loads(text)["runs"][0]["properties"]["verdict"] == "not checked"
    elif name is ReportFormat.JUNIT:
        (error,) = ElementTree.fromstring(text).iter("error")
        assert why in error.attrib["message"]


@pytest.mark.parametrize("profile", ["lag-part1", "lag"])
def test_a_class_without_images_never_passes_for_want_of_counts(profile: str) -> None:
    manifest = make_manifest(31, 0, 31, 0, profile=profile)
    for ignore in (["LAG501", "LAG502"], ["counts"]):
        report = validate(manifest, ignore=ignore)
        assert [finding.message for finding in report.findings] == ["has no image"]
        assert report.verdict() is Verdict.FAIL


def test_a_class_that_marks_leave_empty_is_found() -> None:
    rows = [row("0001", N), row("0002", N), row("0003", S, curation="exclude")]
    rows.append(row("0004", S, curation="relabel", curated_class=N))
    (found,) = validate(make_manifest(rows), select=["LAG017"]).findings
    assert (found.path, found.message) == (S, "has no image left: marks exclude or relabel 2 images")


def test_the_command_line_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "m.parquet"
    make_manifest(3, 2).write(place)
    assert run(["validate", str(place), "--select", "splits"]) == 2
    out, err = capsys.readouterr()
    assert out.splitlines()[-2].startswith("NOT CHECKED: none of the checks")
    assert err == (
        "lagtool: LAG: nothing was checked: none of the checks that were run applies to this dataset: select others\n"
    )
    assert run(["validate", str(place), "--ignore", "counts"]) == 0


def test_an_audit_of_a_split_of_other_samples_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, names = tmp_path / "m.parquet", tmp_path / "other.csv"
    make_manifest(3, 2).write(place)
    names.write_text("image,split\n9001.jpg,train\n9002.jpg,test\n")
    assert run(["audit", str(names), str(place)]) == 1
    capsys.readouterr()
    assert run(["audit", str(names), str(place), "--ignore", "LAG722"]) == 2
    assert "nothing was checked: no name of the split is a sample" in capsys.readouterr().err


@pytest.mark.parametrize("number", [0, 1])
def test_fewer_than_two_pictures_have_not_been_compared(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "m.parquet"
    make_manifest(number, 0).write(place)
    assert run(["duplicates", str(place), "--format", "json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["verdict"] == "not checked"
    assert err.endswith(f"nothing was compared: there is {'1' if number else 'no'} image to compare\n")


def test_a_split_says_which_class_it_has_nothing_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "m.parquet"
    make_manifest(20, 0).write(place)
    assert run(["split", str(place), "-o", str(tmp_path / "split")]) == 0
    assert f"no part has a sample of {S}: see 'lagtool validate'" in capsys.readouterr().err
