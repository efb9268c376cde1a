"""What a split has to respect beside its plan: groups, a list to hold out, an earlier split; and who is left out."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lagtool.manifest.header import ALL, Relation
from lagtool.splits.allocation import Ints
from lagtool.splits.assignment import Mask
from lagtool.splits.earlier import EarlierSplit
from lagtool.splits.lines import GivenGroups, GivenSamples

EXCLUDED = "excluded-by-curation"
"""Why a sample that a mark excludes is in no part; it is never in a pool."""

CONFLICTING = "conflicting-group"
"""Its group has samples of several classes (``--drop-conflicts``)."""
ALIKE_TO_HELD_OUT = "alike-to-held-out"
"""It is in a group with a sample that is held out, and not on the list (``--holdout``)."""
JOINS_TWO_PARTS = "joins-two-parts"
"""Its group joins two parts of the earlier split, and it is of the one named first (``--extend``)."""
NOT_THE_ONE = "not-the-one-of-its-group"
"""Another sample stands for its group (``--one-per-group``)."""
REASONS = (CONFLICTING, ALIKE_TO_HELD_OUT, JOINS_TWO_PARTS, NOT_THE_ONE)
"""Why a sample that could be used is in no part."""


@dataclass(frozen=True, eq=False)
class Constraints:
    """What a split has to respect.

    Attributes:
        given: Groups that somebody knows of.
        relations: Which recorded pairs connect groups.
        held_out: Samples that are the test part.
        earlier: A split of a part of the data: nobody changes sides.
        one_per_group: Whether one sample stands for its group.
        drop_conflicts: Whether groups with samples of several classes are left out.
    """

    given: GivenGroups | None = None
    relations: tuple[Relation, ...] = ALL
    held_out: GivenSamples | None = None
    earlier: EarlierSplit | None = None
    one_per_group: bool = False
    drop_conflicts: bool = False


@dataclass(eq=False)
class Pool:
    """The usable samples of a split while it is decided who is left out, and whose part is fixed.

    Attributes:
        rows: The usable samples, a part of the manifest's.
        groups: Group of each.
        ranks: Place of each in the order of content.
        fixed: Part of each, -1 where it is open.
        reasons: Why each is left out, empty where it is not.
        titles: ``class/id`` of each.
        given: Which have their part by a list or an earlier split, not by their group.
        torn: Names of the first samples of groups that join two parts of the earlier split.
    """

    rows: pd.DataFrame
    groups: Ints
    ranks: Ints
    fixed: Ints
    reasons: "np.ndarray[tuple[int], np.dtype[np.object_]]"
    titles: "np.ndarray[tuple[int], np.dtype[np.object_]]"
    given: Mask = field(init=False)
    torn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.given = np.zeros(len(self.rows), np.bool_)

    @property
    def left(self) -> Mask:
        """Which are not left out."""
        return np.asarray(self.reasons == "", np.bool_)

    def drop_conflicts(self) -> None:
        """Leave out the groups that have samples of several classes."""
        classes = pd.factorize(self.rows["class"])[0]
        self.reasons[_varies(self.groups, classes) & self.left] = CONFLICTING

    def hold_out(self, positions: Ints, part: int) -> None:
        """Give the samples at ``positions`` (among ``rows``) their part; who is in a group with one is left out."""
        listed = np.zeros(len(self.rows), np.bool_)
        listed[positions] = True
        self.given = listed & self.left
        self.fixed[self.given] = part
        mates = np.isin(self.groups, self.groups[listed]) & ~listed
        self.reasons[mates & self.left] = ALIKE_TO_HELD_OUT

    def follow(self, earlier: EarlierSplit) -> None:
        """Fix the samples of an earlier split, and whoever is in a group with one.

        Where a group joins samples of two parts, those of the part that stands last among the names (the test part)
        stay, and those of the others are left out; new samples go with those that stay.
        """
        known = earlier.find_parts(self.rows)
        table = pd.DataFrame({"group": self.groups, "part": np.where(self.left, known, -1)})
        last = table.groupby("group")["part"].transform("max").to_numpy(np.int64)
        torn = (known >= 0) & (known != last) & self.left
        groups, first = np.unique(self.groups, return_index=True)
        self.torn += self.titles[first[np.isin(groups, self.groups[torn])]].tolist()
        self.reasons[torn] = JOINS_TWO_PARTS
        self.fixed = np.where(self.left, last, -1)
        self.given = (known >= 0) & self.left

    def keep_one(self) -> None:
        """Leave out all but one of each group: the first in the order of content, or those whose part is fixed.

        Of identical pictures, one with a map comes first, then one of the lower label, then the lowest id.
        """
        order = pd.DataFrame(
            {
                "group": self.groups,
                "out": ~self.left,
                "given": ~self.given,
                "rank": self.ranks,
                "map": self.rows["map_path"].isna().to_numpy(),
                "label": self.rows["label"].to_numpy(np.int64),
                "id": self.rows["id"].to_numpy(object),
                "place": np.arange(len(self.rows)),
            }
        ).sort_values(["group", "out", "given", "rank", "map", "label", "id"], kind="stable")
        first = ~order["group"].duplicated().to_numpy()
        keep = np.zeros(len(self.rows), np.bool_)
        keep[order["place"].to_numpy()[first]] = True
        self.reasons[self.left & ~keep & ~self.given] = NOT_THE_ONE

    def count_reasons(self) -> dict[str, int]:
        """Return how many are left out for each reason that there is."""
        return {reason: number for reason in REASONS if (number := int((self.reasons == reason).sum()))}


def _varies(groups: Ints, values: Ints) -> Mask:
    """Return for each sample whether its group has several ``values``."""
    grouped = pd.Series(values).groupby(groups)
    return np.asarray(grouped.transform("min") != grouped.transform("max"), np.bool_)
