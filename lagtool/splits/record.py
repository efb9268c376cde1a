"""The certificate of a split as a record: what it says, and how it is written."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lagtool.curation.read import Curation
from lagtool.manifest.fingerprint import digest_document
from lagtool.manifest.marks import Mark, sort_marks
from lagtool.splits.leakage import Leakage
from lagtool.text import show

CERTIFICATE_FORMAT = 3


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tally(_Record):
    """Samples of one kind in one part.

    Attributes:
        samples: How many there are.
        share: Their share of the part, 0..1, six decimals.
        target: How many there would be if every part had the same shares, three decimals.
        deviation: ``samples`` less the target, three decimals.
    """

    samples: int
    share: float
    target: float
    deviation: float


class Gap(_Record):
    """One number of the pictures: standardised mean difference, and Kolmogorov-Smirnov statistic; see `Measure`."""

    smd: float | None
    ks: float


class Distances(_Record):
    """A part against all parts together: what its `PartSummary` says.

    Attributes:
        classes: Total variation distance of the shares of the classes, 0..1.
        maps: The same for whether there is an attention map.
        strata: The same for both together.
        facts: Numbers of the pictures, by name (``brightness``), where the part has some.
    """

    classes: float
    maps: float
    strata: float
    facts: dict[str, Gap]


class Part(_Record):
    """One part or fold: all its samples, those with a map, those of each class and of each stratum.

    A test part that a list gave has no target but what it has.
    """

    name: str
    total: Tally
    with_map: int
    classes: dict[str, Tally]
    strata: dict[str, Tally]
    distances: Distances


class Groups(_Record):
    """Samples that had to stay together.

    Attributes:
        number: Groups of more than one sample.
        samples: Samples in them.
        largest: Samples in the largest; 0 where there are none.
        crossings: Groups, pairs of like pictures and identical pictures in two parts, counted in the finished split;
            always 0.
        conflicting: Groups with samples of two classes, by name.
        slack: Samples by which classes and strata may lie beyond their rounded target because of groups.
        size_slack: Samples by which parts may be larger or smaller than asked for because of groups.
        sha256: Fingerprint over group and image of all samples in groups.
        file: The file of groups: its sha256, how many groups it names, how many samples, how many of the groups were
            joined to another since they share an eye or a picture, and what of it was read; None: there was none.
    """

    number: int
    samples: int
    largest: int
    crossings: int
    conflicting: list[str]
    slack: int
    size_slack: int
    sha256: str
    file: dict[str, Any] | None


class Relations(_Record):
    """What was looked for between pictures, and connects groups.

    Attributes:
        looked_for: Names of the relations.
        not_looked_for: The others, each with the reason.
        pairs: How many pairs were found.
        methods: What established them, each with its version and thresholds' version.
        version: Version of the search; see docs/likeness.md for its thresholds.
        remarks: What else must be known to judge.
        unsearched: Samples in parts whose image was not searched: it could not be opened, or was another file.
    """

    looked_for: list[str]
    not_looked_for: dict[str, str]
    pairs: int
    methods: list[str]
    version: int
    remarks: list[str]
    unsearched: list[str] = []


class Decided(_Record):
    """One decision that holds.

    Attributes:
        sample: ``class/id``.
        value: The class that it counts in, or the group that it is kept together with; empty: it is left out.
        note: Why.
    """

    sample: str
    value: str = ""
    note: str = ""


class Decisions(_Record):
    """The marks that a split was made with.

    Attributes:
        name: Name of the file.
        sha256: Of the file; None where the marks came from a program.
        marks_sha256: Over the marks, whatever the order and form of the file.
        excluded: The samples that are left out.
        relabelled: Those that count in another class than that of their folder.
        kept_together: Those that belong to a group.
        confirmed: Pairs that are of one eye, or one picture: a sample, and the other as its value.
        rejected: Pairs that are not, whatever a search found.
        unknown: How many marks name a sample that is not there.
        stale: How many marks are of another picture than the sample has; they are not applied.
        marks: All marks, so that the split can be made again without the file.
    """

    name: str
    sha256: str | None
    marks_sha256: str
    excluded: list[Decided]
    relabelled: list[Decided]
    kept_together: list[Decided]
    confirmed: list[Decided] = []
    rejected: list[Decided] = []
    unknown: int = Field(ge=0)
    stale: int = Field(ge=0)
    marks: tuple[Mark, ...]

    @property
    def groups(self) -> int:
        """How many groups marks keep together."""
        return len({one.value for one in self.kept_together})

    def restore(self) -> Curation:
        """Return the curation, to apply it again."""
        return Curation(show(self.name), sort_marks(self.marks), self.sha256)


class Certificate(_Record):
    """What can be said of a split, so that others can judge it and make it again."""

    format: int = CERTIFICATE_FORMAT
    tool_version: str
    algorithm: str
    seed: int
    parameters: dict[str, Any]
    root_name: str
    profile: str
    data_sha256: str | None
    split_sha256: str
    samples: int
    usable: int
    excluded: dict[str, int]
    parts: list[Part]
    groups: Groups
    relations: Relations
    held_out: dict[str, Any] | None
    extends: dict[str, Any] | None
    curation: Decisions | None = None
    leakage: Leakage | None = None
    methods: str
    files: dict[str, str] = {}
    sha256: str = ""

    @property
    def largest_deviation(self) -> float:
        """The largest deviation of a class from its target in any part, in samples."""
        return max(abs(tally.deviation) for part in self.parts for tally in part.classes.values())

    def to_json(self) -> str:
        """Return it as JSON with sorted keys, the same text for the same split, with its own digest (``sha256``)."""
        document = self.model_dump(mode="json")
        return json.dumps(document | {"sha256": digest_document(document)}, indent=2, sort_keys=True) + "\n"
