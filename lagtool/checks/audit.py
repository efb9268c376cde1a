"""Auditing: judge a split, whoever made it, by the checks of the family ``splits``."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lagtool.checks.acceptance import Baseline
from lagtool.checks.evidence import Evidence
from lagtool.checks.listed import describe_overlaps, describe_search
from lagtool.checks.registry import choose
from lagtool.checks.report import Report
from lagtool.checks.runner import judge, prepare
from lagtool.checks.settings import Settings
from lagtool.checks.thresholds import Thresholds
from lagtool.duplicates.pairs import Likeness, record_pairs
from lagtool.errors import LagtoolError
from lagtool.lists import Listing
from lagtool.manifest.value import Manifest
from lagtool.scanning.source import Source, open_manifest
from lagtool.splits.grouping import describe_joined, list_joined
from lagtool.splits.leakage import measure_leakage
from lagtool.splits.lines import read_groups
from lagtool.splits.listed import place_splits, read_splits, resolve
from lagtool.splits.summary import summarise_parts

if TYPE_CHECKING:
    from lagtool.duplicates.overlap import Overlap

FAMILY = "splits"
Paths = str | os.PathLike[str]


def audit_split(
    source: Source,
    split: Listing | Paths | Sequence[Paths],
    likeness: Likeness | None = None,
    *,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    thresholds: Thresholds | None = None,
    settings: Settings | None = None,
    baseline: Baseline | None = None,
    groups: Paths | Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    overlaps: "Sequence[Overlap]" = (),
) -> Report:
    """Judge a split, our own or somebody's, against a dataset.

    Its names are tied to samples, the samples put into its parts, and the checks of the family ``splits`` run. The
    report has ``parts``, and in its remarks what was taken for what and what was not looked for.

    Args:
        source: The dataset: a manifest, or the path or URL of a tree (read now) or of a manifest file.
        split: Files or folders that make up one split, as `lagtool.read_splits` takes them, or what that returned.
        likeness: What `lagtool.find_pairs` found; None: what the manifest records. Where that is nothing, copies and
            eyes that cross parts are not looked for, but for identical pictures.
        select: Codes, beginnings, names or families to run, within the family ``splits``; None: all of it. What
            ``settings`` select is for `validate`.
        ignore: The same, not to run; None: those of ``settings``.
        thresholds: What the checks compare with; None: those of ``settings``.
        settings: What a configuration says; None: the defaults. No file is looked for.
        baseline: Findings that are accepted; None: those of the file that ``settings`` name, if any.
        groups: The group (patient) of samples, as for `lagtool.make_split`: the column ``group`` is taken from it.
        columns: Columns of a table to take, by role; see `lagtool.read_splits`.
        overlaps: What the dataset shares with others (`lagtool.duplicates.overlap.find_overlap`): the check LAG735.

    Raises:
        LagtoolError: The split or the groups cannot be read, it is several splits, or ``select`` or ``ignore`` names no
            such check.
    """
    asked = settings or Settings()
    judged = prepare(open_manifest(source, profile=asked.profile), asked)
    listed = resolve(_one(split, judged, columns), judged)
    placed = place_splits(judged, listed)
    if likeness is not None:
        placed = record_pairs(placed, likeness)
    joined: list[str] = []
    if groups is not None:
        given = read_groups(groups if isinstance(groups, Mapping) else os.fspath(groups), placed)
        joined = describe_joined(list_joined(placed, given))
        header = placed.header.model_copy(
            update={"split": {**(placed.header.split or {}), "known_groups": given.number}}
        )
        placed = replace(placed.with_columns(group=given.groups), header=header)
    evidence = Evidence(placed, thresholds or asked.thresholds, listed, tuple(overlaps))
    report = judge(evidence, select=choose_audit(select), ignore=ignore, settings=asked, baseline=baseline)
    names = (placed.header.split or {})["names"]
    leakage = measure_leakage(placed)
    figure = [] if leakage is None else [leakage.sentence]
    found = (*describe_search(evidence), *describe_overlaps(evidence))
    remarks = (*figure, *listed.remarks, *joined, *found, *report.remarks)
    return replace(report, parts=tuple(summarise_parts(placed, names)), leakage=leakage, remarks=remarks)


def choose_audit(select: list[str] | None) -> list[str]:
    """Return the codes to run: those of the family ``splits`` that ``select`` stands for; None: all of them.

    Raises:
        LagtoolError: There are none.
    """
    codes = choose([FAMILY]) & choose(select or [FAMILY])
    if not codes:
        raise LagtoolError(
            f"an audit runs the checks of the family '{FAMILY}' only: 'lagtool explain splits' lists them"
        )
    return sorted(codes)


def _one(split: Listing | Paths | Sequence[Paths], manifest: Manifest, columns: Mapping[str, str] | None) -> Listing:
    if isinstance(split, Listing):
        return split
    paths = [split] if isinstance(split, str | os.PathLike) else list(split)
    listings = read_splits(paths, manifest=manifest, columns=columns)
    if len(listings) > 1:
        titles = " and ".join(listing.title for listing in listings[:2])
        raise LagtoolError(f"{len(listings)} splits, not one ({titles}): judge each by itself")
    return listings[0]
