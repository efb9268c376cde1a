"""Proof that a picture can be decoded to its last byte."""

import io
from enum import StrEnum
from typing import Any, NamedTuple

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from lagtool.model import MAX_PIXELS, State
from lagtool.probe.jpeg import EOI, Structure, describe_trailer, read_structure
from lagtool.probe.threads import without_warnings

_PREFIXES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xd8", "JPEG", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "PNG", "a PNG picture"),
    (b"GIF87a", "GIF", "a GIF picture"),
    (b"GIF89a", "GIF", "a GIF picture"),
    (b"BM", "BMP", "a BMP picture"),
    (b"II*\0", "TIFF", "a TIFF picture"),
    (b"MM\0*", "TIFF", "a TIFF picture"),
    (b"\0\0\0\x0cjP  \r\n", "JPEG2000", "a JPEG 2000 picture"),
    (b"version https://git-lfs.github.com/", "LFS", "a Git LFS pointer, not the picture: run 'git lfs pull'"),
    (b"%PDF", "PDF", "a PDF document"),
    (b"%!PS", "EPS", "a PostScript file"),
    (b"PK\x03\x04", "ZIP", "a ZIP archive"),
    (b"Rar!", "RAR", "a RAR archive"),
    (b"7z\xbc\xaf", "7Z", "a 7z archive"),
    (b"\x1f\x8b", "GZIP", "a gzip archive"),
    (b"\0\x05\x16\x07", "APPLEDOUBLE", "an AppleDouble file (resource fork of macOS)"),
)


def sniff(data: bytes) -> tuple[str | None, str]:
    """Return the format of ``data`` (``JPEG``, ``HTML``, ``LFS``, ...; None: unknown) and its name in words."""
    for prefix, name, words in _PREFIXES:
        if data.startswith(prefix):
            return name, words
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP", "a WebP picture"
    if data[4:8] == b"ftyp":
        return "HEIF", "a HEIF or AVIF picture"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml", b"<svg")):
        return "HTML", "a web page (a download that went wrong?)"
    if not data.strip(b"\0"):
        return None, "nothing but zero bytes"
    if data[:512].isascii() and not any(byte < 9 for byte in data[:512]):
        return "TEXT", "text"
    return None, "no known picture format"


_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_STRICT = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # what libjpeg-turbo decodes, the last two (arithmetic coding) in most builds
_LOSSLESS, _HIERARCHICAL = {0xC3, 0xC7, 0xCB, 0xCF}, {0xC5, 0xC6, 0xCD, 0xCE}
_OPENED = {"PNG", "GIF", "BMP", "TIFF", "JPEG2000", "WEBP"}
Pixels = NDArray[np.uint8]


class Reason(StrEnum):
    """Why a picture does not decode, in lagtool's own words: those of decoders differ by version, and even by run."""

    ENDS = "does not decode: the data ends before the picture is complete"
    SCANS = "is a progressive JPEG without its last scans: only a coarse picture is there"
    SEGMENT = "does not decode: a part of the data ends too early"
    STRANGE = "does not decode: bytes that belong to no part of the picture"
    CODE = "does not decode: a code that stands for nothing"
    RESTART = "does not decode: restart markers are missing or out of order"
    HEADER = "does not decode: a header or table that contradicts the format"
    DATA = "does not decode: its data is damaged or incomplete"
    SIZE = "has more pixels than the decoder takes"
    MEMORY = "cannot be decoded: there is not enough memory"
    BITS = "is a JPEG of more than 8 bits per sample, which common decoders do not read: convert it to 8 bits"
    LOSSLESS = "is a lossless JPEG, which common decoders do not read: convert it to a usual JPEG"
    HIERARCHICAL = "is a hierarchical JPEG, which common decoders do not read: convert it to a usual JPEG"
    ARITHMETIC = "is a JPEG with arithmetic coding, which common decoders do not read: convert it to a usual JPEG"
    COMPONENTS = "is a JPEG with neither 1, 3 nor 4 components, which common decoders do not read"

    @property
    def state(self) -> State:
        """What such a file is: damaged, of a kind that is not read, or not to be judged here."""
        if self in _KINDS_NOT_READ:
            return State.WRONG_FORMAT
        return _STATES.get(self, State.CORRUPT)


_KINDS_NOT_READ = {Reason.BITS, Reason.LOSSLESS, Reason.HIERARCHICAL, Reason.ARITHMETIC, Reason.COMPONENTS}
_STATES = {Reason.SIZE: State.BOMB, Reason.MEMORY: State.UNREADABLE, Reason.SCANS: State.TRUNCATED}
# What the messages of libjpeg have in common in all its versions (jerror.h); the first that fits counts.
_BY_WORDS = (
    ("premature end of jpeg", Reason.ENDS),
    ("premature end", Reason.SEGMENT),
    ("extraneous", Reason.STRANGE),
    ("bad huffman code", Reason.CODE),
    ("arithmetic", Reason.CODE),
    ("restart", Reason.RESTART),
    ("marker", Reason.HEADER),
    ("invalid", Reason.HEADER),
    ("bogus", Reason.HEADER),
    ("unsupported", Reason.HEADER),
    ("table", Reason.HEADER),
)


class Picture(NamedTuple):
    """What came of decoding one picture.

    Attributes:
        state: `State.OK` where every byte was decoded without complaint.
        message: Why not; or, with ``ok``, None.
        format: Format by content, or None where unknown.
        width: Pixels, from the header; None where it could not be read.
        height: Pixels.
        mode: ``L``, ``RGB``, ``CMYK``, ...
        trailer: What lies behind the end of the picture, in words, or None.
        structure: What the markers say, of a JPEG.
        pixels: Decoded values, (height, width) or (height, width, 3), 0..255, reduced as asked for (sides rounded up);
            None where there are none.
    """

    state: State
    message: str | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    trailer: str | None = None
    pixels: Pixels | None = None
    structure: Structure | None = None


def decode(
    data: bytes, expected: str | None, *, reduce: int = 1, buffer: Pixels | None = None, max_pixels: int = MAX_PIXELS
) -> Picture:
    """Decode ``data``, strictly: a JPEG that a lenient decoder would patch up is damaged.

    Args:
        data: The whole file.
        expected: The format that it must have (``JPEG``, ``PNG``, ...); None accepts any that Pillow knows.
        reduce: 1, 2, 4 or 8: the pixels are wanted at that part of the size. A JPEG is reduced while it is decoded, by
            the scaled inverse transform of libjpeg; its bytes are read and proven all the same, to the last one.
        buffer: Flat memory to decode into, where it suffices: the pixels are then a view of it, good until it is used
            again. Giving such large arrays back to the system after each picture costs a third of the time.
        max_pixels: A header that claims more is refused before a decoder runs.
    """
    picture = read_header(data, expected, max_pixels=max_pixels)
    if picture.state is not State.OK:
        return picture
    if picture.structure is not None:
        return _decode_jpeg(data, picture, picture.structure, reduce, buffer)
    pixels, problem = _load(data, picture.format or "", reduce)
    return _judge(picture, pixels, problem)


def level_pixels(pixels: Pixels) -> Pixels:
    """Return the levels of a map, (height, width): of a coloured one the means of its channels, rounded."""
    return pixels if pixels.ndim == 2 else pixels.mean(axis=2).round().astype(np.uint8)


def read_header(data: bytes, expected: str | None, *, whole: bool = True, max_pixels: int = MAX_PIXELS) -> Picture:
    """Return what the header says, `State.OK` where nothing in it speaks against decoding.

    Args:
        data: The whole file, or its beginning.
        expected: As in `decode`.
        whole: Whether ``data`` is the whole file; of a beginning, a JPEG's structure is followed to its pixels only.
        max_pixels: As in `decode`.
    """
    if not data:
        return Picture(State.EMPTY, "is empty (0 bytes)")
    kind, words = sniff(data)
    if kind is None:
        state = State.CORRUPT if not data.strip(b"\0") else State.WRONG_FORMAT
        return Picture(state, f"holds {words}")
    if expected is not None and kind != expected:
        return Picture(State.WRONG_FORMAT, f"holds {words}, not {expected}", kind)
    if kind != "JPEG" and kind not in _OPENED:
        return Picture(State.WRONG_FORMAT, f"holds {words}, no picture that can be decoded", kind)
    picture = _read_jpeg(data, whole) if kind == "JPEG" else _open_other(data, kind, words)
    width, height = picture.width or 0, picture.height or 0
    if picture.state is not State.OK:
        return picture
    if width * height > max_pixels:
        message = f"claims {width:,} x {height:,} pixels, more than the {max_pixels:,} that are decoded"
        return picture._replace(state=State.BOMB, message=message)
    if not width or not height:
        return picture._replace(state=State.CORRUPT, message=f"has no pixels ({width} x {height})")
    return picture


def _read_jpeg(data: bytes, whole: bool) -> Picture:
    structure = read_structure(data, to_pixels=not whole)
    if structure.excess:
        return Picture(State.BOMB, structure.problem, "JPEG")
    if structure.frame is None:
        return Picture(_name_damage(data, structure), structure.problem or "has no frame header", "JPEG")
    mode = _MODES.get(structure.components, f"{structure.components} components")
    trailer = describe_trailer(data[structure.end :]) if structure.end else ""
    return Picture(State.OK, None, "JPEG", structure.width, structure.height, mode, trailer or None, None, structure)


def _decode_jpeg(data: bytes, picture: Picture, structure: Structure, reduce: int, buffer: Pixels | None) -> Picture:
    strict = structure.frame in _STRICT and structure.precision == 8 and structure.components in (1, 3, 4)
    colorspace = {1: "GRAY", 4: "CMYK"}.get(structure.components, "RGB")
    if colorspace == "CMYK":
        reduce_by, buffer = 8, None  # proven only: how ink becomes light, Pillow says
    else:
        reduce_by = reduce
    # The decoder takes the smallest of its scales that gives at least this size: exactly the one asked for.
    width, height = -(-structure.width // reduce_by), -(-structure.height // reduce_by)
    needed = width * height * (3 if colorspace == "RGB" else 1)
    target = buffer[:needed] if buffer is not None and needed <= buffer.size else None
    pixels: Any = None
    if strict:
        try:
            pixels = simplejpeg.decode_jpeg(
                data, colorspace, min_height=height, min_width=width, fastdct=reduce > 1, buffer=target, strict=True
            )
        except (ValueError, RuntimeError) as error:
            if "not implemented" not in str(error):  # arithmetic coding, in some builds
                return picture._replace(state=_name_damage(data, structure), message=_by_words(error).value)
    if structure.end is None:
        return picture._replace(state=_name_damage(data, structure), message=structure.problem)
    if structure.coarse:
        return _judge(picture, None, Reason.SCANS)
    if pixels is None or colorspace == "CMYK":
        pixels, problem = _load(data, "JPEG", reduce)
        return _judge(picture, pixels, problem if strict and colorspace == "CMYK" else _kind_of(structure) or problem)
    return picture._replace(pixels=pixels[..., 0] if colorspace == "GRAY" else pixels)


def _name_damage(data: bytes, structure: Structure) -> State:
    """Return whether a file that does not decode was cut off, or is damaged inside."""
    return State.TRUNCATED if structure.cut and not data.rstrip(b"\0").endswith(EOI) else State.CORRUPT


def _open_other(data: bytes, kind: str, words: str) -> Picture:
    try:
        with without_warnings(), Image.open(io.BytesIO(data), formats=[kind]) as image:
            return Picture(State.OK, None, kind, image.width, image.height, image.mode)
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever a damaged file makes it raise
        if (problem := _by_kind(error)) is not Reason.DATA:
            return Picture(problem.state, problem.value, kind)
        return Picture(State.CORRUPT, f"begins like {words} but cannot be opened: its header is damaged", kind)


def _judge(picture: Picture, pixels: Pixels | None, problem: Reason | None) -> Picture:
    if pixels is not None or problem is None:
        return picture._replace(state=State.OK, pixels=pixels)
    return picture._replace(state=problem.state, message=problem.value)


def _load(data: bytes, kind: str, reduce: int) -> tuple[Pixels, None] | tuple[None, Reason]:
    try:
        with without_warnings(), Image.open(io.BytesIO(data), formats=[kind]) as image:
            image.load()
            gray = image.mode in ("1", "L", "I", "I;16", "F", "LA")
            pixels: Any = np.asarray(image.convert("L" if gray else "RGB"))
    except Exception as error:  # noqa: BLE001 - as above
        return None, _by_kind(error)
    if reduce > 1:
        size = (-(-pixels.shape[1] // reduce), -(-pixels.shape[0] // reduce))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels, None


def _by_words(error: Exception) -> Reason:
    """Return the reason that libjpeg means."""
    text = str(error).lower()
    return next((reason for words, reason in _BY_WORDS if words in text), Reason.DATA)


def _by_kind(error: Exception) -> Reason:
    """Return the reason that Pillow means."""
    if isinstance(error, Image.DecompressionBombError):
        return Reason.SIZE
    return Reason.MEMORY if isinstance(error, MemoryError) else Reason.DATA


def _kind_of(structure: Structure) -> Reason | None:
    """Return why whole JPEGs of this kind may not decode; None: every decoder reads them."""
    if structure.frame in _LOSSLESS:
        return Reason.LOSSLESS
    if structure.frame in _HIERARCHICAL:
        return Reason.HIERARCHICAL
    if structure.precision != 8:
        return Reason.BITS
    if structure.components not in (1, 3, 4):
        return Reason.COMPONENTS
    return Reason.ARITHMETIC if (structure.frame or 0) >= 0xC9 else None
