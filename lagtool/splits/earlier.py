"""An earlier split, to be extended: the parts of its pictures, and how it was made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest, read_manifest
from lagtool.splits.allocation import Ints
from lagtool.splits.parts import part_names, split_fingerprint

_MANIFEST = "manifest.parquet"


@dataclass(frozen=True, eq=False)
class EarlierSplit:
    """A split of a part of the data.

    Attributes:
        names: Names of its parts, in order.
        sizes: Samples in each.
        parameters: How it was made; empty where another tool made it.
        folds: Number of folds; None where it has parts.
        nested: Whether the last part is a test part beside folds, or one that a list gave.
        sha256: Its fingerprint.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    parameters: dict[str, Any]
    folds: int | None
    sha256: str
    _by_file: dict[str, int]
    _by_pixels: dict[str, int]

    def find_parts(self, rows: pd.DataFrame) -> Ints:
        """Return the part of each sample that the earlier split has, by the bytes of its picture or by its pixels.

        Where it has one picture in several parts, the last of them counts.
        """
        parts = np.array([self._by_file.get(key, -1) for key in rows["image_sha256"].tolist()], np.int64)
        for row in np.flatnonzero((parts < 0) & rows["image_pixels_sha256"].notna().to_numpy()).tolist():
            parts[row] = self._by_pixels.get(rows["image_pixels_sha256"].iloc[row], -1)
        return parts


def read_earlier(source: Manifest | str | Path) -> EarlierSplit:
    """Return the split in a manifest, or in the folder that ``lagtool split`` wrote.

    Raises:
        LagtoolError: It cannot be read, or has no split.
    """
    if isinstance(source, Manifest):
        manifest, where = source, "the earlier manifest"
    else:
        path = Path(source)
        path = path / _MANIFEST if path.is_dir() else path
        manifest, where = read_manifest(path), show(path)
    parts = part_names(manifest)
    there = (parts.notna() & manifest.samples["image_sha256"].notna()).to_numpy(bool)
    if not there.any():
        raise LagtoolError(f"{where} has no sample in a part: name the manifest of an earlier split")
    header = _check_header(manifest.header.split or {}, where)
    found = parts[there].unique().tolist()
    names = [str(name) for name in header.get("names") or sorted(found)]
    unknown = [name for name in found if name not in names]
    if unknown or len(set(names)) < len(names):
        raise LagtoolError(f"{where} has a part '{show(str((unknown or names)[0]), 40)}' that its header does not name")
    codes = parts[there].map({name: number for number, name in enumerate(names)}).to_numpy(np.int64)
    samples = manifest.samples[there]
    order = np.argsort(codes, kind="stable")  # of one picture in two parts the last counts
    pixels = samples["image_pixels_sha256"]
    folds = header.get("folds") if header else (int(manifest.samples["fold"].max()) + 1 if "fold" in samples else None)
    if folds is not None and sum(name.startswith("fold") for name in names) != folds:
        raise LagtoolError(f"{where}: {count(folds, 'fold')} with other names than fold0, fold1, ...")
    return EarlierSplit(
        names=tuple(names),
        sizes=tuple(np.bincount(codes, minlength=len(names)).tolist()),
        parameters=header,
        folds=folds,
        sha256=split_fingerprint(manifest),
        _by_file=dict(zip(samples["image_sha256"].iloc[order].tolist(), codes[order].tolist(), strict=True)),
        _by_pixels={
            key: code
            for key, code in zip(pixels.iloc[order].tolist(), codes[order].tolist(), strict=True)
            if not pd.isna(key)
        },
    )


class _Made(BaseModel):
    """What is used of a header's ``split``, which may come from a stranger."""

    model_config = ConfigDict(strict=True, extra="ignore")

    names: list[str] = Field(default=[], max_length=10_001)
    folds: int | None = Field(default=None, ge=2, le=10_000)
    test: str | None = None
    ratios: list[str] | None = None
    seed: int = Field(default=0, ge=0)
    stratify: str = "class-map"


def _check_header(header: dict[str, Any], where: str) -> dict[str, Any]:
    try:
        _Made.model_validate(header)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = show(".".join(map(str, first["loc"])), 40)
        raise LagtoolError(f"{where}: its header says nothing usable of the split ({place}: {first['msg']})") from None
    return header
