"""Rows: what the probes see of one sample, in the order of the schema.

Every process of a scan imports this module before it begins: nothing that takes long to import is imported here.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence

import numpy as np

from lagtool.blocks import Row, pack_rows
from lagtool.host import without_opencv_threads
from lagtool.lens import Lens
from lagtool.model import Listed, ListedFiles, SampleFiles, State
from lagtool.probe.facts import ImageFacts, measure_image, measure_map
from lagtool.probe.label import parse_label
from lagtool.probe.metadata import ExifFacts, orientation_of, read_exif
from lagtool.probe.picture import Picture, decode, read_header
from lagtool.profile import SLOTS
from lagtool.schema import IMAGE_FACTS, MAP_FACTS
from lagtool.source import LABEL_LIMIT, PICTURE_LIMIT, Reading, fit
from lagtool.storage.store import Want

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


def probe_chunk(lens: Lens, samples: Sequence[SampleFiles]) -> bytes:
    """Return the rows of ``samples``, packed."""
    readings = lens.store.read_many(_wants(samples, _HEAD if lens.depth.quick else None))
    with without_opencv_threads():
        return pack_rows(
            [
                (
                    sample.id,
                    sample.class_name,
                    lens.labels[sample.class_name],
                    *_probe_image(lens, sample, next(readings)),
                    *_probe_label(lens, sample.label, next(readings)),
                    *_probe_map(lens, sample, next(readings)),
                )
                for sample in samples
            ]
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
    lens: Lens, slot: str, path: str, reading: Reading, listed: Listed | None, reduce: int
) -> tuple[Row, Picture]:
    """Return the columns that images and maps have in common, and the picture."""
    expected = lens.formats[slot]
    quick, most = lens.depth.quick, lens.depth.max_pixels
    digest = None
    if reading.data is None:
        found = Picture(reading.state, reading.message)
    elif not quick:
        digest = hashlib.sha256(reading.data).hexdigest()
        found = decode(reading.data, expected, reduce=reduce, buffer=_ROOM.buffer, max_pixels=most)
    else:
        found = read_header(reading.data, expected, whole=False, max_pixels=most)
        if found.state is not State.OK and len(reading.data) < (reading.size or 0):  # a header longer than the head
            reading = lens.store.read(path, PICTURE_LIMIT, listed=listed)
            found = read_header(reading.data or b"", expected, whole=False, max_pixels=most)
    state = State.UNREAD if quick and found.state is State.OK else found.state
    facts = _file_facts(path, reading, digest)
    return (*facts, found.width, found.height, found.mode, found.format, state, found.message), found


def _probe_image(lens: Lens, sample: SampleFiles, reading: Reading | None) -> Row:
    if sample.image is None or reading is None:
        return _IMAGE_GAPS
    common, found = _look(lens, "image", sample.image, reading, _listed(sample)[0], _REDUCTION)
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


def _probe_label(lens: Lens, path: str | None, reading: Reading | None) -> Row:
    if path is None or reading is None:
        return _LABEL_GAPS
    if reading.data is None:
        return (*_file_facts(path, reading, None), None, None, reading.state, reading.message)
    digest = None if lens.depth.quick else hashlib.sha256(reading.data).hexdigest()
    label = parse_label(reading.data, lens.values)
    return (*_file_facts(path, reading, digest), label.raw, label.value, label.state, label.message)


def _probe_map(lens: Lens, sample: SampleFiles, reading: Reading | None) -> Row:
    if sample.map is None or reading is None:
        return _MAP_GAPS
    common, found = _look(lens, "map", sample.map, reading, _listed(sample)[2], 1)
    measured: Row = measure_map(found.pixels) if found.pixels is not None else _MAP_FACT_GAPS
    return (*common, *measured)


def crashed_rows(lens: Lens, samples: Sequence[SampleFiles]) -> bytes:
    """Rows for samples (one at a time) whose probe took its whole process down: named, not lost."""
    message = "crashed the decoder: the file is damaged in a way that no decoder should be given"
    rows: list[Row] = []
    for sample in samples:
        picture = (*_PICTURE_GAPS[:10], State.UNREADABLE, message)
        image = (sample.image, *picture, None, *_IMAGE_FACT_GAPS) if sample.image else _IMAGE_GAPS
        label = (sample.label, *_LABEL_GAPS[:8], State.UNREADABLE, message) if sample.label else _LABEL_GAPS
        heat = (sample.map, *picture, *_MAP_FACT_GAPS) if sample.map else _MAP_GAPS
        rows.append((sample.id, sample.class_name, lens.labels[sample.class_name], *image, *label, *heat))
    return pack_rows(rows)


def number_device(block: bytes, there: int | None, here: int | None) -> bytes:
    """Return packed rows in which files on the device ``there`` lie on the device ``here``.

    Workers on other machines see the same disk under another number; with it, the next scan would take every file for
    another one.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    with pa.ipc.open_stream(block) as stream:
        table = stream.read_all()
    for slot in SLOTS:
        number = table.schema.get_field_index(f"{slot}_device")
        column = table.column(number).combine_chunks()
        moved = pc.if_else(pc.equal(column, there), pa.scalar(here, column.type), column)
        table = table.set_column(number, table.schema.field(number), moved)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)
    return bytes(sink.getvalue())
