"""Words by which splits call their parts, columns and classes."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from lagtool.profile import Profile
from lagtool.root import PARTS

PART_WORDS = PARTS | {"dev", "eval", "evaluation", "holdout", "trainval", "tuning", "unlabeled", "unlabelled"}
"""Names of parts, in lower case."""

NAME_COLUMNS = (
    "image_path",
    "img_path",
    "filepath",
    "file_path",
    "path",
    "file_name",
    "filename",
    "image",
    "img",
    "file",
    "image_name",
    "img_name",
    "imagename",
    "name",
    "image_id",
    "imageid",
    "img_id",
    "id",
)
"""Columns that name a sample, the surest first."""

PART_COLUMNS = ("split", "part", "partition", "subset", "set", "phase", "usage", "fold")
"""Columns that name a part, the surest first."""

CLASS_COLUMNS = ("class", "class_name", "label", "target", "category", "diagnosis", "glaucoma", "y")
"""Columns that name a class, the surest first."""

_FOLD = re.compile(r"(?:fold|part)[ _-]?[0-9]{1,4}", re.ASCII)
_FOLD_INSIDE = re.compile(r"(?<![a-z0-9])(?:fold|part)[ _-]?[0-9]{1,4}(?![a-z0-9])", re.ASCII)
_NUMBER = re.compile(r"([0-9]{1,9})(?:\.0+)?", re.ASCII)
_NEGATIVE = {"nonglaucoma", "noglaucoma", "nonglaucomatous", "normal", "healthy", "control", "negative", "ng"}
_POSITIVE = {"glaucoma", "glaucomatous", "suspiciousglaucoma", "glaucomasuspect", "suspicious", "suspect", "positive"}
_POSITIVE |= {"g"}


class PartName(NamedTuple):
    """What words say of a part: its name, and the fold round it where there is a whole split per fold."""

    outer: str | None
    name: str | None


def is_part(text: str) -> bool:
    """Whether a word is one that parts are called by: ``train``, ``Test``, ``fold3``."""
    word = text.strip().lower()
    return word in PART_WORDS or _FOLD.fullmatch(word) is not None


def find_part(texts: Iterable[str]) -> PartName:
    """Return the part that a chain of words (folders, keys, from the outside in) means.

    Of nested words, such as ``train`` and ``unlabeled`` in it, all are kept: ``train-unlabeled``. A fold with such a
    word (``fold0``, ``train``) is a split of its own, with that part.
    """
    words, folds = [], []
    for text in texts:
        word = text.strip().lower()
        if word in PART_WORDS and text.strip() not in words:
            words.append(text.strip())
        elif _FOLD.fullmatch(word):
            folds.append(text.strip())
    if words:
        return PartName(folds[0] if folds else None, "-".join(words))
    return PartName(None, folds[0] if folds else None)


def find_part_in_name(stem: str) -> PartName:
    """Return the part that a file's name means: ``lag_train``, ``train-00000-of-00001``, ``fold_0``, ``fold0_val``."""
    if is_part(stem):
        return PartName(None, stem)
    words = [word for word in re.split(r"[^A-Za-z0-9]+", stem) if word.lower() in PART_WORDS]
    folds = _FOLD_INSIDE.findall(stem.lower())
    if len({word.lower() for word in words}) > 1 or len(set(folds)) > 1:
        return PartName(None, None)
    if words:
        return PartName(folds[0] if folds else None, words[0])
    return PartName(None, folds[0] if folds else None)


def simplify(text: str) -> str:
    """Return a word without its case and all that is neither letter nor digit."""
    return "".join(char for char in text.casefold() if char.isalnum())


def is_class_word(text: str) -> bool:
    """Whether a word is one that classes of glaucoma data are called by."""
    return simplify(text) in _NEGATIVE | _POSITIVE or _NUMBER.fullmatch(text.strip()) is not None


class ClassReader:
    """Reads the class that a split means: by name, folder, mark or label of the profile, or by a usual word."""

    def __init__(self, profile: Profile) -> None:
        self._words: dict[str, int] = {}
        self._numbers = {c.label: number for number, c in enumerate(profile.classes)}
        if set(self._numbers) == {0, 1} and "glaucoma" in profile.classes[self._numbers[1]].name.lower():
            for words, label in ((_NEGATIVE, 0), (_POSITIVE, 1)):
                self._words |= dict.fromkeys(words, self._numbers[label])
        self._short = {simplify(c.mark): number for number, c in enumerate(profile.classes) if c.mark}
        for number, spec in enumerate(profile.classes):
            for text in (spec.name, (spec.folder or "").rpartition("/")[2]):
                if simplify(text):
                    self._words[simplify(text)] = number

    def read(self, text: str) -> int | None:
        """Return the number of the class that a word, mark or label means; None where it means none."""
        word = simplify(text)
        for known in (self._words, self._short):
            if word in known:
                return known[word]
        match = _NUMBER.fullmatch(text.strip())
        return None if match is None else self._numbers.get(int(match[1]))

    def read_nearest(self, text: str) -> int | None:
        """Return the number of the class that the folder right above a file means: ``1``, ``g``, but not ``0001``."""
        return None if text.isdecimal() and str(int(text[:12])) != text else self.read(text)

    def read_folder(self, text: str) -> int | None:
        """Return the number of the class that a folder means; single letters and numbers mean none."""
        word = simplify(text)
        return self._words.get(word) if len(word) > 2 else None
