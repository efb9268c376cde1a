"""Photographs that are alike, group by group, from the pairs that a manifest records."""

from dataclasses import dataclass

from lagtool.likeness import list_groups, recorded_pairs
from lagtool.manifest import Manifest
from lagtool.relation import MEANINGS

MOST = 100
"""Groups that are shown, those across classes first, then the larger ones."""
_MEMBERS = 12
_PAIRS = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photographs of a group, how they are alike, and how surely."""

    a: str
    b: str
    relation: str
    score: str
    detail: str


@dataclass(frozen=True, slots=True)
class AlikeGroup:
    """Photographs that pairs connect; ``members`` are ``class/id``, a few where they are many."""

    number: int
    members: tuple[str, ...]
    size: int
    crosses: bool
    contradicts: bool
    pairs: tuple[Pair, ...]
    pairs_in_all: int


@dataclass(frozen=True, slots=True)
class Alike:
    """The section of duplicates.

    Attributes:
        searched: Whether anybody looked.
        looked_for: Relations that were looked for, each with its meaning and the number of its pairs.
        not_looked_for: The others, each with the reason.
        pictures: How many pictures were compared.
        remarks: What else must be known.
        groups: The groups that are shown.
        groups_in_all: How many there are.
    """

    searched: bool
    looked_for: tuple[tuple[str, str, int], ...] = ()
    not_looked_for: tuple[tuple[str, str], ...] = ()
    pictures: int = 0
    remarks: tuple[str, ...] = ()
    groups: tuple[AlikeGroup, ...] = ()
    groups_in_all: int = 0

    def samples(self) -> list[str]:
        """Return ``class/id`` of every sample that is shown."""
        return [key for group in self.groups for key in group.members]


def describe_alike(manifest: Manifest) -> Alike:
    """Return the groups that the manifest's pairs make."""
    found = recorded_pairs(manifest)
    if found is None:
        return Alike(searched=False)
    groups = list_groups(manifest.samples, found.pairs)
    numbers = found.pairs["relation"].value_counts()
    return Alike(
        searched=True,
        looked_for=tuple((r.value, MEANINGS[r], int(numbers.get(r.value, 0))) for r in found.looked_for),
        not_looked_for=tuple((relation.value, reason) for relation, reason in found.not_looked_for.items()),
        pictures=found.pictures,
        remarks=tuple(found.remarks),
        groups=tuple(
            AlikeGroup(
                number=number,
                members=group.members[:_MEMBERS],
                size=len(group.members),
                crosses=group.crosses,
                contradicts=group.contradicts,
                pairs=tuple(
                    Pair(str(row.a), str(row.b), str(row.relation), f"{row.score:.3f}", str(row.detail or ""))
                    for row in group.pairs.head(_PAIRS).itertuples()
                ),
                pairs_in_all=len(group.pairs),
            )
            for number, group in enumerate(groups[:MOST], 1)
        ),
        groups_in_all=len(groups),
    )
