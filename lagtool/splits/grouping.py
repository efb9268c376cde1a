"""Groups for a split: what pairs of like pictures connect, and what somebody knows of patients."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lagtool.curation.apply import tie_marked
from lagtool.duplicates.exact import find_exact
from lagtool.duplicates.groups import connect, find_least, tie_together
from lagtool.duplicates.pairs import NOT_ASKED, VERSION, Likeness, decided_pairs, order_samples, tabulate
from lagtool.manifest.header import ALL, IDENTICAL, Relation
from lagtool.manifest.rules import locate_pairs, sample_keys
from lagtool.manifest.value import Manifest
from lagtool.splits.allocation import Ints
from lagtool.splits.lines import GivenGroups
from lagtool.text import count, show

_DIGITS = 16
NO_PAIRS = "the manifest has no pairs: 'lagtool duplicates SOURCE --manifest FILE' looks for them"


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which samples must stay together.

    Attributes:
        codes: The group of each sample, as the position of its first member.
        record: Where the groups come from, ready for JSON: relations looked for and not, file, versions.
    """

    codes: Ints
    record: dict[str, Any]


def group_all(
    manifest: Manifest, given: GivenGroups | None = None, relations: Iterable[Relation | str] = ALL
) -> Grouping:
    """Return the groups of a manifest's samples: connected over its pairs, its marks and over given groups.

    Identical pictures always belong together, whatever ``relations`` says: they are read off the columns, even of a
    manifest without pairs.

    Args:
        manifest: The manifest.
        given: Groups that somebody knows of.
        relations: Which of the recorded pairs connect.
    """
    wanted = {Relation(relation) for relation in relations} | set(IDENTICAL)
    known = decided_pairs(manifest)
    pairs = _tables(manifest, known, wanted)
    looked = set(IDENTICAL) | (set(known.looked_for) & wanted if known is not None else set())
    missing = known.not_looked_for if known is not None else dict.fromkeys(ALL, NO_PAIRS)
    keys = sample_keys(manifest.samples)
    edges = [np.column_stack(locate_pairs(table, keys)) for table in pairs]
    if given is not None:
        edges.append(tie_together(pd.factorize(given.groups)[0]))
    edges.append(tie_marked(manifest))
    joined = np.concatenate(edges).astype(np.int64)
    record = {
        "looked_for": [relation.value for relation in Relation if relation in looked],
        "not_looked_for": {
            relation.value: missing.get(relation, NOT_ASKED) if relation in wanted else NOT_ASKED
            for relation in Relation
            if relation not in looked
        },
        "methods": sorted(set(pd.concat(pairs)["method"].dropna())),
        "version": VERSION if known is None or manifest.header.search is None else manifest.header.search.version,
        "pairs": len(pairs[-1]),
        "remarks": list(known.remarks) if known is not None else [],
        "unsearched": list(known.unsearched) if known is not None and any(r.needs_pictures for r in looked) else [],
        "file_sha256": None if given is None else given.sha256,
        "file_groups": None if given is None else given.number,
        "file_samples": None if given is None else int(given.groups.notna().sum()),
        "file_joined": None if given is None else 0,
    }
    codes = connect(len(keys), joined[:, 0], joined[:, 1])
    if given is not None:
        rows = given.groups.notna().to_numpy(bool)
        record["file_joined"] = given.number - len(np.unique(codes[rows]))
        if given.remarks:
            record["file_read"] = list(given.remarks)
    return Grouping(codes, record)


def list_joined(manifest: Manifest, given: GivenGroups, relations: Iterable[Relation | str] = ALL) -> list[str]:
    """Return, for each two given groups that a pair of similar images joins, their names and the pair.

    Args:
        manifest: The manifest.
        given: Groups that somebody knows of.
        relations: Which of the recorded pairs connect; identical pictures always do.
    """
    wanted = {Relation(relation) for relation in relations} | set(IDENTICAL)
    tables = _tables(manifest, decided_pairs(manifest), wanted)
    pairs = pd.concat(tables, ignore_index=True).drop_duplicates(["a", "b"])
    a, b = locate_pairs(pairs, sample_keys(manifest.samples))
    groups = given.groups.to_numpy(object)
    said: dict[frozenset[str], str] = {}
    rows: list[Any] = list(pairs.itertuples(index=False))
    for row, i, j in zip(rows, a.tolist(), b.tolist(), strict=True):
        if i >= 0 and j >= 0 and not (pd.isna(groups[i]) or pd.isna(groups[j])):
            text = (
                f"{show(groups[i], 40)} and {show(groups[j], 40)} ({row.a} and {row.b}, {row.relation} {row.score:.2f})"
            )
            if groups[i] != groups[j]:
                said.setdefault(frozenset((groups[i], groups[j])), text)
    return list(said.values())


def describe_joined(joined: list[str]) -> list[str]:
    """Return a sentence on the groups of `list_joined`; none where there are none."""
    if not joined:
        return []
    more = f"; and {len(joined) - 3:,} more" if len(joined) > 3 else ""
    number = count(len(joined), "pair of given groups shares", "pairs of given groups share")
    return [
        f"{number} an eye or a picture, and {'is' if len(joined) == 1 else 'are'} joined: {'; '.join(joined[:3])}{more}"
    ]


def _tables(manifest: Manifest, known: Likeness | None, wanted: set[Relation]) -> list[pd.DataFrame]:
    """Return the pairs of identical pictures, as the columns tell, and the recorded pairs that are wanted."""
    order = order_samples(manifest.samples, [c.name for c in manifest.profile.classes])
    samples = manifest.samples.iloc[order].reset_index(drop=True)
    identical = tabulate(find_exact(samples).pairs, sample_keys(samples).tolist())
    return [identical] if known is None else [identical, known.pairs[known.pairs["relation"].isin(list(wanted))]]


def name_groups(codes: Ints, contents: "pd.Series[str]") -> "pd.Series[str]":
    """Return the name of each sample's group: the beginning of the lowest sha256 in it; missing where it is alone."""
    names = find_least(contents, codes).str.slice(0, _DIGITS)
    _, inverse, members = np.unique(codes, return_inverse=True, return_counts=True)
    return names.where(members[inverse.reshape(-1)] > 1)
