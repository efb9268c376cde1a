"""Likeness: copies, mirror images and photographs of the same eye, and the groups that they make."""

from lagtool.likeness.groups import Group, group_samples, list_groups
from lagtool.likeness.pairs import Likeness
from lagtool.likeness.relation import Relation
from lagtool.likeness.search import find_pairs

__all__ = ["Group", "Likeness", "Relation", "find_pairs", "group_samples", "list_groups"]
