"""TAR files, plain or packed by gzip: their table of contents."""

import stat
import tarfile
from collections.abc import Iterator

from lagtool.errors import LagtoolError
from lagtool.files.blob import Blob, BlobFile, refuse_other
from lagtool.files.members import Member, make_mark
from lagtool.files.store import EntryKind
from lagtool.model import Listed, State
from lagtool.reading import kind_of
from lagtool.text import show

_SPECIAL = {tarfile.FIFOTYPE: stat.S_IFIFO, tarfile.CHRTYPE: stat.S_IFCHR, tarfile.BLKTYPE: stat.S_IFBLK}
_HARD = "is a hard link to another member: pack the archive again with tar --hard-dereference"
_LONGEST = 1 << 62


def list_tar(blob: Blob, *, ahead: int) -> Iterator[Member]:
    """Yield the members of a TAR file, in its order.

    Args:
        blob: The archive, unpacked.
        ahead: Bytes to read at a time.

    Raises:
        LagtoolError: It is none, or a damaged one.
    """
    of = (blob.identity(),)
    changed_ns = blob.changed_ns()
    try:
        with tarfile.open(
            fileobj=BlobFile(blob, ahead), mode="r:", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            last = -1
            for info in archive:
                if info.size < 0 or info.offset <= last:
                    raise ValueError("a member that lies before itself")
                last = info.offset
                archive.members = []  # type: ignore[attr-defined]  # else all are kept, which nobody asks for
                yield _member(info, of, changed_ns)
    except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError) as error:
        if blob.read_at(257, 5) != b"ustar":
            refuse_other(blob, "a TAR file", b"")
        raise LagtoolError(
            f"{show(str(blob))} is not a TAR file, or a damaged one ({show(str(error), 100)}): pack or copy it again"
        ) from None


def _member(info: tarfile.TarInfo, of: tuple[object, ...], changed_ns: int | None) -> Member:
    kind: EntryKind = "file"
    refusal: tuple[State, str] | None = None
    target = ""
    if info.isdir():
        kind = "folder"
    elif info.issym():
        kind, target = "link", info.linkname
    elif info.islnk():
        kind, refusal = "other", (State.NOT_A_FILE, _HARD)
    elif info.type in _SPECIAL:
        kind, refusal = "other", (State.NOT_A_FILE, f"is {kind_of(_SPECIAL[info.type])}")
    elif info.issparse():
        refusal = State.UNREADABLE, "cannot be read: packed as a sparse file; pack the archive again without --sparse"
    elif not info.isreg():
        kind, refusal = "other", (State.NOT_A_FILE, "is of a kind that only some TAR programs know")
    mtime_ns = round(info.mtime * 1_000_000_000) if abs(info.mtime) < _LONGEST / 1e9 else None
    mark = make_mark(of, info.offset_data, info.size)
    return Member(
        info.name, kind, Listed(info.size, mtime_ns, changed_ns, mark, False, (info.offset_data,), refusal), target
    )
