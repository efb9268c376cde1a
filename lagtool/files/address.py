"""Addresses: what of SOURCE is a URL, which archive it names, and how it is shown without its secrets."""

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

from lagtool.errors import LagtoolError
from lagtool.text import show

ArchiveKind = Literal["zip", "tar", "tar.gz"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:://|::)")  # two letters at least: C:: is a drive of Windows
_LOCAL = re.compile(r"(?:file|local)://")
_KINDS: dict[str, ArchiveKind] = {".zip": "zip", ".tar": "tar", ".tar.gz": "tar.gz", ".tgz": "tar.gz"}
_OTHER = (".rar", ".7z", ".tar.bz2", ".tar.xz", ".tar.zst", ".tbz2", ".txz", ".tzst")
_PART = re.compile(r"[.](?:z[0-9]{2}|(?:zip|7z|tar|tar[.]gz|tgz)[.](?:[0-9]{2,3}|part-?[a-z0-9]+)|part[0-9]+[.]rar)$")
_SECRET = "***"  # noqa: S105 - what stands for one


class ArchiveAddress(NamedTuple):
    """An archive: the path or URL of its file, its kind, and the folder inside that is meant (empty: all)."""

    file: str
    kind: ArchiveKind
    inside: str


def is_url(source: str) -> bool:
    """Whether SOURCE is a URL, or a chain of them, rather than a path."""
    return _URL.match(source) is not None


def is_tree(source: str | os.PathLike[str]) -> bool:
    """Whether SOURCE names a tree (a folder, an archive file or a URL) rather than a manifest or nothing."""
    text = os.fspath(source)
    return is_url(text) or os.path.isdir(text) or archive_address(text) is not None  # noqa: PTH112 - a str will do


def local_path(url: str) -> str:
    """Return the path that a URL of this disk names, and any other address as it is."""
    match = _LOCAL.match(url)
    return url[match.end() :] if match is not None and "::" not in url else url


def archive_address(source: str) -> ArchiveAddress | None:
    """Return the archive that SOURCE names, or None where it names none.

    A path counts when there is such a file; a URL by its suffix, or because its first part is ``zip://`` or ``tar://``.

    Raises:
        LagtoolError: It is of a kind that cannot be read where it lies.
    """
    first, chained, rest = source.partition("::")
    scheme, marked, inside = first.partition("://")
    scheme = scheme.lower()
    if scheme in ("zip", "tar") and (marked or chained):
        if not rest:
            raise LagtoolError(
                f"{show(hide_secrets(source))} names no archive: write {scheme}://::PATH, or the path alone"
            )
        kind: ArchiveKind = "zip"
        if scheme == "tar":
            kind = "tar.gz" if _kind_of(rest) == "tar.gz" else "tar"
        return ArchiveAddress(local_path(rest), kind, inside.strip("/"))
    file = local_path(source)
    if not is_url(file) and not os.path.isfile(file):  # noqa: PTH113 - a str will do
        return None
    by_suffix = _kind_of(file)
    return None if by_suffix is None else ArchiveAddress(file, by_suffix, "")


def _kind_of(address: str) -> ArchiveKind | None:
    path = _without_query(address).lower()
    if _PART.search(path):
        raise LagtoolError(
            f"{show(hide_secrets(address))} is one part of a split archive: join the parts first (zip -s 0, or cat)"
        )
    if path.endswith(_OTHER):
        raise LagtoolError(
            f"{show(hide_secrets(address))}: archives of this kind cannot be read where they lie; unpack it, or "
            "pack it again as .zip or .tar"
        )
    return next((kind for suffix, kind in _KINDS.items() if path.endswith(suffix)), None)


def _without_query(address: str) -> str:
    return re.split(r"[?#]", address, maxsplit=1)[0] if is_url(address) else address


def name_of(address: str) -> str:
    """Return the name of the folder that an address ends in: the last part of its path, or the bucket."""
    first = address.partition("::")[0] or address.rpartition("::")[2]
    path = _without_query(first).rpartition("://")[2].rstrip("/")
    path = path.rpartition("@")[2] if "/" not in path else path
    return path.rpartition("/")[2]


def stem_of(address: str) -> str:
    """Return the name of an archive without its suffix: what unpacking it would call the folder."""
    name = Path(_without_query(address).rpartition("://")[2]).name
    suffix = next((suffix for suffix in sorted(_KINDS, key=len)[::-1] if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)] or name


def secrets_of(address: str) -> tuple[str, ...]:
    """Return the parts of an address that may be secret: user and password, and the values of its query."""
    found: list[str] = []
    for part in address.split("::"):
        if not is_url(part):
            continue
        rest = part.partition("://")[2]
        user, at, _ = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")
        if at:
            found += [user, *user.split(":", 1)]
        for query in re.split(r"[?#]", rest)[1:]:
            found += [query, *(pair.partition("=")[2] for pair in query.split("&"))]
    return tuple(sorted({secret for secret in found if secret}, key=len, reverse=True))


def hide_secrets(address: str) -> str:
    """Return an address as it may be shown: without user, password and query."""
    shown = []
    for part in address.split("::"):
        if not is_url(part):
            shown.append(part)
            continue
        scheme, _, rest = part.partition("://")
        host, mark, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
        _, at, name = host.rpartition("@")
        shown.append(f"{scheme}://{f'{_SECRET}@{name}' if at else host}{mark}{path}")
    return "::".join(shown)


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Return ``text`` without any of ``secrets``."""
    for secret in secrets:
        text = text.replace(secret, _SECRET)
    return text
