"""A report in each of its formats; ``python -m tests.reporting.test_report`` writes the expected files anew."""

import csv
import html
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lagtool.checks.registry import CHECKS as ALL_CHECKS
from lagtool.checks.runner import Report, validate
from lagtool.errors import LagtoolError
from lagtool.model import Finding, Severity
from lagtool.profiles import load_profile
from lagtool.reporting.ci import LIMIT as GITHUB_LIMIT
from lagtool.reporting.ci import identify_findings, share_out
from lagtool.reporting.findings import parse_lines
from lagtool.reporting.report import ReportFormat, ReportFormatName, render_report
from lagtool.reporting.report_markdown import LIMIT as MARKDOWN_LIMIT
from lagtool.reporting.style import check_prefix
from lagtool.text import is_shown, show
from tests.factories import make_manifest
from tests.reporting.reports import (
    REASONS,
    REMARK,
    N,
    accept,
    audit_report,
    clean_report,
    large_report,
    nasty_report,
    pinned_report,
)

EXPECTED = Path(__file__).parent / "report"
SUFFIXES = {"text": "txt", "markdown": "md", "junit": "xml", "gitlab": "gitlab.json", "github": "github.txt"}
REPORTS: dict[str, Callable[[], Report]] = {
    "nasty": nasty_report,
    "clean": clean_report,
    "pinned": pinned_report,
    "audit": audit_report,
    "large": lambda: large_report({"LAG104": 6_000, "LAG301": 40, "LAG006": 1}, {"LAG502": 2}),
}
MANY_ERRORS = [check.code for check in ALL_CHECKS if check.severity is Severity.ERROR]


def _prefix(name: ReportFormat) -> str:
    return "data/LAG set" if name.has_places else ""


def _expected(name: ReportFormat) -> Path:
    return EXPECTED / f"nasty.{SUFFIXES.get(name.value, name.value)}"


@pytest.mark.parametrize("name", ReportFormat)
def test_whole_output(name: ReportFormat) -> None:
    text = render_report(nasty_report(), name, prefix=_prefix(name))
    assert text.encode() == _expected(name).read_bytes(), "if it is meant: python -m tests.reporting.test_report"


def test_the_table_of_formats() -> None:
    assert [row.value for row in ReportFormat] == list(get_args(ReportFormatName))
    assert [row.value for row in ReportFormat if row.has_examples] == ["text", "markdown"]
    assert [row.value for row in ReportFormat if row.has_places] == ["sarif", "github", "gitlab"]


@pytest.mark.parametrize("report", REPORTS)
def test_a_loaded_report_gives_the_same_bytes_in_every_format(report: str) -> None:
    first = REPORTS[report]()
    loaded = parse_lines(render_report(first, "jsonl").encode())
    assert (loaded.results, loaded.counts) == (first.results, first.counts)
    assert (loaded.accepted, loaded.remarks) == (first.accepted, first.remarks)
    for name in ReportFormat:
        for threshold in Severity if len(first.findings) < 100 else (Severity.WARNING,):
            options: dict[str, Any] = {"threshold": threshold, "prefix": _prefix(name), "most": 7}
            assert render_report(loaded, name, **options) == render_report(first, name, **options), name


@pytest.mark.parametrize("name", ["json", "jsonl", "sarif", "junit", "gitlab"])
def test_what_machines_read_is_ascii(name: ReportFormatName) -> None:
    assert render_report(nasty_report(), name).isascii()


@pytest.mark.parametrize("name", ReportFormat)
def test_no_format_hides_anything_in_its_lines(name: ReportFormat) -> None:
    for line in render_report(nasty_report(), name).split("\n"):
        assert is_shown(line), line


def _commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Return the workflow commands in a log as GitHub's runner reads them: command, properties, message."""
    found = []
    for line in text.splitlines():
        if line.lstrip().startswith("::"):
            head, _, data = line.lstrip()[2:].partition("::")
            command, _, rest = head.partition(" ")
            pairs = [pair.partition("=")[::2] for pair in rest.split(",") if pair]
            found.append((command, {key: _unescape(value) for key, value in pairs}, _unescape(data)))
        else:
            assert "##[" not in line
    return found


def _unescape(text: str) -> str:
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_text_holds_no_commands_to_a_ci_system() -> None:
    report = nasty_report()
    for most in (0, 1, None):
        assert _commands(render_report(report, "text", most=most)) == []


def test_text_fits_80_columns_and_shows_as_many_as_asked() -> None:
    report = nasty_report()
    for most, shown, rest in ((0, 0, "  11 findings"), (3, 3, "  ... and 8 more"), (None, 11, None)):
        lines = render_report(report, "text", most=most).splitlines()
        assert max(map(len, lines)) <= 80
        assert " ".join(" ".join(lines).split()).count("name fits no template; not counted") == shown
        assert rest is None or rest in lines
    assert lines[lines.index("REMARKS on the settings") + 1].startswith("  unused: the rule for [LAG301](x)")
    assert lines[-1] == "FAIL: 2 errors, 11 warnings, 1 note in 6 samples; 4 findings accepted."
    assert "  PASS  LAG502  map-count                 2 accepted" in lines


def test_text_in_colour_says_the_same() -> None:
    report = nasty_report()
    assert re.sub(r"\x1b\[[0-9;]*m", "", render_report(report, color=True)) == render_report(report)


def test_github_commands_read_back() -> None:
    report = nasty_report()
    commands = _commands(render_report(report, "github", prefix="data"))
    assert Counter(command for command, *_ in commands) == {"error": 2, "warning": 10, "notice": 1}
    told = {(properties.get("file"), message) for _, properties, message in commands}
    for finding in report.findings[1:10]:
        path = f"data/{finding.path}"
        assert (path, f"{finding.path}: {finding.message}") in told
    assert {properties["title"] for command, properties, _ in commands if command == "error"} == {
        "LAG103 missing-label",
        "LAG201 label-contradicts-folder",
    }
    assert not [message for *_, message in commands if "LAG502" in message or "part 1" in message]


@pytest.mark.parametrize(
    "sizes",
    [
        {"LAG301": 30_000},
        {"LAG301": 30_000, "LAG302": 1, "LAG104": 30_000, "LAG006": 1, "LAG011": 30},
        dict.fromkeys(MANY_ERRORS, 1_000),
        dict.fromkeys(MANY_ERRORS, 1),
    ],
)
def test_github_gets_no_more_than_it_shows(sizes: dict[str, int]) -> None:
    report = large_report(sizes)
    commands = _commands(render_report(report, "github"))
    numbers = Counter(command for command, *_ in commands)
    assert max(numbers.values()) <= GITHUB_LIMIT
    titles = [properties["title"] for _, properties, _ in commands]
    sums = [re.search(r": ([\d,]+) (more|findings?)$", title) for title in titles]
    assert sum(int(match[1].replace(",", "")) if match else 1 for match in sums) == len(report.findings)
    for code in sizes:
        assert [1 for _, properties, message in commands if code in properties["title"] + message], code


def test_gitlab_objects() -> None:
    report = nasty_report()
    objects = json.loads(render_report(report, "gitlab", prefix="data"))
    assert len(objects) == len(report.findings)
    assert len({found["fingerprint"] for found in objects}) == len(objects)
    for found, finding in zip(objects, report.findings, strict=True):
        assert set(found) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert found["check_name"] == finding.code
        assert found["location"] == {"path": f"data/{finding.path}".rstrip("/"), "lines": {"begin": 1}}
        assert found["severity"] == {"error": "major", "warning": "minor", "note": "info"}[finding.severity]
    assert json.loads(render_report(report, "gitlab"))[0]["location"]["path"] == "."
    assert json.loads(render_report(large_report({"LAG301": 0}), "gitlab")) == []


def test_csv_reads_back_and_holds_no_formula() -> None:
    report = nasty_report()
    rows = list(csv.DictReader(io.StringIO(render_report(report, "csv"))))
    findings = [*report.findings, *(known.finding for known in report.accepted)]
    assert [(row["code"], row["severity"], row["message"]) for row in rows] == [
        (finding.code, finding.severity.value, finding.message) for finding in findings
    ]
    assert [row["path"].removeprefix("'") for row in rows] == [finding.path for finding in findings]
    assert {row["path"][0] for row in rows if row["path"].removeprefix("'")[:1] in set("=+-@")} == {"'"}
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [row["reason"] for row in rows if row["code"] == "LAG602"] == [f"'{REASONS[1]}"]


class _Page:
    """Markdown as GitHub renders it, as far as text from outside could reach it."""

    def __init__(self, text: str) -> None:
        self.html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
        self.tags = set(re.findall(r"</?([a-z0-9]+)", self.html))
        self.text = html.unescape(re.sub(r"<[^>]*>", "", self.html)).replace("\u200b", "")


def test_markdown_shows_text_from_outside_as_it_is() -> None:
    report = nasty_report()
    page = _Page(render_report(report, "markdown", most=None))
    own = {"h2", "p", "strong", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.tags == own
    for finding in report.findings:
        assert finding.path in page.text
        assert finding.message in page.text
    for text in (*REASONS, REMARK):
        assert show(text) in page.text
    assert re.search(r"[@#]\w", render_report(report, "markdown", most=None).replace("&#", "")) is None


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_numbers_of_every_slot_that_has_some_are_shown(name: ReportFormatName) -> None:
    lag = load_profile("lag")
    classes = tuple(c.model_copy(update={"labels": 3}) for c in lag.classes)
    report = validate(make_manifest(3, 2, profile=lag.model_copy(update={"classes": classes})), select=["counts"])
    text = render_report(report, name)
    for noun in ("images", "label files", "attention maps"):
        assert f"{N}, {noun}" in text


@pytest.mark.parametrize("most", [5, 400, 30_000])
def test_markdown_fits_a_comment(most: int) -> None:
    sizes = dict.fromkeys([check.code for check in ALL_CHECKS], 300)
    text = render_report(large_report(sizes), "markdown", most=most)
    assert len(text) <= MARKDOWN_LIMIT
    for code in sizes:
        assert code in text
    assert len(render_report(large_report(sizes), "markdown", most=None)) > MARKDOWN_LIMIT


def test_json_lists_what_is_accepted() -> None:
    report = nasty_report()
    document = json.loads(render_report(report, "json"))
    assert [(known["code"], known["origin"], known["reason"]) for known in document["accepted"]] == [
        ("LAG203", "baseline", ""),
        ("LAG502", "config", REASONS[0]),
        ("LAG502", "config", REASONS[0]),
        ("LAG602", "config", REASONS[1]),
    ]
    assert {check["code"]: check["accepted"] for check in document["checks"] if check["accepted"]} == {
        "LAG203": 1,
        "LAG502": 2,
        "LAG602": 1,
    }
    assert len(document["findings"]) == len(report.findings) == sum(document["tally"].values())


@pytest.mark.parametrize("name", ReportFormat)
def test_accepted_findings_do_not_fail(name: ReportFormat) -> None:
    report = large_report({"LAG301": 2})
    assert report.fails()
    report = accept(report, {"LAG301": "scanner broken"})
    assert not report.fails()
    text = render_report(report, name)
    assert "FAIL" not in text
    assert ("scanner broken" in text) is (name.value not in ("github", "gitlab"))


@given(st.lists(st.integers(0, 60)), st.data())
def test_share_out(sizes: list[int], data: st.DataObject) -> None:
    limit = data.draw(st.integers(sum(size > 0 for size in sizes), 200))
    singles = share_out(sizes, limit)
    places = [number + (number < size) for number, size in zip(singles, sizes, strict=True)]
    assert sum(places) == min(limit, sum(sizes)), "every place is used that can be"
    assert all(0 <= number <= size for number, size in zip(singles, sizes, strict=True))
    largest = max(places, default=0)
    cut = [place for place, size in zip(places, sizes, strict=True) if place < size]
    assert all(place >= largest - 1 for place in cut), "nobody is cut while another has more"


def test_share_out_refuses_more_groups_than_places() -> None:
    assert share_out([5, 0, 1], 2) == [0, 0, 1]
    with pytest.raises(ValueError, match="more groups than places"):
        share_out([1, 1, 1], 2)


def _finding(path: str = "a", **changes: Any) -> Finding:
    fields: dict[str, Any] = {"code": "LAG301", "severity": Severity.ERROR, "message": "m", "path": path} | changes
    return Finding(**fields)


def test_a_finding_is_known_by_where_and_what_not_by_its_sentence() -> None:
    (known,) = identify_findings([_finding()])
    assert re.fullmatch("[0-9a-f]{32}:1", known)
    assert identify_findings([_finding("b"), _finding(message="other", severity=Severity.NOTE)])[1] == known
    others = [_finding("b"), _finding(code="LAG302"), _finding(sample="x/1"), _finding(related=("b",))]
    assert known not in identify_findings(others)
    assert identify_findings([_finding(related=("b", "c"))]) == identify_findings([_finding(related=("c", "b"))])
    assert identify_findings([_finding(), _finding()]) == [known, known[:-1] + "2"]


@pytest.mark.parametrize(
    ("prefix", "clean"), [("", ""), ("./", ""), ("data/LAG/", "data/LAG"), ("./a//b", "a/b"), ("眼底 1", "眼底 1")]
)
def test_prefixes(prefix: str, clean: str) -> None:
    assert check_prefix(prefix) == clean


@pytest.mark.parametrize("prefix", ["/data", "../data", "a/../b", "C:\\data", "a\nb", "\u202e"])
def test_prefixes_that_are_refused(prefix: str) -> None:
    with pytest.raises(LagtoolError, match="is no folder within a repository"):
        render_report(nasty_report(), "sarif", prefix=prefix)


if __name__ == "__main__":
    for row in ReportFormat:
        _expected(row).write_bytes(render_report(nasty_report(), row, prefix=_prefix(row)).encode())
