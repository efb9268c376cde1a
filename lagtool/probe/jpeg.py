"""The structure of a JPEG file, read from its markers without decoding a pixel (ITU-T T.81, annex B)."""

import re
from dataclasses import dataclass

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in a scan: neither a stuffed byte nor a restart marker
_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_EOI, _SOS = 0xD9, 0xDA
SOI = b"\xff\xd8"


@dataclass(frozen=True, slots=True)
class Structure:
    """What the markers say.

    Attributes:
        frame: The start-of-frame marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, 0xC9 and up arithmetic;
            None where the file has none.
        width: Pixels, from the frame header.
        height: Pixels, from the frame header.
        components: 1 gray, 3 colour, 4 CMYK.
        precision: Bits per sample.
        end: Offset behind the end-of-image marker, or None where the file ends before it.
        problem: Why the markers could not be followed to the end; empty where they could.
    """

    frame: int | None = None
    width: int = 0
    height: int = 0
    components: int = 0
    precision: int = 0
    end: int | None = None
    problem: str = ""


def read_structure(data: bytes) -> Structure:
    """Follow the markers of ``data``, which begins with `SOI`, from segment to segment to the end of the image."""
    frame: tuple[int, int, int, int, int] | None = None
    position = 2
    end: int | None = None
    problem = ""
    while True:
        while data[position : position + 2] == b"\xff\xff":  # fill bytes
            position += 1
        if position + 2 > len(data):
            problem = "the file ends before the end-of-image marker"
            break
        if data[position] != 0xFF:
            problem = f"no marker where one must stand, at byte {position:,}"
            break
        marker = data[position + 1]
        position += 2
        if marker == _EOI:
            end = position
            break
        if marker in _STANDALONE:
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2 or position + length > len(data):
            problem = "a segment is longer than the file" if length >= 2 else "a segment without a length"
            break
        if marker in _FRAME and frame is None:
            if length < 8:
                problem = "the frame header is too short"
                break
            body = data[position + 2 : position + 8]
            frame = (
                marker,
                int.from_bytes(body[3:5], "big"),
                int.from_bytes(body[1:3], "big"),
                body[5],
                body[0],
            )
        position += length
        if marker == _SOS:
            found = _NEXT_MARKER.search(data, position)
            if found is None:
                problem = "the file ends before the end-of-image marker"
                break
            position = found.start()
    kind, width, height, components, precision = frame or (None, 0, 0, 0, 0)
    return Structure(kind, width, height, components, precision, end, problem)


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
