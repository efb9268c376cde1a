"""A report as SARIF 2.1.0, for GitHub code scanning and other viewers of static analysis."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from lagtool.checks.registry import Check
from lagtool.checks.report import Report
from lagtool.model import Accepted, Finding, Severity
from lagtool.reporting.ci import identify_findings, share_out
from lagtool.reporting.style import Style
from lagtool.text import count, show

LIMIT = 5_000
"""Results of one run that GitHub shows; a file with more than 25,000 it refuses."""

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "DATASET"
_EXAMPLES = 20
_PRIORITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_HEADINGS = re.compile(r"^(Why it matters|How to fix|Example):", re.MULTILINE)

Json = dict[str, Any]


class _Places(NamedTuple):
    """Where findings stand, as URIs."""

    style: Style
    root_name: str

    def locate(self, path: str) -> Json:
        """Return a location with file and line: GitHub refuses the whole file where one result has none."""
        if place := self.style.locate(path):
            artifact = {"uri": quote(place, safe="/"), "uriBaseId": _BASE}
        else:  # the dataset as a whole: its folder, whose place is not known
            artifact = {"uri": quote(self.root_name, safe="") or "."}
        return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}}}


class _Told(NamedTuple):
    """A finding as it goes into the file: known by what, and accepted or not."""

    finding: Finding
    identifier: str
    accepted: Accepted | None


def render_sarif(report: Report, style: Style) -> str:
    """Return one run with a rule per check and at most `LIMIT` results, in ASCII.

    Where there are more findings, those of the largest checks are put together in one result that says how many it
    stands for; the run's properties and a notification say how many were. Accepted findings are results with a
    suppression; they take the places that the others leave.
    """
    rules = {result.check.code: number for number, result in enumerate(report.results)}
    places = _Places(style, report.header.root_name)
    results = [{"ruleIndex": rules[result["ruleId"]], **result} for result in _list_results(report, places)]
    grouped = sum(result.get("properties", {}).get("grouped", 0) for result in results)
    run = {
        "tool": {
            "driver": {
                "name": "lagtool",
                "version": show(report.header.tool_version),
                "rules": [_rule(result.check) for result in report.results],
            }
        },
        "invocations": [{"executionSuccessful": True, **_notify(report, grouped)}],
        "originalUriBaseIds": {_BASE: {"description": {"text": _describe_base(style)}}},
        "results": results,
        "properties": {
            "rootName": report.header.root_name,
            "samples": report.samples,
            "profile": report.header.profile.name,
            "contentSha256": report.header.content_sha256,
            "verdict": report.verdict(style.threshold).value,
            "findings": len(report.findings),
            "accepted": len(report.accepted),
            "grouped": grouped,
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _describe_base(style: Style) -> str:
    return "The root of the repository." if style.prefix else "The root folder of the dataset."


def _notify(report: Report, grouped: int) -> Json:
    texts = list(report.remarks)
    if grouped:
        total = len(report.findings) + len(report.accepted)
        texts.append(
            f"{grouped:,} of {count(total, 'finding')} are put together in results that stand for many, so that there "
            f"are no more than {LIMIT:,}; 'lagtool validate --format jsonl' lists each."
        )
    notes = [{"level": "note", "message": {"text": _escape_message(text)}} for text in texts]
    return {"toolExecutionNotifications": notes} if notes else {}


def _rule(check: Check) -> Json:
    what, _, advice = check.explanation.partition("\n\n")
    return {
        "id": check.code,
        "name": check.name,
        "shortDescription": {"text": check.summary},
        "fullDescription": {"text": " ".join(check.explanation.partition("\nHow to fix:")[0].split())},
        "help": {
            "text": check.explanation,
            "markdown": "\n\n".join((what, _HEADINGS.sub(r"\n**\1:**", advice).strip())),
        },
        "defaultConfiguration": {"level": check.severity.value},
        "properties": {"tags": [check.family], "problem.severity": _PRIORITIES[check.severity]},
    }


def _list_results(report: Report, places: _Places) -> Iterator[Json]:
    """Yield the results check by check, in the order of the manifest; accepted ones after all others."""
    findings = [*report.findings, *(known.finding for known in report.accepted)]
    identifiers = iter(identify_findings(findings))
    live = [[_Told(f, next(identifiers), None) for f in result.findings] for result in report.results]
    known: dict[str, list[_Told]] = {result.check.code: [] for result in report.results}
    for accepted in report.accepted:
        known[accepted.finding.code].append(_Told(accepted.finding, next(identifiers), accepted))
    suppressed = list(known.values())
    reserved = sum(bool(group) for group in suppressed)
    singles = share_out([len(group) for group in live], LIMIT - reserved)
    taken = sum(number + (number < len(group)) for number, group in zip(singles, live, strict=True))
    singles += share_out([len(group) for group in suppressed], LIMIT - taken)
    for group, number in zip([*live, *suppressed], singles, strict=True):
        for told in group[:number]:
            yield _result(told, places)
        if number < len(group):
            yield _group_result(group[number:], places)


def _result(told: _Told, places: _Places) -> Json:
    finding = told.finding
    result: Json = {
        "ruleId": finding.code,
        "level": finding.severity.value,
        "message": {"text": _escape_message(finding.message)},
        "locations": [places.locate(finding.path)],
    }
    if finding.related:
        result["relatedLocations"] = [{"id": n, **places.locate(p)} for n, p in enumerate(finding.related, 1)]
    result["partialFingerprints"] = _fingerprints(told.identifier)
    if told.accepted is not None:
        result["suppressions"] = [_suppress(told.accepted)]
    if finding.sample:
        result["properties"] = {"sample": finding.sample}
    return result


def _group_result(group: list[_Told], places: _Places) -> Json:
    first = group[0]
    kind = "accepted findings" if first.accepted else "findings"
    result: Json = {
        "ruleId": first.finding.code,
        "level": first.finding.severity.value,
        "message": {
            "text": f"{len(group):,} {kind} of {first.finding.code}, put together; "
            "'lagtool validate --format jsonl' lists each."
        },
        "locations": [places.locate(first.finding.path)],
        "relatedLocations": [
            {"id": number, **places.locate(told.finding.path)} for number, told in enumerate(group[:_EXAMPLES], 1)
        ],
        "partialFingerprints": _fingerprints(f"{first.finding.code}-grouped{'-accepted' if first.accepted else ''}:1"),
    }
    if first.accepted is not None:
        reasons = {told.accepted.reason for told in group if told.accepted}
        result["suppressions"] = [_suppress(first.accepted, several=len(reasons))]
    result["properties"] = {"grouped": len(group)}
    return result


def _fingerprints(identifier: str) -> Json:
    """GitHub looks at the first of these alone, and computes its own from the file's content where it is missing."""
    return {"primaryLocationLineHash": identifier, "finding/v1": identifier}


def _suppress(accepted: Accepted, several: int = 1) -> Json:
    reason = show(accepted.reason) if several == 1 else "several reasons"
    return {
        "kind": "external",
        "status": "accepted",
        "justification": reason,
        "properties": {"origin": accepted.origin},
    }


def _escape_message(text: str) -> str:
    """Return text in which brackets make no link (SARIF 2.1.0, 3.11.6)."""
    return text.replace("[", "\\[") if "](" in text else text
