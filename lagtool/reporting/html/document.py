"""The sections of the report, computed from the manifest and what the checks said."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from lagtool import __version__
from lagtool.checks.report import Report
from lagtool.curation.apply import curated
from lagtool.manifest.value import Manifest
from lagtool.model import Severity
from lagtool.profiles import is_built_in
from lagtool.reporting.html.alike import describe_alike
from lagtool.reporting.html.attention import describe_attention
from lagtool.reporting.html.charts import draw_histograms, plot_histogram
from lagtool.reporting.html.findings import make_ledger
from lagtool.reporting.html.shortcuts import Shortcuts
from lagtool.reporting.html.tables import list_bins, list_figures, list_part_tables, list_size_tables
from lagtool.reporting.report import render_report
from lagtool.reporting.report_text import list_expectations
from lagtool.reporting.tables import Table
from lagtool.reporting.verdict import describe_subject, describe_verdict, verdict_word
from lagtool.splits.leakage import measure_leakage
from lagtool.text import show

CSV_LIMIT = 2_000_000
"""Bytes of ``findings.csv`` from which on it is not written: the report stays small enough to be sent by mail."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A plot and its numbers; ``constant`` is the one value that all samples have, where there is only one."""

    title: str
    unit: str
    svg: Markup
    figures: Table
    bins: Table
    constant: str


def compose(manifest: Manifest, report: Report, shortcuts: Shortcuts, threshold: Severity) -> dict[str, Any]:
    """Return all sections of the report of a manifest, by the names that the templates know.

    Args:
        manifest: The dataset.
        report: What the checks said of it.
        shortcuts: The section of shortcuts.
        threshold: Severity from which on the verdict is FAIL.
    """
    many = len(report.findings) + len(report.accepted) > CSV_LIMIT // 40  # no line is shorter
    table = None if many else render_report(report, "csv").encode()
    seen = curated(manifest)
    classes = seen.samples["class"].value_counts()
    return {
        "title": show(manifest.header.root_name),
        "verdict": verdict_word(report, threshold),
        "verdict_text": describe_verdict(report, threshold).removeprefix(": "),
        "subject": describe_subject(report),
        "facts": tuple(_identify(manifest)),
        "classes": tuple((c.name, int(classes.get(c.name, 0))) for c in manifest.profile.classes),
        "samples": len(seen.samples),
        "expectations": tuple(list_expectations(report)),
        "ledger": make_ledger(report),
        "csv": table if table is not None and len(table) <= CSV_LIMIT else None,
        "distributions": tuple(_draw(seen)),
        "size_tables": tuple(list_size_tables(manifest)),
        "attention": describe_attention(seen),
        "shortcuts": shortcuts,
        "alike": describe_alike(manifest),
        "part_tables": tuple(list_part_tables(manifest, report)),
        "is_lag": is_built_in(manifest.profile.name),
        "quick": manifest.header.scan_options.quick,
        "leakage": _leakage(manifest),
        "split_title": show(str((manifest.header.split or {}).get("title") or ""), 200),
    }


def _leakage(manifest: Manifest) -> str:
    if "split" not in manifest.samples and "fold" not in manifest.samples:
        return ""
    found = measure_leakage(manifest)
    return "" if found is None else f"{found.sentence}."


def _identify(manifest: Manifest) -> list[tuple[str, str]]:
    header = manifest.header
    profile = header.profile
    release = f"{profile.name} ({'as asked for' if header.profile_choice == 'given' else 'the nearest release'})"
    facts = [
        ("Release", release),
        ("Data, sha256", show(header.content_sha256 or "not known: the files were not read")),
        ("Ids and labels, sha256", show(header.ids_sha256)),
        ("Indexed", f"{show(header.created)} by lagtool {show(header.tool_version)}"),
        ("Report", f"lagtool {__version__}"),
    ]
    if header.curation is not None:
        done = ", ".join(f"{number:,} {action.value}" for action, number in header.curation.applied.items())
        facts.append(("Curation", f"{show(header.curation.name)}: {done or 'no mark holds'}"))
    if header.scan_options.quick:
        facts.append(("Depth", "names, sizes and headers only (--quick): no picture was decoded"))
    return facts


def _draw(manifest: Manifest) -> list[Distribution]:
    made = []
    for histogram in draw_histograms(manifest):
        constant = "" if histogram.constant is None else f"{histogram.constant:.4g}"
        svg = Markup("") if constant else plot_histogram(histogram)
        fact = histogram.fact
        made.append(Distribution(fact.heading, fact.unit, svg, list_figures(histogram), list_bins(histogram), constant))
    return made
