"""What the metadata of a JPEG says about place and orientation."""

import re
from typing import NamedTuple

from PIL import Image

from lagtool.host import without_warnings
from lagtool.probe.jpeg import Structure

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
