"""Likeness: copies, mirror images and photographs of the same eye, and the groups that they make."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lagtool.likeness.groups import Group, group_samples, list_groups
    from lagtool.likeness.pairs import Likeness, select_relations
    from lagtool.likeness.record import (
        carry_pairs,
        decide_pairs,
        decided_pairs,
        drop_pairs,
        record_pairs,
        recorded_pairs,
    )
    from lagtool.likeness.search import find_pairs
    from lagtool.relation import Relation

_HOMES = {
    "Group": "lagtool.likeness.groups",
    "Likeness": "lagtool.likeness.pairs",
    "Relation": "lagtool.relation",
    "carry_pairs": "lagtool.likeness.record",
    "decide_pairs": "lagtool.likeness.record",
    "decided_pairs": "lagtool.likeness.record",
    "drop_pairs": "lagtool.likeness.record",
    "find_pairs": "lagtool.likeness.search",
    "group_samples": "lagtool.likeness.groups",
    "list_groups": "lagtool.likeness.groups",
    "record_pairs": "lagtool.likeness.record",
    "recorded_pairs": "lagtool.likeness.record",
    "select_relations": "lagtool.likeness.pairs",
}

__all__ = [
    "Group",
    "Likeness",
    "Relation",
    "carry_pairs",
    "decide_pairs",
    "decided_pairs",
    "drop_pairs",
    "find_pairs",
    "group_samples",
    "list_groups",
    "record_pairs",
    "recorded_pairs",
    "select_relations",
]


def __getattr__(name: str) -> Any:
    # A search needs OpenCV; who only reads pairs does not wait for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'lagtool.likeness' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
