"""Proof that a picture can be decoded to its last byte."""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from lagtool.display import show
from lagtool.model import State
from lagtool.probe.content import sniff
from lagtool.probe.jpeg import Structure, describe_trailer, read_structure

MAX_PIXELS = 50_000_000
"""Pictures with more pixels by their header are refused before a decoder runs (LAG: 250,000)."""

_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_HUFFMAN = {0xC0, 0xC1, 0xC2}  # what libjpeg-turbo decodes in every build
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
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
        pixels: Decoded values, (height, width) or (height, width, 3), 0..255, at the scale asked for; None where
            there are none.
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


def decode(data: bytes, expected: str | None, *, factor: int = 1, buffer: Pixels | None = None) -> Picture:
    """Decode ``data``, strictly: a JPEG that a lenient decoder would patch up is damaged.

    Args:
        data: The whole file.
        expected: The format that it must have (``JPEG``, ``PNG``, ...); None accepts any that Pillow knows.
        factor: Smallest reduction of a JPEG that will do (1, 2, 4, 8); the proof is as strict at each.
        buffer: Flat memory to decode into, where it suffices: the pixels are then a view of it, good until it is used
            again. Giving such large arrays back to the system after each picture costs a third of the time.
    """
    if not data:
        return Picture(State.EMPTY, "is empty (0 bytes)")
    kind, words = sniff(data)
    if kind is None:
        state = State.CORRUPT if not data.strip(b"\0") else State.WRONG_FORMAT
        return Picture(state, f"holds {words}")
    if expected is not None and kind != expected:
        return Picture(State.WRONG_FORMAT, f"holds {words}, not {expected}", kind)
    return _decode_jpeg(data, factor, buffer) if kind == "JPEG" else _decode_other(data, kind, words)


def _decode_jpeg(data: bytes, factor: int, buffer: Pixels | None) -> Picture:
    structure = read_structure(data)
    if structure.frame is None:
        state = State.TRUNCATED if structure.end is None and "ends before" in structure.problem else State.CORRUPT
        return Picture(state, structure.problem or "has no frame header", "JPEG")
    width, height = structure.width, structure.height
    mode = _MODES.get(structure.components, f"{structure.components} components")
    trailer = describe_trailer(data[structure.end :]) if structure.end else ""

    def picture(state: State, message: str | None = None, pixels: Pixels | None = None) -> Picture:
        return Picture(state, message, "JPEG", width, height, mode, trailer or None, pixels, structure)

    if width * height > MAX_PIXELS:
        return picture(State.BOMB, _bomb(width, height))
    if not width or not height:
        return picture(State.CORRUPT, f"has no pixels ({width} x {height})")
    if structure.frame not in _HUFFMAN or structure.precision != 8 or structure.components not in (1, 3):
        pixels, problem = _load(data, "JPEG")
        return picture(State.CORRUPT, problem) if pixels is None else picture(State.OK, None, pixels)
    colorspace = "RGB" if structure.components == 3 else "GRAY"
    needed = width * height * (3 if colorspace == "RGB" else 1)
    target = buffer[:needed] if buffer is not None and factor == 1 and needed <= buffer.size else None
    try:
        pixels = simplejpeg.decode_jpeg(data, colorspace, min_factor=factor, buffer=target, strict=True)
    except (ValueError, RuntimeError) as error:
        problem = show(str(error), 120)
        state = State.TRUNCATED if structure.end is None else State.CORRUPT
        return picture(state, f"does not decode: {problem}")
    if structure.end is None:
        return picture(State.TRUNCATED, structure.problem)
    return picture(State.OK, None, pixels[..., 0] if colorspace == "GRAY" else pixels)


def _decode_other(data: bytes, kind: str, words: str) -> Picture:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[kind]) as image:
            width, height, mode = image.width, image.height, image.mode
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever a damaged file makes it raise
        return Picture(State.CORRUPT, f"begins like {words} but cannot be opened: {_problem(error)}", kind)
    if width * height > MAX_PIXELS:
        return Picture(State.BOMB, _bomb(width, height), kind, width, height, mode)
    pixels, problem = _load(data, kind)
    state = State.CORRUPT if pixels is None else State.OK
    return Picture(state, problem, kind, width, height, mode, None, pixels)


def _load(data: bytes, kind: str) -> tuple[Pixels, None] | tuple[None, str]:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[kind]) as image:
            image.load()
            gray = image.mode in ("1", "L", "I", "I;16", "F", "LA")
            return np.asarray(image.convert("L" if gray else "RGB")), None
    except Exception as error:  # noqa: BLE001 - as above
        return None, f"does not decode: {_problem(error)}"


def _bomb(width: int, height: int) -> str:
    return f"claims {width:,} x {height:,} pixels, more than the {MAX_PIXELS:,} that are decoded"


def _problem(error: Any) -> str:
    return show(str(error) or type(error).__name__, 120)
