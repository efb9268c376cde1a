"""The rules that a table of pairs from outside must pass, as those that a search makes do; and its digest."""

import hashlib
import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.display import is_shown
from lagtool.header import Search
from lagtool.relation import Relation

Positions = NDArray[np.intp]

_METHOD = r"[a-z0-9+-]{1,40}(?:/[0-9]{1,6})?"
_LONGEST = 200


def digest_pairs(table_sha256: str, search: Search) -> str:
    """Return the sha256 over a table of pairs, by its own digest, and what was looked for."""
    said = json.dumps(search.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(f"{table_sha256}\n{said}\n".encode()).hexdigest()


def sample_keys(samples: pd.DataFrame) -> pd.Index:
    """Return ``class/id`` of each sample, which is how pairs name them."""
    return pd.Index(samples["class"].astype(str) + "/" + samples["id"].astype(str), dtype=object)


def locate_pairs(pairs: pd.DataFrame, keys: pd.Index) -> tuple[Positions, Positions]:
    """Return the positions of the samples ``a`` and ``b`` of each pair among ``keys``; -1: it is not there."""
    a, b = (keys.get_indexer(pd.Index(pairs[name].astype(object))).astype(np.intp) for name in ("a", "b"))
    return a, b


def check_pairs(pairs: pd.DataFrame, search: Search, samples: pd.DataFrame) -> None:
    """Hold a table of pairs against the rules that every search follows.

    Raises:
        ValueError: A pair names a sample that is not there or one twice, stands there twice, or in the wrong order;
            its relation was not looked for or is none; its score is not within 0..1; its method or detail is none that
            lagtool writes.
    """
    required = pairs[["a", "b", "relation", "score", "method"]]
    if required.isna().to_numpy().any():
        raise ValueError("a pair without sample, relation, score or method")
    keys = sample_keys(samples)
    a, b = locate_pairs(pairs, keys)
    if (a < 0).any() or (b < 0).any():
        raise ValueError("a pair of a sample that is not in the manifest")
    if (a >= b).any():
        raise ValueError("a pair of a sample with itself, or with the later one first")
    if len(np.unique(a.astype(np.int64) * len(keys) + b)) < len(pairs):
        raise ValueError("one pair twice")
    relations = set(pairs["relation"].unique())
    if not relations <= {relation.value for relation in Relation}:
        raise ValueError("a pair of an unknown relation")
    if not relations <= set(search.looked_for):
        raise ValueError("a pair of a relation that was not looked for")
    if not pairs["score"].between(0, 1).all():
        raise ValueError("a score of a pair beyond 0..1")
    if not pairs["method"].str.fullmatch(_METHOD).all():
        raise ValueError("a method of a pair that lagtool does not write")
    details = pairs["detail"].dropna().unique().tolist()
    if any(len(text) > _LONGEST or not is_shown(text) for text in details):
        raise ValueError("a detail of a pair that lagtool does not write")
