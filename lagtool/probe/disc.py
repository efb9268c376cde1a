"""Where the optic disc of a fundus photograph probably is, from a picture reduced to about 125 pixels.

Method: the disc is a bright patch, about a fifth of the picture wide, where the large vessels meet. In the green
channel at 48 pixels, each pixel's brightness over that of its surround (31 pixels, the field of view only) and twice
its darkness as part of a thin line (black top-hat, 5 pixels: a vessel) are added, and averaged over 9 x 9 pixels, the
size of a disc. The highest place is the disc; the score says by how much it is higher than any place elsewhere.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 48
_LEVEL = 8  # green levels above this belong to the field of view
_SURROUND = (31, 31)
_DISC = (9, 9)
_VESSEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_VESSEL_WEIGHT = 2.0
_RIM = np.ones((5, 5), np.uint8)
_ELSEWHERE = 8  # pixels, radius: a sixth of the picture
_DARK = 10.0  # levels added to the surround, so that noise in the dark counts little


class Disc(NamedTuple):
    """A disc's probable centre.

    Attributes:
        x: 0..1 from the left.
        y: 0..1 from above.
        score: 0..1, how much the place stands out: 1 less the ratio of the next best place, a sixth of the picture or
            more away, to the best. Not a probability; for what a score is worth see docs/disc.md.
    """

    x: float
    y: float
    score: float


def find_disc(small: NDArray[np.uint8]) -> Disc | None:
    """Return where the optic disc probably is; None where nothing stands out (a black or even picture).

    Args:
        small: (height, width, 3) RGB or (height, width) gray, 0..255, best reduced to 100 to 250 pixels by averaging:
            vessels must be lines of one to five pixels.
    """
    height, width = small.shape[:2]
    shrink = _SIDE / max(height, width)
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    plane: Any = cv2.extractChannel(small, 1) if small.ndim == 3 else small
    green: Any = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
    field: Any = cv2.threshold(green, _LEVEL, 1, cv2.THRESH_BINARY)[1]
    inner: Any = cv2.erode(field, _RIM, borderType=cv2.BORDER_CONSTANT, borderValue=(1,))
    vessels: Any = cv2.morphologyEx(green, cv2.MORPH_BLACKHAT, _VESSEL)
    surround = _sum_surround(cv2.multiply(green, field)) / (_sum_surround(field) + np.float32(0.1))
    # Single precision throughout: these small planes cost what their bytes cost.
    contrast = cv2.addWeighted(green, 1.0, vessels, _VESSEL_WEIGHT, 0.0, dtype=cv2.CV_32F)
    contrast = (contrast - surround) * inner.astype(np.float32) / (surround + np.float32(_DARK))
    response: Any = cv2.boxFilter(contrast, -1, _DISC, borderType=cv2.BORDER_REPLICATE) * inner
    _, best, _, place = cv2.minMaxLoc(response)
    if best <= 0:
        return None
    cv2.circle(response, place, _ELSEWHERE, (0.0,), -1)
    score = 1 - cv2.minMaxLoc(response)[1] / best
    return Disc((place[0] + 0.5) / size[0], (place[1] + 0.5) / size[1], score)


def _sum_surround(plane: Any) -> Any:
    return cv2.boxFilter(plane, cv2.CV_32F, _SURROUND, normalize=False, borderType=cv2.BORDER_REPLICATE)
