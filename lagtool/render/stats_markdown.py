"""Statistics as tables for GitHub's Markdown."""

from collections.abc import Sequence

from lagtool.render.markdown import escape_markdown, list_rows
from lagtool.render.stats_tables import describe_subject, list_tables
from lagtool.render.tables import Table
from lagtool.stats.facts import SHOWN
from lagtool.stats.records import Stats


def render_markdown(stats: Stats, facts: Sequence[str] = SHOWN, by: str = "class") -> str:
    """Return all tables below each other, with text from outside escaped."""
    lines = ["# Statistics", "", *(f"- {escape_markdown(' '.join(line.split()))}" for line in describe_subject(stats))]
    for table in list_tables(stats, facts, by):
        lines.extend(("", *lay_out(table)))
    return "\n".join(lines) + "\n"


def lay_out(table: Table) -> list[str]:
    """Return the lines of a table with its title and notes, everything escaped."""
    lines = [f"## {escape_markdown(table.title)}", ""]
    lines.extend(list_rows(table.columns, table.rows, texts=table.text_columns))
    for note in table.notes:
        lines.extend(("", escape_markdown(note)))
    return lines
