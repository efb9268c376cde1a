"""Groups: samples that must stay together, because something connects them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.likeness.relation import Relation

_DIGITS = 16

Numbers = NDArray[np.int64]


def connect(number: int, a: Numbers, b: Numbers) -> Numbers:
    """Return for each of ``number`` nodes the lowest one that edges ``a[k]``-``b[k]`` connect it with, in any steps."""
    lowest = np.arange(number, dtype=np.int64)
    while True:
        low = np.minimum(lowest[a], lowest[b])
        before = lowest.copy()
        np.minimum.at(lowest, lowest[a], low)
        np.minimum.at(lowest, lowest[b], low)
        lowest = lowest[lowest]
        if np.array_equal(before, lowest):
            return lowest


def group_samples(
    samples: pd.DataFrame,
    pairs: pd.DataFrame,
    relations: Iterable[Relation | str] = tuple(Relation),
    *,
    known: "pd.Series[str] | None" = None,
) -> "pd.Series[str]":
    """Return the column ``group`` of a manifest's samples: connected components over pairs and known groups.

    A group's name is the beginning of the lowest SHA-256 of its images, so that it depends on content only; a sample
    that is alone has none.

    Args:
        samples: The samples of a manifest.
        pairs: The table of `lagtool.likeness.Likeness`.
        relations: Which pairs count.
        known: One text per sample, in order; those with equal texts belong together (patients, for example).
    """
    wanted = {Relation(relation).value for relation in relations}
    chosen = pairs[pairs["relation"].isin(wanted)]
    keys = pd.Index(samples["class"].astype(str) + "/" + samples["id"].astype(str))
    a, b = keys.get_indexer(pd.Index(chosen["a"].astype(str))), keys.get_indexer(pd.Index(chosen["b"].astype(str)))
    there = (a >= 0) & (b >= 0)
    edges = [np.column_stack([a[there], b[there]])]
    if known is not None:
        codes, _ = pd.factorize(known.to_numpy(dtype=object, na_value=None))
        rows = np.flatnonzero(codes >= 0)
        _, first = np.unique(codes[rows], return_index=True)
        edges.append(np.column_stack([rows[first][codes[rows]], rows]))
    joined = np.concatenate(edges).astype(np.int64)
    lowest = connect(len(samples), joined[:, 0], joined[:, 1])
    sizes = np.bincount(lowest, minlength=len(samples))
    digests = pd.Series(samples["image_sha256"].to_numpy(dtype=object, na_value=None))
    names = digests.fillna("~").groupby(lowest).transform("min").str.slice(0, _DIGITS)
    alone = (sizes[lowest] < 2) | (names == "~").to_numpy()
    return pd.Series(names.to_numpy(), index=samples.index, dtype="string[pyarrow]").mask(alone)
