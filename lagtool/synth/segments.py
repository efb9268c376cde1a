"""Segments put into a JPEG, as cameras and programs leave them there; the pixels stay as they are."""

import numpy as np
from PIL import Image

_SOI = 2
_APP1, _COMMENT = 0xE1, 0xFE
_MAKER, _ORIENTATION, _GPS = 0x010F, 0x0112, 0x8825
_XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def add_comment(data: bytes, text: str) -> bytes:
    """Put a comment in: other bytes, the same pixels."""
    return _insert(data, _COMMENT, text.encode())


def add_orientation(data: bytes, _rng: np.random.Generator, turn: int) -> bytes:
    """Let Exif say that the picture is to be turned: by 90 degrees to the right, by 180, to the left, in turn."""
    exif = Image.Exif()
    exif[_ORIENTATION] = (6, 3, 8)[turn % 3]
    return _insert(data, _APP1, exif.tobytes())


def add_place(data: bytes, _rng: np.random.Generator, turn: int) -> bytes:
    """Let Exif say where the picture was taken: somewhere in the South Atlantic."""
    exif = Image.Exif()
    exif[_GPS] = {1: "S", 2: (40.0, float(turn % 60), 0.0), 3: "W", 4: (20.0, 0.0, 0.0)}
    return _insert(data, _APP1, exif.tobytes())


def add_metadata(data: bytes, _rng: np.random.Generator, turn: int) -> bytes:
    """Let Exif name a camera, or put an XMP packet in, in turn."""
    if turn % 2:
        return _insert(data, _APP1, _XMP)
    exif = Image.Exif()
    exif[_MAKER] = "Maker of nothing"
    return _insert(data, _APP1, exif.tobytes())


def _insert(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:_SOI] + bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body + data[_SOI:]
