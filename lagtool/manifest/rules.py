"""The rules that rows from outside must pass, as those of a scanned tree do."""

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.manifest.header import Relation, Search
from lagtool.manifest.schema import SAMPLE_COLUMNS, UNMATCHED_REASONS
from lagtool.model import State
from lagtool.profiles import SLOTS, Profile, SlotName
from lagtool.text import is_shown, show

_RULES = {
    **{f"{slot}_sha256": "[0-9a-f]{64}" for slot in SLOTS},
    "image_tables": "[0-9a-f]{16}",
    "image_phash": "[0-9a-f]{64}",
    "image_phash_mirror": "[0-9a-f]{64}",
    "image_phash64": "[0-9a-f]{16}",
    "map_grid": "[0-9a-f]{512}",
    "group": "[A-Za-z0-9_-]{1,64}",
    "split": "[A-Za-z0-9_-]{1,32}",
    "curation": "(?:exclude|{0})(?:,(?:{0})){{0,5}}".format("relabel|keep-together|accept|same|not-same"),
}

_BATCH = 1 << 16
"""Rows that are looked at together: lists of all of them would weigh more than the table."""
_FREE = [c.name for c in SAMPLE_COLUMNS if c.kind == "text" and c.name not in _RULES and not c.name.endswith("_path")]
"""Columns of text that no rule holds beyond this: it is one short line that can be shown."""

LONGEST_TEXT = 10_000
"""Characters that a text in a manifest may have; lagtool cuts what it shows long before."""

_KINDS = {"file", "folder", "link", "link-outside", "other"}


def check_samples(samples: pd.DataFrame, profile: Profile) -> None:
    """Hold rows from outside against the rules that a scanned tree follows.

    Raises:
        ValueError: A class is unknown, an id stands twice, a path is not one that the profile's templates make, a
            state is not in the vocabulary, or the rows are out of order.
    """
    for start in range(0, len(samples), _BATCH):  # with the row before, whose order counts too
        _check_batch(samples.iloc[max(0, start - 1) : start + _BATCH], profile)


def _check_batch(samples: pd.DataFrame, profile: Profile) -> None:
    labels = {c.name: c.label for c in profile.classes}
    order = {c.name: rank for rank, c in enumerate(profile.classes)}
    classes = samples["class"].tolist()
    ids = samples["id"].tolist()
    if samples["id"].isna().any() or samples["class"].isna().any() or samples["label"].isna().any():
        raise ValueError("a sample without id, class or label")
    if any(name not in labels for name in classes):
        raise ValueError("a class that its profile does not have")
    if samples["label"].tolist() != [labels[name] for name in classes]:
        raise ValueError("a label that is not its class's")
    keys = [(order[name], key) for name, key in zip(classes, ids, strict=True)]
    if any(first >= second for first, second in pairwise(keys)):
        raise ValueError("rows out of order, or one sample twice")
    states = set(State)
    for name, rule in _RULES.items():
        if name in samples and not samples[name].dropna().str.fullmatch(rule).all():
            raise ValueError(f"a value of {name} that lagtool does not write")
    for name in _FREE:
        if name in samples:
            _check_shown(samples[name], name)
    sound: dict[tuple[str, ...], set[str]] = {}  # slots mostly share their templates
    if "curated_class" in samples and not set(samples["curated_class"].dropna().unique()) <= labels.keys():
        raise ValueError("a class in curated_class that its profile does not have")
    for slot, spec in profile.slots.items():
        if spec.files not in sound:
            read_name, suffix = profile.name_reader(slot), spec.suffixes[0]
            sound[spec.files] = {key for key in ids if (parts := read_name(key + suffix)) and parts.id == key}
        _check_paths(profile, slot, zip(classes, ids, samples[f"{slot}_path"].tolist(), strict=True), sound[spec.files])
        if not set(samples[f"{slot}_state"].dropna().unique()) <= states:
            raise ValueError(f"an unknown state in {slot}_state")


def check_unmatched(unmatched: pd.DataFrame) -> None:
    """Hold unmatched files from outside against the rules that a scanned tree follows.

    Raises:
        ValueError: A path is missing, a text cannot be shown, or a kind or reason is not in the vocabulary.
    """
    for name in ("path", "detail"):
        _check_shown(unmatched[name], f"{name} of an unmatched file")
    if unmatched[["path", "kind", "reason"]].isna().to_numpy().any():
        raise ValueError("an unmatched file without path, kind or reason")
    if (
        not set(unmatched["kind"].unique()) <= _KINDS
        or not set(unmatched["reason"].unique()) <= UNMATCHED_REASONS.keys()
    ):
        raise ValueError("a kind or reason of an unmatched file that lagtool does not write")


def _check_shown(texts: "pd.Series[str]", name: str) -> None:
    for text in texts.dropna().unique().tolist():
        if len(text) > LONGEST_TEXT or not is_shown(text):
            raise ValueError(f"a value of {name} that lagtool does not write: '{show(text, 40)}'")


def _check_paths(profile: Profile, slot: SlotName, rows: Iterable[tuple[str, str, Any]], sound: set[str]) -> None:
    """Hold class, id and path of each row together; ``sound`` are the ids that name a file of their own sample."""
    suffix = profile.slots[slot].suffixes[0]
    prefixes = {c.name: profile.path(c.name, slot, "") for c in profile.classes}
    folders = {c.name: {path.lower() for path in profile.folders(c.name, slot)} for c in profile.classes}
    for name, key, path in rows:
        if path is pd.NA or (path == f"{prefixes[name]}{key}{suffix}" and key in sound):  # nearly all, and quick
            continue
        folder, _, file = path.rpartition("/")
        if not path.isascii() or folder.lower() not in folders[name] or profile.key(slot, file) != key:
            raise ValueError(f"{show(path)} is not the path of a sample's {slot}")


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
