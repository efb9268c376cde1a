"""What became different between two manifests of one tree, by the content of its files."""

from dataclasses import dataclass

import pandas as pd

from lagtool.manifest.value import Manifest
from lagtool.profiles import SLOTS

_OUTSIDE = ["state", "bytes", "mtime_ns"]


@dataclass(frozen=True, slots=True)
class Changes:
    """The files that samples are made of, against an earlier manifest; lists of paths in their order.

    Attributes:
        added: Files that the earlier manifest does not have.
        changed: Files whose bytes are others, or that could be read then or now only.
        removed: Files that are no longer there.
        unchanged: Number of all others.
    """

    added: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: int


def compare(earlier: Manifest | None, now: Manifest) -> Changes:
    """Return the difference between two manifests of one tree, by content: a file only touched is unchanged.

    Without an earlier manifest every file is an added one.
    """
    if earlier is not None and now.samples is earlier.samples:
        return Changes([], [], [], sum(now.count_files(slot) for slot in SLOTS))
    new = _by_path(now)
    old = _by_path(earlier) if earlier is not None else new.iloc[:0]
    both = new.index.intersection(old.index)
    left, right = new.loc[both], old.loc[both]
    differs = left["sha256"] != right["sha256"]
    # Of files that were not hashed (a quick scan), size and time are all that is known.
    differs |= (left["sha256"] == "") & (left[_OUTSIDE] != right[_OUTSIDE]).any(axis=1)
    changed = sorted(both[differs.to_numpy(bool)])
    return Changes(
        sorted(new.index.difference(old.index)),
        changed,
        sorted(old.index.difference(new.index)),
        len(both) - len(changed),
    )


def _by_path(manifest: Manifest) -> pd.DataFrame:
    names = ("path", "sha256", *_OUTSIDE)
    parts = [manifest.samples[[f"{slot}_{name}" for name in names]].set_axis(list(names), axis=1) for slot in SLOTS]
    table = pd.concat(parts, ignore_index=True)
    blank = {"sha256": "", "state": "", "bytes": -1, "mtime_ns": -1}
    return table[table["path"].notna()].fillna(blank).set_index("path")
