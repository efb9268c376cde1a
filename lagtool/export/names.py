"""Names of files and folders that every file system takes, Windows' included, made of names that came from outside."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from lagtool.output import is_device

LIMIT = 64
"""Characters of a name at most: paths on Windows end at 260, those of a tar header at 100."""

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*", re.ASCII)
_OTHER = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)


def is_portable(name: str) -> bool:
    """Whether a name can be that of a file or folder everywhere: letters, digits, ``_`` and ``-``, no device."""
    return len(name) <= LIMIT and _SAFE.fullmatch(name) is not None and not is_device(name)


def portable_names(names: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each of ``names`` (all different) that is portable and differs from all others in any case.

    A name that is portable stays as it is, unless an earlier one differs from it in upper and lower case only. Of
    others, characters that are not taken become ``_``, and what would be too long or stands twice ends in eight digits
    of its SHA-256. Dots go too: in archives and in WebDataset what follows the first of them is the kind of a file.

    Args:
        names: What the names should be.
        taken: Names that must not be given.
    """
    used = {name.lower() for name in taken}
    given: dict[int, str] = {}
    for number, name in enumerate(names):
        if is_portable(name) and name.lower() not in used:
            given[number] = name
            used.add(name.lower())
    for number, name in enumerate(names):
        if number not in given:
            given[number] = _alter(name, used)
            used.add(given[number].lower())
    return [given[number] for number in range(len(names))]


def _alter(name: str, used: set[str]) -> str:
    plain = _OTHER.sub("_", name)
    if not plain or plain[0] == "-":
        plain = f"_{plain}"
    if is_device(plain):
        plain += "_"
    if len(plain) <= LIMIT and plain.lower() not in used:
        return plain
    salt = ""
    while True:
        digest = hashlib.sha256(f"{name}{salt}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        made = f"{plain[: LIMIT - 9]}_{digest}"
        if made.lower() not in used:
            return made
        salt += "+"
