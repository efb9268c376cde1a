"""SARIF against its schema and the limits of GitHub code scanning."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from lagtool.checks.runner import Report
from lagtool.reporting.report import render_report
from lagtool.reporting.sarif import LIMIT
from lagtool.text import show
from tests.reporting.reports import REASONS, REMARK, accept, clean_report, large_report, nasty_report

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def _run(report: Report, **options: Any) -> dict[str, Any]:
    """Return the one run of a report's SARIF, which must hold what GitHub asks for."""
    document = json.loads(render_report(report, "sarif", **options))
    (run,) = document["runs"]
    results = run["results"]
    if len(results) > 100:  # thousands that are made alike would take seconds
        few = [*results[:20], *results[-20:], *(one for one in results if "grouped" in one.get("properties", {}))]
        VALIDATOR.validate({**document, "runs": [{**run, "results": few}]})
    else:
        VALIDATOR.validate(document)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"]
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        assert len(result.get("relatedLocations", [])) <= 100
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(hashes)) == len(hashes)
    return dict(run)


def test_the_schema_can_fail() -> None:
    document = json.loads(render_report(nasty_report(), "sarif"))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b%"
    with pytest.raises(jsonschema.ValidationError, match="is not a 'uri-reference'"):
        VALIDATOR.validate(document)
    document = json.loads(render_report(nasty_report(), "sarif"))
    document["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError, match="'fatal' is not one of"):
        VALIDATOR.validate(document)


def test_a_result_per_finding_and_a_rule_per_check() -> None:
    report = nasty_report()
    run = _run(report)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [r.check.code for r in report.results]
    for rule, checked in zip(run["tool"]["driver"]["rules"], report.results, strict=True):
        assert rule["help"]["text"] == checked.check.explanation
        assert rule["help"]["markdown"].count("**") == 6
        assert rule["defaultConfiguration"]["level"] == checked.check.severity.value
    assert [(result["ruleId"], result["level"]) for result in run["results"][: len(report.findings)]] == [
        (finding.code, finding.severity.value) for finding in report.findings
    ]
    assert run["properties"]["grouped"] == 0
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].replace("\\[", "[") == REMARK
    assert _run(clean_report())["invocations"] == [{"executionSuccessful": True}]


def test_uris_lead_to_the_paths() -> None:
    report = nasty_report()
    for prefix, start in (("", ""), ("data/LAG set", "data/LAG set/")):
        run = _run(report, prefix=prefix)
        for result, finding in zip(run["results"], report.findings, strict=False):
            artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
            if finding.path:
                assert unquote(artifact["uri"]) == start + finding.path
                assert artifact["uriBaseId"] in run["originalUriBaseIds"]
                assert artifact["uri"].isascii()
            else:
                assert unquote(artifact["uri"]) == (prefix or report.header.root_name)


def test_brackets_make_no_links() -> None:
    report = nasty_report()
    run = _run(report)
    notes = run["invocations"][0]["toolExecutionNotifications"]
    texts = [told["message"]["text"] for told in (*run["results"], *notes)]
    link = re.compile(r"(?<!\\)\[[^\[\]]*\]\(")
    assert link.search("see [this](1)")
    assert not [text for text in texts if link.search(text)]


def test_accepted_findings_are_suppressed_with_their_reasons() -> None:
    results = _run(nasty_report())["results"]
    known = [result for result in results if "suppressions" in result]
    assert [(result["ruleId"], result["suppressions"][0]["justification"]) for result in known] == [
        ("LAG203", ""),
        ("LAG502", show(REASONS[0])),
        ("LAG502", show(REASONS[0])),
        ("LAG602", REASONS[1]),
    ]
    assert {result["suppressions"][0]["status"] for result in known} == {"accepted"}
    live = large_report({"LAG301": 3})
    before = [result["partialFingerprints"] for result in _run(live)["results"]]
    after = [result["partialFingerprints"] for result in _run(accept(live, {"LAG301": "later"}))["results"]]
    assert before == after, "what is accepted stays the same alert"


@pytest.mark.parametrize(
    ("sizes", "known"),
    [
        ({"LAG104": LIMIT}, {}),
        ({"LAG104": LIMIT - 1}, {"LAG502": 1}),
        ({"LAG104": LIMIT + 1}, {}),
        ({"LAG104": 30_000}, {}),
        ({"LAG104": 30_000, "LAG301": 2_000, "LAG302": 1}, {}),
        ({"LAG104": 10_000, "LAG301": 10_000, "LAG302": 10_000}, {"LAG502": 7, "LAG602": 30_000}),
        ({"LAG301": 10}, {"LAG104": 30_000}),
        ({}, {"LAG104": 30_000}),
    ],
)
def test_grouped_below_the_limits_of_github(sizes: dict[str, int], known: dict[str, int]) -> None:
    report = large_report(sizes, known)
    run = _run(report)
    total = len(report.findings) + len(report.accepted)
    results = run["results"]
    assert len(results) == min(total, LIMIT)
    groups = [result for result in results if "grouped" in result.get("properties", {})]
    grouped = sum(result["properties"]["grouped"] for result in groups)
    assert len(results) - len(groups) + grouped == total
    assert run["properties"]["grouped"] == grouped
    notes = run["invocations"][0].get("toolExecutionNotifications", [])
    assert [note["message"]["text"].partition(" are ")[0] for note in notes] == (
        [f"{grouped:,} of {total:,} findings"] if grouped else []
    )
    for code, number in (sizes | {}).items():
        told = [r for r in results if r["ruleId"] == code and "suppressions" not in r]
        assert number == sum(r.get("properties", {}).get("grouped", 1) for r in told)
        if number < LIMIT // 4:
            assert len(told) == number, "a small check is told whole"


def test_of_a_clean_report() -> None:
    run = _run(clean_report())
    assert {result["level"] for result in run["results"]} == {"note"}
    assert run["properties"]["verdict"] == "pass"
