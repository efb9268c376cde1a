"""Checks that image, label and attention map belong together (LAG1xx)."""

from functools import partial
from typing import Any

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.model import State
from lagtool.profile import SLOTS, SlotName


def orphan_label(evidence: Evidence) -> Hits:
    """A label without its image.

    Why it matters: the image was lost, or never copied; the sample cannot be used.
    How to fix: copy the image again, or remove the label.
    Example: `non_glaucoma/label/0007.txt` and no `non_glaucoma/image/0007.jpg`.
    """
    evidence.require("label")
    mask = evidence.has("label") & ~evidence.has("image") & evidence.in_present_folder("image")
    return evidence.hits(mask, "label", "label without an image")


def orphan_map(evidence: Evidence) -> Hits:
    """An attention map without its image.

    Why it matters: the image was lost, or the map carries another sample's name.
    How to fix: copy the image again, or remove the map.
    Example: `non_glaucoma/attention_map/0007.jpg` and no `non_glaucoma/image/0007.jpg`.
    """
    evidence.require("map")
    mask = evidence.has("map") & ~evidence.has("image") & evidence.in_present_folder("image")
    return evidence.hits(mask, "map", f"{evidence.profile.noun('map')} without an image")


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
    shares = maps[images].groupby(evidence.samples.loc[images, "class"]).mean()
    classes = shares[shares >= evidence.thresholds.missing_map_share].index
    if not len(classes):
        raise NotApplicable("in no class do 90 % of the images have a map")
    mask = images & ~maps & evidence.samples["class"].isin(classes)
    return evidence.hits(
        mask, "image", f"image without {evidence.profile.noun('map')}, while nearly all others have one"
    )


def second_file(evidence: Evidence) -> Hits:
    """Two files for one slot of one sample.

    Why it matters: which one is the sample's cannot be known; the one named by the id itself was taken.
    How to fix: keep one of them.
    Example: `0001.jpg` and `1.jpg`, or `0001.jpg` and `0001.jpeg`, in one folder.
    """
    for row in evidence.strays("second-file").to_dict("records"):
        rival = row["detail"] if isinstance(row["detail"], str) else ""
        yield Hit(f"competes with {rival}, which was taken", row["path"], "", (rival,))


def id_in_two_classes(evidence: Evidence) -> Hits:
    """One id in two classes.

    Why it matters: ids are shared by the classes of LAG and no id stands in both; one of the two was renamed or put
    into the wrong folder, and lists by id mix them up.
    How to fix: find out which one is right (compare the pictures and labels), and remove the other.
    Example: `non_glaucoma/image/0007.jpg` and `suspicious_glaucoma/image/0007.jpg`.
    """
    samples = evidence.samples[evidence.has("image")]
    twins = samples[samples["id"].duplicated(keep=False)]
    first: dict[str, str] = {}
    for row in twins.to_dict("records"):
        other = first.setdefault(row["id"], row["image_path"])
        if other != row["image_path"]:
            yield Hit(f"id {row['id']} is also in {other}", row["image_path"], f"{row['class']}/{row['id']}", (other,))


def not_a_file(evidence: Evidence) -> Hits:
    """A folder, link, device or pipe in the place of a sample's file.

    Why it matters: nothing of it was read. Reading a pipe or device would hang; a link can lead anywhere.
    How to fix: put the file itself there.
    Example: a folder called `0001.jpg`, a broken link called `0002.jpg`.
    """
    for slot in SLOTS:
        mask = evidence.in_state(slot, State.NOT_A_FILE)
        yield from evidence.hits(mask, slot, partial(_message, slot))


def _message(slot: SlotName, row: dict[str, Any]) -> str:
    return str(row[f"{slot}_message"])
