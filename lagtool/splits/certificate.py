"""The certificate of a split: how it was made, what is in it, and what was looked for, without clock or path."""

import json
from collections import Counter
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from lagtool import __version__
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest
from lagtool.splits.split import part_names, split_fingerprint, usable

CERTIFICATE_FORMAT = 1
_PARAMETERS = ("folds", "names", "ratios", "sizes", "stratify")
_KEYS = {"algorithm", "seed", "targets", "slack", "size_slack", *_PARAMETERS}
_LOOKED_FOR = ("byte-identical",)
_NOT_LOOKED_FOR = ("near-duplicate", "mirrored", "same-eye")


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


class Part(_Record):
    """One part or fold: all its samples, those with a map, those of each class and of each stratum."""

    name: str
    total: Tally
    with_map: int
    classes: dict[str, Tally]
    strata: dict[str, Tally]


class Groups(_Record):
    """Samples that had to stay together.

    Attributes:
        number: Groups of more than one sample.
        samples: Samples in them.
        largest: Samples in the largest; 0 where there are none.
        crossings: Groups with samples in two parts, counted in the finished split; always 0.
        conflicting: Groups with samples of two classes, by name.
        slack: Samples by which classes and strata may lie beyond their rounded target because of groups.
        size_slack: Samples by which parts may be larger or smaller than asked for because of groups.
    """

    number: int
    samples: int
    largest: int
    crossings: int
    conflicting: list[str]
    slack: int
    size_slack: int


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
    relations: dict[str, list[str]]
    files: dict[str, str] = {}

    @property
    def largest_deviation(self) -> float:
        """The largest deviation of a class from its target in any part, in samples."""
        return max(abs(tally.deviation) for part in self.parts for tally in part.classes.values())

    def to_json(self) -> str:
        """Return it as JSON with sorted keys, the same text for the same split."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"


def certify(manifest: Manifest) -> Certificate:
    """Return the certificate of a manifest that `make_split` returned, counted anew from its columns.

    Raises:
        LagtoolError: The manifest has no split, or one that another tool made.
    """
    header, split = manifest.header, manifest.header.split
    if split is None or _KEYS - split.keys():
        raise LagtoolError("the manifest has no split of lagtool: make one with 'lagtool split'")
    names = part_names(manifest)
    rows = manifest.samples[names.notna()].assign(part=names[names.notna()])
    return Certificate(
        tool_version=__version__,
        algorithm=split["algorithm"],
        seed=split["seed"],
        parameters={key: split[key] for key in _PARAMETERS},
        root_name=header.root_name,
        profile=header.profile.name,
        data_sha256=header.content_sha256,
        split_sha256=split_fingerprint(manifest),
        samples=len(manifest.samples),
        usable=len(rows),
        excluded=_excluded(manifest.samples),
        parts=_parts(rows, manifest, dict(zip(split["names"], split["targets"], strict=True))),
        groups=_groups(rows, split),
        relations={"looked_for": list(_LOOKED_FOR), "not_looked_for": list(_NOT_LOOKED_FOR)},
    )


def _excluded(samples: pd.DataFrame) -> dict[str, int]:
    """Return how many samples have no part, by reason: ``no-image``, a state, or ``not-hashed``."""
    left = samples[~usable(samples)]
    reasons = left["image_state"].astype("object").where(left["image_state"].notna(), "unread")
    reasons = reasons.mask(reasons.eq("ok"), "not-hashed").mask(left["image_path"].isna(), "no-image")
    return {str(reason): int(number) for reason, number in sorted(reasons.value_counts().items())}


def _parts(rows: pd.DataFrame, manifest: Manifest, targets: dict[str, int]) -> list[Part]:
    with_map = rows["map_path"].notna()
    strata = rows["class"] + with_map.map({True: "/map", False: "/no-map"}).astype("string")
    names = [c.name for c in manifest.profile.classes]
    by_class = _counted(rows["part"], rows["class"], names, targets)
    by_stratum = _counted(rows["part"], strata, [f"{n}/{m}" for n in names for m in ("map", "no-map")], targets)
    totals = rows["part"].value_counts()
    maps = rows["part"][with_map].value_counts()
    return [
        Part(
            name=name,
            total=Tally(
                samples=int(totals.get(name, 0)),
                share=round(int(totals.get(name, 0)) / len(rows), 6),
                target=target,
                deviation=int(totals.get(name, 0)) - target,
            ),
            with_map=int(maps.get(name, 0)),
            classes=by_class[name],
            strata=by_stratum[name],
        )
        for name, target in targets.items()
    ]


def _counted(
    parts: "pd.Series[str]", kinds: "pd.Series[str]", names: list[str], targets: dict[str, int]
) -> dict[str, dict[str, Tally]]:
    """Return the tally of every kind in every part; kinds without any sample are left out."""
    cells = Counter(zip(parts.tolist(), kinds.tolist(), strict=True))
    sizes, totals = Counter(parts.tolist()), Counter(kinds.tolist())
    tallies: dict[str, dict[str, Tally]] = {}
    for part, wanted in targets.items():
        tallies[part] = {}
        for name in (name for name in names if totals[name]):
            number, target = cells[part, name], totals[name] * wanted / len(parts)
            tallies[part][name] = Tally(
                samples=number,
                share=round(number / sizes[part], 6) if number else 0.0,
                target=round(target, 3),
                deviation=round(number - target, 3),
            )
    return tallies


def _groups(rows: pd.DataFrame, split: dict[str, Any]) -> Groups:
    grouped = rows[rows["group"].notna()].groupby("group")
    sizes = grouped.size()
    # Crossings are counted by the pictures themselves too, so that a wrong group column cannot hide one.
    by_group = {str(name) for name in sizes.index[grouped["part"].nunique() > 1]}
    twice = rows[rows["image_sha256"].duplicated(keep=False)].groupby("image_sha256")["part"].nunique()
    by_picture = {str(name)[:16] for name in twice.index[twice > 1]}
    return Groups(
        number=len(sizes),
        samples=int(sizes.sum()),
        largest=int(sizes.max()) if len(sizes) else 0,
        crossings=len(by_group | by_picture),
        conflicting=sorted(str(name) for name in sizes.index[grouped["class"].nunique() > 1]),
        slack=split["slack"],
        size_slack=split["size_slack"],
    )
