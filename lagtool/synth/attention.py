"""Drawing an attention map: where an ophthalmologist would have looked."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from lagtool.synth.fundus import encode_jpeg
from lagtool.synth.scene import SIZE, Scene

MAP_SIZE = 112
MAP_QUALITY = 75
_LOWEST_PEAK = 252

Gray = NDArray[np.uint8]


def draw_attention(scene: Scene, rng: np.random.Generator) -> Gray:
    """Draw a map of 112 x 112 gray levels, 0..255: a few Gaussian blobs round the disc and along vessels."""
    shrink = MAP_SIZE / SIZE
    near = rng.normal(0, 0.45, (int(rng.integers(2, 5)), 2))
    trunks = scene.eye.vessels[:8]  # those of the arcades
    count = int(rng.integers(2, 6))
    along = trunks[rng.integers(0, len(trunks), count), rng.integers(3, 20, count)]
    spots = scene.place(np.concatenate([near, along])) * shrink
    weights = np.concatenate([rng.uniform(0.5, 1.0, len(near)), rng.uniform(0.2, 0.8, count)])
    sigma = 25 * shrink * rng.uniform(0.85, 1.1)
    places = np.arange(MAP_SIZE)
    rows = np.exp(-((places[None, :] - spots[:, 1:]) ** 2) / (2 * sigma**2))
    columns = np.exp(-((places[None, :] - spots[:, :1]) ** 2) / (2 * sigma**2))
    field = (rows * weights[:, None]).T @ columns
    field -= field.min()
    levels = np.round(field * (255 / field.max())).astype(np.uint8)
    table = _fit_tone(np.bincount(levels.ravel(), minlength=256), float(rng.uniform(10.8, 20.2)))
    toned: Gray = table[levels]
    return toned


def encode_map(levels: Gray) -> bytes:
    """Return the JPEG of a map; its peak is broadened where the quantisation would otherwise eat it."""
    lifted = levels
    for gain in (1.0, 1.02, 1.05, 1.1, 1.2):
        lifted = np.minimum(np.round(levels * gain), 255).astype(np.uint8)
        data = encode_gray(lifted)
        if simplejpeg.decode_jpeg(data, "gray").max() >= _LOWEST_PEAK:
            break
    return data


def encode_gray(levels: Gray) -> bytes:
    """Return the JPEG of gray levels as they are, of the quality that LAG's own maps have."""
    return encode_jpeg(levels, MAP_QUALITY)


def _fit_tone(histogram: NDArray[np.intp], mean: float) -> Gray:
    """Return the curve ``level ** exponent`` that brings the mean to ``mean`` and leaves 0 and 255 where they are."""
    levels = np.arange(256) / 255
    share = histogram / histogram.sum()
    low, high = 0.4, 3.0
    for _ in range(10):
        exponent = (low + high) / 2
        if 255 * float(share @ levels**exponent) > mean:
            low = exponent
        else:
            high = exponent
    return np.round(255 * levels**exponent).astype(np.uint8)
