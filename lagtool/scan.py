"""Scan: run the probes over a tree, in one or several processes, and put what they saw into a manifest."""

import datetime
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lagtool import __version__
from lagtool.choice import nearest_profile
from lagtool.fingerprint import content_fingerprint, ids_fingerprint
from lagtool.manifest import Header, Manifest, conform
from lagtool.model import State
from lagtool.probe.attention import measure_levels
from lagtool.probe.label import parse_label
from lagtool.probe.picture import decode
from lagtool.profile import Profile
from lagtool.schema import SAMPLE_COLUMNS, STRAY_COLUMNS
from lagtool.source import LABEL_LIMIT, PICTURE_LIMIT, Reading, read_file
from lagtool.tree import SampleFiles, Tree, read_tree
from lagtool.workers import map_chunks, usable_cores

Row = tuple[Any, ...]
CHUNK = 32
"""Samples a worker takes at once: small, so that a crash costs little and the end is not waited for."""

_WORTH_PROCESSES = 200
_PICTURE_GAPS: Row = (None,) * 10
_LABEL_GAPS: Row = (None,) * 8
_COLUMNS = [column.name for column in SAMPLE_COLUMNS if not column.optional]


def scan(
    source: Tree | str | Path,
    *,
    profile: str | Profile = "auto",
    jobs: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> Manifest:
    """Look into every file of a tree once and return the manifest.

    Args:
        source: A tree, or the folder to read one from.
        profile: As for `lagtool.tree.read_tree`; ignored where ``source`` is a tree.
        jobs: Number of processes; None: one per usable core. The result does not depend on it.
        advance: Called with the number of samples that are newly done.

    Raises:
        LagtoolError: There is no tree there.
    """
    tree = source if isinstance(source, Tree) else read_tree(Path(source), profile)
    jobs = usable_cores() if jobs is None else max(1, jobs)
    if len(tree.samples) < _WORTH_PROCESSES:
        jobs = 1
    report = advance or (lambda _done: None)
    root = os.fspath(tree.root.resolve())
    rows: list[Row] = []
    for part in map_chunks(_probe_chunk, (root, tree.profile), tree.samples, CHUNK, jobs, _crashed):
        rows.extend(part)
        report(len(part))
    return _assemble(tree, rows)


def _assemble(tree: Tree, rows: list[Row]) -> Manifest:
    columns = zip(*rows, strict=True) if rows else ([] for _ in _COLUMNS)
    # Objects first: pandas would make floats, and so lose digits, of whole numbers with gaps.
    frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in zip(_COLUMNS, columns, strict=True)})
    samples = conform(frame, SAMPLE_COLUMNS)
    names = [column.name for column in STRAY_COLUMNS]
    strays = pd.DataFrame({n: pd.Series([s[i] for s in tree.strays], dtype=object) for i, n in enumerate(names)})
    ids = ids_fingerprint(samples)
    profile = nearest_profile(samples, ids) if tree.profile_choice == "auto" else tree.profile
    header = Header(
        tool_version=__version__,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        root_name=tree.root_name,
        profile=profile,
        profile_choice=tree.profile_choice,
        content_sha256=content_fingerprint(samples),
        ids_sha256=ids,
    )
    return Manifest(samples, conform(strays, STRAY_COLUMNS), header)


def _probe_chunk(context: tuple[str, Profile], samples: Sequence[SampleFiles]) -> list[Row]:
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
    return path, reading.size, reading.mtime_ns, digest


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


def _crashed(context: tuple[str, Profile], samples: Sequence[SampleFiles]) -> list[Row]:
    """Rows for samples (one at a time) whose probe took its whole process down: named, not lost."""
    _root, profile = context
    message = "crashed the decoder: the file is damaged in a way that no decoder should be given"
    labels = {c.name: c.label for c in profile.classes}
    rows: list[Row] = []
    for sample in samples:
        picture = (None,) * 7 + (State.UNREADABLE, message)
        rows.append(
            (
                sample.id,
                sample.class_name,
                labels[sample.class_name],
                *((sample.image, *picture, None) if sample.image else (*_PICTURE_GAPS, None)),
                *((sample.label, *_LABEL_GAPS[:5], State.UNREADABLE, message) if sample.label else _LABEL_GAPS),
                *((sample.map, *picture) if sample.map else _PICTURE_GAPS),
                *(None,) * 4,
            )
        )
    return rows
