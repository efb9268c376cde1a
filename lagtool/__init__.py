"""lagtool: index, validate, describe and split the LAG glaucoma fundus data set.

The library says the same as the command line: `scan` is ``lagtool index``, `validate` is ``lagtool validate``,
`compute_stats` is ``lagtool stats``, `find_pairs` is ``lagtool duplicates``, `make_split` is ``lagtool split``. The
names below are imported where they are first used, so that ``import lagtool`` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lagtool.checks.runner import Report, validate
    from lagtool.errors import LagtoolError
    from lagtool.likeness import Likeness, Relation, find_pairs, group_samples
    from lagtool.manifest import Manifest, read_manifest
    from lagtool.model import Finding, Severity
    from lagtool.profile import Profile, load_profile
    from lagtool.scanner import scan
    from lagtool.splits.split import make_split
    from lagtool.stats import Stats, compute_stats
    from lagtool.synth import write_synthetic_tree

_HOMES = {
    "Finding": "lagtool.model",
    "LagtoolError": "lagtool.errors",
    "Likeness": "lagtool.likeness",
    "Manifest": "lagtool.manifest",
    "Profile": "lagtool.profile",
    "Relation": "lagtool.likeness",
    "Report": "lagtool.checks.runner",
    "Severity": "lagtool.model",
    "Stats": "lagtool.stats",
    "compute_stats": "lagtool.stats",
    "find_pairs": "lagtool.likeness",
    "group_samples": "lagtool.likeness",
    "load_profile": "lagtool.profile",
    "make_split": "lagtool.splits.split",
    "read_manifest": "lagtool.manifest",
    "scan": "lagtool.scanner",
    "validate": "lagtool.checks.runner",
    "write_synthetic_tree": "lagtool.synth",
}

__all__ = [
    "Finding",
    "LagtoolError",
    "Likeness",
    "Manifest",
    "Profile",
    "Relation",
    "Report",
    "Severity",
    "Stats",
    "__version__",
    "compute_stats",
    "find_pairs",
    "group_samples",
    "load_profile",
    "make_split",
    "read_manifest",
    "scan",
    "validate",
    "write_synthetic_tree",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lagtool' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
