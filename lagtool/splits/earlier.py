"""An earlier split, to be extended: the parts of its pictures, how it was made, and the plan that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lagtool.errors import LagtoolError
from lagtool.manifest.header import first_complaint
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.splits.allocation import Ints
from lagtool.splits.listed import open_manifest, place_splits, read_splits, resolve
from lagtool.splits.plan import LISTED, Options, Plan, make_plan, part_names, read_test, read_weights, split_fingerprint
from lagtool.text import count, show

MANIFEST = "manifest.parquet"
"""Name of the manifest in the folder of a split."""


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
        remarks: What was read of the list that it stands in.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    parameters: dict[str, Any]
    folds: int | None
    sha256: str
    _by_file: "pd.Series[int]"
    _by_pixels: "pd.Series[int]"
    remarks: tuple[str, ...] = ()

    def find_parts(self, rows: pd.DataFrame) -> Ints:
        """Return the part of each sample that the earlier split has, by the bytes of its picture or by its pixels.

        Where it has one picture in several parts, the last of them counts.
        """
        by_file = rows["image_sha256"].astype(object).map(self._by_file)
        by_pixels = rows["image_pixels_sha256"].astype(object).map(self._by_pixels)
        return np.asarray(by_file.fillna(by_pixels).fillna(-1), np.int64)


def is_own(source: str | Path) -> bool:
    """Whether an earlier split is a manifest, or a folder with one, so that its pictures are known by content."""
    path = Path(source)
    return (path / MANIFEST).is_file() if path.is_dir() else not path.exists() or open_manifest(path) is not None


def read_earlier(
    source: Manifest | str | Path, manifest: Manifest | None = None, columns: Mapping[str, str] | None = None
) -> EarlierSplit:
    """Return the split in a manifest, in the folder that ``lagtool split`` wrote, or in lists in any form.

    Args:
        source: The manifest, folder or list.
        manifest: The dataset, in which the names of a list are looked up.
        columns: Columns of a table to take, by role; see `lagtool.read_splits`.

    Raises:
        LagtoolError: It cannot be read, or has no split; or a list names what is no sample, or one in two splits.
    """
    remarks: tuple[str, ...] = ()
    if not isinstance(source, Manifest) and manifest is not None and not is_own(source):
        source, remarks = _place_list(Path(source), manifest, columns)
    if isinstance(source, Manifest):
        manifest, where = source, "the earlier manifest"
    else:
        path = Path(source)
        path = path / MANIFEST if path.is_dir() else path
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
    codes = pd.Categorical(parts[there], categories=names).codes.astype(np.int64)
    samples = manifest.samples[there]
    folds = header.get("folds")
    if folds is None and "algorithm" not in header and "fold" in samples and samples["fold"].notna().any():
        folds = int(samples["fold"].max()) + 1
    if folds is not None and sum(name.startswith("fold") for name in names) != folds:
        raise LagtoolError(f"{where}: {count(folds, 'fold')} with other names than fold0, fold1, ...")
    return EarlierSplit(
        names=tuple(names),
        sizes=tuple(np.bincount(codes, minlength=len(names)).tolist()),
        parameters=header,
        folds=folds,
        sha256=split_fingerprint(manifest),
        _by_file=_last_parts(samples["image_sha256"], codes),
        _by_pixels=_last_parts(samples["image_pixels_sha256"], codes),
        remarks=remarks,
    )


def _last_parts(contents: "pd.Series[str]", codes: Ints) -> "pd.Series[int]":
    return pd.Series(codes).groupby(contents.to_numpy(object)).max()


def _place_list(path: Path, manifest: Manifest, columns: Mapping[str, str] | None) -> tuple[Manifest, tuple[str, ...]]:
    """Return the manifest with the split that a list gives in place of its own, and what was read of the list."""
    listings = read_splits([path], manifest=manifest, columns=columns)
    if len(listings) > 1:
        raise LagtoolError(f"{show(path)} holds {len(listings)} splits, not one: name the list of one")
    listed = resolve(listings[0], manifest)
    lost = listed.table[listed.table["row"] < 0]
    if listed.unusable or len(lost):
        first = listed.unusable[0].place if listed.unusable else f"{lost['place'].iloc[0]}: '{lost['name'].iloc[0]}'"
        raise LagtoolError(
            f"{show(path)}: {count(len(lost) + len(listed.unusable), 'row')} that cannot be followed (first: {first}): "
            "'lagtool audit' says why; correct the list"
        )
    if listed.table.groupby("row")["split"].nunique().max() > 1:
        raise LagtoolError(f"{show(path)} puts a sample into two splits: 'lagtool audit' says which; correct the list")
    return place_splits(manifest, listed), listed.remarks


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
        why = show(first_complaint(error))
        raise LagtoolError(f"{where}: its header says nothing usable of the split ({why})") from None
    return header


def plan_split(
    earlier: EarlierSplit | None,
    *,
    stratify: str | None = None,
    seed: int | None = None,
    held_out: bool = False,
    **options: Unpack[Options],
) -> Plan:
    """Return the plan that the options describe (see `make_plan`), or the one that made an earlier split.

    The parts of that get the same shares of more data.

    Raises:
        LagtoolError: An option is out of its range, contradicts another, or was answered by the earlier split, whose
            header may hold what no plan has.
    """
    if earlier is None:
        return make_plan(stratify=stratify or "class-map", seed=seed or 0, held_out=held_out, **options)
    wrong = [name for name, value in options.items() if value is not None] + (["holdout"] if held_out else [])
    if wrong:
        raise LagtoolError(f"the earlier split says what parts there are: leave out {', '.join(wrong)}")
    made = earlier.parameters
    test = made.get("test")
    if test is not None and (not isinstance(test, str) or len(earlier.names) < 2 or not made.get("names")):
        raise LagtoolError("the header of the earlier split is not one that lagtool writes")
    drawn = len(earlier.names) - (test is not None)
    plan = make_plan(
        stratify=stratify or str(made.get("stratify", "class-map")),
        seed=int(made.get("seed", 0)) if seed is None else seed,
    )
    ratios = made.get("ratios")
    weights = [Fraction(size) for size in earlier.sizes[:drawn]]
    if isinstance(ratios, list) and len(ratios) == drawn:
        weights = list(read_weights(map(str, ratios)))
    if earlier.folds is not None:
        weights = [Fraction(1)] * drawn
    whole = sum(earlier.sizes)
    return replace(
        plan,
        ratios=tuple(map(str, ratios)) if isinstance(ratios, list) else None,
        sizes=None if earlier.folds is not None or isinstance(ratios, list) else tuple(earlier.sizes[:drawn]),
        folds=earlier.folds,
        names=earlier.names,
        test=test,
        _weights=tuple(max(weight, Fraction(1, 10**9)) for weight in weights),
        _test_share=None if test in (None, LISTED) else read_test(test)[1] or Fraction(earlier.sizes[-1], whole),
    )
