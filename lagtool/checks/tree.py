"""Checks of the tree itself: folders and files that the layout does not expect, or lacks (LAG0xx)."""

from lagtool.checks.evidence import Evidence, Hit, Hits
from lagtool.display import count, show


def _each(evidence: Evidence, sentence: str, *reasons: str) -> Hits:
    for row in evidence.strays(*reasons).to_dict("records"):
        detail = f" ({row['detail']})" if isinstance(row["detail"], str) else ""
        yield Hit(f"{sentence}{detail}", row["path"])


def missing_folder(evidence: Evidence) -> Hits:
    """A folder of the layout is not there.

    Why it matters: half-copied disks and interrupted downloads lose whole folders; every sample of the class lacks
    that slot.
    How to fix: copy or unpack the data set again; where a copy is meant to have none of these files, say so in a
    profile that expects 0 of them.
    Example: `suspicious_glaucoma/attention_map` is missing.
    """
    for hit in _each(evidence, "folder is missing", "missing-folder"):
        if evidence.profile.expects(hit.path):
            yield hit


def unreadable_folder(evidence: Evidence) -> Hits:
    """A folder could not be looked into.

    Why it matters: nothing in it was judged, so nothing can be said about completeness.
    How to fix: give yourself the right to read and enter it (`chmod u+rx`), or copy it again.
    Example: `non_glaucoma/image: Permission denied`.
    """
    return _each(evidence, "folder cannot be looked into", "unreadable")


def linked_folder(evidence: Evidence) -> Hits:
    """A symbolic link stands where a folder of the layout belongs.

    Why it matters: links are not followed, since they can lead out of the data set or in circles.
    How to fix: move the folder itself here, or name the place where it really lies.
    Example: `non_glaucoma/image` links to `/mnt/other/image`.
    """
    return _each(evidence, "is a symbolic link, and links are not followed", "link")


def foreign_folder(evidence: Evidence) -> Hits:
    """A folder that the layout does not know.

    Why it matters: pictures in it are not counted, and loaders that walk the tree may take them for a class.
    How to fix: move it out of the data set.
    Example: `non_glaucoma/backup`.
    """
    for row in evidence.strays("folder").to_dict("records"):
        yield Hit(f"unexpected folder with {count(row['files'], 'file')}", row["path"])


def copy_of_tree(evidence: Evidence) -> Hits:
    """A folder inside the root holds class folders again.

    Why it matters: a copy of the data (often a split made by a script) is counted twice by tools that walk the tree,
    and puts the same picture on both sides of a split.
    How to fix: move the copy out of the data set.
    Example: `splited_all/train/non_glaucoma`.
    """
    for row in evidence.strays("copy-of-tree").to_dict("records"):
        yield Hit(f"a copy inside the data set, {count(row['files'], 'file')}; not counted", row["path"])


def junk_file(evidence: Evidence) -> Hits:
    """Files that an operating system or a viewer left behind.

    Why it matters: hardly; naive loaders stumble over them. They are counted in one line.
    How to fix: delete them, or leave them.
    Example: `Thumbs.db`, `.DS_Store`, `desktop.ini`, `._0001.jpg`.
    """
    junk = evidence.strays("junk")
    if len(junk):
        names = ", ".join(show(path.rpartition("/")[2], 40) for path in junk["path"].head(3))
        more = ", ..." if len(junk) > 3 else ""
        yield Hit(f"{count(len(junk), 'junk file')} ({names}{more})", "", "", tuple(junk["path"].head(10)))


def off_pattern_name(evidence: Evidence) -> Hits:
    """A file among the samples whose name or suffix is off the pattern.

    Why it matters: it belongs to no sample; perhaps it is a picture that was renamed by mistake.
    How to fix: give it the name of its sample, or move it out of the data set.
    Example: `non_glaucoma/image/eye_17.jpg`, `non_glaucoma/image/0001.png`.
    """
    for row in evidence.strays("name", "suffix").to_dict("records"):
        what = "suffix is not one of a sample's" if row["reason"] == "suffix" else "name is off the pattern"
        yield Hit(f"{what}; not counted", row["path"])


def copy_name(evidence: Evidence) -> Hits:
    """A file whose name says that it is a copy.

    Why it matters: file managers make such copies by accident; a loader that takes every file sees a picture twice.
    How to fix: compare it with the original, then delete one of them.
    Example: `0001 - Copy.jpg`, `0001 (2).jpg`.
    """
    return _each(evidence, "named like a copy; not counted", "copy-name")


def folder_case(evidence: Evidence) -> Hits:
    """A folder's name differs from the layout's in upper and lower case.

    Why it matters: it is found on Windows and macOS and missed on Linux, by lagtool not, by other loaders surely.
    How to fix: rename it.
    Example: `Non_Glaucoma` for `non_glaucoma`.
    """
    return _each(evidence, "differs from the layout in upper and lower case", "folder-case")


def special_file(evidence: Evidence) -> Hits:
    """A device, named pipe or socket lies in the tree.

    Why it matters: reading it would hang a loader for ever. lagtool does not open it.
    How to fix: delete it.
    Example: a FIFO called `pipe` in `non_glaucoma/image`.
    """
    return _each(evidence, "is a device, named pipe or socket", "special")


def extra_file(evidence: Evidence) -> Hits:
    """A file beside the folders of the layout.

    Why it matters: a README or a split list is welcome there; pictures would not be counted.
    How to fix: nothing, unless it is a picture.
    Example: `README.txt` in the root.
    """
    return _each(evidence, "lies beside the folders of the layout", "extra-file")
