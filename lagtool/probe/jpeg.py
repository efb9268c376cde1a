"""The structure of a JPEG file, read from its markers without decoding a pixel (ITU-T T.81, annex B)."""

import re
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from PIL import Image

from lagtool.probe.threads import without_warnings

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in a scan: neither a stuffed byte nor a restart marker
_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_DQT, _EOI, _SOS, _APP1, _APP2 = 0xDB, 0xD9, 0xDA, 0xE1, 0xE2
_TELLING = {*_FRAME, _DQT, _APP1, _APP2}
SOI, EOI = b"\xff\xd8", b"\xff\xd9"
_SCAN = bytes((0xFF, _SOS))
_FILL = re.compile(rb"\xff*(?=\xff)")

MAX_SCANS = 500
"""Scans that are followed. Each makes a decoder pass over the whole picture, and takes some ten bytes of a file."""

MAX_SEGMENTS = 10_000
"""Segments that are followed; the largest colour profile takes 255."""

_TABLES = 4096
"""Bytes of quantisation tables that are kept, and a segment's more; a file has up to four tables, of 129 bytes."""

_CACHED = 1 << 18
"""Most bytes of a beginning that is remembered for the next file."""

EXIF_HEAD, XMP_HEAD, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
"""What the body of a segment begins with that holds an Exif block, an XMP packet, a colour profile."""
_SUBSAMPLING: dict[tuple[tuple[int, int], ...], str] = {
    (luma, (1, 1), (1, 1)): name
    for luma, name in (((1, 1), "4:4:4"), ((2, 1), "4:2:2"), ((2, 2), "4:2:0"), ((1, 2), "4:4:0"), ((4, 1), "4:1:1"))
}

# The luminance table of ITU-T T.81, K.1, in zigzag order: what the IJG library scales by its quality setting.
_K1 = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)


_Bits = dict[tuple[int, int], int]
"""Low bits that are still to come, of each component's coefficients."""


class _Cut(StrEnum):
    """Where a file ends too early."""

    BEFORE_END = "the file ends before the end-of-image marker"
    IN_SEGMENT = "the file ends within a segment"


class Structure(NamedTuple):
    """What the markers say.

    Attributes:
        frame: The start-of-frame marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC9 and up arithmetic;
            None where the file has none.
        width: Pixels, from the frame header.
        height: Pixels, from the frame header.
        components: 1 gray, 3 colour, 4 CMYK.
        precision: Bits per sample.
        sampling: Horizontal and vertical sampling factor of each component.
        table: The first quantisation table, 64 bytes in zigzag order; None where it has 16-bit values or is missing.
        tables: The bodies of all segments with quantisation tables, one after the other.
        exif: The Exif block (TIFF) or None.
        icc: Whether there is a colour profile.
        xmp: The last XMP packet or None.
        end: Offset behind the end-of-image marker, or None where the file ends before it.
        problem: Why the markers could not be followed to the end; empty where they could.
        coarse: Whether it is a progressive JPEG that ends before its last, finer scans.
        excess: Whether the problem is that there are too many scans or segments to be given to a decoder.
    """

    frame: int | None = None
    width: int = 0
    height: int = 0
    components: int = 0
    precision: int = 0
    sampling: tuple[tuple[int, int], ...] = ()
    table: bytes | None = None
    tables: bytes = b""
    exif: bytes | None = None
    icc: bool = False
    xmp: bytes | None = None
    end: int | None = None
    problem: str = ""
    coarse: bool = False
    excess: bool = False

    @property
    def cut(self) -> bool:
        """Whether the markers could be followed, but to the end of the file only."""
        return self.end is None and isinstance(self.problem, _Cut)

    @property
    def subsampling(self) -> str | None:
        """Chroma subsampling in the usual notation (``4:2:0``), ``gray``, or None where it has no name."""
        return "gray" if self.components == 1 else _SUBSAMPLING.get(self.sampling)

    @property
    def tables_digest(self) -> str | None:
        """First 16 hexadecimal digits of the SHA-256 of the quantisation tables; None where there are none."""
        return digest_tables(self.tables) if self.tables else None

    @property
    def quality(self) -> int | None:
        """Quality setting of the IJG library, 1..100, that makes the most similar luminance table."""
        return None if self.table is None else estimate_quality(self.table)


def read_structure(data: bytes, *, to_pixels: bool = False) -> Structure:
    """Follow the markers of ``data``, which begins with `SOI`, from segment to segment to the end of the image.

    Args:
        data: The file, or its beginning.
        to_pixels: Whether to stop where the first scan begins, as one must in the beginning of a file.
    """
    # Files of one origin begin alike, to the byte: what was learnt from one beginning holds for all.
    scan = max(0, data.find(_SCAN))
    if to_pixels:
        end = scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big")
        if end <= min(len(data), _CACHED) and (found := _read_beginning(data[:end])) is not None:
            return found
    head = _read_head(data[:scan]) if scan <= _CACHED else None
    return _walk(data, *(head or (Structure(), len(SOI))), to_pixels=to_pixels)


@lru_cache(maxsize=64)
def _read_head(head: bytes) -> tuple[Structure, int] | None:
    """Return what the segments of ``head`` say, and its length; None where they do not end where it ends."""
    found = _walk(head, Structure(), len(SOI), stop=len(head))
    return None if found.problem or found.end is not None else (found, len(head))


@lru_cache(maxsize=64)
def _read_beginning(data: bytes) -> Structure | None:
    """Return what the segments of ``data`` say, a whole scan header at its end; None where it is not just that."""
    found = _walk(data, Structure(), len(SOI), to_pixels=True)
    return None if found.problem else found


def _walk(data: bytes, found: Structure, position: int, *, to_pixels: bool = False, stop: int = -1) -> Structure:
    segments = scans = 0
    bits: _Bits = {}
    while position != stop:
        if data.startswith(b"\xff\xff", position) and (fill := _FILL.match(data, position)) is not None:
            position = fill.end()
        segments += 1
        if segments > MAX_SEGMENTS or scans > MAX_SCANS:
            what = f"{MAX_SEGMENTS:,} segments" if segments > MAX_SEGMENTS else f"{MAX_SCANS:,} scans"
            return found._replace(problem=f"has more than {what}: a decoder could be busy for hours", excess=True)
        marker, length, problem = _read_marker(data, position)
        if problem:
            return found._replace(problem=problem)
        position += 2
        if marker == _EOI:
            return found._replace(end=position, coarse=any(bits.values()))
        if marker in _TELLING:
            found = _take_segment(found, marker, data[position + 2 : position + length])
            if found.problem:
                return found
        if marker == _SOS and found.frame in _PROGRESSIVE:
            _note_scan(bits, data[position + 2 : position + length])
        position += length
        if marker == _SOS:
            if to_pixels:
                return found
            scans += 1
            following = _NEXT_MARKER.search(data, position)
            if following is None:
                return found._replace(problem=_Cut.BEFORE_END)
            position = following.start()
    return found


def _note_scan(bits: _Bits, body: bytes) -> None:
    """Note how many low bits of which coefficients a progressive scan leaves to later ones (T.81, B.2.3, G.1.1.1)."""
    number = body[0] if body else 0
    if len(body) < 4 + 2 * number:
        return  # the decoder says what is wrong
    first, last, low = body[1 + 2 * number], min(63, body[2 + 2 * number]), body[3 + 2 * number] & 15
    for component in body[1 : 1 + 2 * number : 2]:
        bits.update(dict.fromkeys(((component, index) for index in range(first, last + 1)), low))


def _read_marker(data: bytes, position: int) -> tuple[int, int, str]:
    """Return the marker at ``position``, the length of its segment (0: it has none), and what is wrong with them."""
    if position + 2 > len(data):
        return 0, 0, _Cut.BEFORE_END
    if data[position] != 0xFF:
        return 0, 0, f"no marker where one must stand, at byte {position:,}"
    marker = data[position + 1]
    if marker == _EOI or marker in _STANDALONE:
        return marker, 0, ""
    told = data[position + 2 : position + 4]
    length = int.from_bytes(told, "big")
    if len(told) < 2 or position + 2 + length > len(data):
        return marker, length, _Cut.IN_SEGMENT
    return marker, length, "" if length >= 2 else "a segment without a length"


def _take_segment(found: Structure, marker: int, body: bytes) -> Structure:
    """Note what a segment says; a frame header that says too little is a problem."""
    if marker in _FRAME and found.frame is None:
        if len(body) < 6 or len(body) < 6 + 3 * body[5]:
            return found._replace(problem="the frame header is too short")
        return found._replace(
            frame=marker,
            precision=body[0],
            height=int.from_bytes(body[1:3], "big"),
            width=int.from_bytes(body[3:5], "big"),
            components=body[5],
            sampling=tuple((factors >> 4, factors & 15) for factors in body[7 : 6 + 3 * body[5] : 3]),
        )
    if marker == _DQT:
        first = found.table is None and len(body) >= 65 and body[0] == 0
        tables = found.tables + body if len(found.tables) < _TABLES else found.tables
        return found._replace(table=body[1:65] if first else found.table, tables=tables)
    if marker == _APP1:
        if body.startswith(XMP_HEAD):
            return found._replace(xmp=body[len(XMP_HEAD) :])
        return found._replace(exif=body[len(EXIF_HEAD) :]) if body.startswith(EXIF_HEAD) and not found.exif else found
    if marker == _APP2:
        return found._replace(icc=found.icc or body.startswith(_ICC))
    return found


@lru_cache(maxsize=256)
def digest_tables(tables: bytes) -> str:
    """Return the fingerprint of quantisation tables; see `Structure.tables_digest`."""
    return sha256(tables).hexdigest()[:16]


@lru_cache(maxsize=256)
def estimate_quality(table: bytes) -> int:
    """Return the IJG quality, 1..100, whose scaled luminance table (T.81, K.1) differs least from ``table``.

    Args:
        table: 64 quantiser steps in zigzag order. The difference is the sum of the absolute differences.
    """

    def difference(quality: int) -> int:
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        scaled = (min(255, max(1, (step * scale + 50) // 100)) for step in _K1)
        return sum(abs(mine - theirs) for mine, theirs in zip(scaled, table, strict=True))

    return min(range(1, 101), key=lambda quality: (difference(quality), -quality))


def describe_trailer(trailer: bytes) -> str:
    """Say what lies behind the end of an image; empty where nothing does."""
    if not trailer:
        return ""
    size = f"{len(trailer):,} byte{'s' if len(trailer) > 1 else ''}"
    if trailer.startswith(SOI):
        return f"a second JPEG of {size} behind the end of the first"
    if not trailer.strip(b"\0"):
        return f"{size} of zeros behind the end of the image"
    return f"{size} behind the end of the image"


_GPS_POINTER, _ORIENTATION = 0x8825, 0x0112


XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)[0-9]")
"""The orientation in an XMP packet, as an attribute or an element: what Pillow looks for, and single quotes."""


class ExifFacts(NamedTuple):
    """Whether there are GPS coordinates, and the orientation (1..8; None: not stated, or not a valid value)."""

    gps: bool
    orientation: int | None


def read_exif(block: bytes) -> ExifFacts:
    """Read an Exif block (TIFF structure, without its ``Exif`` header); damage counts as nothing stated."""
    try:
        with without_warnings():
            exif = Image.Exif()
            exif.load(b"Exif\0\0" + block)
            value = exif.get(_ORIENTATION)
            gps = _GPS_POINTER in exif and bool(exif.get_ifd(_GPS_POINTER))
    except Exception:  # noqa: BLE001 - Pillow raises whatever a damaged block makes it raise
        return ExifFacts(False, None)
    return ExifFacts(gps, value if isinstance(value, int) and 1 <= value <= 8 else None)


def orientation_of(jpeg: Structure) -> int | None:
    """Return the orientation, 1..8, that a JPEG states in its Exif block or else its XMP packet; None: in neither.

    That is the order in which Pillow looks (``Image.getexif``), and with it what turns a picture when it is loaded.
    """
    if jpeg.exif and (stated := read_exif(jpeg.exif).orientation) is not None:
        return stated
    found = XMP_ORIENTATION.search(jpeg.xmp) if jpeg.xmp else None
    value = int(found[0][-1:]) if found else 0
    return value if 1 <= value <= 8 else None
