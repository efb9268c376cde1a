"""Pictures that every reader shows as they are stored: what would turn them in some readers is taken out of the file.

Workers import this module: nothing that takes long to import is imported here.
"""

import struct
from collections.abc import Callable, Iterator

from lagtool.probe.jpeg import EXIF_HEAD, XMP_HEAD, read_structure
from lagtool.probe.metadata import XMP_ORIENTATION, orientation_of

_SOI, _APP1, _SOS = b"\xff\xd8", 0xE1, 0xDA
_PNG = b"\x89PNG\r\n\x1a\n"
_TAG = 0x0112
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
_XMP_PNG = b"XML:com.adobe.xmp\0"


def make_upright(data: bytes) -> bytes:
    """Return a JPEG or PNG whose Exif block and XMP packet state no turn; not a pixel of it changes.

    A file that states none, or is of another format, is returned as it is (the same object). In a JPEG the number
    is set to 1, and all other metadata stays; metadata in which that cannot be done goes as a whole.
    """
    if data.startswith(_PNG):
        return _png(data)
    if not data.startswith(_SOI) or not _turns(data):
        return data
    made = b"".join(_segments(data, _set_upright))
    return b"".join(_segments(data, lambda _: b"")) if _turns(made) else made


def _turns(data: bytes) -> bool:
    return (orientation_of(read_structure(data, to_pixels=True)) or 1) != 1


def _segments(data: bytes, change: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Yield the parts of a JPEG, its Exif blocks and XMP packets changed; an empty one is left out."""
    yield _SOI
    position = len(_SOI)
    while data[position : position + 1] == b"\xff" and data[position + 1] != _SOS:
        if data[position + 1] == 0xFF:  # fill
            position += 1
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : end]
        if data[position + 1] == _APP1 and body.startswith((EXIF_HEAD, XMP_HEAD)):
            body = change(body)
            yield struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body if body else b""
        else:
            yield data[position:end]
        position = end
    yield data[position:]


def _set_upright(body: bytes) -> bytes:
    if body.startswith(XMP_HEAD):
        return XMP_ORIENTATION.sub(lambda match: match[0][:-1] + b"1", body)
    block = bytearray(body[len(EXIF_HEAD) :])
    order = "<" if block[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", block, 4)
        (number,) = struct.unpack_from(f"{order}H", block, first)
        for at in range(first + 2, first + 2 + 12 * number, 12):
            tag, kind, values = struct.unpack_from(f"{order}HHI", block, at)
            if tag == _TAG and values == 1 and kind in _CODES:
                struct.pack_into(f"{order}{_CODES[kind]}", block, at + 8, 1)
    except struct.error:
        return b""
    return EXIF_HEAD + bytes(block)


def _png(data: bytes) -> bytes:
    """Return a PNG without the Exif and XMP chunks that state a turn."""
    kept, position = [_PNG], len(_PNG)
    while position + 8 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : end - 4]
        exif = kind == b"eXIf" and _turns(_SOI + _app1(EXIF_HEAD + body))
        xmp = kind == b"iTXt" and body.startswith(_XMP_PNG) and _turns(_SOI + _app1(XMP_HEAD + body))
        if not (exif or xmp):
            kept.append(data[position:end])
        position = end
    made = b"".join([*kept, data[position:]])
    return data if len(made) == len(data) else made


def _app1(body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, _APP1, min(len(body) + 2, 0xFFFF)) + body[:0xFFFD] + b"\xff\xda\0\2"
