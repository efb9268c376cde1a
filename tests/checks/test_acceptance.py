"""Accepted findings: by rules with a reason, by a baseline; what is remarked on either."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.checks.acceptance import Baseline, accept_known, accept_with_reason, key, parse_baseline, read_baseline
from lagtool.checks.registry import CHECKS
from lagtool.checks.report import Report, Result, Status
from lagtool.checks.runner import validate
from lagtool.checks.settings import Settings
from lagtool.errors import LagtoolError
from lagtool.model import Accepted, Finding, Severity
from lagtool.reporting.report import render_report
from tests.factories import make_manifest, row

N, S = "non_glaucoma", "suspicious_glaucoma"
HEADER = make_manifest(1, 1).header
CODES = ("LAG007", "LAG301", "LAG307", "LAG503", "LAG602")


def _report(findings: list[Finding], samples: int = 100, codes: tuple[str, ...] | None = None) -> Report:
    """A report of all checks (or of ``codes``), with ``findings``."""
    results = []
    for check in CHECKS:
        mine = tuple(finding for finding in findings if finding.code == check.code)
        if codes is None or check.code in codes:
            results.append(Result(check, mine))
    return Report(HEADER, samples, tuple(results), ())


def _size(number: int) -> Finding:
    id_ = f"{number:04d}"
    return Finding("LAG307", Severity.WARNING, f"is {number} x 500", f"{N}/image/{id_}.jpg", f"{N}/{id_}")


def _accept(report: Report, ignore: Any) -> Report:
    return accept_with_reason(report, Settings(ignore=ignore).ignore)


def test_accepted_findings_leave_their_result_and_keep_their_reason() -> None:
    report = _accept(_report([_size(1), _size(2)]), {"LAG307": [{"sample": f"{N}/0001", "reason": "scanned again"}]})
    assert report.accepted == (Accepted(_size(1), "scanned again", "config"),)
    assert report.findings == (_size(2),)
    assert next(result.status for result in report.results if result.findings) is Status.WARN
    assert report.remarks == ()
    assert report.fails(Severity.WARNING)
    rest = _accept(report, {"image-size": "all of them"})
    assert [accepted.reason for accepted in rest.accepted] == ["scanned again", "all of them"]
    assert rest.findings == ()
    assert {result.status for result in rest.results} == {Status.PASS}
    assert not rest.fails(Severity.NOTE)
    assert rest.tally() == dict.fromkeys(reversed(Severity), 0)


def test_the_narrowest_rule_gives_the_reason() -> None:
    rules = {
        "images": "family",
        "LAG30": "beginning",
        "LAG307": ["check", {"path": "0001.jpg", "reason": "path"}, {"sample": f"{N}/0002", "reason": "sample"}],
        "image-size": "the same check again",
        "LAG3": [{"path": "000[2-3].jpg", "reason": "path of more checks"}],
    }
    report = _accept(_report([_size(number) for number in (1, 2, 3, 4)]), rules)
    reasons = {accepted.finding.sample[-4:]: accepted.reason for accepted in report.accepted}
    assert reasons == {"0001": "path", "0002": "sample", "0003": "path of more checks", "0004": "check"}
    # A rule that only covers what a narrower one took is used all the same; the wide one is remarked on as broad.
    assert report.remarks == ("ignore rule for images: broad, it accepts whatever images may find; name the checks",)


@pytest.mark.parametrize(
    ("ignore", "codes", "remarks"),
    [
        (
            {"LAG309": "why"},
            None,
            ("ignore rule for LAG309: unused, it matched no finding; correct or remove it",),
        ),
        (
            {"LAG307": [{"path": ["9*.jpg", "*.png"], "sample": "x\x1b", "reason": "why"}]},
            None,
            (
                "ignore rule for LAG307; path 9*.jpg, *.png; sample x\\x1b: unused, it matched no finding; "
                "correct or remove it",
            ),
        ),
        ({"LAG309": "why"}, ("LAG307",), ()),  # not run: nobody knows
        ({"images": [{"path": "*.png", "reason": "why"}]}, ("LAG307", "LAG309"), ()),  # only in part
        ({"images": [{"path": "*.jpg", "reason": "why"}]}, None, ()),  # a family, but not everywhere
        (
            {"LAG": "why"},
            None,
            ("ignore rule for LAG: broad, it accepts whatever any check may find; name the checks",),
        ),
    ],
)
def test_rules_that_are_remarked_on(ignore: Any, codes: tuple[str, ...] | None, remarks: tuple[str, ...]) -> None:
    assert _accept(_report([_size(1)], codes=codes), ignore).remarks == remarks


@pytest.mark.parametrize(
    ("found", "samples", "broad"), [(50, 100, False), (51, 100, True), (2, 3, True), (1, 2, False)]
)
def test_more_than_half_of_all_samples_is_broad(found: int, samples: int, broad: bool) -> None:
    findings = [_size(number) for number in range(found)]
    report = _accept(_report([*findings, *findings], samples), {"LAG307": "why"})  # twice, but the same samples
    words = f"broad, it accepts findings in {found} of {samples} samples; a severity, threshold or profile would say so"
    assert report.remarks == ((f"ignore rule for LAG307: {words} better",) if broad else ())


def test_a_rule_for_a_check_with_nothing_to_judge_is_not_called_unused() -> None:
    manifest = make_manifest(20, 20, 10, 10)
    report = validate(manifest, settings=Settings(ignore={"LAG104": "why"}))
    assert [result.status for result in report.results if result.check.code == "LAG104"] == [Status.NOT_APPLICABLE]
    assert report.remarks == ()


places = st.tuples(st.sampled_from(["", f"{N}/image/0001.jpg", f"{S}/0002"]), st.sampled_from(["", f"{N}/0001"]))
findings = st.builds(
    lambda code, place, related, message: Finding(code, Severity.WARNING, message, place[0], place[1], tuple(related)),
    st.sampled_from(CODES),
    places,
    st.lists(st.sampled_from(["a.jpg", "b.jpg", "\u2028\n"]), max_size=2, unique=True),
    st.sampled_from(["is 480 x 500", "holds \u2028 2", ""]),
)


def _lines(report: Report) -> str:
    """The same findings as JSON Lines."""
    records: list[dict[str, Any]] = [{"record": "report", "format": 1}]
    for finding in report.findings:
        fields = {name: getattr(finding, name) for name in ("code", "severity", "message", "path", "sample", "related")}
        records.append({"record": "finding", **fields, "origin": None, "reason": None})
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@given(st.lists(findings, max_size=12), st.data())
def test_the_baseline_of_a_report_accepts_exactly_that_report(found: list[Finding], data: st.DataObject) -> None:
    report = _report(found)
    baseline = parse_baseline(render_report(report, "json").encode(), "b.json")
    assert parse_baseline(_lines(report).encode(), "b.json") == baseline
    same = accept_known(report, baseline)
    assert (same.findings, same.remarks) == ((), ())
    assert same.accepted == tuple(
        Accepted(finding, "in the baseline b.json", "baseline") for finding in report.findings
    )
    # Whatever more there is, is new, and is as often new as it is there more often.
    more = data.draw(st.lists(findings, max_size=5))
    grown = accept_known(_report([*found, *more]), baseline)
    assert Counter(map(key, grown.findings)) == Counter(map(key, more))
    # Whatever is gone is counted, whatever sentence and severity the rest has now.
    left = data.draw(st.lists(st.sampled_from(found), unique_by=id, max_size=len(found))) if found else []
    other = [replace(finding, message="another sentence", severity=Severity.NOTE) for finding in left]
    shrunk = accept_known(_report(other), baseline)
    assert shrunk.findings == ()
    gone = len(found) - len(left)
    said = f"fixed: {gone} finding{'' if gone == 1 else 's'} of the baseline b.json; write the baseline again"
    assert shrunk.remarks == ((said,) if gone else ())


def test_the_order_of_related_paths_does_not_matter_but_the_paths_do() -> None:
    first = Finding("LAG602", Severity.WARNING, "", "a.jpg", f"{N}/a", ("b.jpg", "c.jpg"))
    baseline = Baseline("b", {key(first): 1})
    assert accept_known(_report([replace(first, related=("c.jpg", "b.jpg"))]), baseline).findings == ()
    assert len(accept_known(_report([replace(first, related=("d.jpg",))]), baseline).findings) == 1


def test_a_known_finding_that_a_rule_accepts_is_not_gone() -> None:
    baseline = Baseline(
        "b", {key(_size(1)): 1, key(_size(2)): 1, ("LAG309", "x", "", ()): 1, ("LAG999", "", "", ()): 1}
    )
    ruled = _accept(_report([_size(1), _size(2)]), {"LAG307": [{"sample": f"{N}/0001", "reason": "why"}]})
    report = accept_known(ruled, baseline)
    assert [(one.finding, one.origin) for one in report.accepted] == [(_size(1), "config"), (_size(2), "baseline")]
    # What was not run is not gone; what no version of lagtool looks for any more is.
    assert report.remarks == ("fixed: 2 findings of the baseline b; write the baseline again",)
    partly = accept_known(_report([_size(1)], codes=("LAG307",)), baseline)
    assert partly.remarks == ("fixed: 2 findings of the baseline b; write the baseline again",)


def test_what_an_earlier_baseline_had_stays_known() -> None:
    fields = {"path": "p", "sample": "s", "related": []}
    accepted = [{"code": "LAG307", **fields, "origin": origin, "reason": ""} for origin in ("baseline", "config")]
    document = {"findings": [{"code": "LAG301", **fields}], "accepted": accepted}
    expected = {("LAG301", "p", "s", ()): 1, ("LAG307", "p", "s", ()): 1}
    assert parse_baseline(json.dumps(document).encode(), "b").known == expected
    records = [{"record": "report"}, {"record": "finding", "code": "LAG301", **fields, "origin": None}]
    records += [{"record": "finding", **one} for one in accepted] + [{"record": "other"}]
    text = "\n".join(json.dumps(record) for record in records)
    assert parse_baseline(b"\xef\xbb\xbf" + text.encode() + b"\n\n", "b").known == expected


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is not JSON"),
        (b"PAR1\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it has no list 'findings'"),
        (b'{"findings": {}}', "it has no list 'findings'"),
        (b'{"findings": [{"path": "x"}]}', "finding 1 is no finding: it needs a code"),
        (b'{"findings": [{"code": "LAG301", "related": "x"}]}', "finding 1 is no finding"),
        (b'{"findings": [{"code": "LAG301", "related": [1]}]}', "finding 1 is no finding"),
        (b'{"findings": [3]}', "finding 1 is no finding"),
        (b'{"record": "report"}\n{"record": "finding", "code": 1}', "line 2 is no finding"),
        (b'{"record": "report"}\n[]', "line 2 is not a record"),
        (b'{"record": "report"}\n{"record": "fin', "it is not JSON"),
    ],
)
def test_what_is_no_baseline_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(data)
    with pytest.raises(LagtoolError, match=r"b\.json is no file of findings \(") as refused:
        read_baseline(path)
    assert f"({why}" in str(refused.value)
    with pytest.raises(LagtoolError, match=r"there is no baseline .*none\.json: write one with --write-baseline"):
        read_baseline(tmp_path / "none.json")
    with pytest.raises(LagtoolError, match=r"baseline .* is a folder"):
        read_baseline(tmp_path)


def test_the_library_does_what_the_command_line_does(tmp_path: Path) -> None:
    manifest = make_manifest([row("0001", image_width=480), row("0002"), row("0003"), row("0004", S)])
    settings = Settings(skip=("counts",))
    path = tmp_path / "baseline.json"
    path.write_text(render_report(validate(manifest, settings=settings), "json"))
    known = validate(manifest, settings=Settings(skip=("counts",), baseline=path))
    assert [one.finding.code for one in known.accepted] == ["LAG307"]
    assert known == validate(manifest, settings=settings, baseline=read_baseline(path))
    assert not known.fails(Severity.NOTE)
    ruled = Settings.model_validate({"skip": "counts", "baseline": path, "ignore": {"LAG307": "why"}})
    assert [(one.reason, one.origin) for one in validate(manifest, settings=ruled).accepted] == [("why", "config")]
