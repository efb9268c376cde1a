"""Words of lists: how people call splits, columns, classes, eyes and missing values."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from lagtool.files.root import PARTS, PICTURES
from lagtool.profiles import Profile

SPLIT_WORDS = PARTS | {"dev", "eval", "evaluation", "holdout", "trainval", "tuning", "unlabeled", "unlabelled"}
"""Names of splits, in lower case."""

PATH_HEADINGS = (
    *("imagepath", "imgpath", "imagefile", "imagefilename", "filepath", "path", "relativepath", "filename", "file"),
    *("image", "img", "images", "imgs", "files", "filenames", "paths", "imagepaths", "fundus", "fundusimage", "photo"),
    *("picture", "imagename", "imgname", "names", "x"),
)
"""Headings, simplified, of columns that name a file, the surest first."""

ID_HEADINGS = ("sample", "name", "imageid", "imgid", "sampleid", "fileid", "challengeid", "uid", "id", "ids", "key")
"""Headings of columns that hold ids."""

SPLIT_HEADINGS = ("split", "splits", "part", "partition", "subset", "set", "phase", "usage", "datasplit", "splitname")
CLASS_HEADINGS = (
    *("class", "classname", "label", "labels", "target", "targets", "category", "categories", "diagnosis", "glaucoma"),
    *("y", "types", "type", "binarylabels", "binarylabel", "classid", "labelid", "gt"),
)
GROUP_HEADINGS = (
    *("group", "groupid", "groups", "patient", "patientid", "patid", "pid", "patientno", "patientname", "subject"),
    *("subjectid", "person", "personid", "participant", "participantid", "individual", "mrn", "eye", "eyeid", "family"),
)
OTHER_FILES = ("mask", "masks", "map", "maps", "seg", "segmentation", "attentionmap", "heatmap", "label", "labels")
"""Headings of columns that name another file of the sample than its image."""

POSITIONS = ("index", "indices", "idx", "idxs", "ind", "inds", "indexes", "position", "positions", "rows", "rowids")
_HEADINGS = {*PATH_HEADINGS, *ID_HEADINGS, *SPLIT_HEADINGS, *CLASS_HEADINGS, *GROUP_HEADINGS, *OTHER_FILES, *POSITIONS}
FOREIGN = {
    *("origa", "refuge", "refuge2", "g1020", "papila", "acrima", "rimone", "rimonedl", "drishti", "drishtigs", "sigf"),
    *("airogs", "eyepacs", "odir", "odir5k", "hrf", "lesav", "beh", "crfo", "crfov4", "jsiec", "fives", "messidor"),
    *("idrid", "aptos", "rfmid", "brset", "harvardgf", "hillel", "jichi", "chaksu", "smdg", "kaggledr"),
}
"""Other fundus datasets, simplified: a path through such a folder names no sample of this one."""

_MISSING = {"", "na", "n/a", "#n/a", "nan", "none", "null", "nil", "-", "--", "?", "unknown", "unk", "missing", "<na>"}
_EYES = {"od", "os", "ou", "l", "r", "le", "re", "left", "right", "left eye", "right eye", "oculus dexter"}
_FLAGS = {"0": False, "1": True, "false": False, "true": True, "no": False, "yes": True, "f": False, "t": True}
_FOLD = re.compile(r"(?:fold|part)[ _-]?[0-9]{1,4}", re.ASCII)
_FOLD_INSIDE = re.compile(r"(?<![a-z0-9])(?:fold|part)[ _-]?[0-9]{1,4}(?![a-z0-9])", re.ASCII)
_FOLD_HEADING = re.compile(r"(?:k|cv|crossval|strat|stratified|group)?folds?(?:id|no|nr|num|number|idx|index|k)?[0-9]*")
_FOLDS = {"folds", "kfold", "kfolds", "cv", "splits"}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_FILLERS = {"is", "in", "image", "img", "set", "flag", "sample", "data", "split", "use", "for"}
_NUMBER = re.compile(r"([0-9]{1,9})(?:\.0+)?", re.ASCII)
_LISTED = re.compile(r"\[\s*['\"]?([^'\",\]]*)['\"]?\s*,?\s*\]")
_NEGATIVE = {"nonglaucoma", "noglaucoma", "nonglaucomatous", "normal", "healthy", "control", "negative", "ng", "nrg"}
_POSITIVE = {"glaucoma", "glaucomatous", "suspiciousglaucoma", "glaucomasuspect", "suspicious", "suspect", "positive"}
_POSITIVE |= {"g", "rg"}


class SplitName(NamedTuple):
    """What words say of a split: its name, and the fold round it where there is a whole split per fold."""

    outer: str | None
    name: str | None


def simplify(text: str) -> str:
    """Return a word without its case and all that is neither letter nor digit."""
    return "".join(char for char in text.casefold() if char.isalnum())


def is_missing(cell: str | None) -> bool:
    """Whether a cell holds nothing, or a word for it: ``NA``, ``nan``, ``unknown``, ``-``."""
    return cell is None or cell.strip().lower() in _MISSING


def is_eye(text: str) -> bool:
    """Whether a word says which eye: ``OD``, ``left``."""
    return text.strip().lower() in _EYES


def read_flag(text: str) -> bool | None:
    """Return what a cell of yes and no says (``1``, ``True``, ``1.0``); None where it says neither."""
    return _FLAGS.get(text.strip().lower().removesuffix(".0"))


def is_picture(text: str) -> bool:
    """Whether a text ends like the name of a picture or volume."""
    return text.lower().endswith((*PICTURES, ".gif", ".webp", ".nii", ".nii.gz", ".npy", ".dcm"))


def is_split(text: str) -> bool:
    """Whether a word is one that splits are called by: ``train``, ``Test``, ``fold3``."""
    word = text.strip().lower()
    return word in SPLIT_WORDS or _FOLD.fullmatch(word) is not None


def is_fold_heading(heading: str) -> bool:
    """Whether a heading announces numbers of folds: ``fold``, ``kfold``, ``fold_id``."""
    return _FOLD_HEADING.fullmatch(simplify(heading)) is not None


def is_heading(text: str) -> bool:
    """Whether a word is one that columns are called by."""
    return simplify(text) in _HEADINGS or is_fold_heading(text)


def read_indicator(heading: str) -> str | None:
    """Return the split that a heading of yes and no asks for: ``is_train``, ``isValid``, ``test``."""
    words = [word.lower() for word in _WORDS.findall(heading) if word.lower() not in _FILLERS]
    return words[0] if len(words) == 1 and words[0] in SPLIT_WORDS else None


def cut_key(key: str) -> tuple[str | None, str]:
    """Return the split in a key or heading, and what else it says: ``X_train`` is ``train`` and ``X``."""
    if is_split(key):
        return key, ""
    words = re.split(r"[^A-Za-z0-9]+", key)
    found = [word for word in words if word.lower() in SPLIT_WORDS]
    if len(found) != 1:
        return None, key
    return found[0], "_".join(word for word in words if word != found[0])


def find_split(texts: Iterable[str]) -> SplitName:
    """Return the split that a chain of words (folders, keys, from the outside in) means.

    Of nested words, such as ``train`` and ``unlabeled`` in it, all are kept: ``train-unlabeled``. A fold with such a
    word (``fold0``, ``train``) is a split of its own, with that part.
    """
    words, folds = [], []
    for text in texts:
        word = text.strip().lower()
        if word in SPLIT_WORDS and text.strip() not in words:
            words.append(text.strip())
        elif _FOLD.fullmatch(word):
            folds.append(text.strip())
    if words:
        return SplitName(folds[0] if folds else None, "-".join(words))
    return SplitName(None, folds[0] if folds else None)


def find_split_in_name(stem: str) -> SplitName:
    """Return the split that a file's name means: ``lag_train``, ``train-00000-of-00001``, ``fold_0``, ``fold0_val``.

    A name that speaks of folds and gives no number (``train_folds``) means none.
    """
    if is_split(stem):
        return SplitName(None, stem)
    parts = re.split(r"[^A-Za-z0-9]+", stem)
    words = [word for word in parts if word.lower() in SPLIT_WORDS]
    folds = _FOLD_INSIDE.findall(stem.lower())
    several = len({word.lower() for word in words}) > 1 or len(set(folds)) > 1
    if several or _FOLDS & {word.lower() for word in parts}:
        return SplitName(None, None)
    if words:
        return SplitName(folds[0] if folds else None, words[0])
    return SplitName(None, folds[0] if folds else None)


def unwrap(text: str) -> str:
    """Return the one word of a list that was written as text: ``['glaucoma']`` is ``glaucoma``."""
    match = _LISTED.fullmatch(text.strip())
    return text if match is None else match[1].strip()


def is_class_word(text: str) -> bool:
    """Whether a word is one that classes of glaucoma data are called by."""
    word = simplify(unwrap(text))
    return word in _NEGATIVE | _POSITIVE or _NUMBER.fullmatch(text.strip()) is not None


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
        word = simplify(unwrap(text))
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
