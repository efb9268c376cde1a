"""A report as GitLab Code Quality JSON (``artifacts:reports:codequality``)."""

import json

from lagtool.checks.report import Report
from lagtool.model import Severity
from lagtool.render.identity import identify_findings
from lagtool.render.style import Style
from lagtool.render.verdict import NAMES

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render_gitlab(report: Report, style: Style) -> str:
    """Return an array of one object per finding, in ASCII; accepted findings are left out.

    What concerns the data set as a whole stands at its folder. GitLab wants a line: it is always the first.
    """
    findings = report.findings
    document = [
        {
            "description": f"{NAMES[finding.code]}: {finding.message}",
            "check_name": finding.code,
            "fingerprint": identifier,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": style.locate(finding.path) or ".", "lines": {"begin": 1}},
        }
        for finding, identifier in zip(findings, identify_findings(findings), strict=True)
    ]
    return json.dumps(document, indent=2) + "\n"
