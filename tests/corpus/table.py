"""The table of all cases."""

from tests.corpus import kinds, labels, lists, manifests, marks, names, pictures, settings
from tests.corpus.case import unique

_MODULES = (names, kinds, pictures, labels, manifests, settings, marks, lists)
CASES = unique(case for module in _MODULES for case in module.cases())
