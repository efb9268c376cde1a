"""Directions in words."""

import numpy as np
from numpy.typing import NDArray

from lagtool.display import show
from lagtool.shortcuts.nuisance import Values


def describe_direction(values: Values, labels: NDArray[np.bool_], auc: float, positive: str) -> str:
    """Return which way a fact points: higher, lower, more often; of a word, the one that tells most."""
    if not values.words:
        up = auc >= 0.5
        if values.fact.kind == "yes":
            return f"{'more' if up else 'less'} often in {positive}"
        return f"{'higher' if up else 'lower'} in {positive}"
    known = values.codes >= 0
    counts = np.bincount(values.codes[known], minlength=len(values.words))
    positives = np.bincount(values.codes[known & labels], minlength=len(values.words))
    excess = positives - counts * (positives.sum() / counts.sum())
    most = int(np.argmax(np.abs(excess)))
    return f"'{show(values.words[most], 40)}' {'more' if excess[most] > 0 else 'less'} often in {positive}"
