"""A dataset where it lies becomes a tree, its table of labels included."""

from pathlib import Path

from lagtool.files import Store
from lagtool.files.tree import Tree, read_tree
from lagtool.profiles import Profile


def open_tree(path: str | Path | Store, profile: str | Profile = "auto") -> Tree:
    """Walk a tree once, by names only, and read its table of labels, where its profile has one.

    Args:
        path: The root, or what holds it; see `lagtool.files.tree.read_tree`.
        profile: As there.

    Raises:
        LagtoolError: There is no such tree, or its table cannot be read or can be read in two ways.
    """
    tree = read_tree(path, profile)
    if tree.profile.labels is None:
        return tree
    from lagtool.lists.labelled import label_tree  # with pandas, which other trees do without

    return label_tree(tree)
