"""Photographs that are alike, group by group, from the pairs that a manifest records."""

from dataclasses import dataclass

from lagtool.curation.apply import count_as
from lagtool.duplicates.groups import Group, list_groups
from lagtool.duplicates.pairs import decided_pairs
from lagtool.manifest.header import MEANINGS
from lagtool.manifest.value import Manifest
from lagtool.reporting.duplicates import LARGE, list_notes

MOST = 100
"""Groups that are shown, those across classes first, then the larger ones."""


@dataclass(frozen=True, slots=True)
class Alike:
    """The section of duplicates.

    Attributes:
        searched: Whether anybody looked.
        looked_for: Relations that were looked for, each with its meaning and the number of its pairs.
        not_looked_for: The others, each with the reason.
        pictures: How many pictures were compared.
        remarks: What else must be known.
        unsearched: How many samples with an image were not searched.
        groups: The groups that are shown.
        groups_in_all: How many there are.
        most: Members and pairs that are shown of each group.
    """

    searched: bool
    looked_for: tuple[tuple[str, str, int], ...] = ()
    not_looked_for: tuple[tuple[str, str], ...] = ()
    pictures: int = 0
    remarks: tuple[str, ...] = ()
    unsearched: int = 0
    groups: tuple[Group, ...] = ()
    groups_in_all: int = 0
    most: int = 12

    def notes(self, group: Group) -> list[str]:
        """Return what must be known of a group."""
        return list(list_notes(group, LARGE))

    def samples(self) -> list[str]:
        """Return ``class/id`` of every sample that is shown."""
        return [key for group in self.groups for key in group.members[: self.most]]


def describe_alike(manifest: Manifest) -> Alike:
    """Return the groups that the manifest's pairs make."""
    found = decided_pairs(manifest)
    if found is None:
        return Alike(searched=False)
    groups = list_groups(manifest.samples, found.pairs, counted=count_as(manifest))
    numbers = found.pairs["relation"].value_counts()
    return Alike(
        searched=True,
        looked_for=tuple((r.value, MEANINGS[r], int(numbers.get(r.value, 0))) for r in found.looked_for),
        not_looked_for=tuple((relation.value, reason) for relation, reason in found.not_looked_for.items()),
        pictures=found.pictures,
        remarks=tuple(found.remarks),
        unsearched=len(found.unsearched),
        groups=tuple(groups[:MOST]),
        groups_in_all=len(groups),
    )
