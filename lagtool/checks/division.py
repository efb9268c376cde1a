"""Divisions: the columns of a manifest that put samples into parts."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.evidence import Evidence, NotApplicable, remembered
from lagtool.display import show


class Division(NamedTuple):
    """One column that divides the samples: the number of each sample's part (-1: none), and the parts' names."""

    column: str
    parts: NDArray[np.intp]
    names: list[str]

    def name(self, part: int | np.intp) -> str:
        """Return a part in words: ``part train``, ``fold 0``."""
        return f"{'part' if self.column == 'split' else 'fold'} {self.names[part]}"


def list_divisions(evidence: Evidence) -> list[Division]:
    """Return the divisions of the manifest; none raises `NotApplicable`."""
    known = _divisions(evidence)
    if not known:
        raise NotApplicable("the manifest has no split")
    return known


@remembered
def _divisions(evidence: Evidence) -> list[Division]:
    found = []
    for column in ("split", "fold"):
        if column in evidence.samples and evidence.samples[column].notna().any():
            parts, names = pd.factorize(evidence.samples[column], sort=True)
            found.append(Division(column, parts.astype(np.intp), [show(str(name), 40) for name in names]))
    return found
