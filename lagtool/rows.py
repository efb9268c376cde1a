"""Rows: what the probes see of one sample, in the order of the schema."""

import hashlib
from collections.abc import Sequence
from typing import Any

from lagtool.model import State
from lagtool.probe.attention import measure_levels
from lagtool.probe.label import parse_label
from lagtool.probe.picture import decode
from lagtool.profile import Profile
from lagtool.schema import SAMPLE_COLUMNS
from lagtool.source import LABEL_LIMIT, PICTURE_LIMIT, Reading, read_file
from lagtool.tree import SampleFiles

Row = tuple[Any, ...]
ROW_COLUMNS = [column.name for column in SAMPLE_COLUMNS if not column.optional]
"""Names of the values in a row, in order."""

_PICTURE_GAPS: Row = (None,) * 13
_LABEL_GAPS: Row = (None,) * 11


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
        return (*_PICTURE_GAPS, None)
    reading = read_file(f"{root}/{path}", PICTURE_LIMIT)
    facts = _file_facts(path, reading)
    if reading.data is None:
        return (*facts, None, None, None, None, reading.state, reading.message, None)
    # Luma at an eighth proves as much as the whole picture in colour, at half the cost.
    found = decode(reading.data, profile.slots["image"].format, color=False, factor=8)
    state = (found.width, found.height, found.mode, found.format, found.state, found.message, found.trailer)
    return (*facts, *state)


def _probe_label(root: str, profile: Profile, path: str | None) -> Row:
    if path is None:
        return _LABEL_GAPS
    reading = read_file(f"{root}/{path}", LABEL_LIMIT)
    facts = _file_facts(path, reading)
    if reading.data is None:
        return (*facts, None, None, reading.state, reading.message)
    label = parse_label(reading.data, profile.slots["label"].values)
    return (*facts, label.raw, label.value, label.state, label.message)


def _probe_map(root: str, profile: Profile, path: str | None) -> Row:
    if path is None:
        return (*_PICTURE_GAPS, None, None, None, None)
    reading = read_file(f"{root}/{path}", PICTURE_LIMIT)
    facts = _file_facts(path, reading)
    if reading.data is None:
        return (*facts, None, None, None, None, reading.state, reading.message, None, None, None, None)
    found = decode(reading.data, profile.slots["map"].format)
    shape = (found.width, found.height, found.mode, found.format, found.state, found.message)
    if found.pixels is None or found.state is not State.OK:
        return (*facts, *shape, None, None, None, None)
    levels = measure_levels(found.pixels)
    return (*facts, *shape, levels.color, levels.min, levels.max, levels.mean)


def crashed_rows(context: tuple[str, Profile], samples: Sequence[SampleFiles]) -> list[Row]:
    """Rows for samples (one at a time) whose probe took its whole process down: named, not lost."""
    _root, profile = context
    message = "crashed the decoder: the file is damaged in a way that no decoder should be given"
    labels = {c.name: c.label for c in profile.classes}
    rows: list[Row] = []
    for sample in samples:
        picture = (*_PICTURE_GAPS[:10], State.UNREADABLE, message)
        rows.append(
            (
                sample.id,
                sample.class_name,
                labels[sample.class_name],
                *((sample.image, *picture, None) if sample.image else (*_PICTURE_GAPS, None)),
                *((sample.label, *_LABEL_GAPS[:8], State.UNREADABLE, message) if sample.label else _LABEL_GAPS),
                *((sample.map, *picture) if sample.map else _PICTURE_GAPS),
                *(None,) * 4,
            )
        )
    return rows
