"""Leakage of a split in one figure: the share of test samples that training has seen in another photograph."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from lagtool.duplicates.groups import connect, tie_together
from lagtool.duplicates.pairs import decided_pairs
from lagtool.manifest.header import IDENTICAL, Relation
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest
from lagtool.splits.allocation import Ints
from lagtool.splits.grouping import group_all
from lagtool.splits.plan import part_names
from lagtool.text import count, show

_NORMAL = 1.959964  # 95 % of a normal distribution lie within so many deviations
_COPIES = (Relation.NEAR_DUPLICATE, Relation.MIRRORED, Relation.TURNED)


class Leakage(BaseModel):
    """The share of test samples with a copy, the same eye or the same patient in training.

    Attributes:
        tested: Names of the splits whose samples are counted; several: each against the others (folds).
        trained: Names of the splits that they are held against.
        samples: How many samples are tested.
        leaking: How many of them are in a group with a sample that is trained on, directly or by way of others.
        share: ``leaking`` of ``samples``, 0..1, six decimals.
        low: Lower end of the 95 % interval of the share (Wilson 1927), six decimals.
        high: Its upper end.
        looked_for: Relations that were searched; identical pictures always are.
        not_looked_for: The others: leakage by these is not in the figure.
        unsearched: How many tested samples were not searched, since their image could not be opened.
        patients: Whether groups (patients) are known of some samples.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tested: tuple[str, ...]
    trained: tuple[str, ...]
    samples: int = Field(ge=1)
    leaking: int = Field(ge=0)
    share: float
    low: float
    high: float
    looked_for: tuple[Relation, ...]
    not_looked_for: tuple[Relation, ...]
    unsearched: int = Field(ge=0)
    patients: bool

    @property
    def sentence(self) -> str:
        """The figure in words, with what it is a share of and what it does not cover."""
        kinds = ["a copy" if set(self.looked_for) & set(_COPIES) else "an identical copy"]
        kinds += ["the same eye"] if Relation.SAME_EYE in self.looked_for else []
        kinds += ["the same patient"] if self.patients else []
        what = " or ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
        where = "another of these" if self.tested == self.trained else _list_names(self.trained)
        limits = [f"not searched: {', '.join(self.not_looked_for)}"] if self.not_looked_for else []
        limits += [f"{self.unsearched:,} of the {self.samples:,} not searched"] if self.unsearched else []
        limits += [] if self.patients else ["patients not known"]
        return (
            f"Leakage: {self.leaking:,} of {count(self.samples, 'sample')} of {_list_names(self.tested)} "
            f"({100 * self.share:.1f} %, 95 % interval {100 * self.low:.1f} to {100 * self.high:.1f} %) "
            f"{'has' if self.leaking == 1 else 'have'} {what} in {where}"
            + (f" ({'; '.join(limits)})" if limits else "")
        )


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(show(name, 40) for name in names) if len(names) < 7 else f"{len(names)} splits"


def measure_leakage(manifest: Manifest) -> Leakage | None:
    """Return the leakage of the split in a manifest's columns; None where it has fewer than two parts.

    Groups are connected over the recorded pairs as marks decide them, identical pictures, marks, and the column
    ``group``. Tested is the part ``test`` against ``train``; without a part ``train`` against all others; without a
    part ``test`` all others than ``train``; folds and other names each against the others.
    """
    names = part_names(manifest)
    codes, parts = pd.factorize(names, sort=True)
    if len(parts) < 2:
        return None
    tested, trained = choose_sides([str(part) for part in parts])
    group = _connect_all(manifest)
    in_test, in_train = (np.isin(codes, side) for side in (tested, trained))
    if tested == trained:
        table = pd.DataFrame({"group": group, "part": codes})[in_test]
        crossing = table.groupby("group")["part"].nunique()
        leaks = in_test & np.isin(group, crossing.index[crossing > 1])
    else:
        leaks = in_test & np.isin(group, group[in_train])
    found = decided_pairs(manifest)
    looked = set(IDENTICAL) | (set() if found is None else set(found.looked_for))
    unsearched = () if found is None else found.unsearched
    samples, leaking = int(in_test.sum()), int(leaks.sum())
    low, high = wilson_interval(leaking, samples)
    return Leakage(
        tested=tuple(str(parts[part]) for part in tested),
        trained=tuple(str(parts[part]) for part in trained),
        samples=samples,
        leaking=leaking,
        share=round(leaking / samples, 6),
        low=round(low, 6),
        high=round(high, 6),
        looked_for=tuple(relation for relation in Relation if relation in looked),
        not_looked_for=tuple(relation for relation in Relation if relation not in looked),
        unsearched=int((in_test & sample_keys(manifest.samples).isin(unsearched)).sum()),
        patients=knows_patients(manifest),
    )


def choose_sides(names: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the positions of the parts that are tested, and of those that they are held against."""
    plain = [name.lower() for name in names]
    everything = list(range(len(names)))
    tested = [number for number in everything if plain[number] in ("test", "testing")]
    trained = [number for number in everything if plain[number] in ("train", "training")]
    if tested and not trained:
        trained = [number for number in everything if number not in tested]
    if trained and not tested:
        tested = [number for number in everything if number not in trained]
    return (tested, trained) if tested and trained else (everything, everything)


def wilson_interval(hits: int, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), within 0..1; ``number`` is at least 1."""
    share, square = hits / number, _NORMAL**2
    middle = (share + square / (2 * number)) / (1 + square / number)
    half = _NORMAL / (1 + square / number) * sqrt(share * (1 - share) / number + square / (4 * number**2))
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == number else middle + half)


def knows_patients(manifest: Manifest) -> bool:
    """Return whether groups that somebody gave, patients for example, are among the manifest's."""
    split = manifest.header.split or {}
    return bool(split.get("known_groups") or (split.get("grouping") or {}).get("file_groups"))


def _connect_all(manifest: Manifest) -> Ints:
    """Return the group of each sample, as the position of its first member."""
    codes = group_all(manifest).codes
    if "group" not in manifest.samples:
        return codes
    a, b = tie_together(pd.factorize(manifest.samples["group"])[0]).T
    return connect(len(codes), np.append(np.arange(len(codes)), a), np.append(codes, b))
