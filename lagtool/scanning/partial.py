"""The partial manifest: rows that a scan has read, beside its target, so that an interrupted scan can be resumed.

It is a line of JSON that says which scan it belongs to, and packed rows. Each record has its length and CRC-32 before
it; what lies behind the first one that is torn or damaged is dropped. It only saves work: nothing that goes wrong with
it, a full disk included, disturbs the scan.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import stat
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from lagtool import __version__
from lagtool.files.tree import Tree
from lagtool.manifest.blocks import NO_ROWS, ROW_COLUMNS, pack_table, unpack_rows
from lagtool.output.writing import partial_path
from lagtool.scanning.scan import Scan

try:
    import fcntl
except ImportError:  # Windows: without a lock, nothing is kept
    fcntl = None  # type: ignore[assignment]

WORTH_KEEPING = 2_000
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
"""What reading a partial manifest of something else, or a damaged one, may raise."""
_HEAD = 18  # two numbers of eight digits, a blank, a line end
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Partial:
    """The partial manifest of one target, locked while it is open; without effect where it cannot be had."""

    def __init__(self, target: Path, scan: Scan, *, rehash: bool = False) -> None:
        """Open and lock the partial manifest of ``target``, where there is one, and let the scan take over its rows.

        A scan that has to read all bytes (``rehash``) resumes only such a scan.
        """
        self._path = partial_path(target)
        self._scan = scan
        self._identity = _identify(scan, rehash)
        self._descriptor: int | None = None
        self._pending: list[bytes] = []
        self._flushed = time.monotonic()
        self.resumed = self._resume() if self._open(0) else 0

    def __enter__(self) -> "Partial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self) -> None:
        """Write down that the scan begins, and the rows that it took over; little to read is not worth keeping."""
        if self._descriptor is None and (self._scan.to_read < WORTH_KEEPING or not self._open(os.O_CREAT)):
            return
        self._cut()
        self._put(json.dumps({**self._identity, "scan_started_ns": self._scan.started_ns}).encode())
        for batch in self._scan.known_rows():
            self._put(pack_table(batch))
        self._flush()

    def add(self, block: bytes) -> None:
        """Write packed rows down; they are on their way to the disk within about a second."""
        if self._descriptor is not None:
            self._put(block)
            if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
                self._flush()

    def remove(self) -> None:
        """Remove it: the manifest is written."""
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

    def _resume(self) -> int:
        """Let the scan take over the rows; return how many."""
        assert self._descriptor is not None
        try:
            with os.fdopen(os.dup(self._descriptor), "rb") as file:
                records = _records(file)
                said = json.loads(next(records, b"{}"))
                started = said.pop("scan_started_ns", None)
                if said != self._identity or not isinstance(started, int) or started > time.time_ns():
                    return 0
                tables = [unpack_rows(record) for record in records]
            return self._scan.take_over(_checked(tables, self._scan.tree), started) if tables else 0
        except _SPOILT:
            return 0  # whole records, but not of rows that a scan makes

    def _cut(self) -> None:
        assert self._descriptor is not None
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
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


def _identify(scan: Scan, rehash: bool) -> dict[str, Any]:
    """Return what a scan must have in common with the interrupted one to take its rows over."""
    try:
        root = scan.tree.store.identity()
    except OSError:
        root = [time.time_ns(), 0]  # like no other
    layout = repr((scan.tree.profile.layout(), ROW_COLUMNS))
    return {
        "lagtool": __version__,
        "root": root,
        "layout": hashlib.sha256(layout.encode()).hexdigest(),
        "scan_options": dataclasses.asdict(scan.options),
        "rehash": rehash,
    }


def _records(file: Any) -> Iterator[bytes]:
    """Yield the payload of each record up to the first that is not whole."""
    while len(head := file.read(_HEAD)) == _HEAD:
        length = int(head[:8], 16)
        if length > _MAX_RECORD:
            return
        payload = file.read(length + 1)
        if payload[length:] != b"\n" or head != b"%08x %08x\n" % (length, zlib.crc32(payload[:length])):
            return
        yield payload[:length]


def _checked(tables: list[pa.Table], tree: Tree) -> pa.Table:
    """Return rows in order of the tree, which they may have left since they were written: gone ones are dropped."""
    from lagtool.manifest.rules import check_samples
    from lagtool.manifest.value import frame_table

    for table in tables:
        table.validate(full=True)  # what is not valid Arrow may point anywhere in memory
    rows = pa.concat_tables(tables).combine_chunks()
    place = {
        key: number for number, key in enumerate(zip(*(rows[n].to_pylist() for n in ("class", "id")), strict=True))
    }
    order = [at for s in tree.samples if (at := place.get((s.class_name, s.id))) is not None]
    rows = rows.take(order) if order else NO_ROWS
    check_samples(frame_table(rows.slice(0)), tree.profile)
    return rows
