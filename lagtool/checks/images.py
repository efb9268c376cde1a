"""Checks of the images: decoded, not merely opened (LAG3xx)."""

from typing import Any

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.model import State
from lagtool.profile import PictureSlot


def _message(row: dict[str, Any]) -> str:
    return str(row["image_message"])


def image_truncated(evidence: Evidence) -> Hits:
    """The file of an image ends too early.

    Why it matters: the copy or download was cut off; lenient decoders fill the rest with gray,
    and a model learns from it.
    How to fix: copy the file again; compare its size with the source's.
    Example: `non_glaucoma/image/0007.jpg` lost its last 4 KB.
    """
    return evidence.hits(evidence.in_state("image", State.TRUNCATED), "image", _message)


def image_corrupt(evidence: Evidence) -> Hits:
    """The data of an image is damaged inside.

    Why it matters: a strict decoder finds bytes that do not fit (zeroed sectors, lost blocks);
    a lenient one shows shifted colours or blocks and says nothing.
    How to fix: copy the file again from an intact source.
    Example: 4 KB of zeros in the middle of `non_glaucoma/image/0007.jpg`.
    """
    return evidence.hits(evidence.in_state("image", State.CORRUPT), "image", _message)


def image_wrong_format(evidence: Evidence) -> Hits:
    """The file of an image holds another format than its name says.

    Why it matters: a PNG behind `.jpg` has other pixels than the original; a Git LFS pointer or a web page is
    no picture at all.
    How to fix: fetch the real file (`git lfs pull`, or download again).
    Example: `non_glaucoma/image/0007.jpg` holds a Git LFS pointer.
    """
    return evidence.hits(evidence.in_state("image", State.WRONG_FORMAT), "image", _message)


def image_empty(evidence: Evidence) -> Hits:
    """The file of an image has no content.

    Why it matters: typical of a full disk or a broken copy; other files may have suffered too.
    How to fix: copy the file again.
    Example: `non_glaucoma/image/0007.jpg` has 0 bytes.
    """
    return evidence.hits(evidence.in_state("image", State.EMPTY), "image", _message)


def image_unreadable(evidence: Evidence) -> Hits:
    """The file of an image could not be read.

    Why it matters: it was not judged; a loader will stop at it.
    How to fix: give yourself the right to read it, check the disk, or copy it again.
    Example: `non_glaucoma/image/0007.jpg`: Permission denied; larger than 64 MB; changed while it was read.
    """
    return evidence.hits(evidence.in_state("image", State.UNREADABLE), "image", _message)


def image_bomb(evidence: Evidence) -> Hits:
    """The header of an image claims more pixels than are decoded.

    Why it matters: a decoder would ask for gigabytes; the header is damaged or hostile.
    How to fix: copy the file again.
    Example: `non_glaucoma/image/0007.jpg` claims 30,000 x 30,000 pixels.
    """
    return evidence.hits(evidence.in_state("image", State.BOMB), "image", _message)


def image_size(evidence: Evidence) -> Hits:
    """An image of another size than the rest.

    Why it matters: a picture that was resized or cropped alone comes from another source; size is a shortcut.
    How to fix: fetch the original; where all pictures were resized alike, this check follows their size.
    Example: `non_glaucoma/image/0007.jpg` is 480 x 500, the others are 500 x 500.
    """
    decoded = evidence.decoded("image")
    width, height, _ = evidence.reference_size("image")
    mask = decoded & ((evidence.samples["image_width"] != width) | (evidence.samples["image_height"] != height))
    return evidence.hits(
        mask, "image", lambda row: f"is {row['image_width']} x {row['image_height']}, expected {width} x {height}"
    )


def resized_alike(evidence: Evidence) -> Hits:
    """Nearly all images, or all maps, have one size, and it is not the published one.

    Why it matters: somebody resized the data set; figures and published results refer to the original size.
    How to fix: nothing, if it was you; say so in the paper.
    Example: all images are 256 x 256.
    """
    judged = False
    slots: tuple[PictureSlot, ...] = ("image", "map")
    for slot in slots:
        spec = evidence.profile.slots.get(slot)
        if spec is None or spec.width is None or not evidence.has_size(slot).any():
            continue
        judged = True
        width, height, departs = evidence.reference_size(slot)
        if departs:
            pictures = evidence.profile.noun(slot, 2)
            yield Hit(f"the {pictures} are {width} x {height}, published are {spec.width} x {spec.height}")
    if not judged:
        raise NotApplicable("no pictures to judge, or the profile names no size")


def image_mode(evidence: Evidence) -> Hits:
    """An image in another colour mode than the profile's.

    Why it matters: a gray or CMYK picture among colour ones comes from another source, and the mode is a shortcut.
    How to fix: fetch the original.
    Example: `non_glaucoma/image/0007.jpg` is gray.
    """
    modes = evidence.profile.slots["image"].modes
    if not modes:
        raise NotApplicable("the profile names no mode")
    mask = evidence.decoded("image") & ~evidence.samples["image_mode"].isin(modes)
    return evidence.hits(mask, "image", lambda row: f"is {row['image_mode']}, expected {' or '.join(modes)}")


def trailing_data(evidence: Evidence) -> Hits:
    """Something lies behind the end of an image.

    Why it matters: two files were joined, or a program hid its data there; the picture decodes, yet its bytes are not
    the original's.
    How to fix: fetch the original.
    Example: a second JPEG of 40,000 bytes behind the end of the first.
    """
    mask = evidence.measured("image_sha256") & evidence.samples["image_trailer"].notna()
    return evidence.hits(mask, "image", lambda row: str(row["image_trailer"]))
