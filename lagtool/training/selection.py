"""Which samples of a manifest are to be loaded, as plain arrays: a part or fold of its split, as marks say."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.curation.apply import curated_samples, excluded
from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.files.root import find_store
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.profiles import SlotName
from lagtool.splits.grouping import group_all
from lagtool.splits.lines import GivenGroups
from lagtool.splits.plan import part_names
from lagtool.text import show
from lagtool.training.files import ALL, Check, Files, Names, Selection

_SOUND = ("ok", "unread")  # of an index that was made with --quick, nothing is decoded
Mask = NDArray[np.bool_]


def select(
    source: Manifest | str | Path,
    root: str | Path | Store,
    *,
    split: str | None,
    fold: int | None,
    held_out: bool,
    check: Check,
    reduced: tuple[int, int] | None,
) -> Selection:
    """Choose the samples of a manifest that can be loaded.

    Args:
        source: The manifest, or its file.
        root: The folder of the dataset, or one that holds it; an archive or URL that does.
        split: As for `lagtool.training.SampleSet`.
        fold: As there.
        held_out: As there.
        check: What of a file must be as in the manifest.
        reduced: Images may be reduced while they are decoded, to no less than this (height, width); None: they may not.

    Raises:
        LagtoolError: Manifest or dataset cannot be read, or nothing of what is wanted can be loaded.
    """
    manifest = source if isinstance(source, Manifest) else read_manifest(source)
    profile = manifest.profile
    samples = curated_samples(manifest.samples, profile)
    mask, title = _choose(manifest, split, fold, held_out=held_out)
    if not mask.any():
        raise LagtoolError(f"{title}: the manifest has no such sample")
    left_out = {"excluded": int((mask & excluded(samples)).sum())}
    mask &= ~excluded(samples)
    mask, reasons = _usable(samples, "image", mask)
    left_out = {reason: number for reason, number in {**left_out, **reasons}.items() if number}
    if not mask.any():
        said = ", ".join(f"{number:,} {reason}" for reason, number in left_out.items())
        raise LagtoolError(f"{title}: no sample is left to load ({said}): see 'lagtool validate'")
    rows = np.flatnonzero(mask)
    has_map, maps_left_out = _usable(samples, "map", mask)
    maps_left_out.pop("no-map", None)
    place = find_store(root, profile).for_workers()
    classes = sorted(profile.classes, key=lambda c: c.label)
    return Selection(
        title=title,
        classes=tuple(c.name for c in classes),
        class_labels=np.array([c.label for c in classes], np.int64),
        labels=samples["label"].to_numpy(np.int64)[rows],
        keys=_pack(sample_keys(manifest.samples).to_series().iloc[rows]),
        images=_files(manifest, "image", place, rows, check, mask, reduced),
        maps=_files(manifest, "map", place, rows, check, has_map),
        masks="map" in profile.slots and profile.slots["map"].content == "mask",
        left_out=left_out,
        maps_left_out=maps_left_out,
        groups=lambda: _group(manifest)[rows],
    )


def _choose(manifest: Manifest, split: str | None, fold: int | None, *, held_out: bool) -> tuple[Mask, str]:
    """Return which samples are wanted, and what to call them."""
    samples = manifest.samples
    if fold is not None:
        if split is not None:
            raise LagtoolError("split= and fold= exclude each other: a fold is of the part that was divided into folds")
        return _choose_fold(samples, fold, held_out=held_out)
    if held_out:
        raise LagtoolError("held_out= needs fold=: the number of the fold that is held out")
    divided = "split" in samples or "fold" in samples
    if split == ALL or (split is None and not divided):
        return np.ones(len(samples), np.bool_), "all samples"
    if not divided:
        raise LagtoolError(f"split={show(str(split))}: the manifest has no split: make one with 'lagtool split'")
    columns = [part_names(manifest), *([samples["split"]] if "split" in samples else [])]
    names = list(dict.fromkeys(pd.concat(columns).dropna().sort_values().tolist()))
    folds = f", or one with fold=0..{int(samples['fold'].max())}" if "fold" in samples else ""
    said = f"{', '.join(names)}{folds}"
    if split is None:
        raise LagtoolError(f"the manifest is split: choose a part with split= ({said}), or all with split='{ALL}'")
    if split not in names:
        raise LagtoolError(f"split={show(str(split))}: the manifest has no such part, but {said}")
    hits = [column.eq(split).fillna(value=False).to_numpy(np.bool_) for column in columns]
    return np.logical_or.reduce(hits), f"part {split}"


def _choose_fold(samples: pd.DataFrame, fold: int, *, held_out: bool) -> tuple[Mask, str]:
    if "fold" not in samples:
        raise LagtoolError(f"fold={fold}: the manifest has no folds: make them with 'lagtool split --folds 5'")
    numbers = samples["fold"].astype("Int64")
    there = sorted(numbers.dropna().unique().tolist())
    if fold not in there:
        raise LagtoolError(f"fold={show(str(fold))}: the manifest has no such fold, but {', '.join(map(str, there))}")
    inside = numbers.eq(fold).fillna(value=False).to_numpy(np.bool_)
    if held_out:
        return inside, f"fold {fold}, held out"
    return numbers.notna().to_numpy(np.bool_) & ~inside, f"all folds but {fold}"


def _usable(samples: pd.DataFrame, slot: SlotName, mask: Mask) -> tuple[Mask, dict[str, int]]:
    """Return which samples of ``mask`` have a file in ``slot`` that can be decoded, and why the others have none."""
    states = samples[f"{slot}_state"].astype(object).where(samples[f"{slot}_path"].notna(), None)
    sound = states.isin(_SOUND).to_numpy(np.bool_)
    numbers = states[mask & ~sound].fillna("").value_counts()
    reasons = {f"{slot}-{state}" if state else f"no-{slot}": int(number) for state, number in numbers.items()}
    return mask & sound, dict(sorted(reasons.items()))


def _files(
    manifest: Manifest,
    slot: SlotName,
    root: Store,
    rows: Any,
    check: Check,
    there: Mask,
    reduced: tuple[int, int] | None = None,
) -> Files:
    samples = manifest.samples.iloc[rows]
    absent = ~there[rows]
    spec = manifest.profile.slots.get(slot)
    sizes, digests = samples[f"{slot}_bytes"], samples[f"{slot}_sha256"]
    if check == "none":
        sizes = sizes.mask(np.ones(len(rows), np.bool_))
    if check == "sha256" and digests[~absent].isna().any():
        raise LagtoolError(f"check=sha256: the manifest knows no sha256 of each {slot}: index without --quick")
    if check not in ("auto", "sha256"):
        digests = digests.mask(np.ones(len(rows), np.bool_))
    return Files(
        root,
        _pack(samples[f"{slot}_path"].mask(absent)),
        sizes.fillna(-1).to_numpy(np.int64),
        _pack(digests),
        _factors(samples, slot, reduced),
        None if spec is None else spec.format,
        manifest.header.scan_options.max_pixels,
    )


def _factors(samples: pd.DataFrame, slot: SlotName, reduced: tuple[int, int] | None) -> NDArray[np.uint8]:
    """Return the largest part, 1, 2, 4 or 8, that leaves no less than is wanted; 1 for what is no JPEG."""
    factors = np.ones(len(samples), np.uint8)
    if reduced is not None:
        height, width = (samples[f"{slot}_{name}"].fillna(0).to_numpy(np.int64) for name in ("height", "width"))
        jpeg = samples[f"{slot}_format"].eq("JPEG").fillna(value=False).to_numpy(np.bool_)
        for factor in (2, 4, 8):
            factors[jpeg & (height >= factor * reduced[0]) & (width >= factor * reduced[1])] = factor
    return factors


def _pack(texts: "pd.Series[Any]") -> Names:
    return np.char.encode(texts.astype(object).fillna("").to_numpy().astype(np.str_), "utf-8")


def _group(manifest: Manifest) -> NDArray[np.int64]:
    """Return the group of every sample of the manifest, as the position of its first member."""
    given = None
    if "group" in manifest.samples:
        names = manifest.samples["group"]
        given = GivenGroups(names, int(names.nunique()), None)
    return np.asarray(group_all(manifest, given).codes, np.int64)
