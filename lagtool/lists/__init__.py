"""Lists of others: which names, splits, classes and groups a file or folder gives, in whatever form it comes.

`tables` turns bytes into rows of cells, `choosing` decides what the `columns` are, `rows` reads them,
`folders` does the same for pictures, and `matching` ties a name to a sample of a dataset.
"""

from lagtool.lists.columns import read_columns
from lagtool.lists.matching import Fate, Match, Matcher
from lagtool.lists.reading import Reader
from lagtool.lists.record import Listing, NameRecord, Unusable

__all__ = ["Fate", "Listing", "Match", "Matcher", "NameRecord", "Reader", "Unusable", "read_columns"]
