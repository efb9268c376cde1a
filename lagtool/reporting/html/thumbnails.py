"""Thumbnails: small pictures of images and maps, made by workers inside the folder of the report and nowhere else.

Workers import this module: nothing that takes long to import is imported here.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from lagtool.files import Store, as_store
from lagtool.probe.picture import Pixels, decode, level_pixels
from lagtool.reading import PICTURE_LIMIT
from lagtool.scanning.workers import count_processes, map_chunks

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest

SIDE = 256
"""Longer side of a thumbnail in pixels, at most."""
FOLDER = "thumbnails"
SHARD = 1000
"""Samples per folder."""

_QUALITY = 80
_CHUNK = 32
_LEVELS = 16
_WORTH_PROCESSES = 200
_MAP_SIDE = 128


class Task(NamedTuple):
    """One sample: its position in the manifest, and path and digest of its image and map, None where it has none."""

    number: int
    image: str | None
    image_sha256: str | None
    map: str | None
    map_sha256: str | None


class Thumbnails(NamedTuple):
    """What became of the thumbnails of images and of maps: one digit per sample of the manifest.

    ``1``: there is one; ``0``: there is no file; ``2``: it is damaged; ``3``: it is not the one that was indexed.
    """

    image: str
    map: str


class Place(NamedTuple):
    """Where pictures are read, and where thumbnails are written."""

    store: Store
    folder: str


def thumbnail_name(number: int, suffix: str) -> str:
    """Return the path of a sample's thumbnail inside the report; it is made of its position alone."""
    return f"{FOLDER}/{number // SHARD:04d}/{number:07d}.{suffix}"


def make_thumbnails(
    manifest: "Manifest",
    root: str | Path | Store,
    folder: Path,
    *,
    jobs: int | None = None,
    advance: Callable[[int], None],
) -> Thumbnails:
    """Write the thumbnails of all samples and return what became of them.

    An image becomes a JPEG, a map a PNG in which a level is an opacity. A picture that is not the one that was indexed,
    by its sha256, is not shown.

    Args:
        manifest: Whose samples.
        root: Where their paths start from.
        folder: The folder of the report.
        jobs: Processes; None: one per usable core.
        advance: Called with the number of samples that are newly done.
    """
    samples = manifest.samples
    columns = ("image_path", "image_sha256", "map_path", "map_sha256")
    cells = (samples[name].astype(object).where(samples[name].notna(), None).tolist() for name in columns)
    tasks = [Task(number, *row) for number, row in enumerate(zip(*cells, strict=True))]
    for shard in range(0, len(tasks), SHARD):
        (folder / thumbnail_name(shard, "jpg")).parent.mkdir(parents=True, exist_ok=True)
    store = as_store(root)
    place = Place(store.for_workers(), str(folder.resolve()))
    jobs = store.jobs(jobs)
    enough = 1 if len(tasks) < _WORTH_PROCESSES else count_processes(jobs)
    made: list[Thumbnails] = []
    with closing(map_chunks(_make_chunk, place, tasks, _CHUNK, enough, _crashed)) as work:
        for done, some in work:
            made.append(some)
            advance(done)
    return Thumbnails("".join(some.image for some in made), "".join(some.map for some in made))


def _make_chunk(place: Place, tasks: Sequence[Task]) -> Thumbnails:
    images = "".join(
        _make(place, task.image, task.image_sha256, thumbnail_name(task.number, "jpg"), _as_jpeg) for task in tasks
    )
    maps = "".join(
        _make(place, task.map, task.map_sha256, thumbnail_name(task.number, "png"), _as_overlay) for task in tasks
    )
    return Thumbnails(images, maps)


def _crashed(_place: Place, tasks: Sequence[Task]) -> Thumbnails:
    return Thumbnails("2" * len(tasks), "2" * len(tasks))


def _make(place: Place, path: str | None, digest: str | None, name: str, encode: Callable[[Pixels], bytes]) -> str:
    if path is None:
        return "0"
    reading = place.store.read(path, PICTURE_LIMIT)
    if reading.data is None:
        return "2"
    if digest is not None and hashlib.sha256(reading.data).hexdigest() != digest:
        return "3"
    header = decode(reading.data, None, reduce=8)
    if header.pixels is None:
        return "2"
    pixels = header.pixels
    longest = max(header.width or 0, header.height or 0)
    factor = next((f for f in (8, 4, 2) if longest >= f * SIDE * 0.95), 1)
    if factor < 8:
        found = decode(reading.data, None, reduce=factor).pixels
        if found is None:
            return "2"
        pixels = found
    with open(f"{place.folder}/{name}", "xb") as file:  # noqa: PTH123 - a str will do
        file.write(encode(pixels))
    return "1"


def _shrink(pixels: Pixels, side: int) -> Pixels:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _as_jpeg(pixels: Pixels) -> bytes:
    small = _shrink(pixels, SIDE)
    if small.ndim == 2:
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(small[..., None]), _QUALITY, "GRAY"))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(small), _QUALITY, "RGB", "420"))


def _as_overlay(pixels: Pixels) -> bytes:
    """Return a map in blue to white, which a red fundus has nowhere, the more opaque the higher the level."""
    levels = _shrink(level_pixels(pixels), _MAP_SIDE)
    image = Image.fromarray((levels // (256 // _LEVELS)).astype(np.uint8), "P")
    colors, opacities = _ice()
    image.putpalette(colors)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=False, bits=4, transparency=opacities)
    return target.getvalue()


@cache
def _ice() -> tuple[list[int], bytes]:
    level = np.linspace(0, 1, _LEVELS)
    colors = np.stack([255 * level**3, 60 + 195 * level, np.full(_LEVELS, 255)], axis=1).round().astype(int)
    return colors.ravel().tolist(), bytes((230 * level**0.8).round().astype(int).tolist())
