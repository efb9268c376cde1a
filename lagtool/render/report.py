"""A report in each of its formats; the same report gives the same string."""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Self, cast

from lagtool.model import Severity
from lagtool.render.style import MOST, Style, check_prefix

if TYPE_CHECKING:
    from lagtool.checks.report import Report

ReportFormatName = Literal["text", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown", "csv"]


class ReportFormat(StrEnum):
    """The table of all formats: name, the module whose ``render(report, style)`` writes it, and what it heeds.

    Attributes:
        module: Imported when the format is asked for.
        has_examples: Shows a number of examples per check (``most``) rather than every finding.
        has_places: Gives paths that a CI system looks up in its repository (``prefix``).
    """

    module: str
    has_examples: bool
    has_places: bool

    def __new__(cls, name: str, module: str = "", heeds: str = "") -> Self:
        """Make a row; ``heeds`` names the parts of `Style` that make a difference beside ``threshold``."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.module = module
        member.has_examples = "most" in heeds
        member.has_places = "prefix" in heeds
        return member

    TEXT = "text", "lagtool.render.ledger", "most color"
    JSON = "json", "lagtool.render.report_json"
    JSONL = "jsonl", "lagtool.render.report_jsonl"
    SARIF = "sarif", "lagtool.render.sarif", "prefix"
    JUNIT = "junit", "lagtool.render.junit"
    GITHUB = "github", "lagtool.render.github", "prefix"
    GITLAB = "gitlab", "lagtool.render.gitlab", "prefix"
    MARKDOWN = "markdown", "lagtool.render.report_markdown", "most"
    CSV = "csv", "lagtool.render.report_csv"


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
        prefix: Folder of the data set in the repository, POSIX: put before paths in ``sarif``, ``github``, ``gitlab``.

    Raises:
        LagtoolError: ``prefix`` is no relative path.
    """
    module = import_module(ReportFormat(format).module)
    render = cast("Callable[[Report, Style], str]", module.render)
    return render(report, Style(threshold, most, color, check_prefix(prefix)))
