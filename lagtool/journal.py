"""The journal of a scan: rows that are finished, kept beside the target so that an interrupted scan can go on.

It is append-only. Each line is a record: length and CRC-32 of its payload (JSON) in hexadecimal digits, the payload.
A record with an object says which tree a scan reads, and when it began; the records with lists of rows that follow it
belong to that scan. What lies behind the first record that is torn or damaged is cut off. A journal only saves work:
nothing that goes wrong with it, a full disk included, disturbs the scan.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd

from lagtool import __version__
from lagtool.manifest import conform
from lagtool.reuse import Positions
from lagtool.rows import ROW_COLUMNS, Row
from lagtool.rules import check_samples
from lagtool.schema import SAMPLE_COLUMNS
from lagtool.tree import Tree

try:
    import fcntl
except ImportError:  # Windows: without a lock, no journal
    fcntl = None  # type: ignore[assignment]

WORTH_A_JOURNAL = 2_000
"""Samples below which starting again costs less than it does to explain a file."""

_FLUSH_SECONDS = 1.0
_MAX_RECORD = 64 << 20
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def journal_path(target: Path) -> Path:
    """Return where the journal of a manifest lies: ``.NAME.journal`` beside it."""
    return target.with_name(f".{target.name[:100]}.journal")


class Journal:
    """The journal of one target, locked while it is open; without effect where it cannot be had.

    Attributes:
        rows: Rows that earlier, interrupted scans of the same tree finished, in the order of the tree.
        started_ns: When the scan began that made them, one per row.
    """

    def __init__(self, target: Path, tree: Tree, *, rehash: bool = False) -> None:
        """Open and lock the journal of ``target``, where there is one, and read what is good in it.

        A scan that has to read all bytes (``rehash``) goes on only where such a scan was interrupted.
        """
        self._path = journal_path(target)
        self._descriptor: int | None = None
        self._pending: list[bytes] = []
        self._flushed = time.monotonic()
        self._identity = _identify(tree, rehash)
        self.rows = conform(pd.DataFrame({name: [] for name in ROW_COLUMNS}, dtype=object), SAMPLE_COLUMNS)
        self.started_ns: Positions = np.zeros(0, np.int64)
        if self._open(0):
            self._load(tree)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, started_ns: int, samples: int) -> None:
        """Say that a scan begins which has ``samples`` samples to read; few of them are not worth a journal."""
        if self._descriptor is None and (samples < WORTH_A_JOURNAL or not self._open(os.O_CREAT)):
            return
        self._put({**self._identity, "scan_started_ns": started_ns})
        self._flush()

    def add(self, rows: Sequence[Row]) -> None:
        """Note rows that are finished; they are on their way to the disk within about a second."""
        if self._descriptor is not None:
            self._put(rows)
            if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
                self._flush()

    def remove(self) -> None:
        """Remove the journal: the manifest is written."""
        if self._descriptor is not None:
            self._pending.clear()
            with contextlib.suppress(OSError):
                self._path.unlink()
            self.close()

    def close(self) -> None:
        """Write what is not yet written, and unlock."""
        self._flush()
        self._give_up()

    def _open(self, flags: int) -> bool:
        """Open and lock; False where there is none (and ``flags`` do not create it), or another run holds it."""
        if fcntl is None:
            return False
        try:
            descriptor = os.open(self._path, _FLAGS | flags, 0o666)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status, named = os.fstat(descriptor), os.lstat(self._path)
            # The run that held it may have removed it before the lock was ours.
            usable = stat.S_ISREG(status.st_mode) and os.path.samestat(status, named)
        except OSError:
            usable = False
        if not usable:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def _load(self, tree: Tree) -> None:
        assert self._descriptor is not None
        found: dict[tuple[str, str], tuple[Row, int]] = {}
        started, good = 0, 0
        try:
            with os.fdopen(os.dup(self._descriptor), "rb") as file:
                for payload, end in _records(file):
                    if isinstance(payload, dict):
                        started = payload.pop("scan_started_ns", None)
                        if payload != self._identity or not isinstance(started, int) or started > time.time_ns():
                            found, good = {}, 0
                            break
                    elif not good:
                        break
                    else:
                        found.update({(row[1], row[0]): (tuple(row), started) for row in payload})
                    good = end
            order = [key for s in tree.samples if (key := (s.class_name, s.id)) in found]
            rows = frame_rows([found[key][0] for key in order])
            check_samples(rows, tree.profile)
            self.rows = rows
            self.started_ns = np.array([found[key][1] for key in order], np.int64)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError, AttributeError, OSError):
            good = 0  # whole records, but not of rows that a scan makes
        self._cut(good)

    def _cut(self, length: int) -> None:
        assert self._descriptor is not None
        try:
            os.ftruncate(self._descriptor, length)
            os.lseek(self._descriptor, length, os.SEEK_SET)
        except OSError:
            self._give_up()

    def _put(self, payload: Any) -> None:
        data = json.dumps(payload, separators=(",", ":"), default=_plain).encode()
        self._pending.append(b"%08x %08x %s\n" % (len(data), zlib.crc32(data), data))

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        if self._descriptor is None or not self._pending:
            return
        data = memoryview(b"".join(self._pending))
        self._pending.clear()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            self._give_up()  # a full disk: what was written so far still serves

    def _give_up(self) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
        self._pending.clear()


def frame_rows(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the rows of a scan as a frame of samples.

    Raises:
        ValueError: They are not what a scan makes.
    """
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ([] for _ in ROW_COLUMNS)
    # Objects first: pandas would make floats, and so lose digits, of whole numbers with gaps.
    frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in zip(ROW_COLUMNS, columns, strict=True)})
    return conform(frame, SAMPLE_COLUMNS)


def _identify(tree: Tree, rehash: bool) -> dict[str, Any]:
    """What a scan must have in common with the interrupted one to take its rows over."""
    try:
        status = tree.root.stat()
        root = [status.st_dev, status.st_ino]
    except OSError:
        root = [time.time_ns(), 0]  # like no other
    layout = repr((tree.profile.layout(), ROW_COLUMNS))
    return {
        "lagtool": __version__,
        "root": root,
        "layout": hashlib.sha256(layout.encode()).hexdigest(),
        "rehash": rehash,
    }


def _records(file: Any) -> Iterable[tuple[Any, int]]:
    """Yield each payload with the offset of its end, up to the first record that is not whole."""
    end = 0
    while line := file.readline(_MAX_RECORD):
        end += len(line)
        data = line[18:-1]
        if line[-1:] != b"\n" or line[:18] != b"%08x %08x " % (len(data), zlib.crc32(data)):
            return
        yield json.loads(data), end


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in a row")
