"""Manifests from a few literals, complete and plausible in every column of the schema."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lagtool import __version__
from lagtool.manifest.fingerprint import content_fingerprint, ids_fingerprint
from lagtool.manifest.header import Header
from lagtool.manifest.schema import SAMPLE_COLUMNS, UNMATCHED_COLUMNS
from lagtool.manifest.value import Manifest, conform
from lagtool.profiles import Profile, load_profile

Row = dict[str, Any]

MTIME_NS = 1_700_000_000_000_000_000
CREATED = "2024-01-01T00:00:00Z"


def fake_sha256(text: str) -> str:
    """Return a plausible sha256 that depends on ``text`` only."""
    return hashlib.sha256(text.encode()).hexdigest()


def row(
    id: str = "0001",
    class_: str = "non_glaucoma",
    *,
    image: bool = True,
    label: bool = True,
    map: bool = True,
    profile: str | Profile = "lag",
    **columns: Any,
) -> Row:
    """Return one sample by column name: a flawless one, but for what ``columns`` says.

    ``image=False``, ``label=False`` or ``map=False`` leave that file out: all its columns are missing. A column given
    as ``None`` is missing too. Pictures differ from sample to sample and are the same in every call.
    """
    spec = load_profile(profile) if isinstance(profile, str) else profile
    number = next(c.label for c in spec.classes if c.name == class_)
    stem = f"{class_}/{id}"
    values: Row = {"id": id, "class": class_, "label": number}
    if image:
        values |= _picture("image", spec.path(class_, "image", f"{id}.jpg"), stem, 40_000, 500, "RGB")
    if label:
        values |= {
            "label_path": spec.path(class_, "label", f"{id}.txt"),
            "label_bytes": 1,
            "label_mtime_ns": MTIME_NS,
            "label_sha256": hashlib.sha256(str(number).encode()).hexdigest(),
            "label_raw": str(number),
            "label_value": number,
            "label_state": "ok",
        }
    if map:
        values |= _picture("map", spec.path(class_, "map", f"{id}.jpg"), stem, 800, 112, "L")
        values |= {"map_color": False, "map_min": 0, "map_max": 255, "map_mean": 15.0}
    unknown = columns.keys() - {column.name for column in SAMPLE_COLUMNS}
    if unknown:
        raise ValueError(f"no such column: {sorted(unknown)}")
    return values | columns


def unmatched_file(path: str, reason: str = "junk", **columns: Any) -> Row:
    """Return one unmatched file by column name."""
    return {"path": path, "kind": "file", "reason": reason, "detail": None, "files": 1, "bytes": 100} | columns


def rows(n0: int = 0, n1: int = 0, maps0: int | None = None, maps1: int | None = None, first: int = 1) -> list[Row]:
    """Return ``n0`` + ``n1`` samples of the two LAG classes, numbered from ``first`` through both.

    The first ``maps0`` and ``maps1`` of each class have an attention map; None: all of them.
    """
    made = []
    for class_, start, size, maps in (
        ("non_glaucoma", first, n0, maps0),
        ("suspicious_glaucoma", first + n0, n1, maps1),
    ):
        with_map = size if maps is None else maps
        made += [row(f"{start + i:04d}", class_, map=i < with_map) for i in range(size)]
    return made


def make_manifest(
    samples: int | Iterable[Row] = 0,
    n1: int = 0,
    maps0: int | None = None,
    maps1: int | None = None,
    *,
    unmatched: Iterable[Row] = (),
    profile: str | Profile = "lag",
    header: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> Manifest:
    """Return a manifest of ``n0, n1, maps0, maps1`` samples, or of the rows given (see `row`).

    ``overrides`` are columns that all samples get, a value or one per sample in manifest order; ``header`` replaces
    fields of the header. Rows are put in order of class and id, and both fingerprints are computed.

    >>> make_manifest(3, 2, 3, 0).samples["map_path"].notna().sum()
    3
    >>> make_manifest([row("0001", image_state="truncated"), row("0002", "suspicious_glaucoma", map=False)])
    """
    spec = load_profile(profile) if isinstance(profile, str) else profile
    made = rows(samples, n1, maps0, maps1) if isinstance(samples, int) else list(samples)
    order = {c.name: rank for rank, c in enumerate(spec.classes)}
    made.sort(key=lambda values: (order[values["class"]], values["id"]))
    optional = [c.name for c in SAMPLE_COLUMNS if c.optional and any(c.name in values for values in made)]
    names = [c.name for c in SAMPLE_COLUMNS if not c.optional or c.name in optional]
    frame = _frame(made, names).assign(**overrides)
    table = conform(frame, SAMPLE_COLUMNS)
    fields: dict[str, Any] = {
        "tool_version": __version__,
        "created": CREATED,
        "root_name": "LAG",
        "profile": spec,
        "content_sha256": content_fingerprint(table),
        "ids_sha256": ids_fingerprint(table),
    }
    unmatched_table = conform(_frame(list(unmatched), [c.name for c in UNMATCHED_COLUMNS]), UNMATCHED_COLUMNS)
    return Manifest(table, unmatched_table, Header(**(fields | dict(header or {}))))


def _picture(slot: str, path: str, stem: str, size: int, side: int, mode: str) -> Row:
    return {
        f"{slot}_path": path,
        f"{slot}_bytes": size,
        f"{slot}_mtime_ns": MTIME_NS,
        f"{slot}_sha256": fake_sha256(f"{slot} {stem}"),
        f"{slot}_width": side,
        f"{slot}_height": side,
        f"{slot}_mode": mode,
        f"{slot}_format": "JPEG",
        f"{slot}_state": "ok",
    }


def _frame(made: list[Row], names: list[str]) -> pd.DataFrame:
    # Objects throughout: pandas would otherwise turn a missing whole number into a float, and past 2**53 into another.
    columns = {name: [pd.NA if (v := values.get(name)) is None else v for values in made] for name in names}
    return pd.DataFrame({name: pd.Series(column, dtype="object") for name, column in columns.items()})
