"""Curation: marks on single samples, kept in a file beside the data set, which itself is never touched."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lagtool.curation.apply import apply_curation, drop_curation, recorded_curation, recorded_marks, tie_marked
    from lagtool.curation.model import Curation
    from lagtool.curation.read import parse_curation, read_curation, write_marks
    from lagtool.curation.view import curated, curated_samples, excluded
    from lagtool.marks import Mark
from lagtool.model import Action

_HOMES = {
    "Action": "lagtool.model",
    "Curation": "lagtool.curation.model",
    "Mark": "lagtool.marks",
    "apply_curation": "lagtool.curation.apply",
    "curated": "lagtool.curation.view",
    "curated_samples": "lagtool.curation.view",
    "drop_curation": "lagtool.curation.apply",
    "excluded": "lagtool.curation.view",
    "parse_curation": "lagtool.curation.read",
    "read_curation": "lagtool.curation.read",
    "recorded_curation": "lagtool.curation.apply",
    "recorded_marks": "lagtool.curation.apply",
    "tie_marked": "lagtool.curation.apply",
    "write_marks": "lagtool.curation.read",
}

__all__ = [
    "Action",
    "Curation",
    "Mark",
    "apply_curation",
    "curated",
    "curated_samples",
    "drop_curation",
    "excluded",
    "parse_curation",
    "read_curation",
    "recorded_curation",
    "recorded_marks",
    "tie_marked",
    "write_marks",
]


def __getattr__(name: str) -> Any:
    # Reading a file takes no pandas; who only adds a mark does not wait for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'lagtool.curation' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
