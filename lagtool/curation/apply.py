"""Applying marks: which sample each means, whether it still holds, and what the manifest says then."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.curation.read import Curation
from lagtool.errors import LagtoolError
from lagtool.manifest.marks import CurationRecord, Mark, describe_contradiction, find_contradiction, sort_marks
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.schema import SAMPLE_COLUMNS
from lagtool.manifest.value import Manifest, conform
from lagtool.model import Action
from lagtool.profiles import Profile
from lagtool.text import show

Rows = NDArray[np.int64]
_COLUMNS = ["curation", "curated_class"]


class Fate(StrEnum):
    """What became of a mark."""

    APPLIED = "applied"
    UNKNOWN = "unknown"
    STALE = "stale"


@dataclass(frozen=True, eq=False)
class Placed:
    """Marks tied to the samples of a manifest.

    Attributes:
        marks: The marks.
        rows: Position of each one's sample, -1: there is none.
        fates: What became of each.
        names: ``class/id`` of each one's sample, as the manifest has it; empty: there is none.
        others: Position of the other sample of each one's pair, -1: there is none, or it is about one sample.
    """

    marks: tuple[Mark, ...]
    rows: Rows
    fates: tuple[Fate, ...]
    names: tuple[str, ...]
    others: Rows

    def select_pairs(self, action: Action) -> list[tuple[int, int, Mark]]:
        """Return the marks on pairs of an action that hold, each with the positions of its samples, the lower first."""
        each = zip(self.rows.tolist(), self.others.tolist(), self.marks, self.fates, strict=True)
        return [(min(a, b), max(a, b), m) for a, b, m, fate in each if fate is Fate.APPLIED and m.action is action]

    def select(self, action: Action) -> list[tuple[int, Mark]]:
        """Return the marks of an action that hold, each with the position of its sample."""
        each = zip(self.rows.tolist(), self.marks, self.fates, strict=True)
        return [(row, mark) for row, mark, fate in each if fate is Fate.APPLIED and mark.action is action]


def apply_curation(manifest: Manifest, curation: Curation) -> Manifest:
    """Return the manifest with the marks of a curation applied; those of an earlier one are replaced.

    Samples stay where they are, under the class of their folder. The columns ``curation`` and ``curated_class`` say
    which marks hold and which class a sample counts in; the header records all marks. See
    `lagtool.curation.apply.curated` for what follows from them. A split that the manifest has stays as it is.

    Raises:
        LagtoolError: A mark names a class that the profile does not have, or two relabel one sample.
    """
    _check_classes(curation, [c.name for c in manifest.profile.classes])
    placed = place_marks(manifest, curation.marks)
    _check_contradiction(curation, placed)
    actions: dict[int, set[Action]] = {}
    classes: dict[int, str] = {}
    each = zip(placed.rows.tolist(), placed.others.tolist(), placed.marks, placed.fates, strict=True)
    for row, other, mark, fate in each:
        if fate is Fate.APPLIED:
            actions.setdefault(row, set()).add(mark.action)
            if other >= 0:
                actions.setdefault(other, set()).add(mark.action)
            if mark.action is Action.RELABEL:
                classes[row] = mark.value
    distinct = dict(zip(placed.marks, placed.fates, strict=True))
    applied = Counter(mark.action for mark, fate in distinct.items() if fate is Fate.APPLIED)
    fates = Counter(distinct.values())
    record = CurationRecord(
        name=curation.name,
        sha256=curation.sha256,
        applied={action: applied[action] for action in Action if applied[action]},
        unknown=fates[Fate.UNKNOWN],
        stale=fates[Fate.STALE],
        marks=sort_marks(curation.marks),
    )
    words = {row: ",".join(action.value for action in Action if action in found) for row, found in actions.items()}
    columns = {
        "curation": _spread(words, len(manifest.samples)),
        "curated_class": _spread(classes, len(manifest.samples)),
    }
    bare = manifest.samples.drop(columns=_COLUMNS, errors="ignore")
    header = manifest.header.model_copy(update={"curation": record})
    return replace(manifest, samples=conform(bare.assign(**columns), SAMPLE_COLUMNS), header=header)


def drop_curation(manifest: Manifest) -> Manifest:
    """Return the manifest as if nobody had marked anything."""
    if manifest.header.curation is None:
        return manifest
    header = manifest.header.model_copy(update={"curation": None})
    return replace(manifest, samples=manifest.samples.drop(columns=_COLUMNS, errors="ignore"), header=header)


def recorded_curation(manifest: Manifest) -> Curation | None:
    """Return the curation that was applied to a manifest, or None."""
    record = manifest.header.curation
    return None if record is None else Curation(record.name, sort_marks(record.marks), record.sha256)


def place_marks(manifest: Manifest, marks: Sequence[Mark]) -> Placed:
    """Tie marks to samples: by class and id, and by the number where zeros before it were lost.

    Where there is no such sample, and the mark says which picture it is about, the only sample with that picture is
    meant: copies of a dataset have other ids. A mark whose sha256 is not that of the sample's image is stale; where no
    image was hashed (``--quick``), nobody can tell, and it holds.
    """
    samples = manifest.samples
    keys = sample_keys(samples)
    rows, others = (_locate(manifest, keys, names) for names in ([m.sample for m in marks], [m.other for m in marks]))
    digests = samples["image_sha256"].astype(object).to_numpy()
    _find_pictures(rows, marks, digests)
    blind = manifest.header.scan_options.quick

    def judge(row: int, other: int, mark: Mark) -> Fate:
        if row < 0 or (mark.other and (other < 0 or other == row)):
            return Fate.UNKNOWN
        seen = zip((row, other), mark.image_sha256.split("+"), strict=False)
        stale = any(_is_stale(digest, digests[at], blind=blind) for at, digest in seen if at >= 0)
        return Fate.STALE if stale else Fate.APPLIED

    fates = tuple(map(judge, rows.tolist(), others.tolist(), marks))
    names = tuple("" if row < 0 else str(keys[row]) for row in rows.tolist())
    return Placed(tuple(marks), rows, fates, names, others)


def _find_pictures(rows: Rows, marks: Sequence[Mark], digests: "NDArray[np.object_]") -> None:
    """Fill in the positions of the samples whose ids are unknown and whose pictures are one sample's."""
    lost = [n for n in np.flatnonzero(rows < 0).tolist() if marks[n].image_sha256 and not marks[n].other]
    if lost:
        at = pd.Index(digests, dtype=object)
        once = ~at.duplicated(keep=False)
        found = pd.Series(np.flatnonzero(once), index=at[once])
        for number in lost:
            rows[number] = found.get(marks[number].image_sha256, -1)


def _locate(manifest: Manifest, keys: pd.Index, names: Sequence[str]) -> Rows:
    """Return the position of each sample, written as ``class/id``; -1: there is none."""
    rows = keys.get_indexer(pd.Index(names, dtype=object)).astype(np.int64)
    suffix = manifest.profile.slots["image"].suffixes[0]
    for number in np.flatnonzero(rows < 0).tolist():
        class_name, _, name = names[number].rpartition("/")
        # A spreadsheet takes 0001 for a number, and writes 1.
        key = manifest.profile.key("image", f"{name}{suffix}") if name.isascii() and name.isdigit() else None
        if key is not None:
            rows[number] = keys.get_indexer(pd.Index([f"{class_name}/{key}"], dtype=object))[0]
    return rows


def recorded_marks(manifest: Manifest) -> Placed | None:
    """Return the marks that a manifest carries, tied to its samples; None where there are none."""
    record = manifest.header.curation
    return None if record is None else place_marks(manifest, record.marks)


def tie_marked(manifest: Manifest) -> Rows:
    """Return edges, (number, 2), between the samples that marks keep together, or call the same."""
    placed = recorded_marks(manifest)
    if placed is None:
        return np.zeros((0, 2), np.int64)
    first: dict[str, int] = {}
    edges = [(a, b) for a, b, _ in placed.select_pairs(Action.SAME)]
    for row, mark in placed.select(Action.KEEP_TOGETHER):
        edges.append((first.setdefault(mark.value, row), row))
    return np.array(edges, np.int64).reshape(-1, 2)


def _is_stale(seen: str, digest: object, *, blind: bool) -> bool:
    if not seen or (blind and digest is pd.NA):
        return False
    return digest is pd.NA or digest != seen


def _check_classes(curation: Curation, names: list[str]) -> None:
    for number, mark in enumerate(curation.marks):
        said = [mark.class_name, *([mark.value] if mark.action is Action.RELABEL else [])]
        said += [mark.other.rpartition("/")[0]] if mark.other else []
        for name in said:
            if name not in names:
                raise LagtoolError(
                    f"{curation.place(number)}: unknown class '{show(name, 60)}': write {' or '.join(map(show, names))}"
                )


def _check_contradiction(curation: Curation, placed: Placed) -> None:
    """Refuse two classes for one sample, or two words for one pair, that are written in two ways: 1 and 0001."""
    as_placed = [
        mark.model_copy(update={"class_name": "", "id": str(row)} | ({"value": f"/{other}"} if mark.other else {}))
        for mark, row, other in zip(placed.marks, placed.rows.tolist(), placed.others.tolist(), strict=True)
    ]
    known = [number for number, row in enumerate(placed.rows.tolist()) if row >= 0]
    wrong = find_contradiction([as_placed[number] for number in known])
    if wrong is not None:
        first, second = (known[number] for number in wrong)
        said = describe_contradiction(curation.marks[second], curation.marks[first], "and by another mark")
        raise LagtoolError(f"{curation.place(second)}: {said}")


def _spread(values: dict[int, str], size: int) -> "pd.Series[str]":
    column = np.full(size, pd.NA, dtype=object)
    column[list(values)] = list(values.values())
    return pd.Series(column, dtype=object)


def excluded(samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which samples a mark excludes."""
    if "curation" not in samples:
        return np.zeros(len(samples), np.bool_)
    marked = samples["curation"].str.startswith(Action.EXCLUDE.value)  # it comes first among the marks of a sample
    return np.asarray(marked.to_numpy(dtype=np.bool_, na_value=False), np.bool_)


def curated_samples(samples: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Return the samples, in their order, with the class and label that marks give them; all others keep theirs.

    The result is for counting and dividing: as rows of a manifest the paths would contradict the classes.
    """
    if "curated_class" not in samples or samples["curated_class"].isna().all():
        return samples
    there = samples["curated_class"].notna()
    labels = {c.name: c.label for c in profile.classes}
    classes = samples["class"].where(~there, samples["curated_class"])
    return samples.assign(**{"class": classes, "label": classes.map(labels).astype(samples["label"].dtype)})


def curated(manifest: Manifest) -> Manifest:
    """Return a manifest as training sees it: without excluded samples, with the classes that marks say.

    It is for counting: relabelled samples stand under a class that their paths contradict, so that it cannot be written
    and read back. Pairs follow the samples. Without marks the manifest is returned as it is.
    """
    samples = manifest.samples
    if "curation" not in samples or samples["curation"].isna().all():
        return manifest
    left = ~excluded(samples)
    now = curated_samples(samples, manifest.profile)[left].reset_index(drop=True)
    pairs = manifest.pairs
    if pairs is not None:
        names = dict(zip(sample_keys(samples)[left].tolist(), sample_keys(now).tolist(), strict=True))
        moved = {name: pairs[name].map(names).astype(pairs[name].dtype) for name in ("a", "b")}
        pairs = pairs.assign(**moved).dropna(subset=["a", "b"]).reset_index(drop=True)
    return replace(manifest, samples=now, pairs=pairs)


def count_as(manifest: Manifest) -> dict[str, str | None] | None:
    """Return the class that each marked sample counts in, by ``class/id``, None for excluded ones; None: no marks."""
    samples = manifest.samples
    if "curation" not in samples or samples["curation"].isna().all():
        return None
    marked = np.flatnonzero(samples["curation"].notna().to_numpy())
    keys, out = sample_keys(samples)[marked].tolist(), excluded(samples)[marked].tolist()
    classes = curated_samples(samples, manifest.profile)["class"].iloc[marked].tolist()
    return {key: None if gone else name for key, gone, name in zip(keys, out, classes, strict=True)}
