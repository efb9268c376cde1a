"""Exact likeness, from the columns of the manifest alone."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.duplicates.pairs import Numbers, Pair
from lagtool.manifest.header import Relation

_NO_PICTURES = "needs the pictures, and there is only a manifest: name the folder as well"
_NOT_HASHED = "no picture was decoded and hashed when the dataset was indexed"


class Exact(NamedTuple):
    """Pairs of identical pictures, and the position of the first of each kind: what is left to compare."""

    pairs: list[Pair]
    different: Numbers


def find_exact(samples: pd.DataFrame) -> Exact:
    """Pair identical files, and of these different files those with identical pixels, each with the first of them.

    Args:
        samples: Rows in the order of class and id.
    """
    there = (samples["image_sha256"].notna() & (samples["image_bytes"] > 0).fillna(value=False)).to_numpy(bool)
    rows = np.flatnonzero(there)
    pairs, rows = _pair_equal(rows, samples["image_sha256"], Relation.BYTE_IDENTICAL, "sha256")
    whole = samples["image_pixels_sha256"].notna().to_numpy(bool)[rows]
    more, different = _pair_equal(rows[whole], samples["image_pixels_sha256"], Relation.PIXEL_IDENTICAL, "pixels")
    return Exact([*pairs, *more], different)


def _pair_equal(rows: Numbers, column: "pd.Series[str]", relation: Relation, method: str) -> tuple[list[Pair], Numbers]:
    codes, _ = pd.factorize(column.iloc[rows])
    _, first = np.unique(codes, return_index=True)
    firsts = rows[first][codes]
    later = firsts != rows
    pairs = [
        Pair(a, b, relation, 1.0, method) for a, b in zip(firsts[later].tolist(), rows[later].tolist(), strict=True)
    ]
    return pairs, rows[~later]


def list_missing(
    wanted: Iterable[Relation], samples: pd.DataFrame, hashed: NDArray[np.bool_], *, pictures: bool
) -> dict[Relation, str]:
    """Return the relations that cannot be looked for at all, each with the reason.

    Args:
        wanted: The relations that are asked for.
        samples: The samples.
        hashed: Which of them have an image that was decoded and hashed.
        pictures: Whether the pictures can be opened.
    """
    missing = {} if pictures else {r: _NO_PICTURES for r in Relation if r in wanted and r.needs_pictures}
    if samples["image_path"].notna().any() and not hashed.any():
        read, decoded = (samples[name].notna().any() for name in ("image_sha256", "image_pixels_sha256"))
        known = {Relation.BYTE_IDENTICAL: read, Relation.PIXEL_IDENTICAL: decoded}
        missing |= {r: _NOT_HASHED for r in Relation if r in wanted and not known.get(r) and r not in missing}
    return missing
