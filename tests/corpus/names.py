"""Names of files that strangers choose."""

import os
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from lagtool.text import show
from tests.corpus.case import Case, N, build, tree_case

FOLDER = f"{N}/image"

_OFF = {
    "no UTF-8": b"\xff\xfe.jpg",
    "half a character": b"caf\xc3.jpg",
    "a surrogate": b"\xed\xa0\x80.jpg",
    "a line end": b"a\nb.jpg",
    "a line end of Windows": b"a\r\nb.jpg",
    "a tab": b"a\tb.jpg",
    "an option": b"-rf.jpg",
    "a long option": b"--help.jpg",
    "255 bytes": b"a" * 251 + b".jpg",
    "255 bytes of two": "é".encode() * 125 + b".jpg",
    "a console": b"CON.jpg",
    "a null device": b"nul.jpg",
    "a port": b"COM1.jpg",
    "a dot at its end": b"0009.jpg.",
    "a blank at its end": b"0009.jpg ",
    "a blank at its beginning": b" 0009.jpg",
    "a backslash": b"..\\0009.jpg",
    "a drive": b"C:\\0009.jpg",
    "a stream": b"0009.jpg:evil",
    "another machine": b"\\\\host\\share.jpg",
    "script": "<script>alert(1)<\u2215script>.jpg".encode(),
    "an event handler": b'"><img src=x onerror=alert(1)>.jpg',
    "an entity": b"&lt;b&gt;.jpg",
    "markup of rich": b"[red]x[bold].jpg",
    "the end of markup": b"[\\].jpg",
    "a link of markdown": b"[x](javascript:alert).jpg",
    "cells of a table": b"a|b`c`*d*.jpg",
    "a command of GitHub": b"::error::x.jpg",
    "the end of a section": b"]]>.jpg",
    "colours": b"\x1b[31mred.jpg",
    "a title": b"\x1b]0;title\x07.jpg",
    "one-byte escapes": "\x9b31m.jpg".encode(),
    "a bell": b"\x07.jpg",
    "a backspace": b"0009\x08.jpg",
    "a deleted character": b"0009\x7f.jpg",
    "turned writing": "\u202egpj.9000".encode(),
    "an isolate": "\u20669\u2069.jpg".encode(),
    "a blank of no width": "0009\u200b.jpg".encode(),
    "a byte order mark": "\ufeff0009.jpg".encode(),
    "a line separator": "a\u2028b.jpg".encode(),
    "a hard blank": "0009\u00a0.jpg".encode(),
    "a tag": "0009\U000e0041.jpg".encode(),
    "of private use": "\ue000.jpg".encode(),
    "emoji": "👁️.jpg".encode(),
    "a formula": b"=cmd'|'C calc'!A0.jpg",
    "a sum": b"@SUM(1+1).jpg",
    "a plus": b"+1.jpg",
    "a minus": b"-1.jpg",
    "a formula behind a tab": b"\t=1.jpg",
    "a full-width formula": "＝1.jpg".encode(),
    "a format": b"%s%n%x.jpg",
    "a field": b"{0.__class__}.jpg",
    "a shell": b"$(reboot)`id`;x.jpg",
    "full-width digits": "０００９.jpg".encode(),
    "Arabic digits": "٠٠٠٩.jpg".encode(),
    "a prefix in upper case": b"IMAGE0009.jpg",
    "a dotless i": "ımage9.jpg".encode(),
    "two suffixes": b"0009.jpg.jpg",
    "another suffix": b"0009.png",
    "no suffix": b"0009",
    "nothing but a suffix": b".jpg",
    "two dots": b"..jpg",
    "hidden": b".0009.jpg",
    "a home": b"~.jpg",
    "a quote": b'it\'s "so".jpg',
    "a dollar": b"$HOME.jpg",
}


def _write(*names: bytes, folder: str = FOLDER) -> Callable[[Path], object]:
    def make(place: Path) -> None:
        for name in names:
            (place / "LAG" / folder / os.fsdecode(name)).write_bytes(name)

    return make


def _shown(name: bytes) -> str:
    return show(f"{FOLDER}/{os.fsdecode(name)}")


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for title, name in _OFF.items():
        yield tree_case("names", title, _write(name), ("LAG007", _shown(name)))
    composed, apart = "r\u00e9sum\u00e9.jpg".encode(), unicodedata.normalize("NFD", "r\u00e9sum\u00e9.jpg").encode()
    both = [("LAG007", _shown(name)) for name in (composed, apart)]
    yield tree_case("names", "twins in normal form", _write(composed, apart), *both, ("LAG014", _shown(composed)))
    both = [("LAG007", f"{FOLDER}/{name}") for name in ("eye.jpg", "EYE.jpg")]
    yield tree_case("names", "twins in case", _write(b"eye.jpg", b"EYE.jpg"), *both, ("LAG013", f"{FOLDER}/eye.jpg"))
    for title, text in (("upper case", "0001.JPG"), ("no zeros", "1.jpg"), ("more zeros", "00001.jpg")):
        yield tree_case("names", f"a second file: {title}", _write(text.encode()), ("LAG105", f"{FOLDER}/{text}"))
    for text in ("0001.jpeg", "image1.jpg", "image0001.JPEG"):
        yield tree_case("names", f"a second file: {text}", _write(text.encode()), ("LAG105", f"{FOLDER}/{text}"))
    for text in ("0001 - Copy.jpg", "0001 (2).jpg", "Copy of 0001.jpg", "0001_copy.jpg"):
        yield tree_case("names", f"a copy: {text}", _write(text.encode()), ("LAG008", f"{FOLDER}/{text}"))
    for text in (".DS_Store", "Thumbs.db", "._0001.jpg", "desktop.ini"):
        yield tree_case("names", f"junk: {text}", _write(text.encode()), ("LAG006", ""))
    folders = {
        "a class in Cyrillic": "n\u043en_glaucoma",
        "a class in full width": "ｎon_glaucoma",
        "a slot with a Kelvin sign": f"{N}/attention_map\u212a",
    }
    for title, text in folders.items():
        yield tree_case("names", title, build(f"LAG/{text}", Path.mkdir), ("LAG004", text))
    yield tree_case(
        "names", "all at once", _write(*_OFF.values()), *(("LAG007", _shown(name)) for name in _OFF.values())
    )
