"""A folder, archive or URL becomes samples with their files, and strays; no file is opened."""

from lagtool.tree.walk import Kind, Stray, Tree, read_tree

__all__ = ["Kind", "Stray", "Tree", "read_tree"]
