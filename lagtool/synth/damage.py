"""Damage done to the bytes of a picture, and segments put into them, each as it is met on disks."""

import hashlib
import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from lagtool.synth.attention import encode_gray, encode_map
from lagtool.synth.fundus import encode_jpeg

Damage = Callable[[bytes, np.random.Generator, int], bytes]
"""From the bytes of a picture, a generator, and how often this damage was done before."""

_SOI = 2
_APP1, _COMMENT = 0xE1, 0xFE
_MAKER, _ORIENTATION, _GPS = 0x010F, 0x0112, 0x8825
_XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
_FRAMES = {0xC0, 0xC1, 0xC2}
_SCAN = 0xDA
_SECTOR = 4096
_QUALITY = 88
_TRIES = 200


def truncate(data: bytes, rng: np.random.Generator, _turn: int) -> bytes:
    """Cut at 10 to 99 %, but behind the headers: what is left still looks like a picture."""
    first = max(len(data) // 10, _find_scan(data) + 16)
    return data[: int(rng.integers(first, max(first + 1, int(len(data) * 0.99))))]


def corrupt(data: bytes, rng: np.random.Generator, _turn: int) -> bytes:
    """Zero 4 KB in the middle of the scan (an eighth of it, where it is small), so that a strict decoder objects."""
    start, end = _find_scan(data) + 8, len(data) - 8
    length = min(_SECTOR, max(16, (end - start) // 8))
    for _ in range(_TRIES):
        at = int(rng.integers(start, end - length))
        damaged = data[:at] + bytes(length) + data[at + length :]
        if not decodes(damaged):
            return damaged
    raise AssertionError("zeros in the scan that no decoder minds")


def replace_format(data: bytes, _rng: np.random.Generator, turn: int) -> bytes:
    """Put a PNG, a Git LFS pointer or a web page behind the name, in turn."""
    digest = hashlib.sha256(data).hexdigest()
    if turn % 3 == 1:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n".encode()
    if turn % 3 == 2:
        # Each page is another one: two alike would be identical pictures as well.
        page = f"<html><head><title>Sign in</title></head><body>Please sign in.<!-- {digest} --></body></html>"
        return f"<!DOCTYPE html>\n{page}\n".encode()
    return cv2.imencode(".png", cv2.cvtColor(_decode(data), cv2.COLOR_RGB2BGR))[1].tobytes()


def inflate_header(data: bytes, _rng: np.random.Generator, _turn: int) -> bytes:
    """Let the header claim 30,000 x 30,000 pixels."""
    at = _find_segment(data, _FRAMES) + 5
    side = (30_000).to_bytes(2, "big")
    return data[:at] + side + side + data[at + 4 :]


def blank(data: bytes, rng: np.random.Generator, turn: int) -> bytes:
    """Make an image one colour all over: black the first time, then another one each time."""
    colour = rng.integers(30, 226, 3, dtype=np.uint8) if turn else np.zeros(3, np.uint8)
    return _encode(np.broadcast_to(colour, _decode(data).shape))


def darken(data: bytes, _rng: np.random.Generator, turn: int) -> bytes:
    """Darken an image to a twentieth, or show it as small as a stamp on black, in turn."""
    picture = _decode(data)
    if turn % 2:
        stamp = np.zeros_like(picture)
        stamp[210:290, 210:290] = cv2.resize(picture, (80, 80), interpolation=cv2.INTER_AREA)
        return _encode(stamp)
    return _encode(cv2.convertScaleAbs(picture, alpha=0.05))


def repaint(change: Callable[[Any], Any], *, gray: bool = False) -> Damage:
    """Return the damage that saves another picture; it is shown in RGB or ``gray``, and saved as what comes of it."""

    def damage(data: bytes, _rng: np.random.Generator, _turn: int) -> bytes:
        picture = change(_decode_gray(data) if gray else _decode(data))
        return encode_gray(picture) if picture.ndim == 2 else _encode(picture)

    return damage


def enlarge(data: bytes, _rng: np.random.Generator, _turn: int) -> bytes:
    """Scale a map to the size of an image, 500 x 500."""
    levels: Any = cv2.resize(_decode_gray(data), (500, 500), interpolation=cv2.INTER_LINEAR)
    return encode_map(levels)


def flatten(data: bytes, _rng: np.random.Generator, turn: int) -> bytes:
    """Make a map one gray all over, dark or light in turn."""
    return encode_gray(np.full_like(_decode_gray(data), 128 if turn % 2 else 24))


def replace_content(data: bytes, rng: np.random.Generator, turn: int) -> bytes:
    """Show a page of text, noise, or a line drawing of the picture, in turn."""
    picture = _decode(data)
    if turn % 3 == 1:
        return _encode(rng.integers(0, 256, picture.shape, dtype=np.uint8))
    page = np.full_like(picture, (250, 244, 215))
    if turn % 3 == 2:
        page[cv2.Canny(picture, 20, 60) > 0] = (30, 30, 90)
        return _encode(page)
    for line in range(24, picture.shape[0], 22):
        text = rng.bytes(18).hex()
        cv2.putText(page, text, (12, line), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (30, 30, 90), 1, cv2.LINE_AA)
    return _encode(page)


def append(data: bytes, rng: np.random.Generator, turn: int) -> bytes:
    """Put 1 KB of chance behind the end, or a second picture, in turn."""
    return data + (_encode(_decode(data)[:, ::-1]) if turn % 2 else rng.bytes(1024))


def separate(data: bytes, _rng: np.random.Generator, _turn: int) -> bytes:
    """Save a map in the four colours of print (CMYK)."""
    out = io.BytesIO()
    Image.fromarray(_decode_gray(data)).convert("RGB").convert("CMYK").save(out, "JPEG", quality=95)
    return out.getvalue()


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


def decodes(data: bytes) -> bool:
    """Whether a strict decoder takes a JPEG without complaint, whole as well as at an eighth of its size."""
    try:
        simplejpeg.decode_jpeg(data, "rgb", strict=True)
        simplejpeg.decode_jpeg(data, "gray", min_factor=8, strict=True)
    except (ValueError, RuntimeError):
        return False
    return True


def _decode(data: bytes) -> Any:
    return simplejpeg.decode_jpeg(data, "rgb")


def _decode_gray(data: bytes) -> Any:
    return simplejpeg.decode_jpeg(data, "gray")[..., 0]


def _encode(picture: Any) -> bytes:
    return encode_jpeg(picture, _QUALITY)


def _find_scan(data: bytes) -> int:
    """Return where the scan's data begins."""
    at = _find_segment(data, {_SCAN})
    return at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _find_segment(data: bytes, markers: set[int]) -> int:
    """Return where the first segment with one of the markers begins; our own JPEGs have nothing between segments."""
    at = 2
    while data[at + 1] not in markers:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _insert(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:_SOI] + bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body + data[_SOI:]
