"""Checks of the names that a split of others gives, against the samples of the data set (LAG72x)."""

import numpy as np
import pandas as pd

from lagtool.checks.evidence import Evidence, Hit, Hits, NotApplicable
from lagtool.display import show
from lagtool.lists import Fate
from lagtool.splits.listed import ListedNames


def unknown_name(evidence: Evidence) -> Hits:
    """A split names a file that is like no sample of the data set.

    Why it matters: the split is of another data set, or of a copy whose files were renamed; who uses it trains on less
    than it says.
    How to fix: compare the name with the tree; audit against the tree that the split was made from.
    Example: `train.csv` line 7 names `cat.png`.
    """
    yield from _strange(evidence, Fate.UNKNOWN, "is like no sample's name")


def absent_sample(evidence: Evidence) -> Hits:
    """A split names a sample that is not there.

    Why it matters: a training run stops at it, or goes on with less than the split says; numbers cannot be compared
    with those of others.
    How to fix: copy the missing files again; or the split is of a larger release than this copy is.
    Example: `test.txt` line 3 names `non_glaucoma/image/0007.jpg`, and there is no sample 0007.
    """
    yield from _strange(evidence, Fate.ABSENT, "is not in the data set")


def ambiguous_name(evidence: Evidence) -> Hits:
    """A split gives a name that several samples have.

    Why it matters: nobody can tell which picture is meant; whoever guesses makes another split.
    How to fix: write the path with the class (`non_glaucoma/0007`) into the split.
    Example: `0007` may be `non_glaucoma/0007` or `suspicious_glaucoma/0007`.
    """
    yield from _strange(evidence, Fate.AMBIGUOUS, "may mean")


def _strange(evidence: Evidence, fate: Fate, words: str) -> Hits:
    listed = _listed(evidence)
    table = _of_fate(listed, fate)
    columns = (table[name].tolist() for name in ("split", "name", "place", "detail"))
    for part, name, place, detail in zip(*columns, strict=True):
        where = f", {place}" if place else ""
        yield Hit(f"named in part {listed.splits[part]}{where}: '{name}' {words} {detail}".rstrip())


def sample_in_two_parts(evidence: Evidence) -> Hits:
    """One sample is named in two parts of a split.

    Why it matters: the test set leaks: a model is tested on what it was trained on. (Lists that hold a whole split per
    fold are judged fold by fold, where this is as wrong.)
    How to fix: take it out of all parts but one, or split again with `lagtool split`.
    Example: `non_glaucoma/0007` is named in train and in test.
    """
    listed = _listed(evidence)
    table = _of_fate(listed, Fate.FOUND).drop_duplicates(["row", "split"])
    table = table[table["row"].duplicated(keep=False)]
    said = []
    for _, group in table.groupby("row", sort=True):
        names = [
            f"{listed.splits[part]}{_at(place)}" for part, place in zip(group["split"], group["place"], strict=True)
        ]
        said.append((int(group["row"].iloc[0]), f"is named in {len(names)} parts: {'; '.join(names)}"))
    return _say(evidence, said)


def sample_named_twice(evidence: Evidence) -> Hits:
    """One sample is named twice in one part of a split.

    Why it matters: it counts twice in training or in the score.
    How to fix: remove the second name.
    Example: `non_glaucoma/0007` is named in lines 3 and 90 of `train.txt`.
    """
    listed = _listed(evidence)
    keys = ["row", "split", "slot"]
    table = _of_fate(listed, Fate.FOUND)
    table = table[table.duplicated(keys, keep=False)]
    said = []
    for _, group in table.groupby(keys, sort=True):
        part = listed.splits[group["split"].iloc[0]]
        places = [place for place in group["place"].tolist() if place]
        names = dict.fromkeys(f"'{name}'" for name in group["name"].tolist())
        where = f" ({'; '.join(places[:3])}{'; ...' if len(places) > 3 else ''})" if len(set(places)) > 1 else ""
        how = f", as {' and '.join(list(names)[:3])}" if len(names) > 1 else ""
        times = "twice" if len(group) == 2 else f"{len(group):,} times"
        said.append((int(group["row"].iloc[0]), f"is named {times} in part {part}{where}{how}"))
    return _say(evidence, said)


def class_contradicts_tree(evidence: Evidence) -> Hits:
    """A split puts a sample into another class than the data set does.

    Why it matters: one of the two labels is wrong; or the name means another picture than it seems to.
    How to fix: look at the picture; compare its bytes with those of the data set that the split was made from.
    Example: `test/glaucoma/0007.jpg`, but 0007 is of `non_glaucoma`.
    """
    listed = _listed(evidence)
    table = _of_fate(listed, Fate.FOUND)
    if not (table["claimed"] >= 0).any():
        raise NotApplicable("the split says no classes")
    rows, claimed = table["row"].to_numpy(np.intp), table["claimed"].to_numpy(np.int64)
    # Where a mark says another class than the folder, a split may go by either.
    other = (claimed != evidence.class_codes[rows]) & (claimed != evidence.folder_codes[rows])
    table = table[(claimed >= 0) & other]
    classes = evidence.profile.classes
    columns = (table[name].tolist() for name in ("row", "split", "name", "place", "claimed"))
    said = [
        (row, f"is {classes[number].name} in part {listed.splits[part]}{_at(place)}: '{name}'")
        for row, part, name, place, number in zip(*columns, strict=True)
    ]
    return _say(evidence, said)


def unusable_row(evidence: Evidence) -> Hits:
    """A row of a split names no sample, or puts it into no split.

    Why it matters: whoever trains with the list loses the row, or stops at it; what was meant cannot be told.
    How to fix: fill the cell, or remove the row.
    Example: `split.csv` line 7: '0007.jpg' has no split.
    """
    for one in _listed(evidence).unusable:
        yield Hit(f"{one.place}: {one.why}")


def _listed(evidence: Evidence) -> ListedNames:
    if evidence.listed is None:
        raise NotApplicable("no split of others: 'lagtool audit' judges one")
    return evidence.listed


def _of_fate(listed: ListedNames, fate: Fate) -> pd.DataFrame:
    return listed.table[listed.table["fate"] == fate.value]


def _say(evidence: Evidence, said: list[tuple[int, str]]) -> Hits:
    """Yield a hit for each sample and sentence, at the first file that the sample has."""
    rows = np.array([row for row, _ in said], np.intp)
    columns = (evidence.values(f"{slot}_path", rows) for slot in ("image", "map", "label"))
    for (_, text), title, *paths in zip(said, evidence.titles(rows), *columns, strict=True):
        yield Hit(text, next(filter(None, paths), ""), title)


def _at(place: str) -> str:
    return f" ({show(place, 120)})" if place else ""
