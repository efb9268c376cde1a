"""The findings file: a report as JSON Lines, from which it can be shown again without the data.

The first line is a record of the report, each further one a flat record of one finding; ``findings.schema.json`` beside
this module is the JSON Schema of a line. No clock is in it: the same data gives the same bytes.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lagtool.checks.counts import Count
from lagtool.checks.registry import CHECKS, Check
from lagtool.checks.report import Report, Result, Status
from lagtool.errors import ForeignFileError, LagtoolError
from lagtool.manifest.facts import COMPARED
from lagtool.manifest.header import Header, check_shown, first_complaint
from lagtool.model import Accepted, Finding, Severity
from lagtool.profiles import SlotName
from lagtool.reading import load_file
from lagtool.splits.leakage import Leakage
from lagtool.splits.summary import PartSummary
from lagtool.text import show

FORMAT_VERSION = 1
_MAX_BYTES = 4 << 30
_CLOCKS = {"created", "scan_started_ns"}
_CHECKS = {check.code: check for check in CHECKS}


class _ForeignError(ValueError):
    pass


def _check_code(code: str) -> str:
    if code not in _CHECKS:
        raise ValueError(f"no check {show(code, 20)} in this version of lagtool")
    return code


def _check_names(parts: tuple[PartSummary, ...]) -> tuple[PartSummary, ...]:
    for part in parts:
        for name in (part.name, *part.classes):
            check_shown(name)
        if part.measures.keys() != COMPARED.keys():
            raise ValueError("a part without the measures that lagtool writes")
    return parts


def _check_sides(leakage: Leakage) -> Leakage:
    for name in (*leakage.tested, *leakage.trained):
        check_shown(name)
    return leakage


Shown = Annotated[str, AfterValidator(check_shown)]
Code = Annotated[str, AfterValidator(_check_code)]
Number = Annotated[int, Field(ge=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckRecord(_Record):
    """What came of one check."""

    code: Code
    name: str
    family: str
    severity: Severity
    status: Status
    reason: Shown
    findings: Number
    accepted: Number


class CountRecord(_Record):
    """Expected against found, for one class and one slot."""

    class_name: Shown
    slot: SlotName
    expected: Number | None
    found: Number


class ReportRecord(_Record):
    """The first line."""

    record: Literal["report"]
    format: int
    header: dict[str, Any]
    samples: Number
    checks: tuple[CheckRecord, ...]
    counts: tuple[CountRecord, ...]
    remarks: tuple[Shown, ...]
    findings: Number
    accepted: Number
    parts: Annotated[tuple[PartSummary, ...], AfterValidator(_check_names)] = ()
    leakage: Annotated[Leakage, AfterValidator(_check_sides)] | None = None
    sha256: str


class FindingRecord(_Record):
    """Every further line."""

    record: Literal["finding"]
    code: Code
    name: str
    family: str
    severity: Severity
    message: Shown
    path: Shown
    sample: Shown
    related: tuple[Shown, ...]
    origin: Literal["config", "curation", "baseline"] | None
    reason: str | None


def write_lines(report: Report) -> str:
    """Return a report as a findings file; `parse_lines` reads it back."""
    lines = [
        *(_write_finding(finding) for finding in report.findings),
        *(_write_finding(known.finding, known.origin, known.reason) for known in report.accepted),
    ]
    accepted = Counter(known.finding.code for known in report.accepted)
    record = {
        "record": "report",
        "format": FORMAT_VERSION,
        "header": report.header.model_dump(mode="json", exclude={"format", *_CLOCKS}),
        "samples": report.samples,
        "checks": [_write_check(result, accepted[result.check.code]) for result in report.results],
        "counts": [row._asdict() for row in report.counts],
        "remarks": list(report.remarks),
        "findings": len(lines) - len(report.accepted),
        "accepted": len(report.accepted),
    }
    if report.parts:
        record["parts"] = [part.model_dump(mode="json") for part in report.parts]
    if report.leakage is not None:
        record["leakage"] = report.leakage.model_dump(mode="json")
    record["sha256"] = _digest(record, lines)
    return "".join(f"{line}\n" for line in (json.dumps(record), *lines))


def _write_check(result: Result, accepted: int) -> dict[str, Any]:
    return {
        "code": result.check.code,
        "name": result.check.name,
        "family": result.check.family,
        "severity": result.check.severity.value,
        "status": result.status.value,
        "reason": result.reason,
        "findings": len(result.findings),
        "accepted": accepted,
    }


def _write_finding(finding: Finding, origin: str | None = None, reason: str | None = None) -> str:
    check = _CHECKS[finding.code]
    return json.dumps(
        {
            "record": "finding",
            "code": finding.code,
            "name": check.name,
            "family": check.family,
            "severity": finding.severity.value,
            "message": finding.message,
            "path": finding.path,
            "sample": finding.sample,
            "related": list(finding.related),
            "origin": origin,
            "reason": reason,
        }
    )


def _digest(record: dict[str, Any], lines: Iterable[str]) -> str:
    """Sha256 over the first line as it is without its digest, and all further lines."""
    first = json.dumps({key: value for key, value in record.items() if key != "sha256"})
    return hashlib.sha256("".join(f"{line}\n" for line in (first, *lines)).encode()).hexdigest()


def read_report(path: str | Path) -> Report:
    """Read a findings file that ``lagtool validate --format jsonl`` wrote.

    Every format of the report is, byte for byte, what it was when the data was judged. What the file does not carry:
    when the manifest was made.

    Raises:
        LagtoolError: There is no such file, another program wrote it, or it is damaged; the message says which.
    """
    return parse_lines(load_file(path, _MAX_BYTES, "findings file"), show(path))


def parse_lines(data: bytes, name: str = "this") -> Report:
    """Return the report in a findings file's bytes; ``name`` stands for the file in messages.

    Raises:
        LagtoolError: Another program wrote it, or it is damaged; the message says which.
    """
    again = "write it again with 'lagtool validate SOURCE --format jsonl -o FILE'"
    number = 1
    try:
        first, *lines = _decode(data).removesuffix("\n").split("\n")
        record = _parse_first(first)
        head = ReportRecord.model_validate_json(first)
        findings = []
        for number, line in enumerate(lines, 2):  # noqa: B007 - used where it fails
            findings.append(FindingRecord.model_validate_json(line))
        number = 1
        if _digest(record, lines) != head.sha256:
            raise ValueError("it is not as it was written: cut short, damaged, or edited by hand")
        return _rebuild(head, findings)
    except _ForeignError as error:
        raise ForeignFileError(f"{name} is no findings file ({error}): {again}") from None
    except (ValueError, RecursionError) as error:
        why = show(first_complaint(error), 160)
        raise LagtoolError(f"{name} is damaged at line {number} ({why}): {again}") from None


def _decode(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise _ForeignError("it holds other characters than ASCII") from None


def _parse_first(line: str) -> dict[str, Any]:
    """Return the first line where it is one of ours, of this version."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise _ForeignError("its first line is not JSON") from None
    if isinstance(record, dict) and "lagtool" in record:
        raise _ForeignError("a manifest: give it as SOURCE")
    if not isinstance(record, dict) or record.get("record") != "report":
        raise _ForeignError("its first line is no report of lagtool")
    if record.get("format") != FORMAT_VERSION:
        raise _ForeignError(
            f"format version {show(str(record.get('format')), 20)}, this lagtool reads {FORMAT_VERSION}"
        )
    return record


def _rebuild(head: ReportRecord, records: list[FindingRecord]) -> Report:
    found: dict[str, list[Finding]] = {check.code: [] for check in head.checks}
    accepted = []
    for record in records:
        finding = Finding(record.code, record.severity, record.message, record.path, record.sample, record.related)
        if record.origin is not None:
            accepted.append(Accepted(finding, record.reason or "", record.origin))
        elif record.code in found:
            found[record.code].append(finding)
        else:
            raise ValueError(f"a finding of {record.code}, which was not run")
    known = Counter(one.finding.code for one in accepted)
    numbers = {check.code: (check.findings, check.accepted) for check in head.checks}
    if numbers != {code: (len(found[code]), known[code]) for code in found} or not known.keys() <= found.keys():
        raise ValueError("the numbers of findings per check are not those of its findings")
    if len(found) < len(head.checks) or (len(records) - len(accepted), len(accepted)) != (head.findings, head.accepted):
        raise ValueError("its numbers contradict each other")
    results = tuple(Result(_check(check), tuple(found[check.code]), check.reason) for check in head.checks)
    for check, result in zip(head.checks, results, strict=True):
        if result.status is not check.status:
            raise ValueError(
                f"{check.code} has the status '{check.status.value}', its findings '{result.status.value}'"
            )
    return Report(
        Header.model_validate({**head.header, "created": ""}),
        head.samples,
        results,
        tuple(Count(row.class_name, row.slot, row.expected, row.found) for row in head.counts),
        tuple(accepted),
        head.remarks,
        head.parts,
        head.leakage,
    )


def _check(record: CheckRecord) -> Check:
    """Return the check with the severity that it was judged by."""
    return replace(_CHECKS[record.code], severity=record.severity)
