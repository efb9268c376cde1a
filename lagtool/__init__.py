"""lagtool: index, validate, describe and split the LAG glaucoma fundus data set.

The library says the same as the command line: `scan` is ``lagtool index``, `validate` and
`render_report` are ``lagtool validate``, `compute_stats` is ``lagtool stats``, `find_pairs` is ``lagtool duplicates``,
`make_split` is ``lagtool split``, `audit_split` is ``lagtool audit``,
`write_report` is ``lagtool report``, `write_export` is ``lagtool export``. The names below are imported where they
are first used, so that ``import lagtool`` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from lagtool.checks.audit import audit_split
    from lagtool.checks.baseline import Baseline, read_baseline
    from lagtool.checks.report import Report
    from lagtool.checks.runner import validate
    from lagtool.checks.settings import Settings
    from lagtool.configuration import load_settings
    from lagtool.dataset import SampleSet
    from lagtool.errors import LagtoolError
    from lagtool.export.writing import write_export
    from lagtool.findings import read_report
    from lagtool.likeness import Likeness, Relation, find_pairs, group_samples
    from lagtool.manifest import Manifest, read_manifest
    from lagtool.model import Accepted, Finding, Severity
    from lagtool.pinning import pin_copy
    from lagtool.profile import Profile, load_profile
    from lagtool.render.report import render_report
    from lagtool.report.writing import write_report
    from lagtool.scanning.scan import scan
    from lagtool.splits.listed import read_splits
    from lagtool.splits.split import make_split
    from lagtool.stats import Stats, compute_stats
    from lagtool.synth import write_synthetic_tree

_HOMES = {
    "Accepted": "lagtool.model",
    "Baseline": "lagtool.checks.baseline",
    "Finding": "lagtool.model",
    "LagtoolError": "lagtool.errors",
    "Likeness": "lagtool.likeness",
    "Manifest": "lagtool.manifest",
    "Profile": "lagtool.profile",
    "Relation": "lagtool.likeness",
    "Report": "lagtool.checks.report",
    "SampleSet": "lagtool.dataset",
    "Settings": "lagtool.checks.settings",
    "Severity": "lagtool.model",
    "Stats": "lagtool.stats",
    "audit_split": "lagtool.checks.audit",
    "compute_stats": "lagtool.stats",
    "find_pairs": "lagtool.likeness",
    "group_samples": "lagtool.likeness",
    "load_profile": "lagtool.profile",
    "load_settings": "lagtool.configuration",
    "make_split": "lagtool.splits.split",
    "pin_copy": "lagtool.pinning",
    "read_baseline": "lagtool.checks.baseline",
    "read_manifest": "lagtool.manifest",
    "read_report": "lagtool.findings",
    "read_splits": "lagtool.splits.listed",
    "render_report": "lagtool.render.report",
    "scan": "lagtool.scanning.scan",
    "validate": "lagtool.checks.runner",
    "write_export": "lagtool.export.writing",
    "write_report": "lagtool.report.writing",
    "write_synthetic_tree": "lagtool.synth",
}

__all__ = [
    "Accepted",
    "Baseline",
    "Finding",
    "LagtoolError",
    "Likeness",
    "Manifest",
    "Profile",
    "Relation",
    "Report",
    "SampleSet",
    "Settings",
    "Severity",
    "Stats",
    "__version__",
    "audit_split",
    "compute_stats",
    "find_pairs",
    "group_samples",
    "load_profile",
    "load_settings",
    "make_split",
    "pin_copy",
    "read_baseline",
    "read_manifest",
    "read_report",
    "read_splits",
    "render_report",
    "scan",
    "validate",
    "write_export",
    "write_report",
    "write_synthetic_tree",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lagtool' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
