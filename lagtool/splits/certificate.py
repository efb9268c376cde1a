"""The certificate of a split: how it was made, what is in it, and what was looked for, without clock or path."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from lagtool import __version__
from lagtool.curation.apply import curated_samples, excluded, recorded_marks
from lagtool.duplicates.pairs import decided_pairs
from lagtool.errors import LagtoolError
from lagtool.manifest.header import IDENTICAL
from lagtool.manifest.marks import fingerprint_marks
from lagtool.manifest.rules import locate_pairs, sample_keys
from lagtool.manifest.value import Manifest
from lagtool.model import Action
from lagtool.splits.assignment import Mask
from lagtool.splits.constraints import EXCLUDED
from lagtool.splits.leakage import measure_leakage
from lagtool.splits.methods import describe_methods
from lagtool.splits.plan import LISTED, part_names, split_fingerprint, usable
from lagtool.splits.record import Certificate, Decided, Decisions, Distances, Gap, Groups, Part, Relations, Tally
from lagtool.splits.summary import PartSummary, summarise_parts, total_variation

_PARAMETERS = ("folds", "names", "ratios", "sizes", "stratify", "test", "one_per_group", "drop_conflicts")
_KEYS = {
    *("algorithm", "seed", "targets", "slack", "size_slack", "grouping", "held_out", "extends", "left_out"),
    *_PARAMETERS,
}


def certify(manifest: Manifest) -> Certificate:
    """Return the certificate of a manifest that `make_split` returned, counted anew from its columns.

    Raises:
        LagtoolError: The manifest has no split, one that another tool made, or one that was made without its marks.
    """
    header, split = manifest.header, manifest.header.split
    if split is None or _KEYS - split.keys():
        raise LagtoolError("the manifest has no split of lagtool: make one with 'lagtool split'")
    made_with, marks = split.get("marks_sha256"), header.curation
    if made_with != (None if marks is None else fingerprint_marks(marks.marks)):
        raise LagtoolError("the manifest was curated after its split was made: split it again with 'lagtool split'")
    names = part_names(manifest)
    samples = curated_samples(manifest.samples, manifest.profile)
    placed = set(sample_keys(manifest.samples)[names.notna().to_numpy(bool)])
    rows = samples[names.notna()].assign(part=names[names.notna()])
    certificate = Certificate(
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
        excluded=_excluded(manifest.samples) | split["left_out"],
        parts=_parts(rows, manifest, split),
        groups=_groups(rows, split, manifest, names.notna().to_numpy(bool)),
        relations=Relations(
            **{key: split["grouping"][key] for key in Relations.model_fields if key in split["grouping"]}
            | {"unsearched": [key for key in split["grouping"].get("unsearched", ()) if key in placed]}
        ),
        held_out=split["held_out"],
        extends=split["extends"],
        curation=_decisions(manifest),
        leakage=measure_leakage(manifest),
        methods="",
    )
    map_noun = manifest.profile.noun("map") if "map" in manifest.profile.slots else None
    return certificate.model_copy(update={"methods": describe_methods(certificate, map_noun)})


def _excluded(samples: pd.DataFrame) -> dict[str, int]:
    """Return how many samples have no part, by reason: a mark, ``no-image``, a state, or ``not-hashed``."""
    left = samples[~usable(samples).to_numpy(bool) | excluded(samples)]
    reasons = left["image_state"].astype("object").where(left["image_state"].notna(), "unread")
    reasons = reasons.mask(reasons.eq("ok"), "not-hashed").mask(left["image_path"].isna(), "no-image")
    reasons = reasons.mask(excluded(left), EXCLUDED)
    return {str(reason): int(number) for reason, number in sorted(reasons.value_counts().items())}


def _parts(rows: pd.DataFrame, manifest: Manifest, split: dict[str, Any]) -> list[Part]:
    targets = dict(zip(split["names"], split["targets"], strict=True))
    given = split["names"][-1] if split["test"] == LISTED else None
    *summaries, whole = summarise_parts(manifest, split["names"])
    stratum = rows["class"] + rows["map_path"].notna().map({True: "/map", False: "/no-map"}).astype("string")
    cells = Counter(zip(rows["part"].tolist(), stratum.tolist(), strict=True))
    strata = [f"{name}/{kind}" for name in whole.classes for kind in ("map", "no-map")]
    by_class = {part.name: part.classes for part in summaries}
    by_stratum = {part: {kind: cells[part, kind] for kind in strata} for part in targets}
    return [
        Part(
            name=part.name,
            total=_tally(part.samples, whole.samples, targets[part.name]),
            with_map=part.maps,
            classes=_tally_kinds(by_class, part.name, targets[part.name], given),
            strata=_tally_kinds(by_stratum, part.name, targets[part.name], given),
            distances=_distances(part, whole),
        )
        for part in summaries
    ]


def _tally_kinds(cells: dict[str, dict[str, int]], part: str, target: int, given: str | None) -> dict[str, Tally]:
    """Return the tally of every kind in a part; kinds without any sample are left out.

    The part that a list gave is held against itself, the parts that were drawn against all that was drawn.
    """
    here = cells[part]
    size = sum(here.values())
    against = [here] if part == given else [counts for name, counts in cells.items() if name != given]
    totals = {kind: sum(counts[kind] for counts in against) for kind in here}
    wanted, whole = size if part == given else target, sum(totals.values())
    return {kind: _tally(here[kind], size, n * wanted / whole) for kind, n in totals.items() if n}


def _distances(part: PartSummary, whole: PartSummary) -> Distances:
    pairs = (
        ([*part.classes.values()], [*whole.classes.values()]),
        ([part.maps, part.samples - part.maps], [whole.maps, whole.samples - whole.maps]),
    )
    classes, maps = (round(total_variation(*pair), 4) if part.samples else 0.0 for pair in pairs)
    gaps = {k: Gap(smd=m.difference, ks=m.distance) for k, m in part.measures.items() if m.distance is not None}
    return Distances(classes=classes, maps=maps, strata=part.distance or 0.0, facts=gaps)


def _tally(number: int, whole: int, target: float) -> Tally:
    share = round(number / whole, 6) if number else 0.0
    return Tally(samples=number, share=share, target=round(target, 3), deviation=round(number - target, 3))


def _groups(rows: pd.DataFrame, split: dict[str, Any], manifest: Manifest, placed: Mask) -> Groups:
    grouped = rows[rows["group"].notna()].groupby("group")
    sizes = grouped.size()
    # Crossings are counted by the pictures themselves too, so that a wrong group column cannot hide one.
    by_group = {str(name) for name in sizes.index[grouped["part"].nunique() > 1]}
    twice = rows[rows["image_sha256"].duplicated(keep=False)].groupby("image_sha256")["part"].nunique()
    by_picture = {str(name)[:16] for name in twice.index[twice > 1]}
    keys = ("file_sha256", "file_groups", "file_samples", "file_joined")
    file = {key.removeprefix("file_"): split["grouping"].get(key) for key in keys}
    if read := split["grouping"].get("file_read"):
        file["read"] = read
    return Groups(
        number=len(sizes),
        samples=int(sizes.sum()),
        largest=int(sizes.max()) if len(sizes) else 0,
        crossings=len(by_group | by_picture) + _count_crossing_pairs(rows, manifest, split, placed),
        conflicting=sorted(str(name) for name in sizes.index[grouped["class"].nunique() > 1]),
        slack=split["slack"],
        size_slack=split["size_slack"],
        sha256=split["grouping"]["sha256"],
        file=None if file["groups"] is None else file,
    )


def _count_crossing_pairs(rows: pd.DataFrame, manifest: Manifest, split: dict[str, Any], placed: Mask) -> int:
    """Return how many pairs that the split was to keep together are in two parts; identical ones are counted above."""
    found = decided_pairs(manifest)
    if found is None:
        return 0
    wanted = set(split["grouping"]["looked_for"]) - set(IDENTICAL)
    pairs = found.pairs[found.pairs["relation"].isin(wanted)]
    keys, parts = sample_keys(manifest.samples[placed]), pd.factorize(rows["part"])[0]
    a, b = locate_pairs(pairs, keys)
    return int(np.count_nonzero((a >= 0) & (b >= 0) & (parts[a] != parts[b])))


def _decisions(manifest: Manifest) -> Decisions | None:
    """Return the decisions that a manifest carries, samples in its order; None where there are none."""
    record, placed = manifest.header.curation, recorded_marks(manifest)
    if record is None or placed is None:
        return None
    classes, ids = manifest.samples["class"], manifest.samples["id"]

    def decided(action: Action) -> list[Decided]:
        found: dict[tuple[int, str], list[str]] = {}
        for row, mark in placed.select(action):
            found.setdefault((row, mark.value), []).append(mark.note)
        return [
            Decided(sample=f"{classes.iat[row]}/{ids.iat[row]}", value=value, note="; ".join(filter(None, notes)))
            for (row, value), notes in sorted(found.items())
        ]

    return Decisions(
        name=record.name,
        sha256=record.sha256,
        marks_sha256=fingerprint_marks(record.marks),
        excluded=decided(Action.EXCLUDE),
        relabelled=decided(Action.RELABEL),
        kept_together=decided(Action.KEEP_TOGETHER),
        confirmed=decided(Action.SAME),
        rejected=decided(Action.NOT_SAME),
        unknown=record.unknown,
        stale=record.stale,
        marks=record.marks,
    )
