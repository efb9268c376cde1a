"""Gray levels of an attention map."""

from dataclasses import dataclass

import numpy as np

from lagtool.probe.picture import Pixels

COLOR_TOLERANCE = 16
"""Channels of a gray map saved as colour differ by a few levels after JPEG; a colour overlay by far more."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Whether a map is coloured, and its lowest, highest and mean gray level (0..255)."""

    color: bool
    min: int
    max: int
    mean: float


def measure_levels(pixels: Pixels) -> Levels:
    """Return the gray levels of a map; of a coloured one, those of its channels' mean.

    Args:
        pixels: (height, width) or (height, width, 3), 0..255.
    """
    color = False
    if pixels.ndim == 3:
        spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
        color = bool(spread.max() > COLOR_TOLERANCE)
        pixels = pixels.mean(axis=2).round().astype(np.uint8)
    return Levels(color, int(pixels.min()), int(pixels.max()), round(float(pixels.mean()), 4))
