"""JUnit XML against the schema that Jenkins' xUnit plugin has."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from lagtool.checks.runner import Report, Status
from lagtool.model import Severity
from lagtool.reporting.report import render_report
from lagtool.text import show
from tests.reporting.reports import REASONS, audit_report, clean_report, large_report, nasty_report

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "junit-10.xsd")


def _suites(report: Report, threshold: Severity = Severity.ERROR) -> ElementTree.Element:
    text = render_report(report, "junit", threshold=threshold)
    SCHEMA.validate(text)
    return ElementTree.fromstring(text)


def test_the_schema_can_fail() -> None:
    text = render_report(nasty_report(), "junit").replace("<failure", "<fault").replace("</failure", "</fault")
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        SCHEMA.validate(text)


@pytest.mark.parametrize("threshold", Severity)
@pytest.mark.parametrize(
    "made", [nasty_report, clean_report, audit_report, lambda: large_report({"LAG301": 3}, {"LAG104": 2})]
)
def test_it_fails_where_the_command_fails(made: Callable[[], Report], threshold: Severity) -> None:
    report = made()
    root = _suites(report, threshold)
    failing = [f for f in report.findings if f.severity.rank >= threshold.rank]
    assert int(root.attrib["failures"]) == len(failing)
    assert (int(root.attrib["failures"]) > 0) is report.fails(threshold)
    not_applicable = [result for result in report.results if result.status is Status.NOT_APPLICABLE]
    assert sum(int(suite.attrib["skipped"]) for suite in root) == len(report.accepted) + len(not_applicable)
    assert len(list(root.iter("testcase"))) == int(root.attrib["tests"])
    named = Counter((case.attrib["classname"], case.attrib["name"]) for case in root.iter("testcase"))
    assert set(named.values()) == {1}, "a test case is known by its name"


def test_what_a_case_says() -> None:
    root = _suites(nasty_report())
    cases = {(case.attrib["classname"], case.attrib["name"]): case for case in root.iter("testcase")}
    failed = cases["lagtool.labels.LAG201-label-contradicts-folder", "non_glaucoma/label/0003.txt"].find("failure")
    assert failed is not None
    assert failed.attrib == {"message": "states 1, but its folder stands for 0", "type": "error"}
    skipped = cases["lagtool.counts.LAG502-map-count", "non_glaucoma"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == f"accepted by configuration: {show(REASONS[0])}"
    lenient = cases["lagtool.tree.LAG007-off-pattern-name", "\\xff\\xfe.md"]
    assert lenient.find("failure") is None
    assert (lenient.findtext("system-out") or "").startswith("warning: LAG007 off-pattern-name: ")
    absent = cases["lagtool.counts.LAG504-ids-differ", "the dataset"].find("skipped")
    assert absent is not None
    assert absent.attrib["message"] == "not applicable: the profile has no fingerprint of ids"


def test_findings_at_one_place_are_told_apart() -> None:
    report = large_report({"LAG301": 1}, {"LAG301": 1})
    report = replace(report, accepted=report.accepted * 2)
    names = [case.attrib["name"] for case in _suites(report).iter("testcase")]
    assert names == [
        "non_glaucoma/image/00000.jpg",
        "suspicious_glaucoma/image/00000.jpg",
        "suspicious_glaucoma/image/00000.jpg (2)",
    ]


def test_thirty_thousand_cases() -> None:
    root = ElementTree.fromstring(render_report(large_report({"LAG104": 30_000}), "junit", threshold=Severity.WARNING))
    assert root.attrib["failures"] == root.attrib["tests"] == "30000"


def test_junit_is_loaded_where_it_is_used() -> None:
    code = "import sys, lagtool.cli; print([name for name in ('junitparser', 'pydantic') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
