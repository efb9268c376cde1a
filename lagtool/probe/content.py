"""What a file holds by its first bytes, whatever its name says."""

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
