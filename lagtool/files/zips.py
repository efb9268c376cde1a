"""ZIP files: their table of contents, and one member of them."""

import calendar
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from lagtool.errors import LagtoolError
from lagtool.files.blob import Blob, BlobFile, refuse_other
from lagtool.files.members import Member, make_mark
from lagtool.files.store import EntryKind
from lagtool.model import Listed, State
from lagtool.reading import kind_of
from lagtool.text import show

_ENCRYPTED, _UTF8, _STRONG = 0x1, 0x800, 0x40
_LOCAL_HEADER = struct.Struct("<4s5HIIIHH")
ZIP_HEAD = ("a ZIP file", b"PK\3\4")
_END_MARK = b"PK\5\6"
_END = struct.Struct("<4s4HIIH")
_SLACK = 96  # what extra fields in front of a member take beyond those in the table of contents, most often
_TAIL = 1 << 16
_MAX_TARGET = 4096


def list_zip(blob: Blob) -> Iterator[Member]:
    """Yield the members of a ZIP file, in its order.

    Raises:
        LagtoolError: It is none, or a damaged one.
    """
    _refuse_part(blob)
    try:
        # The table of contents is read in one piece, however many members there are.
        with zipfile.ZipFile(BlobFile(blob, _TAIL, most=blob.size())) as archive:
            for info in archive.infolist():
                yield _member(blob, info)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError) as error:
        refuse_other(blob, *ZIP_HEAD)
        cut = blob.read_at(0, 4) == ZIP_HEAD[1] and "not a zip file" in str(error)
        why = "its end, with the table of contents, is missing" if cut else show(str(error), 100)
        raise LagtoolError(
            f"{show(str(blob))} is not a ZIP file, or a damaged one ({why}): pack or copy it again"
        ) from None


def _refuse_part(blob: Blob) -> None:
    """Refuse the last part of a split ZIP file, which has the table of contents, and members in other files.

    Raises:
        LagtoolError: It is one.
    """
    size = blob.size()
    tail = blob.read_at(max(0, size - _TAIL - _END.size), _TAIL + _END.size)
    at = tail.rfind(_END_MARK)
    if at < 0 or at + _END.size > len(tail):
        return
    _, disk, first, here, members, *_ = _END.unpack_from(tail, at)
    if 0 < disk < 0xFFFF or 0 < first < 0xFFFF or here < members:
        raise LagtoolError(
            f"{show(str(blob))} is one part of a split ZIP file: join the parts (zip -s 0 IN.zip --out OUT.zip)"
        )


def _member(blob: Blob, info: zipfile.ZipInfo) -> Member:
    name = info.orig_filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        # Bytes that nobody says the encoding of: as a file system would have them, not as a code page of 1981.
        name = name.encode("cp437", "surrogateescape").decode("utf-8", "surrogateescape")
    mode = info.external_attr >> 16 if info.create_system == 3 else 0
    size = info.file_size
    at = (info.header_offset, info.compress_size, info.CRC, info.compress_type, len(name) + len(info.extra))
    kind: EntryKind = "file"
    refusal: tuple[State, str] | None = None
    target = ""
    if name.endswith("/"):
        kind = "folder"
    elif stat.S_ISLNK(mode):
        kind, target = "link", _target(blob, info, at)
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        kind, refusal = "other", (State.NOT_A_FILE, f"is {kind_of(mode)}")
    elif info.flag_bits & (_ENCRYPTED | _STRONG):
        refusal = State.UNREADABLE, "cannot be read: it is encrypted; unpack the archive with its password first"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refusal = State.UNREADABLE, "cannot be read: packed by a rare method; pack it again with deflate, or unpack it"
    try:
        mtime_ns = calendar.timegm((*info.date_time, 0, 0, 0)) * 1_000_000_000
    except (ValueError, OverflowError):
        mtime_ns = None
    return Member(name, kind, Listed(size, mtime_ns, None, make_mark(info.CRC, size), True, at, refusal), target)


def _target(blob: Blob, info: zipfile.ZipInfo, at: tuple[int, ...]) -> str:
    if info.file_size > _MAX_TARGET or info.flag_bits & _ENCRYPTED:
        return ""
    try:
        return read_zipped(blob, at, info.file_size, info.file_size).decode("utf-8", "surrogateescape")
    except ValueError:
        return ""


def read_zipped(blob: Blob, at: tuple[int, ...], size: int, wanted: int) -> bytes:
    """Return the first ``wanted`` bytes of a member that has ``size``; checks the CRC where that is all of it.

    Raises:
        ValueError: It is damaged; the message says how.
    """
    offset, packed, crc, method, names = at
    if packed > 2 * size + _SLACK:
        raise ValueError(f"the archive is damaged or made to harm: {packed:,} bytes are said to unpack to {size:,}")
    whole = wanted >= size
    needed = packed if whole else min(packed, wanted + 1024)
    raw = blob.read_at(offset, _LOCAL_HEADER.size + names + _SLACK + needed)
    if len(raw) < _LOCAL_HEADER.size or not raw.startswith(b"PK\3\4"):
        raise ValueError("the archive is damaged: there is no such member at its place")
    header = _LOCAL_HEADER.unpack_from(raw)
    start = _LOCAL_HEADER.size + header[-2] + header[-1]
    if len(raw) < start + needed:
        raw = raw[:start] + blob.read_at(offset + len(raw[:start]), start + needed - len(raw[:start]))
    data = raw[start : start + needed]
    if len(data) < needed:
        raise ValueError("the archive is damaged: it ends before this member does")
    if method == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = unpacker.decompress(data, min(size, wanted) + 1)  # never more than was said, whatever it unpacks to
        except zlib.error:
            raise ValueError("the archive is damaged: this member cannot be unpacked") from None
    if not whole:
        return data[:wanted]
    if len(data) != size:
        raise ValueError(f"the archive is damaged or made to harm: a member of {size:,} bytes unpacks to others")
    if zlib.crc32(data) != crc:
        raise ValueError("the archive is damaged: the checksum of this member is another")
    return data
