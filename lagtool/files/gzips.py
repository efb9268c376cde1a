"""Reading anywhere in what gzip packed: the state of the unpacker is kept at many places, and taken up from there."""

import threading
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.files.blob import Blob, refuse_other
from lagtool.text import show

GZIP_HEAD = ("packed by gzip", b"\x1f\x8b")
_STEP = 1 << 17
_SPACING = 4 << 20
_MOST_MARKS = 512
_RECENT = 6
_GZIP = 31
_BOMB_SIZE, _BOMB_RATIO = 1 << 30, 100


@dataclass
class _Cursor:
    """A place in the unpacked bytes (``out``), and all that is needed to go on from there."""

    out: int
    into: int
    unpacker: Any
    rest: bytes = b""
    ended: bool = False

    def copy(self) -> "_Cursor":
        return _Cursor(self.out, self.into, self.unpacker.copy(), self.rest, self.ended)


class GzipBlob(Blob):
    """What unpacking a file would give, of which any part can be read; going forward is cheap, going back is not."""

    def __init__(self, packed: Blob) -> None:
        """Name what is packed; nothing is read yet."""
        self.packed: Blob = packed
        self.address, self.file = packed.address, packed.file
        first = _Cursor(0, 0, zlib.decompressobj(_GZIP))
        self._marks, self._spacing = [first], _SPACING
        self._recent: list[_Cursor] = []
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return str(self.packed)

    def __getstate__(self) -> Blob:
        return self.packed

    def __setstate__(self, packed: Blob) -> None:
        self.__init__(packed)  # type: ignore[misc]

    def size(self) -> int:
        """Not known before all is read."""
        raise LagtoolError(f"{show(str(self))} cannot be read from its end")

    def identity(self) -> list[Any]:
        """Return that of the packed file."""
        return self.packed.identity()

    def changed_ns(self) -> int | None:
        """Return that of the packed file."""
        return self.packed.changed_ns()

    def read_at(self, start: int, length: int) -> bytes:
        """Return a part of what is packed."""
        with self._lock:
            cursor = self._nearest(start)
            found: list[bytes] = []
            try:
                while cursor.out < start + length and not cursor.ended:
                    before = cursor.out
                    data = self._step(cursor, min(_STEP, start + length - before))
                    if cursor.out > start:
                        found.append(data[max(0, start - before) :])
            except zlib.error:
                raise self._damage("it cannot be unpacked") from None
            self._recent = [*self._recent[1 - _RECENT :], cursor]
            return b"".join(found)

    def _damage(self, what: str) -> LagtoolError:
        refuse_other(self.packed, *GZIP_HEAD)
        return LagtoolError(f"{show(str(self))} is damaged: {what}; copy it again")

    def _nearest(self, start: int) -> _Cursor:
        """Return the furthest known place that is not behind ``start``."""
        mark = self._marks[bisect_right(self._marks, start, key=lambda cursor: cursor.out) - 1]
        near = max((cursor for cursor in self._recent if cursor.out <= start), key=lambda c: c.out, default=mark)
        if near.out > mark.out:
            self._recent = [cursor for cursor in self._recent if cursor is not near]
            return near
        return mark.copy()

    def _step(self, cursor: _Cursor, most: int) -> bytes:
        """Unpack up to ``most`` bytes and go on behind them."""
        if not cursor.rest:
            cursor.rest = self.packed.read_at(cursor.into, 1 << 16)
            cursor.into += len(cursor.rest)
            if not cursor.rest:
                raise self._damage("it ends too early")
        data: bytes = cursor.unpacker.decompress(cursor.rest, most)
        cursor.rest = cursor.unpacker.unconsumed_tail
        cursor.out += len(data)
        if cursor.out > _BOMB_SIZE and cursor.out > _BOMB_RATIO * cursor.into:
            raise LagtoolError(
                f"{show(str(self))} unpacks to more than {_BOMB_RATIO} times its size: it is made to harm"
            )
        if cursor.unpacker.eof:
            self._next_part(cursor)
        elif cursor.out >= self._marks[-1].out + self._spacing:
            self._mark(cursor)
        return data

    def _next_part(self, cursor: _Cursor) -> None:
        """Go on with the next of several packed parts in one file; zeros behind the last are no part."""
        rest = cursor.unpacker.unused_data or self.packed.read_at(cursor.into, 1 << 16)
        cursor.into += 0 if cursor.unpacker.unused_data else len(rest)
        if rest.strip(b"\0"):
            cursor.unpacker, cursor.rest = zlib.decompressobj(_GZIP), rest.lstrip(b"\0")
        else:
            cursor.ended = True

    def _mark(self, cursor: _Cursor) -> None:
        self._marks.append(cursor.copy())
        if len(self._marks) > _MOST_MARKS:
            self._marks, self._spacing = self._marks[::2], self._spacing * 2
