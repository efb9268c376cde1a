"""Label files that hold anything but a label."""

from collections.abc import Iterator

from tests.corpus.case import LABEL, NO_FILES, Case, build, put, tree_case
from tests.corpus.jpegs import WHOLE

_SOUND = {
    "a line end": b"0\n",
    "a line end of Windows": b"0\r\n",
    "a line end of old Macs": b"0\r",
    "blanks": b" \t0  \n\n",
    "a byte order mark": b"\xef\xbb\xbf0\n",
    "a vertical tab": b"0\v",
    "4,096 bytes": b"0" + b" " * 4095,
}
_EMPTY = {"0 bytes": b"", "blanks": b"  \t ", "line ends": b"\n\r\n", "a byte order mark": b"\xef\xbb\xbf"}
_SEVERAL = {
    "0 1": b"0 1",
    "two lines": b"0\n1\n",
    "a comma": b"0,1",
    "a semicolon": b"0;0",
    "a remark": b"0 # no glaucoma",
    "JSON with a blank": b'{"label": 0}',
    "all of ASCII's digits": b"0 1 2 3 4 5 6 7 8 9",
}
_INVALID = {
    "2": b"2",
    "00": b"00",
    "+0": b"+0",
    "-0": b"-0",
    "0.0": b"0.0",
    "1.0": b"1.0",
    "0_0": b"0_0",
    "0x0": b"0x0",
    "0e0": b"0e0",
    "full-width": "０".encode(),
    "full-width one": "１".encode(),
    "Arabic-Indic": "٠".encode(),
    "superscript": "⁰".encode(),
    "a word": b"glaucoma",
    "NaN": b"NaN",
    "null": b"null",
    "False": b"False",
    "JSON": b'{"label":0}',
    "a list": b"[0]",
    "quoted": b'"0"',
    "a formula": b"=0",
    "markup": b"<script>alert(1)</script>",
    "emoji": "👁️".encode(),
    "a blank of no width": "0\u200b".encode(),
    "a hard blank": "0\u00a0".encode(),
    "turned writing": "\u202e0".encode(),
    "a line separator": "0\u2028".encode(),
    "3,000 digits": b"1" * 3000,
    "4,096 zeros": b"0" * 4096,
}
_NO_TEXT = {
    "UTF-16": "0".encode("utf-16"),
    "UTF-16 without a mark": "0".encode("utf-16-le"),
    "UTF-32": "0".encode("utf-32"),
    "a zero byte": b"0\0",
    "zero bytes": bytes(100),
    "the end of a DOS file": b"0\x1a",
    "an escape": b"\x1b[31m0\x1b[0m",
    "an escape of one byte": b"\x9b31m0",
    "Latin-1": b"\xe9",
    "a surrogate": b"\xed\xa0\x80",
    "a picture": WHOLE[:4000],
    "a pickle": b"\x80\x04K\0.",
}
_LARGE = {"4,097 bytes": b"0" * 4097, "10 MB of zeros": b"0" * 10_000_000, "10 MB of blanks": b"0" + b" " * 10_000_000}


def _several() -> Iterator[tuple[str, dict[str, bytes], tuple[str, ...]]]:
    yield "sound", _SOUND, ()
    yield "empty", _EMPTY, ("LAG202",)
    yield "several", _SEVERAL, ("LAG205",)
    yield "invalid", _INVALID, ("LAG203",)
    yield "no text", _NO_TEXT, ("LAG206",)
    yield "too large", _LARGE, ("LAG204",)
    yield "another class", {"1": b"1", "1 with a line end": b"1\r\n"}, ("LAG201",)


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for kind, texts, codes in _several():
        for name, data in texts.items():
            make = put(f"LAG/{LABEL}", data)
            yield tree_case("labels", f"{kind}: {name}", make, *((code, LABEL) for code in codes))
    for name in ("a folder", "a named pipe"):
        yield tree_case("labels", name, build(f"LAG/{LABEL}", NO_FILES[name]), ("LAG107", LABEL))
