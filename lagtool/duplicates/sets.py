"""Picture sets: the pictures of one dataset as `lagtool.duplicates.overlap` compares them, wherever they come from."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from lagtool.curation.apply import curated_samples, excluded
from lagtool.duplicates.groups import identify_pictures
from lagtool.duplicates.pairs import Numbers, order_samples
from lagtool.duplicates.table import Extract
from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.files.root import PICTURES
from lagtool.manifest.blocks import unpack_rows
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest, frame_table
from lagtool.model import SampleFiles, ScanOptions
from lagtool.output.progress import Bar, no_bar
from lagtool.scanning.rows import ProbeContext, crashed_rows, probe_chunk
from lagtool.scanning.scan import CHUNK
from lagtool.scanning.workers import WORTH_PROCESSES, count_processes, map_chunks
from lagtool.text import count, is_shown, show

_DEEPEST = 16  # folders below each other

HASHES = ("image_sha256", "image_pixels_sha256", "image_phash", "image_phash_mirror")
"""Columns of a sample that tell its picture."""

FIELD = ("image_width", "image_height", *(f"image_field_{side}" for side in ("left", "right", "top", "bottom")))
"""Columns of a sample that tell how large its field is."""


@dataclass(frozen=True, eq=False)
class PictureSet:
    """The pictures of one dataset.

    Attributes:
        name: What it is called where it is named beside another.
        samples: One row per picture: ``key``; ``class`` and ``split``, missing where unknown; ``image_path``, and the
            columns `HASHES` and `FIELD`.
        store: Their files; None: they are not at hand.
        extracts: What was taken of each for the same eye (a fingerprint file); None: it has to be taken.
        classes: The names of the classes; empty: unknown.
        remarks: What must be known of it.
    """

    name: str
    samples: pd.DataFrame
    store: Store | None = None
    extracts: Mapping[int, Extract] | None = None
    classes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @cached_property
    def identity(self) -> Numbers:
        """For each picture the position of the first that is identical, by bytes or by pixels."""
        return identify_pictures(self.samples)

    @cached_property
    def compared(self) -> Numbers:
        """Positions of the different pictures that have a hash."""
        hashed = np.flatnonzero(self.samples["image_phash"].notna().to_numpy(bool))
        return np.unique(self.identity[hashed]).astype(np.int64)

    @property
    def has_vessels(self) -> bool:
        """Whether what tells an eye is known, or can be taken of the pictures."""
        return self.store is not None or self.extracts is not None


def of_manifest(manifest: Manifest, name: str, store: Store | None = None) -> PictureSet:
    """Return the pictures of a manifest, but for those that marks exclude; splits are its column ``split`` or ``fold``.

    Args:
        manifest: The manifest.
        name: What the set is called.
        store: Where the pictures lie; None: they are not at hand.
    """
    classes = [c.name for c in manifest.profile.classes]
    samples = manifest.samples.iloc[order_samples(manifest.samples, classes)]
    out = excluded(samples)
    there = samples["image_path"].notna().to_numpy(bool) & ~out
    now = curated_samples(samples, manifest.profile).assign(key=sample_keys(samples), split=_splits(samples))
    remarks = [f"{count(int(out.sum()), 'sample')} of {name} left out: a mark excludes it"] if out.any() else []
    return PictureSet(name, _conform(now[there]), store, classes=tuple(classes), remarks=tuple(remarks))


def of_pictures(store: Store, name: str, *, jobs: int | None = None, bar: Bar = no_bar) -> PictureSet:
    """Return all pictures below a folder, whatever its layout: their keys are their paths, without class or split.

    Raises:
        LagtoolError: There is none, or the folder cannot be looked into.
    """
    paths = sorted(_walk(store, "", 0))
    shown = [path for path in paths if is_shown(path)]
    if not shown:
        raise LagtoolError(f"{show(name)}: no pictures ({', '.join(PICTURES)}) in this folder or below: name another")
    files = [SampleFiles("", path, path, None, None) for path in shown]
    context = ProbeContext(store.for_workers(), {"": 0}, {"image": None}, {}, ScanOptions())
    processes = 1 if len(files) < WORTH_PROCESSES else count_processes(store.jobs(jobs))
    work = map_chunks(probe_chunk, context, files, CHUNK, processes, crashed_rows)
    with bar("Scanning", len(files), "images") as advance, closing(work):
        tables = []
        for done, block in work:
            tables.append(unpack_rows(block))
            advance(done)
    samples = frame_table(pa.concat_tables(tables))
    remarks = [f"{name} has the layout of no profile: {count(len(shown), 'picture')} taken by path, without classes"]
    if len(shown) < len(paths):
        remarks.append(f"{count(len(paths) - len(shown), 'picture')} of {name} left out: names that cannot be shown")
    samples["key"] = samples["id"]
    samples["split"] = samples["class"] = pd.array([pd.NA] * len(samples), dtype="string")
    return PictureSet(name, _conform(samples), store, remarks=tuple(remarks))


def _walk(store: Store, folder: str, depth: int) -> Iterator[str]:
    try:
        entries = list(store.entries(folder))
    except OSError as error:
        raise LagtoolError(f"cannot look into {show(folder or str(store))}: {error.strerror}") from None
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                yield from _walk(store, path, depth + 1)
        elif entry.name.lower().endswith(PICTURES) and not entry.name.startswith("."):
            yield path


def _splits(samples: pd.DataFrame) -> "pd.Series[str]":
    if "split" in samples and samples["split"].notna().any():
        return samples["split"].astype("string")
    if "fold" in samples and samples["fold"].notna().any():
        return "fold " + samples["fold"].astype("string")
    return pd.Series(pd.NA, index=samples.index, dtype="string")


def _conform(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `PictureSet.samples`; pictures that are empty or not sound have no hash."""
    chosen = samples[["key", "class", "split", "image_path", *HASHES, *FIELD]].reset_index(drop=True)
    empty = (samples["image_bytes"].fillna(0) <= 0).to_numpy(bool)
    sound = samples["image_state"].eq("ok").to_numpy(bool, na_value=False)
    for name in HASHES:
        chosen[name] = chosen[name].astype("string").mask(empty if name == "image_sha256" else empty | ~sound)
    return chosen
