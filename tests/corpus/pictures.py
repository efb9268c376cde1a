"""JPEG damage, its variants, and what is no JPEG, in the place of an image or a map."""

import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from tests.corpus import jpegs
from tests.corpus.case import IMAGE, MAP, Case, put, tree_case
from tests.corpus.jpegs import EOI, SOI, WHOLE, exif, frame, insert, replaced, segment, without
from tests.trees import attention_map, jpeg

_MEGA = 1 << 20
_ENTRY = (0x0110, 4, 1, 0)


def _image(name: str, data: bytes | Callable[[], bytes], *codes: str, says: str = "", heavy: bool = False) -> Case:
    return tree_case(
        "pictures", name, put(f"LAG/{IMAGE}", data), *((code, IMAGE) for code in codes), says=says, heavy=heavy
    )


def _map(name: str, data: bytes | Callable[[], bytes], *codes: str, says: str = "") -> Case:
    return tree_case("maps", name, put(f"LAG/{MAP}", data), *((code, MAP) for code in codes), says=says)


def damage() -> Iterator[Case]:
    """Yield JPEG files that are damaged."""
    half, noise = len(WHOLE) // 2, random.Random(1).randbytes(512)
    yield _image("empty", b"", "LAG304")
    yield _image("one byte", b"\xff", "LAG303")
    yield _image("nothing but the start", SOI, "LAG301")
    yield _image("nothing but start and end", SOI + EOI, "LAG302")
    yield _image("zeros", bytes(40_000), "LAG302")
    yield _image("bytes 0xff", b"\xff" * 40_000, "LAG303")
    for name, size in (("at 10 %", len(WHOLE) // 10), ("at half", half), ("before the last 16", len(WHOLE) - 16)):
        yield _image(f"cut {name}", WHOLE[:size], "LAG301")
    yield _image("cut before the end marker", WHOLE[:-2], "LAG301")
    yield _image("cut within the end marker", WHOLE[:-1], "LAG301")
    yield _image("cut within a segment", WHOLE[:100], "LAG301")
    yield _image("second half zeros", WHOLE[:half] + bytes(half), "LAG301")
    yield _image("4 KB of zeros", replaced(5000, bytes(4096)), "LAG302")
    yield _image("4 KB taken out", replaced(5000, b"", 4096), "LAG302")
    yield _image("512 random bytes", replaced(5000, noise), "LAG302")
    yield _image("end marker in the middle", replaced(5000, EOI), "LAG302")
    yield _image("start marker in the middle", replaced(5000, SOI), "LAG302")
    yield _image("taller by its header", frame(height=600), "LAG302")
    yield _image("wider by its header", frame(width=600), "LAG302")
    yield _image("no width", frame(width=0), "LAG302")
    yield _image("no height", frame(height=0), "LAG302")
    lines = segment(0xDC, b"\1\xf4")
    yield _image("height told behind the scan (DNL)", frame(height=0)[:-2] + lines + EOI, "LAG302")
    yield _image("no Huffman tables: the usual ones hold", without(0xC4))
    yield _image("no quantisation tables", without(0xDB), "LAG302")
    yield _image("no frame", without(0xC0), "LAG302")
    yield _image("a frame that is too short", insert(segment(0xC0, b"\x08\1")), "LAG302")
    yield _image("a frame of 200 components", insert(segment(0xC0, b"\x08\1\xf4\1\xf4\xc8")), "LAG302")
    yield _image("a segment without length", insert(b"\xff\xe4\0\0"), "LAG302")
    yield _image("a segment of length 1", insert(b"\xff\xe4\0\1"), "LAG302")
    yield _image("a segment longer than the file", SOI + b"\xff\xe4\xff\xff" + bytes(200), "LAG301")
    yield _image("no marker where one must stand", insert(bytes(100)), "LAG302")
    yield _image("a table of zeros", insert(segment(0xDB, bytes(65)), into=without(0xDB)), "LAG302")
    yield _image("a Huffman table that overflows", insert(segment(0xC4, b"\0" + b"\xff" * 16)), "LAG302")
    rests = jpegs.by_cv2(cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
    at = rests.index(b"\xff\xd3", jpegs.scan_start(rests))
    yield _image("a restart marker less", rests[:at] + rests[at + 2 :], "LAG302")
    yield _image("restart markers out of order", rests[:at] + b"\xff\xd6" + rests[at + 2 :], "LAG302")


def variants() -> Iterator[Case]:
    """Yield JPEG files that are sound, or that few decoders take."""
    yield _image("progressive", jpegs.by_cv2(cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    yield _image("optimised tables", jpegs.by_cv2(cv2.IMWRITE_JPEG_OPTIMIZE, 1))
    yield _image("restart markers", jpegs.by_cv2(cv2.IMWRITE_JPEG_RST_INTERVAL, 4))
    for name, factor in (("4:4:4", 0x111111), ("4:2:2", 0x211111), ("4:4:0", 0x121111), ("4:1:1", 0x411111)):
        yield _image(f"subsampling {name}", jpegs.by_cv2(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor))
    yield _image("quality 1", jpegs.by_cv2(cv2.IMWRITE_JPEG_QUALITY, 1))
    yield _image("quality 100", jpegs.by_cv2(cv2.IMWRITE_JPEG_QUALITY, 100))
    yield _image("RGB without a transform", jpegs.by_pillow("JPEG", keep_rgb=True))
    yield _image("gray", simplejpeg.encode_jpeg(jpegs.pixels()[..., :1].copy(), 90, "GRAY"), "LAG309")
    yield _image("CMYK", jpegs.colors(0), "LAG309")
    yield _image("YCCK", jpegs.colors(2), "LAG309")
    yield _image("12 bits", frame(marker=0xC1, precision=12), "LAG303")
    for name, marker in (("lossless", 0xC3), ("hierarchical", 0xC5), ("arithmetic, lossless", 0xCB)):
        yield _image(f"{name} by its marker", frame(marker=marker), "LAG303")
    yield _image("arithmetic by its marker", frame(marker=0xC9), "LAG302")
    yield _image("arithmetic and progressive by its marker", frame(marker=0xCA), "LAG302")
    yield _image("junk behind the end", WHOLE + bytes(range(1, 101)), "LAG310")
    yield _image("zeros behind the end", WHOLE + bytes(100), "LAG310")
    yield _image("two files joined", WHOLE + jpeg(2), "LAG310")
    yield _image("an archive behind the end", WHOLE + _zip(), "LAG310")
    yield _image("MPO", _mpo(), "LAG310")
    yield _image("black", _flat(0), "LAG314")
    yield _image("white", _flat(255), "LAG314")
    yield _image("1 x 1", _flat(90, 1, 1), "LAG307", "LAG314")
    yield _image("8 x 8", jpeg(1, 8, 8), "LAG307")
    yield _image("4 x 20,000", jpeg(1, 4, 20_000), "LAG307")
    yield _image("65,500 x 1", jpeg(1, 65_500, 1), "LAG307")


def metadata() -> Iterator[Case]:
    """Yield JPEG files with segments of strangers."""
    for value in range(10):
        turned = "LAG311" if 2 <= value <= 8 else "LAG318"
        yield _image(f"orientation {value}", insert(exif((0x0112, 3, 1, value))), turned)
    gps = exif((0x8825, 4, 1, 26), tail=b"\0\1\0\1\0\2\0\0\0\2N\0\0\0\0\0\0\0")
    yield _image("GPS", insert(gps), "LAG317")
    yield _image("Exif that is empty", insert(segment(0xE1, b"Exif\0\0")), "LAG318")
    yield _image("Exif of noise", insert(segment(0xE1, b"Exif\0\0" + random.Random(2).randbytes(5000))), "LAG318")
    yield _image("Exif that follows itself", insert(exif(_ENTRY, following=8)), "LAG318")
    yield _image(
        "Exif whose inner directories are itself", insert(exif((0x8769, 4, 1, 8), (0x8825, 4, 1, 8))), "LAG317"
    )
    yield _image("Exif of 5,000 entries", insert(exif(*[(n, 4, 1, 8) for n in range(1000, 6000)])), "LAG318")
    yield _image("Exif that counts 4 billion values", insert(exif((0x0110, 2, 0xFFFFFFFF, 8))), "LAG318")
    yield _image("two Exif blocks", insert(exif((0x0112, 3, 1, 1)), exif((0x0112, 3, 1, 6))), "LAG318")
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20)
    )
    yield _image(
        "XMP that grows when it is read", insert(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + laughs)), "LAG318"
    )
    yield _image("a colour profile of noise", insert(segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(range(200)))))
    yield _image("a comment with escapes", insert(segment(0xFE, b"\x1b]0;title\x07\x1b[31m<script>")))
    yield _image("1,000 segments", insert(*[segment(0xE4, b"x" * 50)] * 1000))
    yield _image("a thumbnail that is the file itself", insert(segment(0xE0, b"JFXX\0\x10" + WHOLE[:60_000])))


def excess() -> Iterator[Case]:
    """Yield files that are small and claim much, or are large."""
    yield _image("65,500 x 65,500 by its header", frame(width=65_500, height=65_500), "LAG306")
    yield _image("just too many pixels", frame(width=7072, height=7072), "LAG306")
    yield _image("just not too many pixels", frame(width=7071, height=7071), "LAG302")
    progressive = jpegs.by_cv2(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    yield _image("progressive, 7,000 x 7,000", frame(marker=0xC2, width=7000, height=7000, data=progressive), "LAG302")
    yield _image("arithmetic, 7,000 x 7,000", frame(marker=0xCA, width=7000, height=7000), "LAG302")
    yield _image("CMYK, 7,000 x 7,000", frame(width=7000, height=7000, data=jpegs.colors(0)), "LAG302")
    yield _image("501 scans", lambda: jpegs.many_scans(500, side=500), "LAG306", says="more than 500 scans")
    yield _image("10,000 scans of 49 million pixels", lambda: jpegs.many_scans(10_000), "LAG306", heavy=True)
    yield _image(
        "500 scans of 49 million pixels", lambda: jpegs.many_scans(499), "LAG307", "LAG309", "LAG314", heavy=True
    )
    number = 60 * _MEGA // 4
    yield _image(
        "60 MB of empty comments", insert(b"\xff\xfe\0\2" * number), "LAG306", says="10,000 segments", heavy=True
    )
    yield _image("60 MB of empty tables", lambda: insert(b"\xff\xdb\0\2" * number), "LAG306", heavy=True)
    yield _image("60 MB of fill bytes", lambda: insert(b"\xff" * (60 * _MEGA)), heavy=True)
    yield _image("60 MB of restart markers", lambda: insert(b"\xff\xd0" * (2 * number)), "LAG306", heavy=True)
    yield _image("60 MB of scans", lambda: WHOLE[:-2] + b"\xff\xda\0\2" * number, "LAG306", heavy=True)
    yield _image("60 MB of tables", lambda: insert(*[segment(0xDB, bytes(65_000))] * 960), heavy=True)
    yield _image(
        "60 MB of Exif", lambda: insert(*[segment(0xE1, b"Exif\0\0" + bytes(65_000))] * 960), "LAG318", heavy=True
    )
    yield _image("60 MB behind the end", lambda: WHOLE + bytes(60 * _MEGA), "LAG310", heavy=True)
    yield tree_case("pictures", "64 GB that are not there", _sparse, ("LAG305", IMAGE), says="more than the 67,108,864")
    yield tree_case("pictures", "sixty heads of a megabyte", _heads, heavy=True)


def strangers() -> Iterator[Case]:
    """Yield files of other formats behind a name of an image."""
    formats = {
        "PNG": jpegs.by_pillow("PNG"),
        "PNG of 16 bits": jpegs.sixteen_bits(),
        "PNG with transparency": jpegs.by_pillow("PNG", "RGBA"),
        "APNG": jpegs.moving("PNG"),
        "GIF that moves": jpegs.moving("GIF"),
        "WebP": jpegs.by_pillow("WEBP"),
        "WebP that moves": jpegs.moving("WEBP"),
        "BMP": jpegs.by_pillow("BMP"),
        "TIFF": jpegs.by_pillow("TIFF"),
        "JPEG 2000": jpegs.by_pillow("JPEG2000"),
        "HEIF by its beginning": b"\0\0\0\x18ftypheic" + bytes(100),
        "icon": jpegs.by_pillow("ICO"),
        "PPM": jpegs.by_pillow("PPM"),
        "EPS that would be run": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch HACKED) (r) file\n",
        "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "PDF": b"%PDF-1.7\n" + bytes(100),
        "web page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 40000\n",
        "ZIP": _zip(),
        "gzip": gzip.compress(WHOLE),
        "program": b"MZ" + bytes(200),
        "ELF": b"\x7fELF" + bytes(200),
        "resource fork": b"\0\x05\x16\x07" + bytes(100),
        "pickle": b"\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        "NumPy array": b"\x93NUMPY\1\0" + bytes(100),
        "text with escapes": b"\x1b[31mred\x1b[0m\n",
        "JSON": b'{"image": 1}',
    }
    for name, data in formats.items():
        yield _image(name, data, "LAG303")


def maps() -> Iterator[Case]:
    """Yield the same in the place of a map, as far as maps are judged in another way."""
    sound = attention_map(1)
    yield _map("empty", b"", "LAG404")
    yield _map("cut", sound[:-30], "LAG401")
    yield _map("damaged", sound[:-200] + bytes(100) + sound[-100:], "LAG402")
    yield _map("PNG of 16 bits", jpegs.sixteen_bits(), "LAG403")
    yield _map("bomb", frame(width=65_500, height=65_500), "LAG406")
    yield _map("501 scans", jpegs.many_scans(500, side=112), "LAG406")
    yield _map("colour", jpeg(5, 112, 112), "LAG408")
    yield _map("gray in three channels", _gray_rgb(sound))
    yield _map("CMYK", jpegs.colors(0), "LAG407", "LAG408", "LAG411")
    yield _map("constant", _flat(128, 112, 112, gray=True), "LAG409")
    yield _map("black", _flat(0, 112, 112, gray=True), "LAG412")
    yield _map("faint", attention_map(1, peak=100), "LAG410")
    yield _map("1 x 1", _flat(255, 1, 1, gray=True), "LAG407", "LAG409")
    yield _map("an image", WHOLE, "LAG407", "LAG408")
    yield _map("Exif that turns it", insert(exif((0x0112, 3, 1, 6)), into=sound))


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("../../evil.txt", "x")
    return target.getvalue()


def _mpo() -> bytes:
    target = io.BytesIO()
    first = Image.open(io.BytesIO(WHOLE))
    first.save(target, "MPO", save_all=True, append_images=[Image.open(io.BytesIO(jpeg(2)))], quality=90)
    return target.getvalue()


def _flat(level: int, width: int = 500, height: int = 500, *, gray: bool = False) -> bytes:
    pixels = np.full((height, width, 1 if gray else 3), level, np.uint8)
    return simplejpeg.encode_jpeg(pixels, 90, "GRAY" if gray else "RGB")  # type: ignore[no-any-return]


def _gray_rgb(data: bytes) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(target, "JPEG", quality=90)
    return target.getvalue()


def _sparse(place: Path) -> None:
    with (place / "LAG" / IMAGE).open("wb") as file:
        os.truncate(file.fileno(), 64 << 30)


def _heads(place: Path) -> None:
    for number in range(60):
        stem = f"{number + 100:04d}"
        data = insert(*[segment(0xE4, bytes([number]) * 65_000)] * 16, into=jpeg(number + 100, 500, 500))
        for slot, content in (("image", data), ("label", b"0"), ("attention_map", attention_map(number + 100))):
            suffix = "txt" if slot == "label" else "jpg"
            (place / "LAG" / "non_glaucoma" / slot / f"{stem}.{suffix}").write_bytes(content)


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for some in (damage, variants, metadata, excess, strangers, maps):
        yield from some()
