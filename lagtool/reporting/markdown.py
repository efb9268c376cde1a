"""GitHub's Markdown: text from outside as it is, and tables."""

import re
from collections.abc import Iterable

from lagtool.reporting.tables import Table

# A character reference never starts markup, so one rule serves links, code, emphasis, HTML, mathematics and pipes.
# An underscore within a word means nothing to GitHub and stays readable.
# A colon means something where a word follows at once: in an address or an emoji's name.
_MARKUP = re.compile(r"[\\`*\[\]<>#~!$|@&]|:(?=\S)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=www)\.", re.IGNORECASE)
_NO_WIDTH = "&#8203;"


def escape_markdown(text: str) -> str:
    """Return ``text`` such that GitHub shows it as it is: no markup, no link and nobody notified."""
    # GitHub looks for @name and #number in the finished page, where references are resolved: a space of no width
    # stops it.
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};" + (_NO_WIDTH if match[0] in "@#" else ""), text)


def list_rows(columns: Iterable[str], rows: Iterable[Iterable[str]], *, texts: int) -> list[str]:
    """Return a table's lines: all cells escaped, the first ``texts`` columns to the left, the others to the right."""
    names = list(columns)
    rulers = [":---" if column < texts else "---:" for column in range(len(names))]
    return [_line(map(escape_markdown, names)), _line(rulers), *(_line(map(escape_markdown, row)) for row in rows)]


def lay_out(table: Table) -> list[str]:
    """Return the lines of a table with its title and notes, everything escaped."""
    lines = [f"## {escape_markdown(table.title)}", ""]
    lines.extend(list_rows(table.columns, table.rows, texts=table.text_columns))
    for note in table.notes:
        lines.extend(("", escape_markdown(note)))
    return lines


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
