"""What the probes see of one sample, as a row in the order of the schema.

Every process of a scan imports this module before it begins: nothing that takes long to import is imported here.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lagtool.files import Store
from lagtool.files.store import Want
from lagtool.manifest.blocks import Row, pack_rows
from lagtool.manifest.schema import IMAGE_FACTS, MAP_FACTS
from lagtool.model import Listed, ListedFiles, SampleFiles, ScanOptions, State
from lagtool.probe.facts import ImageFacts, measure_image, measure_map
from lagtool.probe.jpeg import ExifFacts, orientation_of, read_exif
from lagtool.probe.label import parse_label
from lagtool.probe.picture import Picture, decode, read_header
from lagtool.probe.threads import without_opencv_threads
from lagtool.profiles import Profile
from lagtool.reading import ID_BITS, LABEL_LIMIT, PICTURE_LIMIT, Reading, fit

_PICTURE_GAPS: Row = (None,) * 13
_LABEL_GAPS: Row = (None,) * 11
_IMAGE_FACT_GAPS: Row = (None,) * len(IMAGE_FACTS)
_STRUCTURE_GAPS: Row = (None,) * (len(IMAGE_FACTS) - len(ImageFacts._fields))
_MEASURE_GAPS: Row = (None,) * len(ImageFacts._fields)
_IMAGE_GAPS: Row = (*_PICTURE_GAPS, None, *_IMAGE_FACT_GAPS)
_MAP_FACT_GAPS: Row = (None,) * len(MAP_FACTS)
_MAP_GAPS: Row = (*_PICTURE_GAPS, *_MAP_FACT_GAPS)
_UNLISTED = (None, None, None)
_BUFFER = 4_000_000  # bytes; images up to 4,600 x 4,600 fit, at a quarter of the size
_HEAD = 4096
_REDUCTION = 4
"""The facts of an image come from a quarter of its size: all its bytes are decoded, a sixteenth of the pixels made."""


class _Room(threading.local):
    """Memory to decode into, one per thread."""

    def __init__(self) -> None:
        self.buffer = np.empty(_BUFFER, np.uint8)


_ROOM = _Room()


class ProbeContext(NamedTuple):
    """What every look into a file needs to know, and what every worker is given.

    Attributes:
        store: The files, as a worker opens them.
        labels: The label of each class.
        formats: The format that pictures of a slot must have; None: any.
        values: The texts that label files hold, and the labels that they stand for.
        options: What the scan was asked for.
        device: The device of the root, as the process sees it that writes the manifest; None: it sees none. The same
            disk has another number on another machine.
    """

    store: Store
    labels: dict[str, int]
    formats: dict[str, str | None]
    values: dict[str, int]
    options: ScanOptions
    device: int | None = None

    @classmethod
    def of(cls, store: Store, profile: Profile, options: ScanOptions) -> "ProbeContext":
        """Return what holds for the files of a dataset, a profile and a scan."""
        formats: dict[str, str | None] = {slot: spec.format for slot, spec in profile.slots.items()}
        values = profile.slots["label"].values if "label" in profile.slots else {}
        labels = {c.name: c.label for c in profile.classes}
        return cls(store.for_workers(), labels, formats, values, options, _device(store.folder))


def _device(root: Path | None) -> int | None:
    """Return the number of the device that a root lies on, as this machine numbers it; None where it has none."""
    try:
        return None if root is None else root.stat().st_dev & ID_BITS
    except OSError:
        return None


def probe_chunk(context: ProbeContext, samples: Sequence[SampleFiles]) -> bytes:
    """Return the rows of ``samples``, packed."""
    readings = _renumber(context, context.store.read_many(_wants(samples, _HEAD if context.options.quick else None)))
    with without_opencv_threads():
        return pack_rows(
            [
                (
                    sample.id,
                    sample.class_name,
                    context.labels[sample.class_name],
                    *_probe_image(context, sample, next(readings)),
                    *_probe_label(context, sample.label, next(readings)),
                    *_probe_map(context, sample, next(readings)),
                )
                for sample in samples
            ]
        )


def _renumber(context: ProbeContext, readings: Iterator[Reading | None]) -> Iterator[Reading | None]:
    """Yield readings with the device of the root as the process numbers it that writes the manifest."""
    here = _device(context.store.folder)
    if here == context.device or None in (here, context.device):
        return readings
    return (
        reading._replace(device=context.device) if reading is not None and reading.device == here else reading
        for reading in readings
    )


def _wants(samples: Sequence[SampleFiles], head: int | None) -> Iterator[Want]:
    """Yield the files of samples, in the order in which they are looked at."""
    for sample in samples:
        of_image, of_label, of_map = _listed(sample)
        yield sample.image, PICTURE_LIMIT, head, of_image
        yield sample.label, LABEL_LIMIT, None, of_label
        yield sample.map, PICTURE_LIMIT, head, of_map


def _listed(sample: SampleFiles) -> tuple[Listed | None, Listed | None, Listed | None]:
    return sample.listed if isinstance(sample, ListedFiles) else _UNLISTED


def _file_facts(path: str, reading: Reading, digest: str | None) -> Row:
    size, mtime_ns, ctime_ns = fit(reading.size), fit(reading.mtime_ns), fit(reading.ctime_ns)
    return path, size, mtime_ns, ctime_ns, reading.inode, reading.device, digest


def _look(
    context: ProbeContext, slot: str, path: str, reading: Reading, listed: Listed | None, reduce: int
) -> tuple[Row, Picture]:
    """Return the columns that images and maps have in common, and the picture."""
    expected = context.formats[slot]
    quick, most = context.options.quick, context.options.max_pixels
    digest = None
    if reading.data is None:
        found = Picture(reading.state, reading.message)
    elif not quick:
        digest = hashlib.sha256(reading.data).hexdigest()
        found = decode(reading.data, expected, reduce=reduce, buffer=_ROOM.buffer, max_pixels=most)
    else:
        found = read_header(reading.data, expected, whole=False, max_pixels=most)
        if found.state is not State.OK and len(reading.data) < (reading.size or 0):  # a header longer than the head
            reading = context.store.read(path, PICTURE_LIMIT, listed=listed)._replace(device=reading.device)
            found = read_header(reading.data or b"", expected, whole=False, max_pixels=most)
    state = State.UNREAD if quick and found.state is State.OK else found.state
    facts = _file_facts(path, reading, digest)
    return (*facts, found.width, found.height, found.mode, found.format, state, found.message), found


def _probe_image(context: ProbeContext, sample: SampleFiles, reading: Reading | None) -> Row:
    if sample.image is None or reading is None:
        return _IMAGE_GAPS
    common, found = _look(context, "image", sample.image, reading, _listed(sample)[0], _REDUCTION)
    mapped = sample.map is not None
    measured: Row = measure_image(found.pixels, disc=mapped) if found.pixels is not None else _MEASURE_GAPS
    return (*common, found.trailer, *_file_structure(found), *measured)


def _file_structure(found: Picture) -> Row:
    jpeg = found.structure
    if jpeg is None:
        return _STRUCTURE_GAPS
    exif = read_exif(jpeg.exif) if jpeg.exif is not None else ExifFacts(False, None)
    has_exif = jpeg.exif is not None
    tables, sampling = jpeg.tables_digest, jpeg.subsampling
    return (jpeg.quality, tables, sampling, has_exif, exif.gps, jpeg.icc, jpeg.xmp is not None, orientation_of(jpeg))


def _probe_label(context: ProbeContext, path: str | None, reading: Reading | None) -> Row:
    if path is None or reading is None:
        return _LABEL_GAPS
    if reading.data is None:
        return (*_file_facts(path, reading, None), None, None, reading.state, reading.message)
    digest = None if context.options.quick else hashlib.sha256(reading.data).hexdigest()
    label = parse_label(reading.data, context.values)
    return (*_file_facts(path, reading, digest), label.raw, label.value, label.state, label.message)


def _probe_map(context: ProbeContext, sample: SampleFiles, reading: Reading | None) -> Row:
    if sample.map is None or reading is None:
        return _MAP_GAPS
    common, found = _look(context, "map", sample.map, reading, _listed(sample)[2], 1)
    measured: Row = measure_map(found.pixels) if found.pixels is not None else _MAP_FACT_GAPS
    return (*common, *measured)


def crashed_rows(context: ProbeContext, samples: Sequence[SampleFiles]) -> bytes:
    """Rows for samples (one at a time) whose probe took its whole process down: named, not lost."""
    message = "crashed the decoder: the file is damaged in a way that no decoder should be given"
    rows: list[Row] = []
    for sample in samples:
        picture = (*_PICTURE_GAPS[:10], State.UNREADABLE, message)
        image = (sample.image, *picture, None, *_IMAGE_FACT_GAPS) if sample.image else _IMAGE_GAPS
        label = (sample.label, *_LABEL_GAPS[:8], State.UNREADABLE, message) if sample.label else _LABEL_GAPS
        heat = (sample.map, *picture, *_MAP_FACT_GAPS) if sample.map else _MAP_GAPS
        rows.append((sample.id, sample.class_name, context.labels[sample.class_name], *image, *label, *heat))
    return pack_rows(rows)
