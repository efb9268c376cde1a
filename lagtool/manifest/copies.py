"""How a copy of a dataset differs from another: by id, by the bytes and the pixels of images, and by label."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pandas as pd

from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest

Kind = Literal["missing", "extra", "changed", "rewritten", "renamed", "relabelled"]
KINDS: dict[Kind, str] = {
    "missing": "in the first only: neither the id nor the picture is in the second",
    "extra": "in the second only",
    "renamed": "the same picture under another id",
    "changed": "another picture under the same id",
    "rewritten": "the same pixels in other bytes (metadata, a lossless rewrite)",
    "relabelled": "the same sample with another label",
}
"""What can be different about a sample."""


class SampleDifference(NamedTuple):
    """One difference: the sample in each of both, as ``class/id``; empty where it is not there."""

    kind: Kind
    first: str
    second: str


@dataclass(frozen=True)
class CopyDifferences:
    """How the second manifest differs from the first.

    Attributes:
        first: Name of the first, and how many images it has.
        second: The same of the second.
        same: Samples of the same id, picture and label.
        differences: All others, in the order of `KINDS`, then of the ids.
        inverted: Whether all samples of both classes have the label of the other class: the class index is inverted.
        ids_lost: Whether pictures are the same, and next to no ids are.
        by_content: Whether pictures could be compared; else only ids and labels were.
    """

    first: tuple[str, int]
    second: tuple[str, int]
    same: int
    differences: tuple[SampleDifference, ...] = field(repr=False)
    inverted: bool
    ids_lost: bool
    by_content: bool

    @property
    def all_changed(self) -> bool:
        """Whether no sample that both have kept its picture."""
        known = [one for one in self.differences if one.kind in ("changed", "rewritten", "renamed")]
        return not self.same and bool(known) and all(one.kind == "changed" for one in known)

    def select(self, kind: Kind) -> list[SampleDifference]:
        """Return the differences of a kind."""
        return [one for one in self.differences if one.kind == kind]

    @property
    def counts(self) -> dict[Kind, int]:
        """How many differences there are of each kind."""
        found = Counter(one.kind for one in self.differences)
        return {kind: found[kind] for kind in KINDS}


_COLUMNS = ["id", "class", "label", "image_sha256", "image_pixels_sha256"]
_FEW = 0.05
"""Ids are lost where fewer than this share of the pictures that both have kept their id."""


def compare_copies(first: Manifest, second: Manifest) -> CopyDifferences:
    """Return how the images of one manifest differ from those of another, whatever their layouts.

    An image of the first meets the one of the second that has its id and its bytes; else the one that has its bytes,
    where one sample only has these; else the one that has its id. Labels are compared as numbers, so that classes may
    be called otherwise.

    Args:
        first: What the copy is held against, such as a release.
        second: The copy.
    """
    old, new = _rows(first), _rows(second)
    by_content = bool(old["image_sha256"].notna().any() and new["image_sha256"].notna().any())
    pairs = _match(old, new, by_content)
    a, b = old.loc[list(pairs)].reset_index(drop=True), new.loc[list(pairs.values())].reset_index(drop=True)
    bytes_differ, pixels_differ = (
        by_content & ~a[column].eq(b[column]).fillna(value=False) for column in ("image_sha256", "image_pixels_sha256")
    )
    masks: dict[Kind, pd.Series[bool]] = {
        "renamed": a["id"] != b["id"],
        "changed": bytes_differ & pixels_differ,
        "rewritten": bytes_differ & ~pixels_differ,
        "relabelled": a["label"] != b["label"],
    }
    found = [
        SampleDifference(kind, one, other)
        for kind, mask in masks.items()
        for one, other in zip(a["key"][mask], b["key"][mask], strict=True)
    ]
    taken = set(pairs.values())
    found += [SampleDifference("missing", old["key"].iloc[at], "") for at in range(len(old)) if at not in pairs]
    found += [SampleDifference("extra", "", new["key"].iloc[to]) for to in range(len(new)) if to not in taken]
    order = list(KINDS)
    found.sort(key=lambda one: (order.index(one.kind), one.first, one.second))
    return CopyDifferences(
        (first.header.root_name, len(old)),
        (second.header.root_name, len(new)),
        int((~pd.concat(masks, axis=1).any(axis=1)).sum()),
        tuple(found),
        inverted=set(zip(a["label"], b["label"], strict=True)) == {(0, 1), (1, 0)},
        ids_lost=by_content and bool(pairs) and bool((~masks["renamed"]).sum() < _FEW * len(pairs)),
        by_content=by_content,
    )


def _rows(manifest: Manifest) -> pd.DataFrame:
    samples = manifest.samples
    rows = samples.loc[samples["image_path"].notna().to_numpy(bool), _COLUMNS].reset_index(drop=True)
    return rows.assign(key=sample_keys(rows))


def _match(old: pd.DataFrame, new: pd.DataFrame, by_content: bool) -> dict[int, int]:
    """Return the position in ``new`` of each sample of ``old`` that is there."""
    steps: list[list[str]] = [["id", "image_sha256"], ["image_sha256"], ["image_pixels_sha256"]] if by_content else []
    pairs: dict[int, int] = {}
    for columns in [*steps, ["id", "label"], ["id"]]:
        left = _unique(old.drop(index=list(pairs)), columns)
        right = _unique(new.drop(index=list(pairs.values())), columns)
        pairs |= {at: right[key] for key, at in left.items() if key in right}
    return dict(sorted(pairs.items()))


def _unique(rows: pd.DataFrame, columns: list[str]) -> Mapping[Any, int]:
    """Return the positions of the rows whose values in some columns are there and no other row's."""
    known = rows[columns].dropna()
    known = known[~known.duplicated(keep=False)]
    return dict(zip(known.itertuples(index=False, name=None), known.index.tolist(), strict=True))
