"""The journal of a scan: rows that are finished, kept beside the target so that an interrupted scan can go on.

It is append-only. Each record is a line with length and CRC-32 of its payload in hexadecimal digits, the payload, and a
line end. A record of JSON says which tree a scan reads, and when it began; the blocks of rows (Arrow) that follow it
belong to that scan. What lies behind the first record that is torn or damaged is cut off. A journal only saves work:
nothing that goes wrong with it, a full disk included, disturbs the scan.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import stat
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lagtool import __version__
from lagtool.blocks import ROW_COLUMNS, unpack_rows
from lagtool.depth import Depth
from lagtool.manifest import frame_table
from lagtool.output import journal_path
from lagtool.reuse import Positions
from lagtool.rules import check_samples
from lagtool.tree import Tree

try:
    import fcntl
except ImportError:  # Windows: without a lock, no journal
    fcntl = None  # type: ignore[assignment]

WORTH_A_JOURNAL = 2_000
"""Samples below which starting again costs less than it does to explain a file."""

_FLUSH_SECONDS = 1.0
_MAX_RECORD = 64 << 20
_SPOILT = (
    pa.ArrowException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    RecursionError,
    AttributeError,
    OSError,
)
"""What reading a journal of something else, or a damaged one, may raise."""
_HEAD = 18  # two numbers of eight digits, a blank, a line end
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Journal:
    """The journal of one target, locked while it is open; without effect where it cannot be had.

    Attributes:
        rows: Rows that earlier, interrupted scans of the same tree finished, in the order of the tree.
        started_ns: When the scan began that made them, one per row.
    """

    def __init__(self, target: Path, tree: Tree, *, depth: Depth | None = None, rehash: bool = False) -> None:
        """Open and lock the journal of ``target``, where there is one, and read what is good in it.

        A scan that has to read all bytes (``rehash``) goes on only where such a scan was interrupted.
        """
        self._path = journal_path(target)
        self._descriptor: int | None = None
        self._pending: list[bytes] = []
        self._flushed = time.monotonic()
        self._identity = _identify(tree, depth or Depth(), rehash)
        self.rows = frame_table(unpack_rows([]))
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
        self._put(json.dumps({**self._identity, "scan_started_ns": started_ns}).encode())
        self._flush()

    def add(self, block: bytes) -> None:
        """Note rows that are finished; they are on their way to the disk within about a second."""
        if self._descriptor is not None:
            self._put(block)
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
        frames: list[pd.DataFrame] = []
        starts: list[Positions] = []
        started, good = 0, 0
        try:
            with os.fdopen(os.dup(self._descriptor), "rb") as file:
                for payload, end in _records(file):
                    if payload.startswith(b"{"):
                        said = json.loads(payload)
                        started = said.pop("scan_started_ns", None)
                        if said != self._identity or not isinstance(started, int) or started > time.time_ns():
                            frames, starts, good = [], [], 0
                            break
                    elif not good:
                        break
                    else:
                        frames.append(frame_table(_checked(unpack_rows([payload]))))
                        starts.append(np.full(len(frames[-1]), started, np.int64))
                    good = end
            if frames:
                self._take(tree, pd.concat(frames, ignore_index=True), np.concatenate(starts))
        except _SPOILT:
            good = 0  # whole records, but not of rows that a scan makes
        self._cut(good)

    def _take(self, tree: Tree, rows: pd.DataFrame, started_ns: Positions) -> None:
        """Keep, in the order of the tree, the last row that was written of each of its samples."""
        place = dict(zip(zip(rows["class"].tolist(), rows["id"].tolist(), strict=True), range(len(rows)), strict=True))
        order = [at for s in tree.samples if (at := place.get((s.class_name, s.id))) is not None]
        rows = rows.take(order).reset_index(drop=True)
        check_samples(rows, tree.profile)
        self.rows, self.started_ns = rows, started_ns[order]

    def _cut(self, length: int) -> None:
        assert self._descriptor is not None
        try:
            os.ftruncate(self._descriptor, length)
            os.lseek(self._descriptor, length, os.SEEK_SET)
        except OSError:
            self._give_up()

    def _put(self, payload: bytes) -> None:
        self._pending += (b"%08x %08x\n" % (len(payload), zlib.crc32(payload)), payload, b"\n")

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


def _identify(tree: Tree, depth: Depth, rehash: bool) -> dict[str, Any]:
    """What a scan must have in common with the interrupted one to take its rows over."""
    try:
        root = tree.store.identity()
    except OSError:
        root = [time.time_ns(), 0]  # like no other
    layout = repr((tree.profile.layout(), ROW_COLUMNS))
    return {
        "lagtool": __version__,
        "root": root,
        "layout": hashlib.sha256(layout.encode()).hexdigest(),
        "depth": dataclasses.asdict(depth),
        "rehash": rehash,
    }


def _records(file: Any) -> Iterable[tuple[bytes, int]]:
    """Yield each payload with the offset of its end, up to the first record that is not whole."""
    end = 0
    while len(head := file.read(_HEAD)) == _HEAD:
        length = int(head[:8], 16)
        if length > _MAX_RECORD:
            return
        payload = file.read(length + 1)
        if payload[length:] != b"\n" or head != b"%08x %08x\n" % (length, zlib.crc32(payload[:length])):
            return
        end += _HEAD + length + 1
        yield payload[:length], end


def _checked(table: pa.Table) -> pa.Table:
    table.validate(full=True)  # what is not valid Arrow may point anywhere in memory
    return table
