"""Where the optic disc is: in drawn photographs by construction, in the 28 real ones as marked by eye."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lagtool.probe.facts import REDUCED_SIDE
from lagtool.probe.picture import decode
from lagtool.synth import draw_fundus
from lagtool.synth.scene import SIZE, Scene

Picture = NDArray[np.uint8]

# id: centre (x, y) of the disc in the real photographs, 0..1, marked by eye on a grid, good to about 0.02.
MARKS: dict[str, tuple[float, float]] = {
    "0001": (0.498, 0.505), "0002": (0.504, 0.479), "0003": (0.511, 0.470), "0004": (0.530, 0.493),
    "0005": (0.529, 0.509), "0006": (0.500, 0.500), "0007": (0.516, 0.464), "0008": (0.491, 0.486),
    "0009": (0.546, 0.505), "0010": (0.532, 0.511), "0011": (0.550, 0.502), "0012": (0.548, 0.470),
    "0013": (0.523, 0.470), "0014": (0.523, 0.479), "0015": (0.541, 0.439), "0016": (0.514, 0.473),
    "0017": (0.532, 0.500), "0018": (0.489, 0.486), "0019": (0.514, 0.452), "0020": (0.546, 0.491),
    "0021": (0.505, 0.505), "0022": (0.536, 0.500), "0023": (0.521, 0.498), "0024": (0.516, 0.500),
    "0025": (0.543, 0.509), "0026": (0.563, 0.480), "0027": (0.532, 0.520), "0028": (0.514, 0.445),
}  # fmt: skip


class Known(NamedTuple):
    """A photograph reduced to 125 pixels, and where its disc is."""

    small: Picture
    place: tuple[float, float]


def shrink(pixels: Picture) -> Picture:
    """Return a photograph as a scan sees it: saved as a JPEG, and decoded to a quarter of its size."""
    encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    decoded = np.asarray(decode(encoded.tobytes(), "JPEG", reduce=4).pixels, np.uint8)
    factor = max(1, round(max(decoded.shape) / REDUCED_SIDE))
    size = (decoded.shape[1] // factor, decoded.shape[0] // factor)
    return np.asarray(cv2.resize(decoded, size, interpolation=cv2.INTER_AREA), np.uint8)


def drawn(number: int, seed: int) -> Iterator[tuple[Known, Scene]]:
    """Yield drawn photographs with their scenes."""
    for sample in range(1, number + 1):
        fundus = draw_fundus(seed, sample, sample % 2)
        x, y = fundus.scene.view.disc
        yield Known(shrink(fundus.pixels), (x / SIZE, y / SIZE)), fundus.scene


def real(root: Path) -> Iterator[Known]:
    """Yield the real photographs below ``root``."""
    for path in sorted(root.glob("*/image/*.jpg")):
        yield Known(shrink(_read(path)), MARKS[path.stem])


def cropped(root: Path, each: int, seed: int) -> Iterator[Known]:
    """Yield crops of the real photographs: the disc anywhere, turned by up to 15 degrees, some mirrored, light changed.

    The real ones have their disc in the middle, so that they alone prove little.
    """
    rng = np.random.default_rng(seed)
    for path in sorted(root.glob("*/image/*.jpg")):
        pixels, (x, y) = _read(path), MARKS[path.stem]
        for _ in range(each):
            scale, angle = 1 / rng.uniform(0.5, 0.9), rng.uniform(-15, 15)
            matrix = cv2.getRotationMatrix2D((x * SIZE, y * SIZE), angle, scale)
            if rng.random() < 0.5:
                mirror = np.array([[-1, 0, 2 * x * SIZE], [0, 1, 0]])
                matrix = mirror @ np.vstack([matrix, [0, 0, 1]])
            to_x, to_y = rng.uniform(0.15, 0.85, 2)
            matrix[:, 2] += (to_x - x) * SIZE, (to_y - y) * SIZE
            crop = cv2.warpAffine(pixels, matrix, (SIZE, SIZE))
            lit = np.clip(crop * rng.uniform(0.7, 1.15), 0, 255).astype(np.uint8)
            yield Known(shrink(lit), (float(to_x), float(to_y)))


def _read(path: Path) -> Picture:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
