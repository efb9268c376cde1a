"""Checks of the names that a split of others gives, against the samples of the dataset (LAG72x)."""

from collections.abc import Collection, Iterator
from contextlib import suppress

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.duplicates import Edges, find_unsearched, list_edges, require_searched
from lagtool.checks.evidence import Evidence, Hit, Hits, Mask, NotApplicable, Rows
from lagtool.checks.splits import Division, list_divisions
from lagtool.duplicates.groups import connect
from lagtool.lists import Fate
from lagtool.manifest.header import EYES, Relation
from lagtool.manifest.rules import sample_keys
from lagtool.splits.listed import ListedNames
from lagtool.text import count, show

_EXACT = {Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL}
_COPIES = (Relation.NEAR_DUPLICATE, Relation.MIRRORED, Relation.TURNED)


def copy_in_two_parts(evidence: Evidence) -> Hits:
    """One photograph, saved again, mirrored or turned, stands in two parts of a split.

    Why it matters: the test set leaks: the model has seen the picture, in another file, and no comparison of files
    shows it.
    How to fix: split again with `lagtool split` and these relations, or leave the copies out of all parts but one.
    Example: `0008.jpg` in test is `0007.jpg` of train, mirrored (score 0.97).
    """
    yield from _crossing(evidence, *_COPIES)


def eye_in_two_parts(evidence: Evidence) -> Hits:
    """Two photographs of one eye, or probably of one eye, stand in two parts of a split.

    Why it matters: the test set leaks: a model knows the eye by its vessels. LAG has no patient ids, so that nothing
    but the pictures shows it.
    How to fix: look at both; split again with `lagtool split` and the relation same-eye.
    Example: `0008.jpg` in test is like `0007.jpg` in train (same-eye, score 0.99).
    """
    yield from _crossing(evidence, *EYES)


def unsearched_in_part(evidence: Evidence) -> Hits:
    """A sample in a part of a split was not searched for copies and for the same eye.

    Why it matters: whether it leaks is not known. The file was missing, unreadable or another than the manifest's when
    it was to be opened, or could not be decoded when the dataset was indexed.
    How to fix: put the file back, or index the dataset again, and audit again with `--root DIR`.
    Example: `0008.jpg` in test was not searched.
    """
    divisions = list_divisions(evidence)
    list_edges(evidence, *_COPIES, Relation.SAME_EYE)
    gone = find_unsearched(evidence)
    for division in divisions:
        rows = np.flatnonzero(gone & (division.parts >= 0))
        texts = (f"is in {division.name(part)}, and was not searched" for part in division.parts[rows].tolist())
        yield from evidence.say(rows, texts)


def in_other_dataset(evidence: Evidence) -> Hits:
    """A sample of the split is in another dataset as well.

    Why it matters: who trains on the one and tests on the other, or reports both as independent, tests on pictures or
    eyes that the model has seen. A checksum finds only copies to the byte; public collections re-save, crop and rename.
    How to fix: leave these samples out of one of the two (`lagtool curate add --action exclude`), or say so. Look at
    them first with `lagtool duplicates A --against B`.
    Example: `0008.jpg` in test is in OTHER (train): near-duplicate, `glaucoma/17` there, score 0.98.
    """
    if not evidence.overlaps:
        raise NotApplicable("not compared with another dataset: --against OTHER")
    divisions = list_divisions(evidence)
    some = False
    for division in divisions:
        for overlap in evidence.overlaps:
            pairs = overlap.surest()
            rows, known = _place_pairs(evidence, division, pairs)
            some = some or bool(known.any())
            other = overlap.other
            there = pairs["b"].map(dict(zip(other.samples["key"], other.samples["split"], strict=True)))
            texts = (
                f"is in {division.name(division.parts[row])} and in {other.name}"
                + (f" ({split})" if isinstance(split, str) else "")
                + f": {relation}, {show(key, 80)} there, score {score:.2f}"
                for row, split, relation, key, score in zip(
                    rows[known],
                    there[known],
                    pairs["relation"][known],
                    pairs["b"][known],
                    pairs["score"][known],
                    strict=True,
                )
            )
            yield from evidence.say(rows[known], texts)
    gaps = {gap: None for overlap in evidence.overlaps for gap in overlap.list_gaps()}
    if gaps and not some:
        raise NotApplicable(f"none found in what was searched. {'; '.join(gaps)}")


def _place_pairs(evidence: Evidence, division: Division, pairs: pd.DataFrame) -> tuple[Rows, Mask]:
    """Return the row of each pair's sample ``a`` (-1: it is not there), and whether it is in a part."""
    rows = sample_keys(evidence.samples).get_indexer(pd.Index(pairs["a"].astype(object))).astype(np.intp)
    known = rows >= 0
    known[known] = division.parts[rows[known]] >= 0
    return rows, known


def describe_overlaps(evidence: Evidence) -> Iterator[str]:
    """Yield how many samples of each part are in other datasets, and what was not searched there, in sentences."""
    divisions = [] if not evidence.overlaps else list_divisions(evidence)
    for overlap in evidence.overlaps:
        name = overlap.other.name
        for division in divisions:
            rows, known = _place_pairs(evidence, division, overlap.surest())
            sizes, found = (
                np.bincount(division.parts[chosen], minlength=len(division.names))
                for chosen in (np.flatnonzero(division.parts >= 0), rows[known])
            )
            for part, (total, number) in enumerate(zip(sizes.tolist(), found.tolist(), strict=True)):
                yield f"{number:,} of {count(total, 'sample')} of {division.name(part)} are in {name}"
        if len(overlap.candidates):
            yield (
                f"{count(overlap.candidates['a'].nunique(), 'sample')} may have a copy in {name}: hashes are near, not "
                "confirmed; 'lagtool duplicates --against' lists them"
            )
        yield from (f"{name}: {gap}" for gap in overlap.list_gaps())
        yield from overlap.remarks


def _crossing(evidence: Evidence, *wanted: Relation) -> Hits:
    divisions = list_divisions(evidence)
    edges = list_edges(evidence, *wanted)
    some = False
    for division in divisions:
        parts = division.parts
        found = [*_direct(parts, edges, wanted), *_through_others(evidence, parts, edges, wanted)]
        firsts, laters = (np.array([one[place] for one in found], np.intp) for place in (0, 1))
        others = evidence.names(firsts)
        texts = (
            f"is in {division.name(parts[later])} and is like {other} in {division.name(parts[first])} {how}"
            for (first, later, how), other in zip(found, others, strict=True)
        )
        some = some or bool(found)
        yield from evidence.say(laters, texts, others=others)
    if not some:
        placed = np.any([division.parts >= 0 for division in divisions], axis=0)
        require_searched(int((find_unsearched(evidence) & placed).sum()), int(placed.sum()), "sample")


def _direct(parts: Rows, edges: Edges, wanted: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the pairs across parts: the earlier sample, the later one, and how they are alike."""
    here, there = parts[edges.a], parts[edges.b]
    for at in np.flatnonzero((here >= 0) & (there >= 0) & (here != there)).tolist():
        relation = edges.relations[at]
        if relation in wanted:
            first, later = sorted((int(edges.a[at]), int(edges.b[at])))
            detail = f"; {edges.details[at]}" if edges.details[at] else ""
            yield first, later, f"({relation}, score {edges.scores[at]:.2f}{detail})"


def _through_others(
    evidence: Evidence, parts: Rows, edges: Edges, wanted: Collection[str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the same for groups without such a pair: their parts are connected by samples that are in no part."""
    for first, later, via, relations in _chains(parts, edges):
        # The weakest link says which check tells of it; chains of identical pictures are those of their bytes.
        if relations <= _EXACT or bool(relations & set(EYES)) != bool(set(wanted) & set(EYES)):
            continue
        words = evidence.values("image_path", np.array([via]))[0] or "another"
        how = ", ".join(relation.value for relation in Relation if relation in relations)
        yield first, later, f"by way of {words} in no part ({how})"


def _chains(parts: Rows, edges: Edges) -> Iterator[tuple[int, int, int, set[str]]]:
    """Yield groups that reach over several parts though none of their pairs does.

    Yields:
        The first sample of the group in a part, the first of each further part, a sample in no part between, and the
        relations in the group.
    """
    lowest, table, several = _group(parts, edges)
    crossing = (parts[edges.a] >= 0) & (parts[edges.b] >= 0) & (parts[edges.a] != parts[edges.b])
    told = set(lowest[edges.a[crossing]].tolist())
    for group in several:
        if group in told:
            continue
        members = table[table["group"] == group].drop_duplicates("part")["row"].tolist()
        inside = np.flatnonzero(lowest[edges.a] == group).tolist()
        ends = np.concatenate([edges.a[inside], edges.b[inside]])
        via = int(ends[parts[ends] < 0].min())
        relations = {edges.relations[at] for at in inside}
        yield from ((members[0], later, via, relations) for later in members[1:])


def _group(parts: Rows, edges: Edges) -> tuple[NDArray[np.int64], pd.DataFrame, list[int]]:
    """Return the group of each sample, the samples of groups in parts, and the groups in several parts."""
    lowest = connect(len(parts), edges.a.astype(np.int64), edges.b.astype(np.int64))
    placed = np.flatnonzero(parts >= 0)
    table = pd.DataFrame({"row": placed, "group": lowest[placed], "part": parts[placed]})
    table = table[table["group"].isin(lowest[edges.a])]
    number = table.groupby("group")["part"].nunique()
    return lowest, table, number.index[number > 1].tolist()


def describe_search(evidence: Evidence) -> Iterator[str]:
    """Yield what was found alike, and in several parts, and what was not looked for, in sentences."""
    likeness = evidence.likeness
    if likeness is None:
        yield "photographs that are alike were not looked for, but for identical ones"
        return
    with suppress(NotApplicable):  # there are no parts
        edges = list_edges(evidence)
        lowest, _, several = _group(list_divisions(evidence)[0].parts, edges)
        groups = count(len(np.unique(lowest[edges.a])), "group")
        looked = ", ".join(likeness.looked_for) or "nothing"
        yield f"{groups} of photographs that are alike, {len(several):,} in several parts (looked for: {looked})"
    for reason in dict.fromkeys(likeness.not_looked_for.values()):
        names = ", ".join(name for name, why in likeness.not_looked_for.items() if why == reason)
        yield f"not looked for: {names} ({reason})"
    yield from likeness.remarks


def unknown_name(evidence: Evidence) -> Hits:
    """A split names a file that is like no sample of the dataset.

    Why it matters: the split is of another dataset, or of a copy whose files were renamed; who uses it trains on less
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
    yield from _strange(evidence, Fate.ABSENT, "is not in the dataset")


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
    """A split puts a sample into another class than the dataset does.

    Why it matters: one of the two labels is wrong; or the name means another picture than it seems to.
    How to fix: look at the picture; compare its bytes with those of the dataset that the split was made from.
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
