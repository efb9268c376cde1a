"""The bytes of one sample, as an export has them: proven against the manifest, and resized where that is asked for.

Workers import this module: nothing that takes long to import is imported here.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import cv2
import numpy as np
import simplejpeg

from lagtool.errors import LagtoolError
from lagtool.export.options import Maps
from lagtool.files import Store
from lagtool.probe.jpeg import EXIF_HEAD, XMP_HEAD, XMP_ORIENTATION, orientation_of, read_structure
from lagtool.probe.picture import Pixels, decode, level_pixels, read_header
from lagtool.reading import PICTURE_LIMIT, read_link
from lagtool.scanning.workers import count_processes, map_chunks
from lagtool.text import show

if TYPE_CHECKING:
    import pandas as pd

    from lagtool.export.plan import Plan


_SOI, _APP1, _SOS = b"\xff\xd8", 0xE1, 0xDA
_PNG = b"\x89PNG\r\n\x1a\n"
_TAG = 0x0112
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
_XMP_PNG = b"XML:com.adobe.xmp\0"


def make_upright(data: bytes) -> bytes:
    """Return a JPEG or PNG whose Exif block and XMP packet state no turn; not a pixel of it changes.

    A file that states none, or is of another format, is returned as it is (the same object). In a JPEG the number
    is set to 1, and all other metadata stays; metadata in which that cannot be done goes as a whole.
    """
    if data.startswith(_PNG):
        return _png(data)
    if not data.startswith(_SOI) or not _turns(data):
        return data
    made = b"".join(_segments(data, _set_upright))
    return b"".join(_segments(data, lambda _: b"")) if _turns(made) else made


def _turns(data: bytes) -> bool:
    return (orientation_of(read_structure(data, to_pixels=True)) or 1) != 1


def _segments(data: bytes, change: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Yield the parts of a JPEG, its Exif blocks and XMP packets changed; an empty one is left out."""
    yield _SOI
    position = len(_SOI)
    while data[position : position + 1] == b"\xff" and data[position + 1] != _SOS:
        if data[position + 1] == 0xFF:  # fill
            position += 1
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : end]
        if data[position + 1] == _APP1 and body.startswith((EXIF_HEAD, XMP_HEAD)):
            body = change(body)
            yield struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body if body else b""
        else:
            yield data[position:end]
        position = end
    yield data[position:]


def _set_upright(body: bytes) -> bytes:
    if body.startswith(XMP_HEAD):
        return XMP_ORIENTATION.sub(lambda match: match[0][:-1] + b"1", body)
    block = bytearray(body[len(EXIF_HEAD) :])
    order = "<" if block[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", block, 4)
        (number,) = struct.unpack_from(f"{order}H", block, first)
        for at in range(first + 2, first + 2 + 12 * number, 12):
            tag, kind, values = struct.unpack_from(f"{order}HHI", block, at)
            if tag == _TAG and values == 1 and kind in _CODES:
                struct.pack_into(f"{order}{_CODES[kind]}", block, at + 8, 1)
    except struct.error:
        return b""
    return EXIF_HEAD + bytes(block)


def _png(data: bytes) -> bytes:
    """Return a PNG without the Exif and XMP chunks that state a turn."""
    kept, position = [_PNG], len(_PNG)
    while position + 8 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : end - 4]
        exif = kind == b"eXIf" and _turns(_SOI + _app1(EXIF_HEAD + body))
        xmp = kind == b"iTXt" and body.startswith(_XMP_PNG) and _turns(_SOI + _app1(XMP_HEAD + body))
        if not (exif or xmp):
            kept.append(data[position:end])
        position = end
    made = b"".join([*kept, data[position:]])
    return data if len(made) == len(data) else made


def _app1(body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, _APP1, min(len(body) + 2, 0xFFFF)) + body[:0xFFFD] + b"\xff\xda\0\2"


Context = TypeVar("Context")
Job = TypeVar("Job")
Part = TypeVar("Part")
QUALITY = 95
"""JPEG quality of resized images; their colour is not subsampled."""

_CHUNK = 32
_WORTH_PROCESSES = 200
_AGAIN = "index the dataset again, or restore the file"


class Wanted(NamedTuple):
    """What is made of each sample.

    Attributes:
        root: The files of the dataset.
        size: Side of the square in pixels; None: images stay as they are.
        maps: What becomes of maps; resized ones have the size of their image.
        masks: Whether maps are masks.
    """

    root: Store
    size: int | None
    maps: Maps
    masks: bool


class Task(NamedTuple):
    """Where the image and the map of one sample lie, and their sha256; None: there is no map, or it is not wanted."""

    image: str
    image_sha256: str
    map: str | None = None
    map_sha256: str | None = None


class Made(NamedTuple):
    """The files of one sample as they go into the export, and the suffix of each."""

    image: bytes
    image_suffix: str
    map: bytes | None
    map_suffix: str


def list_tasks(samples: "pd.DataFrame", maps: Maps) -> list[Task]:
    """Return a task for each sample of a plan."""
    slots = ("image",) if maps is Maps.NONE else ("image", "map")
    columns = [values_of(samples[f"{slot}_{what}"]) for slot in slots for what in ("path", "sha256")]
    return [Task(*row) for row in zip(*columns, strict=True)]


def values_of(column: "pd.Series[Any]") -> list[Any]:
    """Return the cells of a column as values of Python, None where they are missing."""
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return values


def check_places(plan: "Plan", store: Store) -> None:
    """Refuse a dataset in which a link has taken the place of a folder since it was indexed.

    Raises:
        LagtoolError: It names the link.
    """
    if store.folder is None:
        return  # no link is ever followed there
    root, samples = store.folder, plan.samples
    homes = {path.rpartition("/")[0] for path in chain(samples["image_path"], samples["map_path"].dropna())}
    folders = {folder for home in homes for folder in accumulate(home.split("/"), "{}/{}".format)}
    for folder in sorted(folders - {""}):
        if (root / folder).is_symlink():
            where = read_link(root / folder, root)
            raise LagtoolError(f"{show(root / folder)} is a symbolic link {where}: links are not followed, {_AGAIN}")


def read_proven(root: Store, path: str, sha256: str) -> bytes:
    """Return the bytes of a file, which are those that were indexed.

    Raises:
        LagtoolError: They are not, or cannot be read.
    """
    place = f"{root}/{path}"
    reading = root.read(path, PICTURE_LIMIT)
    if reading.data is None:
        raise LagtoolError(f"{show(place)} {reading.message}: {_AGAIN}")
    if hashlib.sha256(reading.data).hexdigest() != sha256:
        raise LagtoolError(f"{show(place)} is not the file that was indexed (another sha256): {_AGAIN}")
    return reading.data


def _read_both(wanted: Wanted, task: Task) -> tuple[bytes, bytes | None]:
    """Return image and map of a sample, proven."""
    image = read_proven(wanted.root, task.image, task.image_sha256)
    return image, None if task.map is None else read_proven(wanted.root, task.map, task.map_sha256 or "")


def prove_samples(wanted: Wanted, tasks: Sequence[Task]) -> None:
    """Hold the files of samples against their sha256.

    Raises:
        LagtoolError: A file is not the one that was indexed.
    """
    for task in tasks:
        _read_both(wanted, task)


def make_sample(wanted: Wanted, task: Task) -> Made:
    """Return the files of a sample, as they are stored (see `make_upright`) or resized.

    Raises:
        LagtoolError: A file is not the one that was indexed.
    """
    image, data = _read_both(wanted, task)
    if wanted.size is None:
        made, suffix = make_upright(image), suffix_of(task.image)
    else:
        made, suffix = _as_jpeg(fit(_pixels(wanted, task.image, image), wanted.size)), ".jpg"
    if data is None or task.map is None:
        return Made(made, suffix, None, "")
    if wanted.maps is Maps.AS_IS:
        return Made(made, suffix, make_upright(data), suffix_of(task.map))
    return Made(made, suffix, _as_png(_resized_map(wanted, task, image, data)), ".png")


def make_samples(wanted: Wanted, tasks: Sequence[Task]) -> list[Made]:
    """Return the files of some samples.

    Raises:
        LagtoolError: A file is not the one that was indexed.
    """
    return [make_sample(wanted, task) for task in tasks]


def make_pixels(wanted: Wanted, task: Task) -> tuple[Pixels, Pixels | None]:
    """Return image, (side, side, 3), and map, (side, side), of a sample, 0..255, fit into a square of ``wanted.size``.

    Raises:
        LagtoolError: A file is not the one that was indexed.
    """
    assert wanted.size is not None
    image, data = _read_both(wanted, task)
    pixels = fit(_pixels(wanted, task.image, image), wanted.size)
    colored = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return colored, None if data is None else _resized_map(wanted, task, image, data)


def fit(pixels: Pixels, size: int, *, masks: bool = False) -> Pixels:
    """Return a picture as large as fits into a square of ``size`` pixels, in its middle, black around it.

    Proportions stay as they are. Pixels are averaged by area where it becomes smaller, interpolated (cubic) where it
    becomes larger; the levels of ``masks`` are never mixed.
    """
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    if inner != (width, height):
        method = cv2.INTER_NEAREST_EXACT if masks else cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels = np.asarray(cv2.resize(pixels, inner, interpolation=method), np.uint8)
    if inner == (size, size):
        return pixels
    square = np.zeros((size, size, *pixels.shape[2:]), np.uint8)
    left, top = (size - inner[0]) // 2, (size - inner[1]) // 2
    square[top : top + inner[1], left : left + inner[0]] = pixels
    return square


def stretch(pixels: Pixels, width: int, height: int, *, masks: bool) -> Pixels:
    """Return a map with the size of its image; levels are interpolated (bilinear), those of ``masks`` never mixed."""
    if pixels.shape[:2] == (height, width):
        return pixels
    smaller = width * height < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_NEAREST_EXACT if masks else cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=method), np.uint8)


def suffix_of(path: str) -> str:
    """Return the suffix of a file's name, in lower case."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - a str will do


def _pixels(wanted: Wanted, path: str, data: bytes) -> Pixels:
    picture = decode(data, None)
    if picture.pixels is None:
        raise LagtoolError(f"{show(f'{wanted.root}/{path}')} {picture.message}: {_AGAIN}")
    return picture.pixels


def _resized_map(wanted: Wanted, task: Task, image: bytes, data: bytes) -> Pixels:
    """Return a map on the pixels of its image: it covers what the image covers, whatever its own proportions."""
    gray = level_pixels(_pixels(wanted, task.map or "", data))
    header = read_header(image, None)
    width, height = header.width or 1, header.height or 1
    if wanted.size is None:
        return stretch(gray, width, height, masks=wanted.masks)
    # Straight to the final size: by way of the full one it would be interpolated twice.
    scale = wanted.size / max(width, height)
    inner = stretch(gray, max(1, round(width * scale)), max(1, round(height * scale)), masks=wanted.masks)
    return fit(inner, wanted.size, masks=wanted.masks)


def _as_jpeg(pixels: Pixels) -> bytes:
    if pixels.ndim == 2:
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels[..., None]), QUALITY, "GRAY"))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), QUALITY, "RGB", "444"))


def _as_png(levels: Pixels) -> bytes:
    done, data = cv2.imencode(".png", levels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    assert done
    return bytes(data)


def map_tasks(
    work: Callable[[Context, Sequence[Job]], Part],
    context: Context,
    jobs: Sequence[Job],
    processes: int | None,
) -> Generator[tuple[int, Part], None, None]:
    """Yield, for chunks of ``jobs`` in order, how many they are and what ``work`` returns for them.

    Args:
        work: A function of a module that imports little.
        context: Given to each process once.
        jobs: What to do.
        processes: How many; None: one per usable core.

    Raises:
        LagtoolError: A picture killed the process that worked on it.
    """
    number = 1 if len(jobs) < _WORTH_PROCESSES else count_processes(processes)
    with closing(map_chunks(work, context, jobs, _CHUNK, number, _crashed)) as parts:
        yield from parts


def _crashed(_context: object, jobs: Sequence[object]) -> NoReturn:
    raise LagtoolError(f"a process died of {show(str(jobs[0]), 120)}: try with one process (--jobs 1), to see of what")
