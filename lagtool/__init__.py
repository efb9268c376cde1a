"""lagtool: index, validate, describe and split the LAG glaucoma fundus dataset.

The library says the same as the command line. The public names are imported where they are first used, so that
``import lagtool`` stays quick.

=========================== ====================================================================
Name                        What it is
=========================== ====================================================================
scan                        ``lagtool index``: look into every file of a tree once
Manifest, read_manifest     what a scan found: samples, unmatched files, pairs, header
validate                    ``lagtool validate``: run the checks
Report, Finding, Severity   what they found; ``read_report`` reads a findings file
Accepted, Baseline          findings that are accepted; ``read_baseline`` reads a file of them
Settings, load_settings     a configuration: profile, thresholds, checks to run
render_report               a report as text, JSON, CSV, Markdown, SARIF, JUnit, ...
compute_stats, Stats        ``lagtool stats``: the dataset in numbers
find_pairs, Likeness        ``lagtool duplicates``: copies, and photographs of the same eye;
                            ``record_pairs`` keeps them in the manifest
Relation, group_samples     how two pictures are alike; the groups that pairs make
make_split                  ``lagtool split``: train, validation and test, or folds
read_splits, audit_split    ``lagtool audit``: a split that somebody else made
Mark, read_curation         ``lagtool curate``: what somebody decided about samples;
                            ``write_marks`` and ``apply_curation`` write and apply it
write_export                ``lagtool export``: the samples in the form that a framework reads
SampleSet                   samples one by one, decoded; ``lagtool.training.torch`` has them as tensors
write_report                ``lagtool report``: a page to look at
Profile, load_profile       what a dataset should look like; ``pin_copy`` makes one of a copy
write_synthetic_tree        ``lagtool synth``: a tree to try things on
LagtoolError                what went wrong, in one line that says what to do
=========================== ====================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from lagtool.checks.acceptance import Baseline, read_baseline
    from lagtool.checks.audit import audit_split
    from lagtool.checks.configuration import load_settings
    from lagtool.checks.report import Report
    from lagtool.checks.runner import validate
    from lagtool.checks.settings import Settings
    from lagtool.curation.apply import apply_curation
    from lagtool.curation.read import read_curation, write_marks
    from lagtool.duplicates.groups import group_samples
    from lagtool.duplicates.pairs import Likeness, record_pairs
    from lagtool.duplicates.search import find_pairs
    from lagtool.errors import LagtoolError
    from lagtool.export.writing import write_export
    from lagtool.manifest.header import Relation
    from lagtool.manifest.marks import Mark
    from lagtool.manifest.releases import pin_copy
    from lagtool.manifest.value import Manifest, read_manifest
    from lagtool.model import Accepted, Finding, Severity
    from lagtool.profiles import Profile, load_profile
    from lagtool.reporting.findings import read_report
    from lagtool.reporting.html.writing import write_report
    from lagtool.reporting.report import render_report
    from lagtool.scanning.scan import scan
    from lagtool.splits.listed import read_splits
    from lagtool.splits.split import make_split
    from lagtool.stats import Stats, compute_stats
    from lagtool.synth import write_synthetic_tree
    from lagtool.training import SampleSet

_HOMES = {
    "Accepted": "lagtool.model",
    "Baseline": "lagtool.checks.acceptance",
    "Finding": "lagtool.model",
    "LagtoolError": "lagtool.errors",
    "Likeness": "lagtool.duplicates.pairs",
    "Manifest": "lagtool.manifest.value",
    "Mark": "lagtool.manifest.marks",
    "Profile": "lagtool.profiles",
    "Relation": "lagtool.manifest.header",
    "Report": "lagtool.checks.report",
    "SampleSet": "lagtool.training",
    "Settings": "lagtool.checks.settings",
    "Severity": "lagtool.model",
    "Stats": "lagtool.stats",
    "apply_curation": "lagtool.curation.apply",
    "audit_split": "lagtool.checks.audit",
    "compute_stats": "lagtool.stats",
    "find_pairs": "lagtool.duplicates.search",
    "group_samples": "lagtool.duplicates.groups",
    "load_profile": "lagtool.profiles",
    "load_settings": "lagtool.checks.configuration",
    "make_split": "lagtool.splits.split",
    "pin_copy": "lagtool.manifest.releases",
    "read_baseline": "lagtool.checks.acceptance",
    "read_curation": "lagtool.curation.read",
    "read_manifest": "lagtool.manifest.value",
    "read_report": "lagtool.reporting.findings",
    "record_pairs": "lagtool.duplicates.pairs",
    "read_splits": "lagtool.splits.listed",
    "render_report": "lagtool.reporting.report",
    "scan": "lagtool.scanning.scan",
    "validate": "lagtool.checks.runner",
    "write_export": "lagtool.export.writing",
    "write_marks": "lagtool.curation.read",
    "write_report": "lagtool.reporting.html.writing",
    "write_synthetic_tree": "lagtool.synth",
}

__all__ = [
    "Accepted",
    "Baseline",
    "Finding",
    "LagtoolError",
    "Likeness",
    "Manifest",
    "Mark",
    "Profile",
    "Relation",
    "Report",
    "SampleSet",
    "Settings",
    "Severity",
    "Stats",
    "__version__",
    "apply_curation",
    "audit_split",
    "compute_stats",
    "find_pairs",
    "group_samples",
    "load_profile",
    "load_settings",
    "make_split",
    "pin_copy",
    "read_baseline",
    "read_curation",
    "read_manifest",
    "read_report",
    "read_splits",
    "record_pairs",
    "render_report",
    "scan",
    "validate",
    "write_export",
    "write_marks",
    "write_report",
    "write_synthetic_tree",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lagtool' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
