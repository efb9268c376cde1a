"""The detail of a picture's field, well inside its rim: what two copies of one photograph have in common."""

from typing import Any, NamedTuple

import cv2
import numpy as np

from lagtool.probe.field import Mask, Plane, find_field, smooth
from lagtool.probe.picture import Pixels

FEATURELESS = 0.4
"""Gray levels: with less detail than this a picture is like any other, and whether it is a copy cannot be told."""

RIM = 12
"""Pixels taken off the rim of a field 250 pixels wide."""

_FINEST, _COARSEST = 1.0, 4.0  # pixels of the reduced picture: detail between these counts
_STRONGEST = 3.0  # usual deviations: stronger detail counts as this
_EVERY = 7  # pixels enough for a median
_MEDIAN = 0.6745  # of the absolute values of a normal distribution of deviation 1


class Detail(NamedTuple):
    """A reduced picture for comparison.

    Attributes:
        fine: Its fine detail, gray levels, the strongest cut off.
        weight: 1 in the field of view well inside its rim, else 0.
        coarse: All that is finer than twice the coarsest of that, gray levels: by this it is laid on another.
        field: 1 in the field of view, else 0.
        usual: Deviation of the detail but for the strongest, gray levels.
        contrast: Root mean square of the fine detail, gray levels.
    """

    fine: Plane
    weight: Plane
    coarse: Plane
    field: Plane
    usual: float
    contrast: float


def take_detail(
    pixels: Pixels, mask: Mask | None = None, *, rim: int = RIM, finest: float = _FINEST, coarsest: float = _COARSEST
) -> Detail:
    """Return the detail of a reduced picture, of its field well inside the rim.

    Args:
        pixels: (height, width[, 3]), reduced to about 250 pixels.
        mask: (height, width), 1 in the field of view; None: it is looked for.
        rim: Pixels taken off the field.
        finest: Detail from here on counts, pixels,
        coarsest: and up to here.
    """
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels, np.float32)
    if mask is None:
        mask = np.asarray(cv2.resize(find_field(pixels).mask, gray.shape[::-1], interpolation=cv2.INTER_NEAREST))
    framed: Any = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    inner = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] > rim
    field = mask.astype(np.float32)
    fine = (smooth(gray, field, finest) - smooth(gray, field, coarsest)) * inner
    seen = np.abs(fine[inner])
    some = seen[::_EVERY]
    middle = some.size // 2
    usual = float(np.partition(some, middle)[middle]) / _MEDIAN if seen.size else 0.0
    contrast = float(np.sqrt(np.square(np.minimum(seen, _STRONGEST * usual)).mean())) if seen.size else 0.0
    np.clip(
        fine, -_STRONGEST * usual, _STRONGEST * usual, out=fine
    )  # a speck counts by its size, not by how dark it is
    coarse = (gray - smooth(gray, field, 2 * coarsest)) * inner
    return Detail(fine, inner.astype(np.float32), coarse, field, usual, contrast)


def shrink_detail(detail: Detail, factor: int, blur: float) -> Any:
    """Return a part of the size of what one picture is laid on another by, blurred."""
    height, width = detail.coarse.shape
    size = (max(8, width // factor), max(8, height // factor))
    return cv2.GaussianBlur(cv2.resize(detail.coarse, size, interpolation=cv2.INTER_AREA), (0, 0), blur)
