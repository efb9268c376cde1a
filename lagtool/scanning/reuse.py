"""Which rows of an earlier scan still hold."""

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lagtool.files import Store
from lagtool.model import Listed, ListedFiles, SampleFiles, State
from lagtool.profiles import SLOTS
from lagtool.reading import ID_BITS, fit

MARGIN_NS = 2_000_000_000
"""Files as young as the scan itself, or younger than this before it, may have changed without a trace."""

Positions = npt.NDArray[np.int64]

_FACTS = ("bytes", "mtime_ns", "ctime_ns", "inode", "device")
COMPARED = ("class", "id", *(f"{slot}_{fact}" for slot in SLOTS for fact in ("path", "state", *_FACTS)))
"""Columns that tell whether a row still holds."""
_PASSING = State.UNREADABLE.value
"""The state that may be another one tomorrow although the file is the same."""


def find_unchanged(store: Store, samples: Sequence[SampleFiles], rows: pa.Table, started_ns: int) -> Positions:
    """Return for each sample the position of its row in ``rows``, or -1 where that row no longer holds.

    A row holds where every slot has the same file as then, of the same size, times, inode and device, none of them as
    young as the scan that read it, and where every state is final. Of files that do not lie on this disk, what their
    listing said is compared: size, times, and in the place of the inode a number made of the ETag or checksum.

    Args:
        store: Where the files lie.
        samples: What is there now.
        rows: Rows of an earlier scan of the same layout, in any order; at least their columns `COMPARED`.
        started_ns: When the scan began that made them.
    """
    if not samples or not len(rows):
        return np.full(len(samples), -1, np.int64)
    classes, ids, *files = zip(*samples, strict=True)
    then = _texts(rows["class"]), _texts(rows["id"])
    if all(map(np.array_equal, then, (np.array(classes, object), np.array(ids, object)))):
        at = np.arange(len(samples))
    else:
        place = {key: number for number, key in enumerate(zip(*then, strict=True))}
        at = np.fromiter((place.get(key, -1) for key in zip(classes, ids, strict=True)), np.int64, len(samples))
    holds = at >= 0
    # The checks that cost nothing come first: only files that may still be the same are asked for.
    for slot, paths in zip(SLOTS, files, strict=True):
        holds &= np.array(paths, object) == _texts(rows[f"{slot}_path"])[at]
        holds &= _texts(rows[f"{slot}_state"])[at] != _PASSING
    root = os.fspath(store.for_workers().folder or "")
    for number, (slot, paths) in enumerate(zip(SLOTS, files, strict=True)):
        there = np.flatnonzero(holds & (np.array(paths, object) != None))  # noqa: E711 - elementwise
        known = np.column_stack([_numbers(rows[f"{slot}_{fact}"])[at[there]] for fact in _FACTS])
        if store.lists:
            facts, sure = _listed_facts([_listed(samples[i], number) for i in there.tolist()])
        else:
            facts, sure = _facts(root, [paths[i] for i in there.tolist()]), np.zeros(len(there), np.bool_)
        same = (known == facts).all(axis=1)
        same &= sure | (known[:, 1:3].max(axis=1, initial=-1) < started_ns - MARGIN_NS)
        holds[there] = same
    return np.where(holds, at, -1)


def _texts(column: pa.ChunkedArray) -> "npt.NDArray[np.object_]":
    return np.asarray(column.to_numpy(), object)


def _numbers(column: pa.ChunkedArray) -> Positions:
    return np.asarray(column.fill_null(-1).to_numpy(), np.int64)


def _facts(root: str, paths: list[str]) -> Positions:
    prefix = f"{root}/"
    lstat = os.lstat
    facts: list[int] = []  # one flat list: a tuple per file would keep the garbage collector busy
    for path in paths:
        try:
            s = lstat(prefix + path)
        except OSError:
            facts += (-2, -2, -2, -2, -2)  # equal to nothing on record, not even to a gap
        else:
            facts += (s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino & ID_BITS, s.st_dev & ID_BITS)
    return _columns(facts)


def _columns(facts: list[int]) -> Positions:
    try:
        return np.array(facts, np.int64).reshape(-1, len(_FACTS))
    except OverflowError:  # a time or size beyond 64 bits, which the manifest has as the nearest one within
        return _columns([fit(number) or 0 for number in facts])


def _listed_facts(listed: Sequence[Listed | None]) -> tuple[Positions, "npt.NDArray[np.bool_]"]:
    """Return the same facts as a listing tells them, and of which files no time need be looked at."""
    gaps = (-2, -2, -2, -2, -2)
    facts = [
        gaps
        if at is None or at.mark is None or at.refusal is not None
        else (_or(at.size), _or(at.mtime_ns), _or(at.ctime_ns), at.mark, -1)
        for at in listed
    ]
    sure = np.array([at is not None and at.surely for at in listed], np.bool_)
    return _columns([number for five in facts for number in five]), sure


def _listed(sample: SampleFiles, slot: int) -> Listed | None:
    return sample.listed[slot] if isinstance(sample, ListedFiles) else None


def _or(number: int | None) -> int:
    return -1 if number is None else number
