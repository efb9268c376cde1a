"""Scan: run the probes over a tree, in one or several processes, and put what they saw into a manifest."""

import datetime
import os
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from lagtool import __version__
from lagtool.choice import nearest_profile
from lagtool.fingerprint import content_fingerprint, ids_fingerprint
from lagtool.manifest import Header, Manifest, conform
from lagtool.profile import Profile
from lagtool.rows import ROW_COLUMNS, Row, crashed_rows, probe_chunk
from lagtool.schema import SAMPLE_COLUMNS, STRAY_COLUMNS
from lagtool.tree import Tree, read_tree
from lagtool.workers import map_chunks, usable_cores

CHUNK = 32
"""Samples a worker takes at once: small, so that a crash costs little and the end is not waited for."""

_WORTH_PROCESSES = 200


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
    started = time.time_ns()
    rows: list[Row] = []
    for part in map_chunks(probe_chunk, (root, tree.profile), tree.samples, CHUNK, jobs, crashed_rows):
        rows.extend(part)
        report(len(part))
    return _assemble(tree, rows, started)


def _assemble(tree: Tree, rows: list[Row], started: int) -> Manifest:
    columns = zip(*rows, strict=True) if rows else ([] for _ in ROW_COLUMNS)
    # Objects first: pandas would make floats, and so lose digits, of whole numbers with gaps.
    frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in zip(ROW_COLUMNS, columns, strict=True)})
    samples = conform(frame, SAMPLE_COLUMNS)
    names = [column.name for column in STRAY_COLUMNS]
    strays = pd.DataFrame({n: pd.Series([s[i] for s in tree.strays], dtype=object) for i, n in enumerate(names)})
    ids = ids_fingerprint(samples)
    profile = nearest_profile(samples, ids) if tree.profile_choice == "auto" else tree.profile
    header = Header(
        tool_version=__version__,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        scan_started_ns=started,
        root_name=tree.root_name,
        profile=profile,
        profile_choice=tree.profile_choice,
        content_sha256=content_fingerprint(samples),
        ids_sha256=ids,
    )
    return Manifest(samples, conform(strays, STRAY_COLUMNS), header)
