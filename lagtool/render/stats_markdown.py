"""Statistics as tables for GitHub's Markdown."""

import re

from lagtool.render.stats_tables import Table, describe_subject, list_tables
from lagtool.stats.records import Stats

# A character reference never starts markup, so one rule serves links, code, emphasis, HTML, mathematics and pipes.
# An underscore within a word means nothing to GitHub and stays readable.
# A colon means something where a word follows at once: in an address or an emoji's name.
_MARKUP = re.compile(r"[\\`*\[\]<>#~!$|@&]|:(?=\S)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=www)\.", re.IGNORECASE)
_NO_WIDTH = "&#8203;"


def render_markdown(stats: Stats) -> str:
    """Return all tables below each other, with text from outside escaped."""
    lines = ["# Statistics", "", *(f"- {escape_markdown(' '.join(line.split()))}" for line in describe_subject(stats))]
    for table in list_tables(stats):
        lines.extend(("", *_lay_out(table)))
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    """Return ``text`` such that GitHub shows it as it is: no markup, no link and nobody notified."""
    # GitHub looks for @name and #number in the finished page, where references are resolved: a space of no width
    # stops it.
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};" + (_NO_WIDTH if match[0] in "@#" else ""), text)


def _lay_out(table: Table) -> list[str]:
    rulers = [":---" if column < table.text_columns else "---:" for column in range(len(table.columns))]
    lines = [f"## {escape_markdown(table.title)}", ""]
    lines.extend((_line([escape_markdown(text) for text in table.columns]), _line(rulers)))
    lines.extend(_line([escape_markdown(text) for text in row]) for row in table.rows)
    for note in table.notes:
        lines.extend(("", escape_markdown(note)))
    return lines


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
