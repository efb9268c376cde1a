"""The table of all cases."""

from tests.corpus import kinds, labels, names, pictures
from tests.corpus.case import unique

CASES = unique(case for module in (names, kinds, pictures, labels) for case in module.cases())
