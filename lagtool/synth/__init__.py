"""A synthetic LAG tree: drawn photographs, attention maps and labels, with planted defects on request."""

from lagtool.synth.fundus import Fundus, draw_fundus
from lagtool.synth.writing import SyntheticTree, count_pictures, write_synthetic_tree

__all__ = ["Fundus", "SyntheticTree", "count_pictures", "draw_fundus", "write_synthetic_tree"]
