"""Likeness: copies, mirror images and photographs of the same eye, and the groups that they make."""

from lagtool.likeness.groups import group_samples
from lagtool.likeness.pairs import Likeness
from lagtool.likeness.relation import Relation
from lagtool.likeness.search import find_pairs

__all__ = ["Likeness", "Relation", "find_pairs", "group_samples"]
