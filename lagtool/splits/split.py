"""A manifest with a split: parts or folds as a column."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lagtool.curation.apply import curated_samples, excluded
from lagtool.duplicates.pairs import record_pairs
from lagtool.duplicates.recorded import find_or_take_pairs
from lagtool.errors import LagtoolError
from lagtool.files import Store, is_tree
from lagtool.files.root import find_store
from lagtool.manifest.header import ALL, IDENTICAL, Relation
from lagtool.manifest.marks import fingerprint_marks
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.schema import SAMPLE_COLUMNS
from lagtool.manifest.value import Manifest, conform
from lagtool.output.progress import Bar, no_bar
from lagtool.scanning.source import Source, open_manifest
from lagtool.splits.allocation import Ints
from lagtool.splits.assignment import ALGORITHM, Assignment, Mask, assign, order_ranks
from lagtool.splits.constraints import Constraints, Pool
from lagtool.splits.earlier import plan_split, read_earlier
from lagtool.splits.grouping import Grouping, group_all, name_groups
from lagtool.splits.lines import read_groups, read_samples, table_groups
from lagtool.splits.plan import HELD_OUT, LISTED, Plan, fingerprint_names, split_fingerprint, usable
from lagtool.text import count, show

DEVELOPMENT = "dev"
"""Name, in the column ``split``, of the samples in folds, where there is a test part beside them."""


def make_split(
    source: Source,
    *,
    ratios: str | Sequence[float | str | Fraction] | None = None,
    sizes: str | Sequence[int | str] | None = None,
    folds: int | None = None,
    names: Sequence[str] | None = None,
    stratify: str | None = None,
    seed: int | None = None,
    test: float | str | None = None,
    relations: Iterable[Relation | str] = ALL,
    groups: str | Path | Mapping[str, str] | None = None,
    holdout: str | Path | Sequence[str] | None = None,
    extend: Manifest | str | Path | None = None,
    one_per_group: bool = False,
    drop_conflicts: bool = False,
) -> Manifest:
    """Return the manifest with every usable sample assigned to one part (column ``split``) or fold (column ``fold``).

    Usable is a sample whose image was decoded without complaint, and that no mark excludes; classes are those that
    marks say (see `lagtool.curation`). Groups stay together (column ``group``): what the pairs of the manifest connect
    (see `lagtool.record_pairs`; without pairs, identical pictures), and what marks and ``groups`` say; the pictures of
    a tree are searched now, as ``lagtool split`` does. Which part a sample gets depends on the seed, on the bytes of
    the pictures, on their classes, on the presence of a map and on the groups only: not on names, order or the machine.
    Without groups, part sizes are exact, and each class and
    each stratum is rounded to one of the two whole numbers next to its share in every part.

    Args:
        source: What is to be split: a manifest, or the path or URL of a tree (read now) or of a manifest file.
        ratios: Positive, adding up to 1 or 100, as numbers or as text (``70/15/15``); 70, 15, 15 where ``sizes`` and
            ``folds`` are not given either.
        sizes: Samples per part; the word ``rest`` may stand for one of them.
        folds: Number of folds, from 2 up to the number of usable samples of the smallest class.
        names: Names of the parts, 1 to 32 letters, digits, ``_`` and ``-`` each.
        stratify: ``class-map`` (class and presence of a map; the default), ``class`` or ``none``.
        seed: From 0 on; by default 0, or that of the split that is extended.
        test: A test part beside ``folds``: a number of samples or a share below 1. The column ``split`` then says
            ``test`` or ``dev``, and the column ``fold`` divides ``dev``.
        relations: Which of the manifest's pairs connect; identical pictures always do.
        groups: A file, or a mapping, of samples to the groups (patients) that they belong to.
        holdout: A file with, or names of, the samples that are the test part; the other options then speak of the rest,
            which is one part, ``train``, where they say nothing.
        extend: An earlier split of a part of this data: nobody changes sides. Its parts and shares hold again, so that
            ``ratios``, ``sizes``, ``folds``, ``names``, ``test`` and ``holdout`` must be left out.
        one_per_group: Use one picture of each group only.
        drop_conflicts: Leave out groups with samples of several classes.

    Raises:
        LagtoolError: An option is out of its range, or the samples do not suffice for it.
    """
    manifest = open_manifest(source)
    wanted = tuple(Relation(relation) for relation in relations)
    if isinstance(source, str | os.PathLike) and is_tree(source):
        manifest, _ = with_pairs(manifest, find_store(os.fspath(source), manifest.profile), wanted)
    earlier = None if extend is None else read_earlier(extend, manifest)
    plan = plan_split(
        earlier,
        ratios=ratios,
        sizes=sizes,
        folds=folds,
        names=names,
        stratify=stratify,
        seed=seed,
        test=test,
        held_out=holdout is not None,
    )
    constraints = Constraints(
        given=None if groups is None else read_groups(groups, manifest),
        relations=wanted,
        held_out=None if holdout is None else read_samples(holdout, manifest),
        earlier=earlier,
        one_per_group=one_per_group,
        drop_conflicts=drop_conflicts,
    )
    return apply_plan(manifest, plan, constraints)


def with_pairs(
    manifest: Manifest, root: Store | None, wanted: Sequence[Relation], *, jobs: int | None = None, bar: Bar = no_bar
) -> tuple[Manifest, list[str]]:
    """Return the manifest with pairs of similar pictures, searched for now where they are at hand, and what was not.

    Args:
        manifest: The manifest.
        root: Where its pictures are; None: not at hand, so that recorded pairs are all that is known.
        wanted: The relations that keep samples together.
        jobs: Processes, as for `lagtool.find_pairs`, and ``bar``.
        bar: Makes a progress bar for each step.

    Raises:
        LagtoolError: Nothing of what is wanted could be searched for, or no picture could be opened.
    """
    if root is None and manifest.pairs is None:
        enough = set(wanted) <= set(IDENTICAL)
        limit = (
            "only identical pictures are kept together: the manifest has no pairs; give --root DIR, or make it with "
            "'lagtool duplicates SOURCE --manifest FILE'"
        )
        return manifest, [] if enough else [limit]
    found, recorded = find_or_take_pairs(manifest, root, wanted, jobs=jobs, bar=bar)
    missing = ", ".join(relation.value for relation in wanted if relation not in found.looked_for)
    limits = [f"not looked for, and not kept together: {missing}"] if missing else []
    return manifest if recorded else record_pairs(manifest, found), limits


def apply_plan(manifest: Manifest, plan: Plan, constraints: Constraints | None = None) -> Manifest:
    """Like `make_split`, with the options in a plan and in constraints.

    Raises:
        LagtoolError: The usable samples do not suffice for the plan.
    """
    wishes = constraints or Constraints()
    samples = curated_samples(manifest.samples, manifest.profile)
    mask = usable(samples).to_numpy(bool) & ~excluded(samples)
    if not mask.any() and manifest.header.scan_options.quick:
        raise LagtoolError("the images are not known by content (indexed with --quick): index them without it")
    if not mask.any():
        raise LagtoolError(f"no usable image among {count(len(samples), 'sample')}: see 'lagtool validate'")
    grouping = group_all(manifest, wishes.given or table_groups(manifest), wishes.relations)
    pool = _make_pool(samples, sample_keys(manifest.samples), mask, grouping, plan.seed)
    _constrain(pool, plan, wishes, np.cumsum(mask) - 1, mask)
    division, sizes = _divide(pool, plan, [c.name for c in manifest.profile.classes])
    contents = pool.rows["image_sha256"].reset_index(drop=True)
    names = name_groups(pool.groups, contents)
    # A column of an earlier split would contradict the header.
    bare = manifest.samples.drop(columns=["split", "fold", "group"], errors="ignore")
    columns = _columns(division.parts, plan) | {"group": names.to_numpy(dtype=object)}
    spread = {name: _spread(samples, mask, values) for name, values in columns.items()}
    done = replace(manifest, samples=conform(bare.assign(**spread), SAMPLE_COLUMNS))
    split: dict[str, Any] = {
        "algorithm": ALGORITHM,
        **plan.parameters,
        "seed": plan.seed,
        "targets": sizes,
        "slack": division.slack,
        "size_slack": division.size_slack,
        "data_sha256": manifest.header.content_sha256,
        "grouping": grouping.record | {"sha256": fingerprint_names(names, contents)},
        "held_out": _describe_list(wishes, mask),
        "extends": _describe_earlier(wishes, pool),
        "one_per_group": wishes.one_per_group,
        "drop_conflicts": wishes.drop_conflicts,
        "left_out": pool.count_reasons(),
    }
    if manifest.header.curation is not None:
        split["marks_sha256"] = fingerprint_marks(manifest.header.curation.marks)
    header = manifest.header.model_copy(update={"split": split})
    split["split_sha256"] = split_fingerprint(replace(done, header=header))
    return replace(done, header=header.model_copy(update={"split": split}))


def _make_pool(samples: pd.DataFrame, titles: pd.Index, mask: Mask, grouping: Grouping, seed: int) -> Pool:
    rows = samples[mask]
    contents = rows["image_sha256"]
    if not contents.str.fullmatch("[0-9a-f]{64}").all():
        raise LagtoolError("an image_sha256 is not 64 hexadecimal digits: make the manifest again with 'lagtool index'")
    pictures, unique = pd.factorize(contents)
    return Pool(
        rows=rows,
        groups=grouping.codes[mask],
        ranks=order_ranks(unique.tolist(), seed)[pictures],
        fixed=np.full(len(rows), -1, np.int64),
        reasons=np.full(len(rows), "", dtype=object),
        titles=titles.to_numpy(dtype=object)[mask],
    )


def _constrain(pool: Pool, plan: Plan, wishes: Constraints, places: Ints, mask: Mask) -> None:
    """Decide who is left out, and whose part is fixed."""
    if wishes.drop_conflicts:
        pool.drop_conflicts()
    if wishes.held_out is not None:
        listed = np.array(wishes.held_out.rows, np.int64)
        pool.hold_out(places[listed[mask[listed]]], len(plan.names) - 1)
    if wishes.earlier is not None:
        pool.follow(wishes.earlier)
    if wishes.one_per_group:
        pool.keep_one()
    if not pool.left.any():
        raise LagtoolError("no sample is left: every one is in a group of several classes")


def _divide(pool: Pool, plan: Plan, classes: list[str]) -> tuple[Assignment, list[int]]:
    """Return the part of every sample of the pool, -1 where it is left out, and the sizes aimed at.

    The test part comes first, then the others.

    Raises:
        LagtoolError: The samples do not suffice for the plan.
    """
    strata, kinds = _strata(pool.rows, plan, classes)
    parts = np.full(len(strata), -1, np.int64)
    rest = np.flatnonzero(pool.left)
    test, slack, size_slack = len(plan.names) - 1, 0, 0
    tail: list[int] = []

    def part(sizes: list[int], fixed: Ints, names: Sequence[str]) -> Assignment:
        done = assign(strata[rest], kinds, pool.groups[rest], pool.ranks[rest], np.array(sizes, np.int64), fixed)
        filled = np.bincount(done.parts, minlength=len(names))
        if not filled.all():
            raise LagtoolError(
                f"part {names[int(filled.argmin())]!r} would stay empty, because groups must stay together: "
                "ask for fewer parts"
            )
        return done

    if plan.test == LISTED:
        in_test = pool.fixed[rest] == test
        if not in_test.any():
            raise LagtoolError("no sample of the list can be used: there is no test part")
        tail = [int(in_test.sum())]
    elif plan.test is not None:
        size = plan.test_size(len(rest))
        fixed = np.where(pool.fixed[rest] < 0, -1, pool.fixed[rest] == test).astype(np.int64)
        first = part([len(rest) - size, size], fixed, (DEVELOPMENT, HELD_OUT))
        in_test, slack, size_slack, tail = first.parts == 1, first.slack, first.size_slack, [size]
    if tail:
        parts[rest[in_test]] = test
        rest = rest[~in_test]
    _check_folds(plan, pool.rows.iloc[rest])
    sizes = plan.part_sizes(len(rest))
    done = part(sizes, pool.fixed[rest], plan.drawn)
    parts[rest] = done.parts
    return Assignment(parts, max(slack, done.slack), max(size_slack, done.size_slack)), [*sizes, *tail]


def _strata(rows: pd.DataFrame, plan: Plan, names: list[str]) -> tuple[Ints, Ints]:
    """Return the stratum of each sample and the class of each stratum."""
    if plan.stratify == "none":
        return np.zeros(len(rows), dtype=np.int64), np.zeros(1, dtype=np.int64)
    codes = pd.Categorical(rows["class"], categories=names).codes.astype(np.int64)
    if plan.stratify == "class":
        return codes, np.arange(len(names), dtype=np.int64)
    with_map = rows["map_path"].notna().to_numpy(dtype=np.int64)
    return 2 * codes + with_map, np.repeat(np.arange(len(names), dtype=np.int64), 2)


def _check_folds(plan: Plan, rows: pd.DataFrame) -> None:
    if plan.folds is None:
        return
    sizes = rows["class"].value_counts()
    if plan.folds > sizes.min():
        raise LagtoolError(
            f"{plan.folds:,} folds are not possible: class {show(str(sizes.idxmin()))} has only "
            f"{count(int(sizes.min()), 'usable sample')}"
        )


def _columns(parts: Ints, plan: Plan) -> dict[str, Any]:
    """Return the columns that carry the result, one value per sample of the pool."""
    names = np.array([*plan.names, pd.NA], dtype=object)[parts]
    if plan.folds is None:
        return {"split": names}
    in_fold = (parts >= 0) & (parts < plan.folds)
    folds, sides = parts.astype(object), names.copy()
    folds[~in_fold], sides[in_fold] = pd.NA, DEVELOPMENT
    return {"fold": folds} if plan.test is None else {"fold": folds, "split": sides}


def _describe_list(wishes: Constraints, mask: Mask) -> dict[str, Any] | None:
    if wishes.held_out is None:
        return None
    rows = np.array(wishes.held_out.rows, np.int64)
    read = {"read": list(wishes.held_out.remarks)} if wishes.held_out.remarks else {}
    return {
        "sha256": wishes.held_out.sha256,
        "samples": len(rows),
        "unusable": int((~mask[rows]).sum()),
        **read,
    }


def _describe_earlier(wishes: Constraints, pool: Pool) -> dict[str, Any] | None:
    if wishes.earlier is None:
        return None
    known = wishes.earlier.find_parts(pool.rows) >= 0
    return {
        "split_sha256": wishes.earlier.sha256,
        "samples": sum(wishes.earlier.sizes),
        "here": int(known.sum()),
        "torn_groups": pool.torn,
    }


def _spread(samples: pd.DataFrame, mask: Mask, values: Any) -> "pd.Series[Any]":
    """Return a column of the samples that holds ``values`` where ``mask`` is set and is missing elsewhere."""
    column = np.full(len(mask), pd.NA, dtype=object)
    column[mask] = values
    return pd.Series(column, index=samples.index, dtype=object)
