"""The section of shortcuts: how far a model gets that never looks at the eye, as an audit of shortcuts found it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from lagtool.reporting.html.charts import plot_intervals
from lagtool.reporting.tables import NONE, Table
from lagtool.stats.shortcuts import ModelAudit, ShortcutAudit
from lagtool.text import show

_PLOTTED = 16
_ALARMING = 0.05
"""How far from 0.5 an AUC must be to be shown as an alarm: in a large dataset less than that may be called too."""


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """The section: a sentence, what to do, a chart, and tables; ``reason`` says why there is none of it."""

    sentence: str = ""
    advice: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    svg: Markup = field(default_factory=Markup)
    tables: tuple[Table, ...] = ()
    alarming: bool = False
    reason: str = ""


def describe_shortcuts(audit: ShortcutAudit | None, reason: str = "") -> Shortcuts:
    """Return the section of an audit; None: there was none, for the reason given."""
    if audit is None:
        return Shortcuts(reason=reason)
    rows = list(_bars(audit))
    what = "AUC for the label, of each fact alone and of all together"
    chart = plot_intervals(rows, what) if rows else Markup()
    tables = [
        Table(
            "Each fact alone",
            ("fact", "direction", "samples", "AUC", "95 % CI", "p", "q", "called"),
            2,
            tuple(_facts(audit)),
        )
    ]
    if audit.parts:
        tables.append(
            Table(
                "Each part of the split against the others",
                ("part", "strongest facts", "AUC", "95 % CI"),
                2,
                tuple(_parts(audit)),
                ("Near 0.5 is good: the parts look alike.",),
            )
        )
    return Shortcuts(
        sentence=audit.sentence,
        advice=tuple(audit.advice),
        remarks=tuple(audit.remarks),
        svg=chart,
        tables=tuple(tables),
        alarming=_alarms(audit),
    )


def _bars(audit: ShortcutAudit) -> Iterator[tuple[str, float, float | None, float | None, bool]]:
    for name, model in _models(audit):
        yield name, model.auc, model.low, model.high, model.called
    apart = sorted(audit.facts, key=lambda fact: fact.origin == "beside")
    for fact in apart[:_PLOTTED]:
        yield show(fact.title, 40), fact.auc, fact.low, fact.high, fact.called


def _alarms(audit: ShortcutAudit) -> bool:
    """Whether a network could cheat: what lies beside the pictures (id, time, presence of a map) is no alarm."""
    inside = [fact for fact in audit.facts if fact.origin != "beside"]
    model = audit.carried if audit.carried is not None or not inside else audit.model
    return (model is not None and model.called) or any(f.called and f.strength >= _ALARMING for f in inside)


def _models(audit: ShortcutAudit) -> Iterator[tuple[str, ModelAudit]]:
    """Yield the models of an audit: over those facts that picture and file carry, where it has one, and over all."""
    if audit.carried is not None:
        yield "facts in picture and file", audit.carried
    if audit.model is not None:
        yield "all facts together", audit.model


def _facts(audit: ShortcutAudit) -> Iterator[tuple[str, ...]]:
    for fact in audit.facts:
        interval = _interval(fact.low, fact.high)
        called = "yes" if fact.called else "no"
        yield (
            fact.title,
            fact.direction,
            f"{fact.samples:,}",
            f"{fact.auc:.3f}",
            interval,
            _chance(fact.p),
            _chance(fact.q),
            called,
        )


def _parts(audit: ShortcutAudit) -> Iterator[tuple[str, ...]]:
    for part in audit.parts:
        strongest = [f"{fact.title} ({fact.auc:.3f})" for fact in part.facts[:3]]
        auc = NONE if part.auc is None else f"{part.auc:.3f}"
        yield part.part, ", ".join(strongest) or NONE, auc, _interval(part.low, part.high)


def _interval(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{low:.3f} – {high:.3f}"


def _chance(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
