"""Proof of decoding: what is damaged is found, what is whole is left alone."""

import io

import numpy as np
import pytest
from PIL import Image

from lagtool.model import State
from lagtool.probe.jpeg import read_structure
from lagtool.probe.picture import Picture, Reason, decode
from tests.trees import jpeg

WHOLE = jpeg(1)
SCAN = WHOLE.rindex(b"\xff\xda") + 14


def _encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (60, 40), 120 if mode == "L" else None).save(file, kind, **options)
    return file.getvalue()


def _zeroed(start: int, size: int) -> bytes:
    return WHOLE[:start] + bytes(size) + WHOLE[start + size :]


@pytest.mark.parametrize("factor", [1, 8])
@pytest.mark.parametrize(
    ("data", "state"),
    [
        (WHOLE, State.OK),
        (b"", State.EMPTY),
        (bytes(5000), State.CORRUPT),
        (WHOLE[:-64], State.TRUNCATED),
        (WHOLE[:-1], State.TRUNCATED),
        (WHOLE[: len(WHOLE) // 2], State.TRUNCATED),
        (WHOLE[:300], State.TRUNCATED),
        (WHOLE[:3], State.TRUNCATED),
        (_zeroed(SCAN + 5000, 4096), State.CORRUPT),
        (WHOLE[: SCAN + 5000] + WHOLE[SCAN + 9096 :], State.CORRUPT),
        (WHOLE[: SCAN + 5000] + b"\xff\xd9" + WHOLE[SCAN + 5002 :], State.CORRUPT),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", State.WRONG_FORMAT),
        (b"<!DOCTYPE html><html></html>", State.WRONG_FORMAT),
        (b"  \n<HTML>", State.WRONG_FORMAT),
        (_encoded("PNG"), State.WRONG_FORMAT),
        (_encoded("WEBP"), State.WRONG_FORMAT),
        (_encoded("GIF"), State.WRONG_FORMAT),
        (b"just text", State.WRONG_FORMAT),
        (b"\x01\x02\x03", State.WRONG_FORMAT),
    ],
)
def test_states(data: bytes, state: State, factor: int) -> None:
    found = decode(data, "JPEG", reduce=factor)
    assert found.state is state, found.message
    assert (found.message is None) == (state is State.OK)
    assert (found.pixels is not None) == (state is State.OK)


def test_a_changed_height_in_the_header_is_found() -> None:
    frame = WHOLE.index(b"\xff\xc0")
    taller = WHOLE[: frame + 5] + (600).to_bytes(2, "big") + WHOLE[frame + 7 :]
    assert decode(taller, "JPEG", reduce=8).state is State.CORRUPT


def test_a_bomb_is_refused_by_its_header() -> None:
    frame = WHOLE.index(b"\xff\xc0")
    bomb = WHOLE[: frame + 5] + b"\x75\x30\x75\x30" + WHOLE[frame + 9 :]
    found = decode(bomb, "JPEG")
    assert (found.state, found.width, found.height) == (State.BOMB, 30000, 30000)
    assert found.message == "claims 30,000 x 30,000 pixels, more than the 50,000,000 that are decoded"


@pytest.mark.parametrize(
    ("trailer", "words"),
    [
        (b"", None),
        (b"junk" * 256, "1,024 bytes behind the end of the image"),
        (bytes(10), "10 bytes of zeros behind the end of the image"),
        (WHOLE, f"a second JPEG of {len(WHOLE):,} bytes behind the end of the first"),
    ],
)
def test_what_lies_behind_the_end_is_noticed(trailer: bytes, words: str | None) -> None:
    found = decode(WHOLE + trailer, "JPEG", reduce=8)
    assert (found.state, found.trailer) == (State.OK, words)


@pytest.mark.parametrize(
    ("data", "mode", "shape"),
    [
        (WHOLE, "RGB", (500, 500, 3)),
        (jpeg(2, gray=True), "L", (500, 500)),
        (_encoded("JPEG", progressive=True), "RGB", (40, 60, 3)),
        (_encoded("JPEG", "CMYK"), "CMYK", (40, 60, 3)),
        (_encoded("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), "RGB", (40, 60, 3)),
        (_encoded("JPEG", restart_marker_blocks=4), "RGB", (40, 60, 3)),
    ],
)
def test_whole_variants_are_left_alone(data: bytes, mode: str, shape: tuple[int, ...]) -> None:
    found = decode(data, "JPEG")
    assert (found.state, found.mode, found.format) == (State.OK, mode, "JPEG")
    assert found.pixels is not None
    assert found.pixels.shape == shape


def _framed(marker: int = 0xC0, bits: int = 8) -> bytes:
    frame = WHOLE.index(b"\xff\xc0")
    return WHOLE[: frame + 1] + bytes((marker,)) + WHOLE[frame + 2 : frame + 4] + bytes((bits,)) + WHOLE[frame + 5 :]


def _scans(kept: int) -> bytes:
    """A progressive JPEG that ends, as it should, after some of its ten scans."""
    file = io.BytesIO()
    Image.open(io.BytesIO(WHOLE)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    begins = [at for at in range(len(data)) if data.startswith(b"\xff\xda", at)]
    return data if kept >= len(begins) else data[: begins[kept]] + b"\xff\xd9"


@pytest.mark.parametrize(
    ("data", "expected", "reason"),
    [
        (_framed(0xC1, 12), "JPEG", Reason.BITS),
        (_framed(0xC3), "JPEG", Reason.LOSSLESS),
        (_framed(0xC5), "JPEG", Reason.HIERARCHICAL),
        (_scans(1), "JPEG", Reason.SCANS),
        (_scans(9), "JPEG", Reason.SCANS),
        (_encoded("JPEG", "CMYK")[:-30], "JPEG", Reason.ENDS),
        (_encoded("PNG")[:-30], "PNG", Reason.DATA),
    ],
)
def test_what_does_not_decode_is_said_in_our_own_words(data: bytes, expected: str, reason: Reason) -> None:
    found = [decode(data, expected, reduce=factor) for factor in (1, 8)]
    state = State.TRUNCATED if reason is Reason.ENDS else reason.state
    assert {(picture.state, picture.message) for picture in found} == {(state, reason.value)}


def test_a_decoder_may_say_what_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(f"cannot identify image file {object()!r}")

    monkeypatch.setattr("PIL.Image.open", fail)
    messages = {decode(data, None).message for data in (_encoded("PNG"), _encoded("JPEG2000"), _framed(0xC3))}
    assert not [message for message in messages if "0x" in str(message)]
    assert len(messages) == 3


def test_all_scans_are_a_whole_picture() -> None:
    assert decode(_scans(10), "JPEG").state is State.OK


def test_other_formats_decode_where_they_are_expected() -> None:
    found = decode(_encoded("PNG"), "PNG")
    assert (found.state, found.width, found.height, found.mode) == (State.OK, 60, 40, "RGB")
    damaged = _encoded("PNG")
    assert decode(damaged[:-30], "PNG").state is State.CORRUPT


def test_pixels_are_those_of_the_picture() -> None:
    found = decode(jpeg(5), "JPEG")
    reference = np.asarray(Image.open(io.BytesIO(jpeg(5))))
    assert found.pixels is not None
    assert np.abs(found.pixels.astype(int) - reference).max() <= 2


def test_no_prefix_of_a_file_is_taken_for_whole() -> None:
    states = {decode(WHOLE[:size], "JPEG", reduce=8).state for size in range(1, len(WHOLE), 997)}
    assert State.OK not in states


def test_structure_reads_size_and_end() -> None:
    structure = read_structure(WHOLE + b"tail")
    assert (structure.width, structure.height, structure.components, structure.precision) == (500, 500, 3, 8)
    assert (structure.end, structure.problem) == (len(WHOLE), "")


@pytest.mark.parametrize("seed", range(300))
def test_mutations_never_raise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(WHOLE[:2000] if seed % 2 else WHOLE)
    for _ in range(rng.integers(1, 20)):
        data[rng.integers(2, min(len(data), 700))] = rng.integers(0, 256)
    assert isinstance(decode(bytes(data), "JPEG", reduce=8), Picture)
