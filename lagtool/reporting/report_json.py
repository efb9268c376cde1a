"""A report as JSON: one document in ASCII, the same bytes for the same report."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lagtool.checks.report import Report
from lagtool.model import Finding
from lagtool.reporting.findings import write_lines
from lagtool.reporting.style import Style
from lagtool.reporting.tables import write_rows
from lagtool.reporting.verdict import NAMES
from lagtool.text import escape_cell, show


def render_json(report: Report, style: Style) -> str:
    """Return the whole report as one JSON document; its keys are described in docs/validate.md."""
    header = report.header
    accepted = Counter(known.finding.code for known in report.accepted)
    document = {
        "tool": {"name": "lagtool", "version": header.tool_version},
        "dataset": {
            "root_name": header.root_name,
            "samples": report.samples,
            "profile": header.profile.name,
            "profile_choice": header.profile_choice,
            "content_sha256": header.content_sha256,
            "ids_sha256": header.ids_sha256,
        },
        "verdict": report.verdict(style.threshold).value,
        "fail_on": style.threshold.value,
        "tally": {severity.value: number for severity, number in report.tally().items()},
        "remarks": list(report.remarks),
        **({"parts": [part.model_dump(mode="json") for part in report.parts]} if report.parts else {}),
        **({"leakage": report.leakage.model_dump(mode="json")} if report.leakage else {}),
        "checks": [
            {
                "code": result.check.code,
                "name": result.check.name,
                "family": result.check.family,
                "severity": result.check.severity.value,
                "status": result.status.value,
                "findings": len(result.findings),
                "accepted": accepted[result.check.code],
                "reason": result.reason,
            }
            for result in report.results
        ],
        "counts": [row._asdict() for row in report.counts],
        "findings": [_record(finding) for finding in report.findings],
        "accepted": [
            {**_record(known.finding), "reason": known.reason, "origin": known.origin} for known in report.accepted
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "path": finding.path,
        "sample": finding.sample,
        "related": list(finding.related),
    }


def render_jsonl(report: Report, style: Style) -> str:
    """Return the findings file that `lagtool.read_report` reads back."""
    return write_lines(report)


COLUMNS = ("code", "name", "severity", "path", "sample", "message", "related", "origin", "reason")


def render_csv(report: Report, style: Style) -> str:
    """Return one line per finding; accepted ones come last and have an origin and a reason.

    Related paths are separated by `` | ``, which serves reading; JSON Lines keep them apart.
    """
    return write_rows(COLUMNS, ([escape_cell(text) for text in line] for line in _lines(report)))


def _lines(report: Report) -> Iterator[tuple[str, ...]]:
    for finding in report.findings:
        yield (*_cells(finding), "", "")
    for known in report.accepted:
        yield (*_cells(known.finding), known.origin, show(known.reason))


def _cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.code,
        NAMES[finding.code],
        finding.severity.value,
        finding.path,
        finding.sample,
        finding.message,
        " | ".join(finding.related),
    )
