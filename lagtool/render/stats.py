"""Statistics in each of their formats; the same value gives the same string."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Literal

from lagtool.facts import SHOWN
from lagtool.render import markdown, tables
from lagtool.render.columns import WIDTH
from lagtool.render.json_text import dump
from lagtool.render.spreadsheet import write_cell, write_rows
from lagtool.render.stats_tables import describe_subject, list_tables
from lagtool.stats.statistics import COLUMNS, Stats

StatsFormat = Literal["text", "json", "csv", "markdown"]
JSON_FORMAT = 2
"""Version of the shape of the JSON, whose other keys are the fields of `Stats`."""


def render_stats(
    stats: Stats,
    format: StatsFormat = "text",  # noqa: A002 - as the option is called
    *,
    facts: Sequence[str] = SHOWN,
    by: Literal["class", "part"] = "class",
) -> str:
    """Return ``stats`` as text (at most 80 columns), JSON, CSV (one figure per line) or GitHub Markdown.

    Args:
        stats: The statistics.
        format: The format.
        facts: Names of the facts whose distributions text and Markdown show; JSON and CSV have all of them.
        by: Whether text and Markdown show these per class or per part of the split.
    """
    if format == "json":
        return dump({"format": JSON_FORMAT, **asdict(stats)})
    if format == "csv":
        return write_rows(COLUMNS, (map(write_cell, line) for line in stats.list_figures()))
    render = {"text": _render_text, "markdown": _render_markdown}[format]
    return render(describe_subject(stats), list_tables(stats, facts, by))


def _render_text(subject: Iterable[str], shown: Iterable[tables.Table]) -> str:
    # Wrapping counts characters, of which some take two columns.
    lines = [tables.cut_middle(line, WIDTH) for text in subject for line in textwrap.wrap(text, WIDTH)]
    for table in shown:
        lines.extend(("", *tables.lay_out(table)))
    return "\n".join(lines) + "\n"


def _render_markdown(subject: Iterable[str], shown: Iterable[tables.Table]) -> str:
    lines = ["# Statistics", "", *(f"- {markdown.escape_markdown(' '.join(text.split()))}" for text in subject)]
    for table in shown:
        lines.extend(("", *markdown.lay_out(table)))
    return "\n".join(lines) + "\n"
