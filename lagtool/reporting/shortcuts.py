"""The shortcut audit in each of its formats; the same value gives the same string."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Literal

from lagtool.reporting import markdown, tables
from lagtool.reporting.markdown import escape_markdown
from lagtool.reporting.tables import NONE, WIDTH, Table, dump, write_cell, write_rows
from lagtool.stats.shortcuts.records import FactAudit, ModelAudit, PartAudit, ShortcutAudit
from lagtool.text import count

JSON_FORMAT = 1
COLUMNS = ("section", "part", "name", "title", "samples", "auc", "low", "high", "p", "q", "called", "direction")
Format = Literal["text", "json", "csv", "markdown"]


def render_shortcuts(audit: ShortcutAudit, format: Format = "text") -> str:  # noqa: A002 - as the option is called
    """Return ``audit`` as text (at most 80 columns), JSON, CSV (one fact or model per line) or GitHub Markdown."""
    if format == "json":
        return dump({"format": JSON_FORMAT, **asdict(audit)})
    return {"text": _render_text, "csv": _render_csv, "markdown": _render_markdown}[format](audit)


def _render_text(audit: ShortcutAudit) -> str:
    lines = [*textwrap.wrap(_subject(audit), WIDTH), ""]
    lines += textwrap.wrap(f"{_verdict(audit)}: {audit.sentence}", WIDTH)
    for title, sentences in (("What to do", audit.advice), ("Remarks", audit.remarks)):
        if sentences:
            lines += ["", title]
        for sentence in sentences:
            lines += textwrap.wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    for table in _tables(audit):
        lines += ["", *tables.lay_out(table)]
    return "\n".join(lines) + "\n"


def _render_markdown(audit: ShortcutAudit) -> str:
    lines = ["# Shortcut audit", "", escape_markdown(_subject(audit)), ""]
    lines += [f"**{_verdict(audit)}**: {escape_markdown(audit.sentence)}"]
    for title, sentences in (("What to do", audit.advice), ("Remarks", audit.remarks)):
        if sentences:
            lines += ["", f"## {title}", "", *(f"- {escape_markdown(sentence)}" for sentence in sentences)]
    for table in _tables(audit):
        lines += ["", *markdown.lay_out(table)]
    return "\n".join(lines) + "\n"


def _subject(audit: ShortcutAudit) -> str:
    return (
        f"{audit.subject}: {audit.positive} ({audit.positives:,}) told from {audit.negative} ({audit.negatives:,}) by "
        "what has nothing to do with the eye"
    )


def _verdict(audit: ShortcutAudit) -> str:
    return "CALLED BESIDE THE PICTURES ONLY" if audit.verdict == "beside" else audit.verdict.upper()


def _tables(audit: ShortcutAudit) -> Iterator[Table]:
    models = list(_models(audit))
    if models:
        titles = {"all": "all facts", "carried": "those of picture and file only"}
        rows = tuple((titles[name], str(len(m.facts)), *_area(m), _called(m.called)) for name, m in models)
        yield Table(
            "Models over the facts, on samples they were not trained on",
            ("given", "facts", "AUC", "95 % CI", "called"),
            1,
            rows,
            (f"{models[0][1].folds} folds, groups whole; logistic regression and boosted trees together.",),
        )
    if audit.facts:
        yield Table(
            f"What each fact tells of {audit.positive}",
            ("fact", "there", "samples", "AUC", "95 % CI", "q", "called"),
            2,
            tuple(map(_fact, audit.facts)),
            (
                "AUC: how often a sample of the class has the higher value, ties half; of words, their rate out of "
                "fold. CI: DeLong's. q: permutation p "
                f"({audit.permutations:,} permutations, seed {audit.seed}) after Benjamini and Hochberg. Called: q at "
                "most 0.05 and AUC at least 0.02 from 0.5.",
            ),
        )
    if audit.parts:
        yield Table(
            "What tells parts of the split from the others (all facts; 0.5 is good)",
            ("part", "strongest fact", "samples", "AUC", "95 % CI", "called"),
            2,
            tuple(map(_part, audit.parts)),
        )


def _models(audit: ShortcutAudit) -> Iterator[tuple[str, ModelAudit]]:
    for name, model in (("all", audit.model), ("carried", audit.carried)):
        if model is not None:
            yield name, model


def _fact(fact: FactAudit) -> tuple[str, ...]:
    word = fact.direction.split(" ", 1)[0]
    there = word if word in ("higher", "lower", "more", "less") else "words"
    return fact.title, there, f"{fact.samples:,}", *_area(fact), f"{fact.q:.4f}", _called(fact.called)


def _part(part: PartAudit) -> tuple[str, ...]:
    strongest = f"{part.facts[0].title} {part.facts[0].auc:.3f}" if part.facts else NONE
    return part.part, strongest, f"{part.samples:,}", *_area(part), _called(part.called)


def _area(one: FactAudit | ModelAudit | PartAudit) -> tuple[str, str]:
    if one.auc is None or one.low is None or one.high is None:
        return NONE, NONE
    return f"{one.auc:.3f}", f"{one.low:.3f}-{one.high:.3f}"


def _called(called: bool) -> str:
    return "yes" if called else "no"


def _render_csv(audit: ShortcutAudit) -> str:
    return write_rows(COLUMNS, ([write_cell(line.get(name)) for name in COLUMNS] for line in _lines(audit)))


def _lines(audit: ShortcutAudit) -> Iterator[dict[str, Any]]:
    samples = audit.positives + audit.negatives
    verdict = {"name": audit.verdict, "title": audit.sentence, "samples": samples, "called": audit.called}
    yield {"section": "verdict", **verdict}
    for section, sentences in (("advice", audit.advice), ("remark", audit.remarks)):
        for number, sentence in enumerate(sentences, 1):
            yield {"section": section, "name": str(number), "title": sentence}
    for name, model in _models(audit):
        title = count(len(model.facts), "fact")
        yield {**asdict(model), "section": "model", "name": name, "title": title, "samples": samples}
    for fact in audit.facts:
        yield {**asdict(fact), "section": "fact"}
    for part in audit.parts:
        yield {**asdict(part), "section": "part model", "name": "all", "title": "all facts"}
        for fact in part.facts:
            yield {**asdict(fact), "section": "part fact", "part": part.part}
