"""Manifests of any size, built from columns: no picture is drawn and no row is an object."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from lagtool import __version__
from lagtool.manifest.fingerprint import content_fingerprint, ids_fingerprint
from lagtool.manifest.header import Header
from lagtool.manifest.schema import SAMPLE_COLUMNS, UNMATCHED_COLUMNS
from lagtool.manifest.value import Manifest, conform
from lagtool.profiles import Profile, load_profile

_TEXT = pd.StringDtype("pyarrow")
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_MTIME = 1_700_000_000_000_000_000


def make_columns(size: int, *, many: bool = False, seed: int = 0) -> Manifest:
    """Return a manifest of ``size`` samples in two classes, each with image, label and map, and a split.

    Args:
        size: Number of samples.
        many: Whether every sample has several defects (false label, Exif orientation, coordinates, trailing data, dark
            map, and for most another size, an identical twin and a group in another part) or none has any.
        seed: Chooses the numbers.
    """
    rng = np.random.default_rng(seed)
    profile = _profile(size)
    ids = pd.Series(np.char.zfill(np.arange(1, size + 1).astype(str), profile.id_width), dtype=_TEXT)
    first = profile.classes[0].images or 0
    names = np.repeat([c.name for c in profile.classes], [first, size - first])
    columns: dict[str, Any] = {
        "id": ids,
        "class": pd.Series(names, dtype=_TEXT),
        "label": np.repeat([0, 1], [first, size - first]),
    }
    for slot, suffix in (("image", ".jpg"), ("label", ".txt"), ("map", ".jpg")):
        folder = profile.slots[slot].folder  # type: ignore[index]
        columns |= {
            f"{slot}_path": columns["class"] + f"/{folder}/" + ids + suffix,
            f"{slot}_bytes": rng.integers(600, 60_000, size),
            f"{slot}_mtime_ns": _MTIME + rng.integers(0, 10**15, size),
            f"{slot}_ctime_ns": _MTIME + rng.integers(0, 10**15, size),
            f"{slot}_inode": np.arange(size),
            f"{slot}_device": np.full(size, 1),
            f"{slot}_sha256": _digests(rng, size),
            f"{slot}_state": _same("ok", size),
        }
    columns |= _pictures(rng, size) | _maps(rng, size)
    columns |= {"label_raw": pd.Series(columns["label"].astype(str), dtype=_TEXT), "label_value": columns["label"]}
    columns |= {"split": pd.Series(rng.choice(["train", "test"], size, p=[0.8, 0.2]), dtype=_TEXT)}
    if many:
        columns |= _defects(rng, columns, size)
    for column in SAMPLE_COLUMNS:
        if column.name not in columns and not column.optional:
            columns[column.name] = pd.Series(
                pd.NA, index=range(size), dtype=_TEXT if column.kind == "text" else "Int64"
            )
    samples = conform(pd.DataFrame(columns), SAMPLE_COLUMNS)
    header = Header(
        tool_version=__version__,
        created="2024-01-01T00:00:00Z",
        root_name="LAG",
        profile=profile,
        profile_choice="given",
        content_sha256=content_fingerprint(samples),
        ids_sha256=ids_fingerprint(samples),
        split={"names": ["train", "test"]},
    )
    unmatched = conform(
        pd.DataFrame({c.name: pd.Series([], dtype=object) for c in UNMATCHED_COLUMNS}), UNMATCHED_COLUMNS
    )
    return Manifest(samples, unmatched, header)


def _profile(size: int) -> Profile:
    """Return the layout of LAG with numbers of images and maps that fit."""
    profile = load_profile("lag")
    first = round(size * 0.585)
    classes = tuple(
        spec.model_copy(update={"images": number, "maps": number})
        for spec, number in zip(profile.classes, (first, size - first), strict=True)
    )
    return profile.model_copy(update={"id": f"{{number:0{max(4, len(str(size)))}}}", "classes": classes})


def _pictures(rng: np.random.Generator, size: int) -> dict[str, Any]:
    # Of a clean dataset: spread as photographs are, nothing far out.
    def near(middle: float, spread: float) -> NDArray[np.float64]:
        return middle + spread * rng.uniform(-2, 2, size)

    return {
        "image_width": np.full(size, 500),
        "image_height": np.full(size, 500),
        "image_mode": _same("RGB", size),
        "image_format": _same("JPEG", size),
        "image_quality": rng.integers(86, 92, size),
        "image_tables": _same("05d657701fa6417f", size),
        "image_subsampling": _same("4:2:0", size),
        **{f"image_{name}": np.zeros(size, bool) for name in ("exif", "gps", "icc", "xmp")},
        "image_pixels_sha256": _digests(rng, size),
        **{f"image_{name}_mean": near(level, level / 5) for name, level in (("red", 120), ("green", 53), ("blue", 24))},
        **{f"image_{name}_std": near(40, 5) for name in ("red", "green", "blue")},
        "image_brightness": near(70, 16),
        "image_contrast": near(40, 8),
        "image_saturation": near(0.68, 0.1),
        "image_sharpness": near(36, 10),
        "image_entropy": near(6.3, 0.5),
        "image_underexposed": near(0.2, 0.05),
        "image_overexposed": near(0.01, 0.002),
        "image_field_left": np.full(size, 0.02),
        "image_field_top": np.full(size, 0.02),
        "image_field_right": np.full(size, 0.98),
        "image_field_bottom": np.full(size, 0.98),
        "image_field_share": np.full(size, 0.724),
        "image_field_cut": _same("none", size),
        "image_phash": _digests(rng, size),
        "image_phash_mirror": _digests(rng, size),
        "image_phash64": _digests(rng, size).str.slice(0, 16),
        "image_disc_x": near(0.5, 0.04),
        "image_disc_y": near(0.5, 0.04),
        "image_disc_score": rng.uniform(0.1, 0.8, size),
    }


def _maps(rng: np.random.Generator, size: int) -> dict[str, Any]:
    return {
        "map_width": np.full(size, 112),
        "map_height": np.full(size, 112),
        "map_mode": _same("L", size),
        "map_format": _same("JPEG", size),
        "map_color": np.zeros(size, bool),
        "map_min": np.zeros(size, int),
        "map_max": rng.integers(253, 256, size),
        **{f"map_{name}": rng.uniform(0.4, 0.6, size) for name in ("peak_x", "peak_y", "centroid_x", "centroid_y")},
        **{f"map_{name}": rng.uniform(1, 20, size) for name in ("mean", "mass", "spread", "entropy", "zero_share")},
        "map_grid": _digests(rng, size).str.repeat(8),
    }


def _defects(rng: np.random.Generator, columns: dict[str, Any], size: int) -> dict[str, Any]:
    twin = np.arange(size) // 2 * 2  # each second sample is its neighbour again
    digests = pd.Series(columns["image_sha256"]).iloc[twin].reset_index(drop=True)
    return {
        "label_value": 1 - columns["label"],
        "image_orientation": np.full(size, 6),
        "image_gps": np.ones(size, bool),
        "image_trailer": _same("1,024 bytes behind the end of the image", size),
        "image_width": np.where(rng.random(size) < 0.9, 480 + rng.integers(0, 9, size), 500),
        "image_sha256": digests,
        "group": digests.str.slice(0, 16),
        "map_max": np.full(size, 120),
    }


def _same(text: str, size: int) -> "pd.Series[str]":
    return pd.Series(pa.repeat(text, size).to_pandas(types_mapper={pa.string(): _TEXT}.get), dtype=_TEXT)


def _digests(rng: np.random.Generator, size: int) -> "pd.Series[str]":
    raw = rng.integers(0, 256, (size, 32), dtype=np.uint8)
    text = np.empty((size, 64), np.uint8)
    text[:, 0::2], text[:, 1::2] = _HEX[raw >> 4], _HEX[raw & 15]
    ends = np.arange(size + 1, dtype=np.int64) * 64
    made = pa.LargeStringArray.from_buffers(size, pa.py_buffer(ends), pa.py_buffer(text.ravel()))
    return pd.Series(pd.array(made, dtype=_TEXT))
