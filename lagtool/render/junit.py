"""A report as JUnit XML, in the dialect of Jenkins."""

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from lagtool.checks.registry import FAMILIES, Check
from lagtool.checks.report import Report, Result, Status, Verdict
from lagtool.display import show
from lagtool.model import Accepted, Finding, Severity
from lagtool.render.style import Style
from lagtool.render.verdict import NAMES, ORIGINS, describe_finding


def render_junit(report: Report, style: Style) -> str:
    """Return a suite per family and a test case per finding, in ASCII.

    A finding at or above the threshold fails, one below it passes with its sentence in the output, an accepted one is
    skipped with its reason. A check without findings is one test case that passes, or is skipped where it did not
    apply. Where nothing was checked, one more case is an error. No times: they would differ from run to run.
    """
    accepted: dict[str, list[Accepted]] = {}
    for known in report.accepted:
        accepted.setdefault(known.finding.code, []).append(known)
    document = JUnitXml(f"lagtool: {show(report.header.root_name)}")
    for family in FAMILIES:
        results = [result for result in report.results if result.check.family == family]
        if results:
            suite = TestSuite(f"lagtool.{family}")
            suite.add_testcases(
                [case for r in results for case in _list_cases(r, accepted.get(r.check.code, []), style.threshold)]
            )
            document.append(suite)
    if report.verdict(style.threshold) is Verdict.NOT_CHECKED:
        suite, case = TestSuite("lagtool"), TestCase("verdict", "lagtool")
        case.append(Error(f"nothing was checked: {report.unchecked}"))
        suite.add_testcase(case)
        document.append(suite)
    document.update_statistics()
    return _serialize(document)


def _list_cases(result: Result, accepted: list[Accepted], threshold: Severity) -> Iterator[TestCase]:
    place = f"lagtool.{result.check.family}.{result.check.code}-{result.check.name}"
    names = Counter[str]()

    def case(finding: Finding) -> TestCase:
        name = finding.path or finding.sample or "the data set"
        names[name] += 1
        return TestCase(name if names[name] == 1 else f"{name} ({names[name]})", place)

    for finding in result.findings:
        made = case(finding)
        if finding.severity.rank >= threshold.rank:
            failure = Failure(finding.message, finding.severity.value)
            failure.text = _detail(finding, result.check)
            made.append(failure)
        else:
            made.system_out = f"{finding.severity.value}: {_detail(finding, result.check)}"
        yield made
    for known in accepted:
        made = case(known.finding)
        reason = show(known.reason) or "no reason given"
        skipped = Skipped(f"accepted by {ORIGINS[known.origin]}: {reason}", known.finding.severity.value)
        skipped.text = _detail(known.finding, result.check)
        made.append(skipped)
        yield made
    if not result.findings and not accepted:
        made = TestCase("the data set", place)
        if result.status is Status.NOT_APPLICABLE:
            made.append(Skipped(f"not applicable: {show(result.reason)}"))
        yield made


def _detail(finding: Finding, check: Check) -> str:
    lines = [f"{check.code} {NAMES[check.code]}: {check.summary}", describe_finding(finding)]
    return "\n".join([*lines, *(f"also: {path}" for path in finding.related)])


def _serialize(document: JUnitXml) -> str:
    """Return the same bytes whichever XML library junitparser found, without the attribute that the schema lacks."""
    root = ElementTree.fromstring(document.tostring())  # noqa: S314 - written above
    root.attrib.pop("skipped", None)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True).decode()
    return text + "\n"
