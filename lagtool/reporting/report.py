"""A report in each of its formats; the same report gives the same string."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self, assert_never

from lagtool.model import Severity
from lagtool.reporting.style import MOST, Style, check_prefix

if TYPE_CHECKING:
    from lagtool.checks.report import Report

ReportFormatName = Literal["text", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown", "csv"]


class ReportFormat(StrEnum):
    """The table of all formats: name, and what it heeds.

    Attributes:
        has_examples: Shows a number of examples per check (``most``) rather than every finding.
        has_places: Gives paths that a CI system looks up in its repository (``prefix``).
    """

    has_examples: bool
    has_places: bool

    def __new__(cls, name: str, heeds: str = "") -> Self:
        """Make a row; ``heeds`` names the parts of `Style` that make a difference beside ``threshold``."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.has_examples = "most" in heeds
        member.has_places = "prefix" in heeds
        return member

    TEXT = "text", "most color"
    JSON = "json"
    JSONL = "jsonl"
    SARIF = "sarif", "prefix"
    JUNIT = "junit"
    GITHUB = "github", "prefix"
    GITLAB = "gitlab", "prefix"
    MARKDOWN = "markdown", "most"
    CSV = "csv"


def render_report(
    report: "Report",
    format: ReportFormatName | ReportFormat = "text",  # noqa: A002 - as the option is called
    *,
    threshold: Severity = Severity.ERROR,
    most: int | None = MOST,
    color: bool = False,
    prefix: str = "",
) -> str:
    """Return a report as ``lagtool validate --format`` writes it.

    Args:
        report: What the checks said.
        format: One of `ReportFormat`; docs/formats.md describes them.
        threshold: Severity from which on the verdict is FAIL.
        most: Findings shown per check in ``text`` and ``markdown``; None: all.
        color: Whether ``text`` uses ANSI colours.
        prefix: Folder of the dataset in the repository, POSIX: put before paths in ``sarif``, ``github``, ``gitlab``.

    Raises:
        LagtoolError: ``prefix`` is no relative path.
    """
    render = _renderer(ReportFormat(format))
    return render(report, Style(threshold, most, color, check_prefix(prefix)))


def _renderer(chosen: ReportFormat) -> "Callable[[Report, Style], str]":
    """Return the function of a format; its module is imported here, when the format is asked for."""
    if chosen is ReportFormat.TEXT:
        from lagtool.reporting.report_text import render_text

        return render_text
    if chosen is ReportFormat.JSON:
        from lagtool.reporting.report_json import render_json

        return render_json
    if chosen is ReportFormat.JSONL:
        from lagtool.reporting.report_json import render_jsonl

        return render_jsonl
    if chosen is ReportFormat.SARIF:
        from lagtool.reporting.sarif import render_sarif

        return render_sarif
    if chosen is ReportFormat.JUNIT:
        from lagtool.reporting.ci import render_junit

        return render_junit
    if chosen is ReportFormat.GITHUB:
        from lagtool.reporting.ci import render_github

        return render_github
    if chosen is ReportFormat.GITLAB:
        from lagtool.reporting.ci import render_gitlab

        return render_gitlab
    if chosen is ReportFormat.MARKDOWN:
        from lagtool.reporting.report_markdown import render_markdown

        return render_markdown
    if chosen is ReportFormat.CSV:
        from lagtool.reporting.report_json import render_csv

        return render_csv
    assert_never(chosen)
