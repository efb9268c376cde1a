"""Checks that image, label and attention map belong together (LAG1xx)."""

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.model import State
from lagtool.profiles import SLOTS, SlotName


def orphan_label(evidence: Evidence) -> Hits:
    """A label without its image.

    Why it matters: the image was lost, or never copied; the sample cannot be used.
    How to fix: copy the image again, or remove the label.
    Example: `non_glaucoma/label/0007.txt` and no `non_glaucoma/image/0007.jpg`.
    """
    return _orphans(evidence, "label", "label")


def orphan_map(evidence: Evidence) -> Hits:
    """An attention map without its image.

    Why it matters: the image was lost, or the map carries another sample's name.
    How to fix: copy the image again, or remove the map.
    Example: `non_glaucoma/attention_map/0007.jpg` and no `non_glaucoma/image/0007.jpg`.
    """
    return _orphans(evidence, "map", evidence.profile.noun("map"))


def _orphans(evidence: Evidence, slot: SlotName, noun: str) -> Hits:
    evidence.require(slot)
    mask = evidence.has(slot) & ~evidence.has("image") & evidence.in_present_folder("image")
    return evidence.hits(mask, slot, f"{noun} without an image")


def missing_label(evidence: Evidence) -> Hits:
    """An image without its label file.

    Why it matters: the folder still tells the class, but the second witness is gone: the copy is incomplete.
    How to fix: copy the label again.
    Example: `non_glaucoma/image/0007.jpg` and no `non_glaucoma/label/0007.txt`.
    """
    if "label" not in evidence.profile.slots:
        raise NotApplicable("the profile has no label files")
    mask = evidence.has("image") & ~evidence.has("label") & evidence.in_present_folder("label")
    return evidence.hits(mask, "image", "image without a label file")


def missing_map(evidence: Evidence) -> Hits:
    """An image without attention map, in a class where at least 90 % have one.

    Why it matters: in the whole database half of the images have no map; in part 1 each has one, and a gap is a loss.
    How to fix: copy the map again, or leave the sample out of what needs maps.
    Example: `non_glaucoma/image/0007.jpg` and no `non_glaucoma/attention_map/0007.jpg`.
    """
    evidence.require("map")
    images, maps = evidence.has("image"), evidence.has("map")
    total, covered = evidence.count_by_folder(images), evidence.count_by_folder(images & maps)
    least = evidence.thresholds.missing_map_share
    full = (total > 0) & (covered >= least * total)
    if not full.any():
        raise NotApplicable(f"in no class do {least:.0%} of the images have a map".replace("%", " %"))
    sentence = f"image without {evidence.profile.noun('map')}, while nearly all others have one"
    return evidence.hits(images & ~maps & full[evidence.folder_codes], "image", sentence)


def second_file(evidence: Evidence) -> Hits:
    """Two files for one slot of one sample.

    Why it matters: which one is the sample's cannot be known; the one named by the id itself was taken. Where they
    differ in upper and lower case only, Windows and macOS keep one of them.
    How to fix: keep one of them.
    Example: `0001.jpg` and `1.jpg`, or `0001.jpg` and `0001.JPG`, in one folder.
    """
    unmatched = evidence.unmatched("second-file")
    for path, detail in zip(unmatched["path"], unmatched["detail"], strict=True):
        rival = detail if isinstance(detail, str) else ""
        same = "; they differ in upper and lower case only" if path.lower() == rival.lower() else ""
        if path == rival:
            same = " (the archive has two of that name, and the last one counts)"
        yield Hit(f"competes with {rival}, which was taken{same}", path, "", (rival,))


def id_in_two_classes(evidence: Evidence) -> Hits:
    """One id in two classes.

    Why it matters: ids are shared by the classes of LAG and no id stands in both; one of the two was renamed or put
    into the wrong folder, and lists by id mix them up.
    How to fix: find out which one is right (compare the pictures and labels), and remove the other.
    Example: `non_glaucoma/image/0007.jpg` and `suspicious_glaucoma/image/0007.jpg`.
    """
    rows = evidence.repeated("id")
    rows = rows[evidence.has("image")[rows]]
    ids, paths, titles = evidence.values("id", rows), evidence.texts("image_path", rows), evidence.titles(rows)
    first: dict[str, str] = {}
    for key, path, title in zip(ids, paths, titles, strict=True):
        other = first.setdefault(key, path)
        if other != path:
            yield Hit(f"id {key} is also in {other}", path, title, (other,))


def not_a_file(evidence: Evidence) -> Hits:
    """A folder, device, pipe or broken link in the place of a sample's file.

    Why it matters: nothing of it was read. Reading a pipe or device would hang.
    How to fix: put the file itself there.
    Example: a folder called `0001.jpg`, a link to nothing called `0002.jpg`.
    """
    return _without_file(evidence, State.NOT_A_FILE)


def linked_file(evidence: Evidence) -> Hits:
    """A symbolic link to something inside the dataset, in the place of a sample's file.

    Why it matters: links are not followed. Followed, one picture stands under two ids, and in two parts of a split.
    How to fix: put the file itself there, or remove the link.
    Example: `non_glaucoma/image/0008.jpg` links to `0007.jpg`.
    """
    return _without_file(evidence, State.LINK_INSIDE)


def file_linked_outside(evidence: Evidence) -> Hits:
    """A symbolic link that leads out of the dataset, in the place of a sample's file.

    Why it matters: links are not followed. What lies outside is not part of this copy: it can change, or be private.
    How to fix: put the file itself there; `cp -L` copies what links lead to.
    Example: `non_glaucoma/image/0007.jpg` links to `/mnt/other/0007.jpg`.
    """
    return _without_file(evidence, State.LINK_OUTSIDE)


def _without_file(evidence: Evidence, state: State) -> Hits:
    for slot in SLOTS:
        yield from evidence.hits(evidence.in_state(slot, state), slot, str, f"{slot}_message")
