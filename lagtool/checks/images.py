"""Checks of the images: decoded, not merely opened (LAG3xx)."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pandas as pd

from lagtool.checks.evidence import Evidence, Hit, Hits, Mask, NotApplicable, remembered
from lagtool.model import State
from lagtool.profiles import PictureSlot
from lagtool.text import count


def image_size(evidence: Evidence) -> Hits:
    """An image of another size than the rest.

    Why it matters: a picture that was resized or cropped alone comes from another source; size is a shortcut.
    How to fix: fetch the original; where all pictures were resized alike, this check follows their size.
    Example: `non_glaucoma/image/0007.jpg` is 480 x 500, the others are 500 x 500.
    """
    return find_other_size(evidence, "image")


def find_other_size(evidence: Evidence, slot: PictureSlot) -> Hits:
    """Yield the pictures of a slot that have another size than they should."""
    decoded = evidence.decoded(slot)
    width, height, _ = _reference_size(evidence, slot)
    sides = f"{slot}_width", f"{slot}_height"
    mask = decoded & ((evidence.numbers(sides[0]) != width) | (evidence.numbers(sides[1]) != height))
    return evidence.hits(mask, slot, lambda wide, high: f"is {wide} x {high}, expected {width} x {height}", *sides)


def _reference_size(evidence: Evidence, slot: PictureSlot) -> tuple[int, int, bool]:
    """Return width and height that pictures of ``slot`` should have, and whether that departs from the profile.

    The profile's size holds, unless nearly all pictures have one other size (resized on purpose). Where the profile
    names none, what nearly all have is expected of the others; where they differ, `NotApplicable` is raised.
    """
    spec = evidence.profile.slots[slot]
    decoded = evidence.decoded(slot)
    wide, high = (np.nan_to_num(evidence.numbers(f"{slot}_{side}")[decoded]) for side in ("width", "height"))
    codes, kinds = pd.factorize(wide.astype(np.int64) << 32 | high.astype(np.int64))
    numbers = np.bincount(codes)
    first = int(kinds[numbers.argmax()])
    width, height = first >> 32, first & 0xFFFF_FFFF
    common = numbers.max() >= evidence.thresholds.common_share * len(codes)
    if spec.width is None or spec.height is None:
        if not common:
            raise NotApplicable(f"the profile names no size, and {evidence.profile.noun(slot, 2)} differ in it")
        return width, height, False
    if (width, height) != (spec.width, spec.height) and common:
        return width, height, True
    return spec.width, spec.height, False


def resized_alike(evidence: Evidence) -> Hits:
    """Nearly all images, or all maps, have one size, and it is not the published one.

    Why it matters: somebody resized the dataset; figures and published results refer to the original size.
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
        width, height, departs = _reference_size(evidence, slot)
        if departs:
            pictures = evidence.profile.noun(slot, 2)
            yield Hit(f"the {pictures} are {width} x {height}, published are {spec.width} x {spec.height}")
    if not judged:
        raise NotApplicable("no pictures to judge, or the profile names no size")


def image_mode(evidence: Evidence) -> Hits:
    """An image in another colour mode than the profile's.

    Why it matters: a gray or CMYK picture among colour ones comes from another source, and the mode is a shortcut.
    How to fix: fetch the original; where nearly all images have one other mode, this check follows it.
    Example: `non_glaucoma/image/0007.jpg` is gray.
    """
    modes: tuple[str, ...] = evidence.profile.slots["image"].modes
    if not modes:
        raise NotApplicable("the profile names no mode")
    decoded = evidence.decoded("image")
    found = evidence.samples["image_mode"][decoded].value_counts()
    if len(found) and found.index[0] not in modes and found.iloc[0] >= evidence.thresholds.common_share * decoded.sum():
        modes = (str(found.index[0]),)
    mask = decoded & ~evidence.samples["image_mode"].isin(modes).to_numpy()
    return evidence.hits(mask, "image", lambda mode: f"is {mode}, expected {' or '.join(modes)}", "image_mode")


def trailing_data(evidence: Evidence) -> Hits:
    """Something lies behind the end of an image.

    Why it matters: two files were joined, or a program hid its data there; the picture decodes, yet its bytes are not
    the original's.
    How to fix: fetch the original.
    Example: a second JPEG of 40,000 bytes behind the end of the first.
    """
    proven = evidence.decoded("image") & evidence.measured("image_sha256")
    mask = proven & evidence.samples["image_trailer"].notna().to_numpy()
    return evidence.hits(mask, "image", str, "image_trailer")


def image_orientation(evidence: Evidence) -> Hits:
    """The metadata of an image (Exif, or XMP without one there) says that it is not upright.

    Why it matters: viewers and some loaders (OpenCV, Hugging Face datasets) turn it, others do not: the picture then no
    longer fits its attention map, and left and right eyes change places.
    How to fix: fetch the original; or turn the pixels once, and take the metadata off. Exports set it to upright.
    Example: orientation 6, to be turned by 90 degrees to the right.
    """
    orientation = evidence.numbers("image_orientation")
    mask = evidence.decoded("image") & (orientation > 1)
    return evidence.hits(
        mask,
        "image",
        lambda value: f"has orientation {value}: {_TURNS.get(value, 'unknown')}",
        "image_orientation",
    )


_TURNS = {
    2: "mirrored left to right",
    3: "upside down",
    4: "mirrored top to bottom",
    5: "mirrored along its falling diagonal",
    6: "to be turned by 90 degrees to the right",
    7: "mirrored along its rising diagonal",
    8: "to be turned by 90 degrees to the left",
}


def image_gray(evidence: Evidence) -> Hits:
    """An image without colour, among images in colour.

    Why it matters: it was converted, or comes from another source (red-free or angiographic photographs are gray);
    a model learns the difference. Images of another pixel mode are said by image-mode.
    How to fix: fetch the original.
    Example: `non_glaucoma/image/0007.jpg` has three channels, all alike.
    """
    gray, judged = _gray(evidence)
    if gray.sum() >= evidence.thresholds.common_share * judged.sum():
        raise NotApplicable("nearly all images are gray")
    return evidence.hits(gray, "image", "has no colour: its channels are alike")


def gray_alike(evidence: Evidence) -> Hits:
    """Nearly all images are without colour, and the profile expects colour.

    Why it matters: somebody converted the dataset; published results refer to colour.
    How to fix: nothing, if it was you; say so in the paper.
    Example: all images were saved in gray.
    """
    decoded = evidence.decoded("image")
    modes = evidence.profile.slots["image"].modes
    if modes and "RGB" not in modes:
        raise NotApplicable("the profile expects no colour")
    gray = decoded & evidence.flags(evidence.samples["image_mode"].eq("L"))
    with suppress(NotApplicable):
        gray |= _gray(evidence)[0]
    if gray.sum() >= evidence.thresholds.common_share * decoded.sum():
        yield Hit(f"{count(int(gray.sum()), 'image')} of {int(decoded.sum()):,} without colour")


def _gray(evidence: Evidence) -> tuple[Mask, Mask]:
    """Return which colour images have no colour (but are not blank), and which images have three channels."""
    judged = evidence.decoded("image") & evidence.flags(evidence.samples["image_mode"].eq("RGB"))
    saturation = evidence.numbers("image_saturation")
    judged &= evidence.measured("image_saturation")
    if not judged.any():
        raise NotApplicable("no image in colour was measured")
    return judged & (saturation <= evidence.thresholds.gray_saturation) & ~find_blank(evidence)[1], judged


def image_blank(evidence: Evidence) -> Hits:
    """An image that is one colour all over.

    Why it matters: there is no eye in it; a conversion or a camera failed. It decodes, so that nothing else notices.
    How to fix: fetch the original, or leave the sample out.
    Example: `non_glaucoma/image/0007.jpg` is black.
    """
    evidence.measured("image_contrast")
    blank, _ = find_blank(evidence)
    return evidence.hits(
        blank, "image", lambda level: f"is blank: one colour all over, brightness {level:.0f}", "image_brightness"
    )


def image_nearly_blank(evidence: Evidence) -> Hits:
    """An image in which next to nothing is to be seen.

    Why it matters: the light failed or the shutter was closed: no model and no person can judge it. Half-dark pictures
    are far from this limit.
    How to fix: fetch the original, or leave the sample out.
    Example: a picture darkened to a twentieth; a field of view smaller than a twentieth of the picture.
    """
    evidence.measured("image_contrast")
    blank, nearly = find_blank(evidence)
    return evidence.hits(
        nearly & ~blank,
        "image",
        lambda contrast, share: f"is nearly blank: contrast {contrast:.1f}, field of view {share:.0%} of the picture",
        "image_contrast",
        "image_field_share",
    )


@remembered
def find_blank(evidence: Evidence) -> tuple[Mask, Mask]:
    """Return which images are blank, and which are nearly so or blank."""
    decoded = evidence.decoded("image")
    limits = evidence.thresholds
    contrast, share = evidence.numbers("image_contrast"), evidence.numbers("image_field_share")
    spread = np.fmax.reduce([evidence.numbers(f"image_{name}_std") for name in ("red", "green", "blue")])
    judged = decoded & ~np.isnan(contrast) & ~np.isnan(share)
    blank = judged & (contrast <= limits.blank_contrast) & (spread <= limits.blank_contrast)
    # Hardly any field, but full of detail: a page of text, say, which no-fundus tells.
    empty = (share <= limits.nearly_blank_field) & ~(evidence.numbers("image_sharpness") >= limits.no_fundus_sharpness)
    nearly = judged & ((contrast <= limits.nearly_blank_contrast) | empty)
    return blank, nearly | blank


_FILES: dict[PictureSlot, tuple[str, str]] = {
    "image": ("an image", "non_glaucoma/image/0007.jpg"),
    "map": ("an attention map", "non_glaucoma/attention_map/0007.jpg"),
}

# What `inspect.getdoc` would return of a function.
_EXPLANATIONS = {
    State.TRUNCATED: """The file of {noun} ends too early.

Why it matters: the copy or download was cut off; lenient decoders fill the rest with gray,
and a model learns from it.
How to fix: copy the file again; compare its size with the source's.
Example: `{path}` lost its last 4 KB.
""",
    State.CORRUPT: """The data of {noun} is damaged inside.

Why it matters: a strict decoder finds bytes that do not fit (zeroed sectors, lost blocks);
a lenient one shows shifted colours or blocks and says nothing.
How to fix: copy the file again from an intact source.
Example: 4 KB of zeros in the middle of `{path}`.
""",
    State.WRONG_FORMAT: """The file of {noun} holds another format than its name says.

Why it matters: a PNG behind `.jpg` has other pixels than the original; a Git LFS pointer or a web page is
no picture at all. A JPEG of 12 bits, a lossless or hierarchical one is another format to common decoders.
How to fix: fetch the real file (`git lfs pull`, or download again).
Example: `{path}` holds a Git LFS pointer.
""",
    State.EMPTY: """The file of {noun} has no content.

Why it matters: typical of a full disk or a broken copy; other files may have suffered too.
How to fix: copy the file again.
Example: `{path}` has 0 bytes.
""",
    State.UNREADABLE: """The file of {noun} could not be read.

Why it matters: it was not judged; a loader will stop at it.
How to fix: give yourself the right to read it, check the disk, or copy it again.
Example: `{path}`: Permission denied; larger than 64 MB; changed while it was read.
""",
    State.BOMB: """The header of {noun} claims more pixels, or its file holds more parts, than are decoded.

Why it matters: a decoder would ask for gigabytes, or be busy for hours; the file is damaged or hostile.
How to fix: copy the file again.
Example: `{path}` claims 30,000 x 30,000 pixels.
""",
}


def _find(slot: PictureSlot, state: State) -> Callable[[Evidence], Hits]:
    """Return the check for the files of a slot in one state, with its name and explanation."""

    def check(evidence: Evidence) -> Hits:
        return evidence.state_hits(slot, state)

    noun, path = _FILES[slot]
    check.__name__ = check.__qualname__ = f"{slot}_{state.value.replace('-', '_')}"
    check.__doc__ = _EXPLANATIONS[state].format(noun=noun, path=path)
    return check


image_truncated = _find("image", State.TRUNCATED)
image_corrupt = _find("image", State.CORRUPT)
image_wrong_format = _find("image", State.WRONG_FORMAT)
image_empty = _find("image", State.EMPTY)
image_unreadable = _find("image", State.UNREADABLE)
image_bomb = _find("image", State.BOMB)
map_truncated = _find("map", State.TRUNCATED)
map_corrupt = _find("map", State.CORRUPT)
map_wrong_format = _find("map", State.WRONG_FORMAT)
map_empty = _find("map", State.EMPTY)
map_unreadable = _find("map", State.UNREADABLE)
map_bomb = _find("map", State.BOMB)


_BLOCKS = (("image_exif", "Exif"), ("image_xmp", "XMP"))


def image_gps(evidence: Evidence) -> Hits:
    """An image holds the coordinates of the place where it was taken.

    Why it matters: it can point to a clinic, or to a patient's home; such data must not be passed on.
    How to fix: take the metadata off (`exiftool -gps:all=`), in all copies; tell whoever gave you the data.
    Example: `non_glaucoma/image/0007.jpg` holds GPS coordinates.
    """
    return evidence.hits(_carries(evidence, "image_gps"), "image", "holds GPS coordinates")


def image_metadata(evidence: Evidence) -> Hits:
    """Images with an Exif block or an XMP packet.

    Why it matters: they can name the camera, the time, a person or a patient, and they differ between sources: a model
    that reads them, or a person, can tell where a picture comes from. Where nearly all images have them, that is said
    in one line; images with GPS coordinates or an orientation are said by the checks of these.
    How to fix: nothing, if you do not pass the pictures on; otherwise take them off (`exiftool -all=`).
    Example: `non_glaucoma/image/0007.jpg` carries Exif.
    """
    decoded = evidence.decoded("image")
    said = _carries(evidence, "image_gps") | (evidence.numbers("image_orientation") > 1)
    masks = {word: _carries(evidence, column) for column, word in _BLOCKS}
    for word, mask in masks.items():
        if mask.sum() >= max(2, evidence.thresholds.common_share * decoded.sum()):
            first = evidence.texts("image_path", np.flatnonzero(mask)[:10])
            yield Hit(f"{count(int(mask.sum()), 'image')} of {int(decoded.sum()):,} carry {word}", "", "", tuple(first))
            masks[word] = np.zeros_like(mask)
    exif, xmp = masks["Exif"], masks["XMP"]
    names = np.select([exif & xmp, exif, xmp], ["Exif and XMP", "Exif", "XMP"], "")
    for words in ("Exif and XMP", "Exif", "XMP"):
        yield from evidence.hits((names == words) & ~said, "image", f"carries {words}")


def _carries(evidence: Evidence, column: str) -> Mask:
    return evidence.decoded("image") & evidence.flags(evidence.samples[column])
