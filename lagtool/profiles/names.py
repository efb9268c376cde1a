"""What names in a profile may look like: nothing that could leave the tree, run, or be mistaken for markup."""

import re

from lagtool.text import show

# Every file and folder name that may become part of a sample: no separator, markup, formula, control character or
# hidden file can pass, whatever template a profile brings.
SAFE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)
CLASS = "{class}"
"""What stands for the folder of the class in the folder of a slot."""
SPLIT = "{split}"
"""What stands for the folder of a split there."""

_FOLDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_. -]*[A-Za-z0-9_])?", re.ASCII)
_NOUN = re.compile(r"[A-Za-z][A-Za-z -]*[a-z]", re.ASCII)


def is_safe_name(name: str) -> bool:
    """Whether a name consists of ASCII letters, digits, ``_``, ``.`` and ``-``, with a letter or digit at both ends."""
    return SAFE_NAME.fullmatch(name) is not None


def check_safe_name(name: str) -> str:
    """Return a name that is safe.

    Raises:
        ValueError: It is not.
    """
    if not is_safe_name(name):
        raise ValueError(
            f"'{show(name, 60)}' may hold ASCII letters, digits, '_', '.' and '-' only, and begins and ends with a "
            "letter or digit"
        )
    return name


def check_folder(path: str, *, template: bool = False) -> str:
    """Return a relative folder path that stays inside the tree; ``template`` allows a ``{class}`` and a ``{split}``.

    Raises:
        ValueError: It does not, or holds characters that are not taken.
    """
    plain = path.replace(CLASS, "c", 1).replace(SPLIT, "s", 1) if template else path
    if plain == ".":
        return path
    for component in plain.split("/"):
        if not _FOLDER.fullmatch(component) or ".." in component:
            raise ValueError(
                f"'{show(path, 60)}' is no folder below the root: names of ASCII letters, digits, '_', '-', '.' and "
                "blanks inside, joined by '/', without '..'"
            )
    return path


def check_text(text: str) -> str:
    """Return a text that is one printable line.

    Raises:
        ValueError: It holds a line end, or a character that disturbs a terminal or report.
    """
    if not text.isprintable():
        raise ValueError(f"'{show(text, 60)}' is not one line of printable text")
    return text


def check_noun(text: str) -> str:
    """Return a word or words of letters, blanks and hyphens.

    Raises:
        ValueError: It is something else.
    """
    if not _NOUN.fullmatch(text):
        raise ValueError(f"'{show(text, 60)}' is no noun in the singular: letters, blanks and hyphens only")
    return text
