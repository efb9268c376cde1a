"""A manifest with a split: parts or folds as a column."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest, conform
from lagtool.schema import SAMPLE_COLUMNS
from lagtool.splits.allocation import Ints
from lagtool.splits.assignment import ALGORITHM, Assignment, assign, order_ranks
from lagtool.splits.plan import Plan, make_plan

_GROUP_DIGITS = 16


def make_split(
    manifest: Manifest,
    *,
    ratios: Sequence[float | str | Fraction] | None = None,
    sizes: Sequence[int | str] | None = None,
    folds: int | None = None,
    names: Sequence[str] | None = None,
    stratify: str = "class-map",
    seed: int = 0,
) -> Manifest:
    """Return the manifest with every usable sample assigned to one part (column ``split``) or fold (column ``fold``).

    Usable is a sample whose image was decoded without complaint. Byte-identical images stay together (column
    ``group``). Which part a sample gets depends on the seed, on the bytes of the pictures, on their classes and on the
    presence of a map only: not on names, order or the machine. Without identical images, part sizes are exact, and
    each class and each stratum is rounded to one of the two whole numbers next to its share in every part.

    Args:
        manifest: What is to be split.
        ratios: Positive, adding up to 1 or 100; 70, 15, 15 where ``sizes`` and ``folds`` are not given either.
        sizes: Samples per part; the word ``rest`` may stand for one of them.
        folds: Number of folds, from 2 up to the number of usable samples of the smallest class.
        names: Names of the parts, 1 to 32 letters, digits, ``_`` and ``-`` each.
        stratify: ``class-map`` (class and presence of a map), ``class`` or ``none``.
        seed: From 0 on.

    Raises:
        LagtoolError: An option is out of its range, or the samples do not suffice for it.
    """
    plan = make_plan(ratios=ratios, sizes=sizes, folds=folds, names=names, stratify=stratify, seed=seed)
    return apply_plan(manifest, plan)


def apply_plan(manifest: Manifest, plan: Plan) -> Manifest:
    """Like `make_split`, with the options in a plan.

    Raises:
        LagtoolError: The usable samples do not suffice for the plan.
    """
    samples = manifest.samples
    mask = usable(samples)
    rows = samples[mask]
    if not len(rows) and manifest.header.depth.quick:
        raise LagtoolError("the images are not known by content (indexed with --quick): index them without it")
    if not len(rows):
        raise LagtoolError(f"no usable image among {count(len(samples), 'sample')}: see 'lagtool validate'")
    _check_folds(plan, rows)
    sizes = plan.part_sizes(len(rows))
    assignment = _assign(rows, plan, sizes, manifest)
    _check_filled(assignment, plan)
    split: dict[str, Any] = {
        "algorithm": ALGORITHM,
        **plan.parameters,
        "seed": plan.seed,
        "targets": sizes,
        "slack": assignment.slack,
        "size_slack": assignment.size_slack,
        "data_sha256": manifest.header.content_sha256,
    }
    columns: dict[str, Any] = {"group": _spread(mask, _group_names(rows["image_sha256"]), "string")}
    if plan.folds is None:
        columns["split"] = _spread(mask, np.array(plan.names, dtype=object)[assignment.parts], "string")
    else:
        columns["fold"] = _spread(mask, assignment.parts, "Int64")
    # A column of an earlier split would contradict the header.
    bare = samples.drop(columns=["split", "fold", "group"], errors="ignore")
    done = replace(manifest, samples=conform(bare.assign(**columns), SAMPLE_COLUMNS))
    split["split_sha256"] = split_fingerprint(done)
    return replace(done, header=manifest.header.model_copy(update={"split": split}))


def usable(samples: pd.DataFrame) -> "pd.Series[bool]":
    """Return which samples can be part of a split: their image was decoded without complaint, and hashed."""
    return samples["image_state"].eq("ok").fillna(value=False).astype(bool) & samples["image_sha256"].notna()


def part_names(manifest: Manifest) -> "pd.Series[str]":
    """Return the name of each sample's part, ``fold0``, ``fold1``, ... for folds; missing where it has none.

    Raises:
        LagtoolError: The manifest has no split.
    """
    samples = manifest.samples
    if "split" in samples:
        return samples["split"]
    if "fold" not in samples:
        raise LagtoolError("the manifest has no split: make one with 'lagtool split'")
    return "fold" + samples["fold"].astype("string")


def split_fingerprint(manifest: Manifest) -> str:
    r"""Return the sha256 over the sorted lines ``part image-sha256\n`` of all samples that have a part.

    Two people who have the same fingerprint train and test on the same pictures, whatever their files are called.

    Raises:
        LagtoolError: The manifest has no split.
    """
    names = part_names(manifest)
    has_part = names.notna()
    pairs = zip(names[has_part].tolist(), manifest.samples["image_sha256"][has_part].tolist(), strict=True)
    return hashlib.sha256("".join(f"{line}\n" for line in sorted(f"{n} {h}" for n, h in pairs)).encode()).hexdigest()


def _assign(rows: pd.DataFrame, plan: Plan, sizes: list[int], manifest: Manifest) -> Assignment:
    contents = rows["image_sha256"]
    if not contents.str.fullmatch("[0-9a-f]{64}").all():
        raise LagtoolError("an image_sha256 is not 64 hexadecimal digits: make the manifest again with 'lagtool index'")
    groups, unique = pd.factorize(contents)
    ranks = order_ranks(unique.tolist(), plan.seed)[groups]
    strata, classes = _strata(rows, plan, [c.name for c in manifest.profile.classes])
    return assign(strata, classes, groups.astype(np.int64), ranks, np.array(sizes, dtype=np.int64))


def _strata(rows: pd.DataFrame, plan: Plan, names: list[str]) -> tuple[Ints, Ints]:
    """Return the stratum of each sample and the class of each stratum."""
    if plan.stratify == "none":
        return np.zeros(len(rows), dtype=np.int64), np.zeros(1, dtype=np.int64)
    codes = pd.Categorical(rows["class"], categories=names).codes.astype(np.int64)
    if plan.stratify == "class":
        return codes, np.arange(len(names), dtype=np.int64)
    with_map = rows["map_path"].notna().to_numpy(dtype=np.int64)
    return 2 * codes + with_map, np.repeat(np.arange(len(names), dtype=np.int64), 2)


def _group_names(contents: "pd.Series[str]") -> "pd.Series[str]":
    return contents.str.slice(0, _GROUP_DIGITS).where(contents.duplicated(keep=False))


def _spread(mask: "pd.Series[bool]", values: Any, dtype: str) -> "pd.Series[Any]":
    """Return a column that holds ``values`` where ``mask`` is set and is missing elsewhere."""
    return pd.Series(values, index=mask.index[mask.to_numpy()], dtype=dtype).reindex(mask.index)


def _check_folds(plan: Plan, rows: pd.DataFrame) -> None:
    if plan.folds is None:
        return
    sizes = rows["class"].value_counts()
    if plan.folds > sizes.min():
        raise LagtoolError(
            f"{plan.folds:,} folds are not possible: class {show(str(sizes.idxmin()))} has only "
            f"{count(int(sizes.min()), 'usable sample')}"
        )


def _check_filled(assignment: Assignment, plan: Plan) -> None:
    filled = np.bincount(assignment.parts, minlength=len(plan.names))
    if not filled.all():
        raise LagtoolError(
            f"part {plan.names[int(filled.argmin())]!r} would stay empty, because identical images must stay together: "
            "ask for fewer parts"
        )
