"""Statistics as tables for GitHub's Markdown."""

from lagtool.render.markdown import escape_markdown, list_rows
from lagtool.render.stats_tables import Table, describe_subject, list_tables
from lagtool.stats.records import Stats


def render_markdown(stats: Stats) -> str:
    """Return all tables below each other, with text from outside escaped."""
    lines = ["# Statistics", "", *(f"- {escape_markdown(' '.join(line.split()))}" for line in describe_subject(stats))]
    for table in list_tables(stats):
        lines.extend(("", *_lay_out(table)))
    return "\n".join(lines) + "\n"


def _lay_out(table: Table) -> list[str]:
    lines = [f"## {escape_markdown(table.title)}", ""]
    lines.extend(list_rows(table.columns, table.rows, texts=table.text_columns))
    for note in table.notes:
        lines.extend(("", escape_markdown(note)))
    return lines
