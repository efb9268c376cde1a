"""The findings file: documented, read back as written, and refused where it is not what was written."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lagtool import read_report, render_report
from lagtool.checks.runner import Report
from lagtool.errors import ForeignFileError, LagtoolError
from lagtool.model import Accepted, Finding, Severity
from lagtool.reporting.findings import CheckRecord, CountRecord, FindingRecord, ReportRecord, parse_lines, write_lines
from lagtool.reporting.report import ReportFormat
from lagtool.splits.leakage import Leakage
from lagtool.splits.summary import Measure, PartSummary
from lagtool.text import is_shown, show
from tests.factories import make_manifest
from tests.reporting.reports import accept, audit_report, clean_report, large_report, nasty_report, pinned_report

SCHEMA = json.loads(resources.files("lagtool.reporting").joinpath("findings.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NASTY = write_lines(nasty_report())


@pytest.mark.parametrize(
    "made",
    [nasty_report, clean_report, pinned_report, audit_report, lambda: large_report({"LAG301": 3}, {"LAG104": 2})],
)
def test_every_line_is_as_the_schema_says(made: Callable[[], Report]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    first, *lines = [json.loads(line) for line in write_lines(made()).splitlines()]
    assert (first["record"], {line["record"] for line in lines}) == ("report", {"finding"})
    for line in (first, *lines):
        VALIDATOR.validate(line)


def test_the_schema_can_fail() -> None:
    first, line = [json.loads(line) for line in NASTY.splitlines()[:2]]
    for record, key in ((first, "sha256"), (line, "message")):
        for spoilt in ({**record, "more": 1}, {k: v for k, v in record.items() if k != key}, {**record, key: 7}):
            assert not VALIDATOR.is_valid(spoilt)
    assert not VALIDATOR.is_valid({**line, "severity": "fatal"})
    assert not VALIDATOR.is_valid({**first, "checks": [{}]})


def test_the_schema_and_the_reader_know_the_same_keys() -> None:
    records: dict[str, type[BaseModel]] = {
        "report": ReportRecord,
        "finding": FindingRecord,
        "check": CheckRecord,
        "count": CountRecord,
        "leakage": Leakage,
        "part": PartSummary,
        "measure": Measure,
    }
    for name, record in records.items():
        assert list(SCHEMA["$defs"][name]["properties"]) == list(record.model_fields)
        assert all("description" in part for part in SCHEMA["$defs"][name]["properties"].values())


def test_the_report_is_read_back(tmp_path: Path) -> None:
    report = nasty_report()
    path = tmp_path / "findings.jsonl"
    path.write_text(render_report(report, "jsonl"))
    loaded = read_report(path)
    assert loaded.header == report.header.model_copy(update={"created": "", "scan_started_ns": None})
    assert replace(loaded, header=report.header) == report
    assert write_lines(loaded) == NASTY


def test_an_audit_is_read_back_with_its_parts() -> None:
    report = audit_report()
    lines = write_lines(report)
    loaded = parse_lines(lines.encode())
    assert loaded.parts == report.parts
    assert write_lines(loaded) == lines
    for name in ReportFormat:
        assert render_report(loaded, name) == render_report(report, name)


@pytest.mark.parametrize("change", [{"name": "\x1b[2J"}, {"samples": -1}, {"measures": {}}, {"classes": {"\n": 1}}])
def test_a_forged_part_is_refused(change: dict[str, Any]) -> None:
    report = audit_report()
    forged = replace(report, parts=(report.parts[0].model_copy(update=change), *report.parts[1:]))
    with pytest.raises(LagtoolError, match="damaged at line 1"):
        parse_lines(write_lines(forged).encode())


def test_no_clock_is_in_it() -> None:
    early, late = (make_manifest(2, 1, header={"created": text}) for text in ("2024-01-01", "2025-01-01"))
    report = nasty_report()
    assert write_lines(replace(report, header=early.header)) == write_lines(replace(report, header=late.header))


def test_severities_that_were_changed_are_kept() -> None:
    report = large_report({"LAG301": 1})
    (result,) = report.results
    changed = replace(
        result,
        check=replace(result.check, severity=Severity.NOTE),
        findings=tuple(replace(finding, severity=Severity.NOTE) for finding in result.findings),
    )
    loaded = parse_lines(write_lines(replace(report, results=(changed,))).encode())
    assert loaded.results[0].check.severity is Severity.NOTE
    assert not loaded.fails(Severity.WARNING)


TEXT = st.text(max_size=30).map(show)
FINDINGS = st.builds(
    Finding, st.just("LAG301"), st.sampled_from(Severity), TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple)
)
# Any text that UTF-8 can carry may be a reason: it is shown where it is printed, not where it is kept.
KNOWN = st.builds(Accepted, FINDINGS, st.text(st.characters(codec="utf-8"), max_size=30), st.just("config"))


@given(st.lists(FINDINGS, max_size=5), st.lists(KNOWN, max_size=5))
def test_whatever_is_found_is_read_back(findings: list[Finding], known: list[Accepted]) -> None:
    base = large_report({"LAG301": 0})
    result = replace(base.results[0], findings=tuple(findings))
    report = replace(base, results=(result,), accepted=tuple(known))
    loaded = parse_lines(write_lines(report).encode())
    assert (loaded.results, loaded.accepted) == (report.results, report.accepted)


@given(st.text())
def test_what_is_shown_can_be_loaded(text: str) -> None:
    assert is_shown(show(text))
    assert is_shown(text) or show(text) != text


def _refusal(data: bytes) -> LagtoolError:
    with pytest.raises(LagtoolError) as caught:
        parse_lines(data, "f.jsonl")
    message = str(caught.value)
    assert message.startswith("f.jsonl is ")
    assert message.endswith("write it again with 'lagtool validate SOURCE --format jsonl -o FILE'")
    assert is_shown(message)
    assert len(message) < 400
    return caught.value


@given(st.data())
def test_a_file_that_was_changed_is_refused_or_says_the_same(data: st.DataObject) -> None:
    raw = NASTY.encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    spoilt = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    try:
        loaded = parse_lines(spoilt, "f.jsonl")
    except LagtoolError:
        _refusal(spoilt)
    else:
        assert write_lines(loaded) == NASTY


@pytest.mark.parametrize("kept", [2, 5, 17])
def test_a_file_that_was_cut_is_refused(kept: int) -> None:
    lines = NASTY.splitlines(keepends=True)
    assert "cut short" in str(_refusal("".join(lines[:kept]).encode()))
    assert "damaged at line" in str(_refusal("".join(lines[:kept])[:-9].encode()))


def _with(number: int, **changes: Any) -> bytes:
    lines = NASTY.splitlines()
    lines[number - 1] = json.dumps(json.loads(lines[number - 1]) | changes)
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_with(3, message="never mind"), "line 1 (it is not as it was written"),
        (_with(1, samples=7), "line 1 (it is not as it was written"),
        (_with(3, message="\x1b[31m"), "line 3 (message: characters that cannot be shown"),
        (_with(3, related=["\u202e"]), "line 3 (related.0: characters that cannot be shown"),
        (_with(3, code="LAG999"), "line 3 (code: no check LAG999 in this version of lagtool"),
        (_with(3, severity="fatal"), "line 3 (severity: Input should be"),
        (_with(3, more=1), "line 3 (more: Extra inputs are not permitted"),
        (_with(1, samples=-1), "line 1 (samples: Input should be greater than or equal to 0"),
        (NASTY.encode() + b"\n", "line 20 (Invalid JSON"),
    ],
)
def test_damage_is_named(data: bytes, reason: str) -> None:
    assert reason in str(_refusal(data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "its first line is not JSON"),
        (b"\x89PNG\r\n", "it holds other characters than ASCII"),
        ("{'眼': 1}".encode("utf-16"), "it holds other characters than ASCII"),
        (b"[" * 100_000, "its first line is not JSON"),
        (b'[{"record": "report"}]\n', "its first line is no report of lagtool"),
        (b'{"record": "finding"}\n', "its first line is no report of lagtool"),
        (b'{"lagtool": {}}\n', "a manifest: give it as SOURCE"),
        (_with(1, format=2), "format version 2, this lagtool reads 1"),
        (_with(1, format="\x1b[31m" * 99), "format version \\x1b[31m"),
    ],
)
def test_files_of_others_are_told_apart(data: bytes, reason: str) -> None:
    error = _refusal(data)
    assert isinstance(error, ForeignFileError)
    assert f"f.jsonl is no findings file ({reason}" in str(error)


def _forge(first: dict[str, Any], lines: list[dict[str, Any]]) -> bytes:
    """Return a file whose digest is right whatever it says."""
    from lagtool.reporting.findings import _digest

    texts = [json.dumps(line) for line in lines]
    first = {key: value for key, value in first.items() if key != "sha256"}
    return "".join(f"{t}\n" for t in (json.dumps(first | {"sha256": _digest(first, texts)}), *texts)).encode()


def test_a_forged_file_is_held_to_the_rules() -> None:
    first, *lines = [json.loads(line) for line in NASTY.splitlines()]
    assert write_lines(parse_lines(_forge(first, lines))) == NASTY
    with pytest.raises(LagtoolError, match="numbers of findings per check are not those of its findings"):
        parse_lines(_forge(first, lines[:-1]))
    with pytest.raises(LagtoolError, match="a finding of LAG001, which was not run"):
        parse_lines(_forge(first, [{**lines[0], "code": "LAG001"}, *lines[1:]]))
    with pytest.raises(LagtoolError, match="numbers of findings per check are not those of its findings"):
        parse_lines(_forge(first, [*lines[:-1], {**lines[-1], "code": "LAG001"}]))
    with pytest.raises(LagtoolError, match="its numbers contradict each other"):
        parse_lines(_forge(first | {"findings": 99}, lines))
    with pytest.raises(LagtoolError, match="its numbers contradict each other"):
        parse_lines(_forge(first | {"checks": [*first["checks"], first["checks"][-1]]}, lines))
    with pytest.raises(LagtoolError, match=r"line 1 \(profile.name: "):
        parse_lines(_forge(first | {"header": first["header"] | {"profile": {"name": "a b"}}}, lines))
    with pytest.raises(LagtoolError, match=r"line 2 \(Invalid JSON: "):
        parse_lines(_forge(first, [{**lines[0], "reason": "\ud800"}, *lines[1:]]))


def test_accepting_leaves_the_other_lines_as_they_are() -> None:
    report = large_report({"LAG301": 2, "LAG302": 2})
    _, *before = write_lines(report).splitlines()
    _, *after = write_lines(accept(report, {"LAG302": "why"})).splitlines()
    assert after[:2] == before[:2]
    assert [json.loads(line)["reason"] for line in after] == [None, None, "why", "why"]
