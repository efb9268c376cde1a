"""Parts of JPEG files, put together by hand."""

import io
import struct
from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
from PIL import Image

from tests.trees import jpeg

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
WHOLE = jpeg(1)


def segment(marker: int, body: bytes) -> bytes:
    """Return one segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def insert(*segments: bytes, into: bytes = WHOLE) -> bytes:
    """Return a JPEG with segments behind its start."""
    return SOI + b"".join(segments) + into[2:]


def parts(data: bytes = WHOLE) -> Iterator[tuple[int, bytes]]:
    """Yield marker and bytes of each segment up to the scan, which comes last, with all that follows."""
    position = 2
    while True:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xDA:
            yield marker, data[position:]
            return
        yield marker, data[position : position + 2 + length]
        position += 2 + length


def without(marker: int) -> bytes:
    """Return the JPEG without the segments of a marker."""
    return SOI + b"".join(part for found, part in parts() if found != marker)


def frame(
    *, marker: int = 0xC0, height: int | None = None, width: int | None = None, precision: int = 8, data: bytes = WHOLE
) -> bytes:
    """Return the JPEG with another frame header."""
    at = next(data.index(part) for found, part in parts(data) if found in (0xC0, 0xC2))
    made = bytearray(data)
    made[at + 1], made[at + 4] = marker, precision
    if height is not None:
        made[at + 5 : at + 7] = height.to_bytes(2, "big")
    if width is not None:
        made[at + 7 : at + 9] = width.to_bytes(2, "big")
    return bytes(made)


def scan_start(data: bytes = WHOLE) -> int:
    """Return where the entropy-coded bytes begin."""
    at = data.index(b"\xff\xda")
    return at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def replaced(offset: int, by: bytes, drop: int | None = None) -> bytes:
    """Return the JPEG with bytes, counted from the scan, replaced."""
    at = scan_start() + offset
    return WHOLE[:at] + by + WHOLE[at + (len(by) if drop is None else drop) :]


@cache
def pixels() -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Return the pixels of the JPEG, RGB."""
    return np.asarray(Image.open(io.BytesIO(WHOLE)).convert("RGB"))


def by_cv2(*options: int) -> bytes:
    """Return the picture as OpenCV encodes it."""
    return bytes(cv2.imencode(".jpg", pixels()[..., ::-1], list(options))[1])


def by_pillow(kind: str, mode: str = "RGB", **options: object) -> bytes:
    """Return the picture as Pillow encodes it."""
    target = io.BytesIO()
    Image.fromarray(pixels()).convert(mode).save(target, kind, **options)
    return target.getvalue()


def sixteen_bits() -> bytes:
    """Return a PNG of 16 bits per channel."""
    return bytes(cv2.imencode(".png", pixels().astype(np.uint16) * 256)[1])


def moving(kind: str) -> bytes:
    """Return an animation of three pictures."""
    target = io.BytesIO()
    first, *rest = (Image.new("RGB", (500, 500), color) for color in ("red", "green", "blue"))
    first.save(target, kind, save_all=True, append_images=rest)
    return target.getvalue()


def exif(*entries: tuple[int, int, int, int], following: int = 0, tail: bytes = b"") -> bytes:
    """Return an APP1 segment with one directory: tag, type, count and value of each entry."""
    body = b"MM\0*" + struct.pack(">IH", 8, len(entries))
    body += b"".join(
        struct.pack(">HHI", tag, kind, count)
        + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))
        for tag, kind, count, value in entries
    )
    return segment(0xE1, b"Exif\0\0" + body + struct.pack(">I", following) + tail)


def colors(transform: int) -> bytes:
    """Return a CMYK JPEG whose Adobe marker names a transform: 0 CMYK, 2 YCCK."""
    data = by_pillow("JPEG", "CMYK", quality=90)
    at = data.index(b"Adobe")
    return data[: at + 11] + bytes([transform]) + data[at + 12 :]


def many_scans(number: int, side: int = 7000) -> bytes:
    """Return a progressive JPEG of one component with scans that say next to nothing of all its blocks.

    Each scan takes some hundred bytes and makes a decoder pass over all coefficients: a small file for hours.
    """
    blocks = -(-side // 8)
    quantisation = segment(0xDB, b"\0" + b"\1" * 64)
    start = segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
    # Two codes of 2 bits: 0x00 (end of block) and 0xE0 (a run of 2**14 .. 2**15 - 1 ends of block).
    table = segment(0xC4, b"\x10" + bytes([0, 2] + [0] * 14) + b"\x00\xe0")
    direct = segment(0xC4, b"\x00" + bytes([0, 1] + [0] * 14) + b"\x00")
    bits = ""
    left = blocks * blocks
    while left:
        run = min(left, 32767)
        if run < 16384:
            bits += "00" * run
        else:
            bits += "01" + format(run - 16384, "014b")
        left -= run
    data = _pack(bits)
    first = segment(0xDA, b"\1\1\0\0\0\0") + _pack("00" * (blocks * blocks))
    again = segment(0xDA, b"\1\1\0\1\x3f\0") + data
    return SOI + quantisation + start + direct + table + first + again * number + EOI


def _pack(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0") if bits else b""
