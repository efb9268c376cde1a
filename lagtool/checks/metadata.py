"""Checks of what images carry beside their pixels (LAG3xx)."""

import numpy as np

from lagtool.checks.evidence import Evidence, Hit, Hits, Mask
from lagtool.display import count

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
