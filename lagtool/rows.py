"""Rows: what the probes see of one sample, in the order of the schema."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from lagtool.model import State
from lagtool.probe.facts import ImageFacts, measure_image, measure_map
from lagtool.probe.label import parse_label
from lagtool.probe.metadata import ExifFacts, read_exif
from lagtool.probe.picture import Picture, decode
from lagtool.profile import Profile
from lagtool.schema import IMAGE_FACTS, MAP_FACTS, SAMPLE_COLUMNS
from lagtool.source import LABEL_LIMIT, PICTURE_LIMIT, Reading, read_file
from lagtool.tree import SampleFiles

Row = tuple[Any, ...]
ROW_COLUMNS = [column.name for column in SAMPLE_COLUMNS if not column.optional]
"""Names of the values in a row, in order."""

_PICTURE_GAPS: Row = (None,) * 13
_LABEL_GAPS: Row = (None,) * 11
_IMAGE_FACT_GAPS: Row = (None,) * len(IMAGE_FACTS)
_STRUCTURE_GAPS: Row = (None,) * (len(IMAGE_FACTS) - len(ImageFacts._fields))
_MEASURE_GAPS: Row = (None,) * len(ImageFacts._fields)
_IMAGE_GAPS: Row = (*_PICTURE_GAPS, None, *_IMAGE_FACT_GAPS)
_MAP_FACT_GAPS: Row = (None,) * len(MAP_FACTS)
_MAP_GAPS: Row = (*_PICTURE_GAPS, *_MAP_FACT_GAPS)
_BUFFER = np.empty(4_000_000, np.uint8)  # one per process, for pictures up to 1,150 x 1,150 in colour


def probe_chunk(context: tuple[str, Profile], samples: Sequence[SampleFiles]) -> list[Row]:
    """Return the rows of ``samples``; ``context`` is the root and the profile."""
    root, profile = context
    return [_probe_sample(root, profile, sample) for sample in samples]


def _probe_sample(root: str, profile: Profile, sample: SampleFiles) -> Row:
    label = next(c.label for c in profile.classes if c.name == sample.class_name)
    return (
        sample.id,
        sample.class_name,
        label,
        *_probe_image(root, profile, sample.image),
        *_probe_label(root, profile, sample.label),
        *_probe_map(root, profile, sample.map),
    )


def _file_facts(path: str, reading: Reading) -> Row:
    digest = hashlib.sha256(reading.data).hexdigest() if reading.data is not None else None
    return path, reading.size, reading.mtime_ns, reading.ctime_ns, reading.inode, reading.device, digest


def _probe_image(root: str, profile: Profile, path: str | None) -> Row:
    if path is None:
        return _IMAGE_GAPS
    reading = read_file(f"{root}/{path}", PICTURE_LIMIT, root)
    facts = _file_facts(path, reading)
    if reading.data is None:
        return (*facts, None, None, None, None, reading.state, reading.message, None, *_IMAGE_FACT_GAPS)
    found = decode(reading.data, profile.slots["image"].format, buffer=_BUFFER)
    state = (found.width, found.height, found.mode, found.format, found.state, found.message, found.trailer)
    measured: Row = measure_image(found.pixels) if found.pixels is not None else _MEASURE_GAPS
    return (*facts, *state, *_file_structure(found), *measured)


def _file_structure(found: Picture) -> Row:
    if found.structure is None:
        return _STRUCTURE_GAPS
    jpeg = found.structure
    exif = read_exif(jpeg.exif) if jpeg.exif is not None else ExifFacts(False, None)
    return (jpeg.quality, jpeg.subsampling, jpeg.exif is not None, exif.gps, jpeg.icc, jpeg.xmp, exif.orientation)


def _probe_label(root: str, profile: Profile, path: str | None) -> Row:
    if path is None:
        return _LABEL_GAPS
    reading = read_file(f"{root}/{path}", LABEL_LIMIT, root)
    facts = _file_facts(path, reading)
    if reading.data is None:
        return (*facts, None, None, reading.state, reading.message)
    label = parse_label(reading.data, profile.slots["label"].values)
    return (*facts, label.raw, label.value, label.state, label.message)


def _probe_map(root: str, profile: Profile, path: str | None) -> Row:
    if path is None:
        return _MAP_GAPS
    reading = read_file(f"{root}/{path}", PICTURE_LIMIT, root)
    facts = _file_facts(path, reading)
    if reading.data is None:
        return (*facts, None, None, None, None, reading.state, reading.message, *_MAP_FACT_GAPS)
    found = decode(reading.data, profile.slots["map"].format, buffer=_BUFFER)
    measured: Row = measure_map(found.pixels) if found.pixels is not None else _MAP_FACT_GAPS
    return (*facts, found.width, found.height, found.mode, found.format, found.state, found.message, *measured)


def crashed_rows(context: tuple[str, Profile], samples: Sequence[SampleFiles]) -> list[Row]:
    """Rows for samples (one at a time) whose probe took its whole process down: named, not lost."""
    _root, profile = context
    message = "crashed the decoder: the file is damaged in a way that no decoder should be given"
    labels = {c.name: c.label for c in profile.classes}
    rows: list[Row] = []
    for sample in samples:
        picture = (*_PICTURE_GAPS[:10], State.UNREADABLE, message)
        image = (sample.image, *picture, None, *_IMAGE_FACT_GAPS) if sample.image else _IMAGE_GAPS
        label = (sample.label, *_LABEL_GAPS[:8], State.UNREADABLE, message) if sample.label else _LABEL_GAPS
        heat = (sample.map, *picture, *_MAP_FACT_GAPS) if sample.map else _MAP_GAPS
        rows.append((sample.id, sample.class_name, labels[sample.class_name], *image, *label, *heat))
    return rows
