"""The rules that rows from outside must pass, as those of a scanned tree do."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pandas as pd

from lagtool.display import is_shown, show
from lagtool.model import State
from lagtool.profile import SLOTS, Profile, SlotName
from lagtool.schema import SAMPLE_COLUMNS, STRAY_REASONS

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

_KINDS = {"file", "folder", "link", "other"}


def check_samples(samples: pd.DataFrame, profile: Profile) -> None:
    """Hold rows from outside against the rules that a scanned tree follows.

    Raises:
        ValueError: A class is unknown, an id stands twice, a path is not one that the profile's patterns make, a
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
    sound: dict[str, set[str]] = {}  # slots mostly share their pattern
    if "curated_class" in samples and not set(samples["curated_class"].dropna().unique()) <= labels.keys():
        raise ValueError("a class in curated_class that its profile does not have")
    for slot, spec in profile.slots.items():
        if spec.pattern not in sound:
            read_name, suffix = profile.name_reader(slot), spec.suffixes[0]
            sound[spec.pattern] = {key for key in ids if (parts := read_name(key + suffix)) and parts.id == key}
        _check_paths(
            profile, slot, zip(classes, ids, samples[f"{slot}_path"].tolist(), strict=True), sound[spec.pattern]
        )
        if not set(samples[f"{slot}_state"].dropna().unique()) <= states:
            raise ValueError(f"an unknown state in {slot}_state")


def check_strays(strays: pd.DataFrame) -> None:
    """Hold strays from outside against the rules that a scanned tree follows.

    Raises:
        ValueError: A path is missing, a text cannot be shown, or a kind or reason is not in the vocabulary.
    """
    for name in ("path", "detail"):
        _check_shown(strays[name], f"{name} of a stray")
    if strays[["path", "kind", "reason"]].isna().to_numpy().any():
        raise ValueError("a stray without path, kind or reason")
    if not set(strays["kind"].unique()) <= _KINDS or not set(strays["reason"].unique()) <= STRAY_REASONS.keys():
        raise ValueError("a kind or reason of a stray that lagtool does not write")


def _check_shown(texts: "pd.Series[str]", name: str) -> None:
    for text in texts.dropna().unique().tolist():
        if len(text) > LONGEST_TEXT or not is_shown(text):
            raise ValueError(f"a value of {name} that lagtool does not write: '{show(text, 40)}'")


def _check_paths(profile: Profile, slot: SlotName, rows: Iterable[tuple[str, str, Any]], sound: set[str]) -> None:
    """Hold class, id and path of each row together; ``sound`` are the ids that name a file of their own sample."""
    suffix = profile.slots[slot].suffixes[0]
    prefixes = {c.name: profile.path(c.name, slot, "") for c in profile.classes}
    for name, key, path in rows:
        if path is pd.NA or (path == f"{prefixes[name]}{key}{suffix}" and key in sound):  # nearly all, and quick
            continue
        cut = path.rfind("/") + 1
        if not path.isascii() or path[:cut].lower() != prefixes[name].lower() or profile.key(slot, path[cut:]) != key:
            raise ValueError(f"{show(path)} is not the path of a sample's {slot}")
