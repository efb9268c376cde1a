"""Checks of the tree itself: folders and files that the layout does not expect, or lacks (LAG0xx)."""

import unicodedata
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lagtool.checks.evidence import Evidence, Hit, Hits, class_hit, remembered
from lagtool.files.root import PICTURES
from lagtool.model import UnmatchedReason
from lagtool.profiles import SLOTS
from lagtool.text import count, join_some, show

_CUT = 201  # `lagtool.text.show` cuts longer paths in the middle: of such, nothing can be said


class Twin(NamedTuple):
    """The path that another is a twin of, and whether it is their Unicode normal form that differs, not only case."""

    path: str
    normal: bool


@remembered
def find_twins(evidence: Evidence) -> dict[str, Twin]:
    """Return the later path of each pair that differs in case or normal form only, with the earlier one.

    Compared are the paths of unmatched files (but a slot's second file, which has a check of its own), of the layout's
    folders and of samples. Ids of digits cannot be twins of each other: samples are compared among themselves
    only where a profile lets letters into ids.
    """
    unmatched = evidence.manifest.unmatched
    unmatched = unmatched[
        ~unmatched["reason"].isin(["second-file", "missing-folder", "folder-case", "link", "unused-row"])
    ]
    paths = [path for path in unmatched["path"].unique().tolist() if len(path) < _CUT]
    folded = {_fold(path) for path in paths}
    paths += [name for name in _layout(evidence) if _fold(name) in folded]
    paths += _sample_paths(evidence, folded)
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(_fold(path), []).append(path)
    places = set(_layout(evidence))
    twins: dict[str, Twin] = {}
    for rivals in by_name.values():
        first, *others = sorted(rivals, key=lambda path: (path not in places, path))
        twins |= {path: Twin(first, path.casefold() != first.casefold()) for path in others}
    return dict(sorted(twins.items()))


def _fold(path: str) -> str:
    return (
        path.lower() if path.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
    )


def _layout(evidence: Evidence) -> list[str]:
    """Return the folders of the layout that are there."""
    names = (path for place in evidence.profile.places() for path in accumulate(place.folder, "{}/{}".format))
    return [name for name in dict.fromkeys(names) if name not in evidence.absent_folders]


def _sample_paths(evidence: Evidence, folded: set[str]) -> list[str]:
    """Return the paths of samples that are, in lower case, one of ``folded`` or each other's."""
    lettered = not evidence.samples["id"].str.isdigit().all()
    if not folded and not lettered:
        return []
    found: list[str] = []
    for slot in SLOTS:
        paths = evidence.samples[f"{slot}_path"].dropna()
        lower = pd.Series(pc.utf8_lower(pa.array(paths.array)), index=paths.index, dtype=paths.dtype)
        mask = lower.isin(folded) | lower.duplicated(keep=False) if lettered else lower.isin(folded)
        found += paths[mask].tolist()
    return found


_LINKS = ["link", "link-outside"]


def _say(unmatched: pd.DataFrame, sentence: str) -> Hits:
    for path, detail in zip(unmatched["path"], unmatched["detail"], strict=True):
        yield Hit(sentence + _in_brackets(detail), path)


def _in_brackets(detail: object) -> str:
    return f" ({detail})" if isinstance(detail, str) else ""


def _folders(evidence: Evidence, sentence: str, reason: UnmatchedReason) -> Hits:
    unmatched = evidence.unmatched(reason)
    unmatched = unmatched[~unmatched["path"].isin(find_twins(evidence))]  # said by case-twin
    for path, files, detail in zip(unmatched["path"], unmatched["files"], unmatched["detail"], strict=True):
        what = sentence if pd.isna(files) else f"{sentence} with {count(int(files), 'file')}"
        yield Hit(what + (f": {detail}" if isinstance(detail, str) else ""), path)


def _plain(evidence: Evidence, *reasons: UnmatchedReason) -> pd.DataFrame:
    """Return unmatched files that are no links: of a link, it is said where it leads, whatever its name is."""
    unmatched = evidence.unmatched(*reasons)
    return unmatched[~unmatched["kind"].isin(_LINKS)]


def _picture_names(unmatched: pd.DataFrame) -> "pd.Series[bool]":
    return unmatched["path"].str.lower().str.endswith(PICTURES) & unmatched["kind"].eq("file")


def missing_folder(evidence: Evidence) -> Hits:
    """A folder of the layout is not there.

    Why it matters: half-copied disks and interrupted downloads lose whole folders; every sample of the class lacks
    that slot.
    How to fix: copy or unpack the dataset again; where a copy is meant to have none of these files, say so in a
    profile that expects 0 of them.
    Example: `suspicious_glaucoma/attention_map` is missing.
    """
    for hit in _say(evidence.unmatched("missing-folder"), "folder is missing"):
        if evidence.profile.expects(hit.path):
            yield hit


def unreadable_folder(evidence: Evidence) -> Hits:
    """A folder could not be looked into.

    Why it matters: nothing in it was judged, so nothing can be said about completeness.
    How to fix: give yourself the right to read and enter it (`chmod u+rx`), or copy it again.
    Example: `non_glaucoma/image: Permission denied`.
    """
    return _say(evidence.unmatched("unreadable"), "folder cannot be looked into")


def linked_folder(evidence: Evidence) -> Hits:
    """A symbolic link stands where a folder of the layout belongs.

    Why it matters: links are not followed, since they can lead out of the dataset or in circles.
    How to fix: move the folder itself here, or name the place where it really lies.
    Example: `non_glaucoma/image` links to `/mnt/other/image`.
    """
    return _say(evidence.unmatched("link"), "is a symbolic link, and links are not followed")


def foreign_folder(evidence: Evidence) -> Hits:
    """A folder that the layout does not know.

    Why it matters: pictures in it are not counted, and loaders that walk the tree may take them for a class.
    How to fix: move it out of the dataset.
    Example: `non_glaucoma/backup`.
    """
    return _folders(evidence, "unexpected folder", "folder")


def copy_of_tree(evidence: Evidence) -> Hits:
    """A folder inside the root holds class folders again.

    Why it matters: a copy of the data (often a split made by a script) is counted twice by tools that walk the tree,
    and puts the same picture on both sides of a split.
    How to fix: move the copy out of the dataset.
    Example: `splited_all/train/non_glaucoma`.
    """
    return _folders(evidence, "a copy inside the dataset (not counted)", "copy-of-tree")


def junk_file(evidence: Evidence) -> Hits:
    """Files that an operating system or a viewer left behind.

    Why it matters: hardly; naive loaders stumble over them. They are counted in one line.
    How to fix: delete them, or leave them.
    Example: `Thumbs.db`, `.DS_Store`, `desktop.ini`, `._0001.jpg`.
    """
    junk = evidence.unmatched("junk")
    if len(junk):
        names = join_some([show(path.rpartition("/")[2], 40) for path in junk["path"]])
        yield Hit(f"{count(len(junk), 'junk file')} ({names})", "", "", tuple(junk["path"].head(10)))


def off_pattern_name(evidence: Evidence) -> Hits:
    """A file among the samples whose name fits no template of the profile.

    Why it matters: it belongs to no sample; perhaps it is a picture that was renamed by mistake.
    How to fix: give it the name of its sample, or move it out of the dataset.
    Example: `non_glaucoma/image/eye_17.jpg`, `non_glaucoma/image/0001.png`.
    """
    unmatched = _plain(evidence, "name", "suffix")
    for path, reason, detail in zip(unmatched["path"], unmatched["reason"], unmatched["detail"], strict=True):
        what = "suffix is not one of a sample's" if reason == "suffix" else "name fits no template"
        yield Hit(f"{what}; not counted{_in_brackets(detail)}", path)


def copy_name(evidence: Evidence) -> Hits:
    """A file whose name says that it is a copy.

    Why it matters: file managers make such copies by accident; a loader that takes every file sees a picture twice.
    How to fix: compare it with the original, then delete one of them.
    Example: `0001 - Copy.jpg`, `0001 (2).jpg`.
    """
    return _say(_plain(evidence, "copy-name"), "named like a copy; not counted")


def folder_case(evidence: Evidence) -> Hits:
    """A folder's name differs from the layout's in upper and lower case.

    Why it matters: it is found on Windows and macOS and missed on Linux, by lagtool not, by other loaders surely.
    How to fix: rename it.
    Example: `Non_Glaucoma` for `non_glaucoma`.
    """
    return _say(evidence.unmatched("folder-case"), "differs from the layout in upper and lower case")


def special_file(evidence: Evidence) -> Hits:
    """A device, named pipe or socket lies in the tree.

    Why it matters: reading it would hang a loader for ever. lagtool does not open it.
    How to fix: delete it.
    Example: a FIFO called `pipe` in `non_glaucoma/image`.
    """
    return _say(evidence.unmatched("special"), "is a device, named pipe or socket")


def extra_file(evidence: Evidence) -> Hits:
    """A file, not a picture, beside the folders of the layout.

    Why it matters: hardly; a README or a split list is welcome there, and no sample is made of it.
    How to fix: nothing.
    Example: `README.txt` in the root.
    """
    unmatched = _plain(evidence, "extra-file")
    return _say(unmatched[~_picture_names(unmatched)], "lies beside the folders of the layout")


def misplaced_picture(evidence: Evidence) -> Hits:
    """A picture beside the folders of the layout.

    Why it matters: it is not counted, so a sample may be missing where it belongs; loaders that walk the tree take it.
    How to fix: move it into the folder of its slot, or out of the dataset.
    Example: `non_glaucoma/0007.jpg`, where `non_glaucoma/image/0007.jpg` belongs.
    """
    unmatched = _plain(evidence, "extra-file")
    return _say(unmatched[_picture_names(unmatched)], "a picture outside the folders of the layout; not counted")


def unlabeled_file(evidence: Evidence) -> Hits:
    """A file of a sample that no row of the table of labels names.

    Why it matters: its class is not known, so it is in no count and in no split; loaders that walk the folder take it
    all the same, or stop.
    How to fix: add its row to the table, or move it out of the dataset.
    Example: `images/0007.jpg`, where `labels.csv` ends at `0006.jpg`.
    """
    return _say(evidence.unmatched("unlabeled"), "its class is not known; not counted")


def unused_row(evidence: Evidence) -> Hits:
    """A row of the table of labels that could not be used.

    Why it matters: it names a picture that this copy has not, or has no label, or puts one sample into two splits: what
    others counted or trained on is not what is here.
    How to fix: copy the pictures again, or correct the row.
    Example: `labels.csv line 7: '0006.jpg' names no file`.
    """
    unmatched = evidence.unmatched("unused-row")
    for path, detail in zip(unmatched["path"], unmatched["detail"], strict=True):
        yield Hit(f"row not used: {detail}", path)


def case_twin(evidence: Evidence) -> Hits:
    """Two names in one folder that differ in nothing but upper and lower case.

    Why it matters: Windows and macOS keep one of them when the dataset is copied there, and say nothing. Two files
    for one slot of a sample (`0001.jpg` and `0001.JPG`) are said by second-file.
    How to fix: rename one, or remove it if it is a copy.
    Example: `image` and `Image` in `non_glaucoma`.
    """
    return _twins(evidence, normal=False)


def unicode_twin(evidence: Evidence) -> Hits:
    """Two names in one folder that look alike: the same letters in another Unicode normal form.

    Why it matters: `é` is one character or `e` with an accent; macOS takes both for one name, others for two, and a
    person cannot tell them apart.
    How to fix: rename one, or remove it if it is a copy; keep to ASCII.
    Example: `r\u00e9sum\u00e9.txt` and `re\u0301sume\u0301.txt`.
    """
    return _twins(evidence, normal=True)


def _twins(evidence: Evidence, *, normal: bool) -> Hits:
    for path, twin in find_twins(evidence).items():
        if twin.normal is normal:
            how = "in nothing but its Unicode normal form" if normal else "in nothing but upper and lower case"
            names = f" ({path.rpartition('/')[2]!a} for {twin.path.rpartition('/')[2]!a})" if normal else ""
            yield Hit(f"differs from {twin.path} {how}{names}", path, "", (twin.path,))


def link_out_of_tree(evidence: Evidence) -> Hits:
    """A symbolic link, in no sample's place, that leads out of the dataset.

    Why it matters: lagtool does not follow it; other tools do, and count, copy or publish what lies elsewhere.
    How to fix: remove it, or put what it leads to in its place.
    Example: `non_glaucoma/image/more` links to `/home/me/pictures`.
    """
    return _say(_links(evidence, "link-outside"), "leads elsewhere")


def unmatched_link(evidence: Evidence) -> Hits:
    """A symbolic link, in no sample's place, that leads to nothing or to another file of the dataset.

    Why it matters: lagtool does not follow it; tools that do see a file twice.
    How to fix: remove it.
    Example: `latest.jpg` links to `non_glaucoma/image/0007.jpg`.
    """
    return _say(_links(evidence, "link"), "a link, not followed")


def _links(evidence: Evidence, kind: str) -> pd.DataFrame:
    """Return links of a kind that no other check names: not in the place of a folder, nor a second file of a slot."""
    links = evidence.unmatched("name", "suffix", "extra-file", "copy-name")
    return links[links["kind"] == kind]


def empty_class(evidence: Evidence) -> Hits:
    """A class of the profile has no image, or curation marks leave it none.

    Why it matters: with one class less there is nothing to tell apart, and whatever else is checked holds of what is
    left only. Leaving out the checks of counts does not leave out this one.
    How to fix: copy the class again; or validate with a profile that does not have it.
    Example: `suspicious_glaucoma/image` is empty.
    """
    images = evidence.has("image")
    lying = evidence.count_by_folder(images)
    counted = np.bincount(evidence.class_codes[images & ~evidence.excluded], minlength=len(lying))
    for spec, there, left in zip(evidence.profile.classes, lying.tolist(), counted.tolist(), strict=True):
        if not left and spec.images != 0:  # a pinned copy may have none of a class
            text = f"has no image left: marks exclude or relabel {count(there, 'image')}" if there else "has no image"
            yield class_hit(evidence, spec.name, text)
