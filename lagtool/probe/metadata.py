"""What the Exif block of a JPEG says about place and orientation."""

from typing import NamedTuple

from PIL import Image

from lagtool.host import without_warnings

_GPS_POINTER, _ORIENTATION = 0x8825, 0x0112


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
