"""Manifest, statistics, report and likeness as a notebook shows them: a few small tables, everything escaped.

Colours and fonts are the notebook's own, so that light and dark are both readable; nothing is loaded from anywhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from html import escape

import pandas as pd

from lagtool.checks.report import Report
from lagtool.display import count, show
from lagtool.likeness import Likeness
from lagtool.manifest import Manifest
from lagtool.model import Severity
from lagtool.profile import SLOTS
from lagtool.render.stats_tables import list_tables
from lagtool.render.tables import NONE, Table
from lagtool.render.verdict import describe_subject, describe_verdict, list_failed, verdict_word
from lagtool.stats import Stats

MOST = 20
"""Rows that a table has at most."""
_TABLES = 4


@singledispatch
def render_notebook(value: object) -> str:
    """Return a value as HTML.

    Raises:
        TypeError: It is none of those that a notebook is shown.
    """
    raise TypeError(f"nothing to show of {type(value).__name__}")


@render_notebook.register
def _manifest(manifest: Manifest) -> str:
    header, profile = manifest.header, manifest.profile
    slots = [slot for slot in SLOTS if slot in profile.slots]
    there = pd.DataFrame({slot: manifest.samples[f"{slot}_path"].notna() for slot in slots})
    by_class = there.groupby(manifest.samples["class"].astype(object)).sum().to_dict("index")
    samples = manifest.samples["class"].value_counts()
    rows = [
        (c.name, f"{int(samples.get(c.name, 0)):,}", *(f"{by_class.get(c.name, {}).get(slot, 0):,}" for slot in slots))
        for c in profile.classes
    ]
    rows.append(("total", f"{len(manifest.samples):,}", *(f"{int(there[slot].sum()):,}" for slot in slots)))
    heads = ("class", "samples", *(profile.noun(slot, 2) for slot in slots))
    split = "" if header.split is None else ", with a split"
    pairs = "" if manifest.pairs is None else f", {count(len(manifest.pairs), 'pair')} of like pictures"
    marks = "" if header.curation is None else f", curated by {show(header.curation.name)}"
    notes = (
        f"{count(len(manifest.strays), 'stray')}{split}{pairs}{marks}; profile {profile.name}; indexed "
        f"{show(header.created)} by lagtool {show(header.tool_version)}",
        f"data sha256 {show(header.content_sha256 or 'not known')}",
        "manifest.samples is the table; lagtool.validate(manifest) judges it",
    )
    return _page(f"Manifest of {show(header.root_name)}", [Table("", heads, 1, tuple(rows), notes)])


@render_notebook.register
def _stats(stats: Stats) -> str:
    tables = list_tables(stats)
    left = len(tables) - _TABLES
    more = [f"{count(left, 'further table')}: print(lagtool.render.stats.render_stats(stats, 'text'))"]
    subject = f"{stats.subject.root_name}: {count(stats.subject.samples, 'sample')}"
    return _page(subject, tables[:_TABLES], more if left > 0 else [])


@render_notebook.register
def _report(report: Report) -> str:
    rows = tuple(
        (r.check.code, r.check.name, r.check.severity.value, r.findings[0].message, f"{len(r.findings):,}")
        for r in list_failed(report)
    )
    verdict = verdict_word(report, Severity.ERROR) + describe_verdict(report, Severity.ERROR)
    table = Table("", ("code", "check", "severity", "the first of them", "findings"), 4, rows)
    known = [f"{count(len(report.accepted), 'finding')} accepted"] if report.accepted else []
    return _page(verdict, [table] if rows else [], [describe_subject(report), *known, *report.remarks[:5]])


@render_notebook.register
def _likeness(likeness: Likeness) -> str:
    pairs = likeness.pairs
    relations = tuple((str(name), f"{number:,}") for name, number in pairs["relation"].value_counts(sort=False).items())
    rows = tuple(
        (str(a), str(b), str(relation), str(detail) if isinstance(detail, str) else "", f"{score:.2f}")
        for a, b, relation, score, detail in pairs[["a", "b", "relation", "score", "detail"]]
        .head(MOST + 1)
        .itertuples(index=False)
    )
    tables = [Table("By relation", ("relation", "pairs"), 1, relations)] if relations else []
    if rows:
        tables.append(Table("Pairs", ("one", "other", "relation", "how", "score"), 4, rows))
    more = [f"the first {MOST} of {len(pairs):,} pairs: likeness.pairs has them all"] if len(pairs) > MOST else []
    missing = [f"not looked for: {relation.value}, {why}" for relation, why in likeness.not_looked_for.items()]
    title = f"{count(len(pairs), 'pair')} among {count(likeness.pictures, 'picture')}"
    return _page(title, tables, [*more, *missing, *likeness.remarks])


def _page(title: str, tables: Iterable[Table], notes: Sequence[str] = ()) -> str:
    parts = [f"<p><b>{escape(title)}</b></p>"]
    for table in tables:
        parts.extend(_lines(table))
    parts.extend(f"<p><small>{escape(note)}</small></p>" for note in notes)
    return f'<div class="lagtool">{"".join(parts)}</div>'


def _lines(table: Table) -> Iterator[str]:
    if table.title:
        yield f"<p>{escape(table.title)}</p>"
    yield "<table><thead><tr>"
    for number, head in enumerate(table.columns):
        yield f'<th style="text-align:{_side(number, table)}">{escape(head)}</th>'
    yield "</tr></thead><tbody>"
    for row in table.rows[:MOST]:
        cells = (f'<td style="text-align:{_side(i, table)}">{escape(cell or NONE)}</td>' for i, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"
    notes = list(table.notes)
    if len(table.rows) > MOST:
        notes.append(f"{len(table.rows) - MOST:,} more rows")
    for note in notes:
        yield f"<p><small>{escape(note)}</small></p>"


def _side(column: int, table: Table) -> str:
    return "left" if column < table.text_columns else "right"
