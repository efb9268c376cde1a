"""Overlap: which pictures and eyes of one dataset are in another one."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from lagtool.duplicates.hashes import POSITIONS
from lagtool.duplicates.pairs import NOT_ASKED, VERSION, Pair, tabulate
from lagtool.duplicates.pictures import Shelf
from lagtool.duplicates.search import COPIES, Run, fill_shelf, name_copy
from lagtool.duplicates.sets import PictureSet
from lagtool.duplicates.table import Extract
from lagtool.errors import LagtoolError
from lagtool.files import as_store
from lagtool.manifest.header import ALL, EYES, IDENTICAL, Relation
from lagtool.output.progress import Bar, no_bar
from lagtool.scanning.backends import BackendLike, open_backend
from lagtool.scanning.workers import Backend, count_processes
from lagtool.text import count

HASH_NEAR = "hash-near"
"""What stands in place of a relation where hashes are near, and the pictures are not at hand to confirm a copy."""

_BITS = 256


@dataclass(frozen=True, eq=False)
class Overlap:
    """What two datasets have in common.

    Attributes:
        one: The dataset that is asked about.
        other: The one that it is compared with.
        pairs: One row per pair, as in `lagtool.Likeness`: ``a`` is a key of ``one``, ``b`` of ``other``. Of
            identical pictures of one dataset each is paired with the first of the other's.
        candidates: Pairs of near hashes that could not be confirmed, in the same columns; ``relation`` is `HASH_NEAR`.
        looked_for: The relations that were looked for, completely.
        not_looked_for: The others, each with the reason.
        pictures: How many different pictures of each dataset were compared.
        unsearched: Keys of each dataset's pictures that were not searched.
        remarks: What else must be known to judge.
    """

    one: PictureSet
    other: PictureSet
    pairs: pd.DataFrame
    candidates: pd.DataFrame
    looked_for: tuple[Relation, ...]
    not_looked_for: Mapping[Relation, str]
    pictures: tuple[int, int]
    unsearched: tuple[tuple[str, ...], tuple[str, ...]]
    remarks: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether anything is in both, or may be."""
        return bool(len(self.pairs) or len(self.candidates))

    @property
    def complete(self) -> bool:
        """Whether all relations were looked for, and all pictures searched: only then is nothing found none."""
        return not self.not_looked_for and not any(map(len, self.unsearched))

    def list_gaps(self) -> Iterator[str]:
        """Yield what was not searched, in sentences without a full stop."""
        missing: dict[str, list[str]] = {}
        for relation, why in self.not_looked_for.items():
            missing.setdefault(why, []).append(relation.value)
        for why, names in missing.items():
            yield f"Not searched for: {', '.join(names)} ({why})"
        for part, gone in zip((self.one, self.other), self.unsearched, strict=True):
            if gone:
                yield f"Not searched: {count(len(gone), 'picture')} of {part.name}"

    @property
    def contradicts(self) -> bool:
        """Whether identical pictures have two classes, of the same names in both datasets."""
        if not self.one.classes or set(self.one.classes) != set(self.other.classes):
            return False
        a, b = (_look_up(part, self.pairs[key], "class") for part, key in ((self.one, "a"), (self.other, "b")))
        same = self.pairs["relation"].isin([relation.value for relation in IDENTICAL]).to_numpy(bool)
        return bool((same & (a.to_numpy(object) != b.to_numpy(object))).any())

    def surest(self) -> pd.DataFrame:
        """Return of each picture of ``one`` that is in ``other`` the surest pair."""
        return self.pairs.drop_duplicates("a")

    def cross(self, column: str) -> pd.DataFrame:
        """Return how many pictures of ``one`` with a value of ``column`` are in ``other`` under each value there.

        Copies count under each value that one of them has, so that a row may add up to more than its pictures.

        Args:
            column: ``class`` or ``split``.

        Returns:
            Columns ``one``, ``other`` (``-``: unknown) and ``pictures``; empty where neither dataset has values.
        """
        sides = []
        for part, key in ((self.one, "a"), (self.other, "b")):
            values = part.samples[column].astype(object).where(part.samples[column].notna(), "-")
            sides.append(pd.DataFrame({key: part.samples["key"], f"{key}_is": part.identity, f"{key}_has": values}))
        if all(part.samples[column].isna().all() for part in (self.one, self.other)):
            return pd.DataFrame({"one": [], "other": [], "pictures": []})
        one, other = sides
        # Identical pictures are paired with the first of the other dataset only: here they stand for each other.
        known = self.pairs[["a", "b"]].merge(one[["a", "a_is"]]).merge(other[["b", "b_is"]])
        known = known[["a_is", "b_is"]].drop_duplicates()
        known = known.merge(other[["b_is", "b_has"]].drop_duplicates())[["a_is", "b_has"]].drop_duplicates()
        counted = one.merge(known).groupby(["a_has", "b_has"]).size().reset_index(name="pictures")
        return counted.rename(columns={"a_has": "one", "b_has": "other"})


def _look_up(part: PictureSet, keys: "pd.Series[str]", column: str) -> "pd.Series[str]":
    return keys.map(dict(zip(part.samples["key"], part.samples[column], strict=True)))


def find_overlap(
    one: PictureSet,
    other: PictureSet,
    *,
    relations: Iterable[Relation | str] = ALL,
    jobs: int | None = None,
    bar: Bar = no_bar,
    backend: BackendLike = None,
) -> Overlap:
    """Return which pictures of two datasets are alike, with the evidence; pairs within one of them are not looked for.

    With the pictures of both: all relations. With the pictures of one and a fingerprint file of the other: identical
    pictures and the same eye. Otherwise: identical pictures. Where copies cannot be confirmed, near hashes are
    candidates. What is found is the same with the datasets exchanged.

    Args:
        one: The dataset that is asked about.
        other: The one that it is compared with.
        relations: What to look for.
        jobs: Processes; None: one per usable core.
        bar: Makes a progress bar for each step.
        backend: What opens pictures and compares them, as for `lagtool.scan`.

    Raises:
        LagtoolError: One has no picture, or nothing of what is wanted can be looked for; the backend cannot do the
            work; no picture of one of them could be opened.
    """
    wanted = {Relation(relation) for relation in relations}
    for part in (one, other):
        if part.samples.empty:
            raise LagtoolError(f"{part.name}: nothing was compared: there is no image to compare")
    exchanged = _rank(other) < _rank(one)  # so that both ways round the same is found
    sides = (other, one) if exchanged else (one, other)
    exact = [
        *_match(*sides, "image_sha256", Relation.BYTE_IDENTICAL, "sha256"),
        *_match(*sides, "image_pixels_sha256", Relation.PIXEL_IDENTICAL, "pixels"),
    ]
    missing = _list_missing(wanted, sides)
    both = all(len(part.compared) for part in sides)
    if wanted and wanted <= missing.keys() and not (both and wanted & COPIES):
        raise LagtoolError(
            f"nothing was searched for {', '.join(missing)}: {'; '.join(dict.fromkeys(missing.values()))}"
        )
    looking = _Looking(*sides, wanted.difference(missing), wanted & COPIES)
    if both:
        with open_backend(backend, jobs=jobs) as does:
            looking.look(does, jobs, bar)
    missing |= {relation: NOT_ASKED for relation in Relation if relation not in wanted}
    tables = []
    for pairs in ([pair for pair in exact if pair.relation in wanted] + looking.pairs, looking.near):
        turned = [pair._replace(a=pair.b, b=pair.a) if exchanged else pair for pair in pairs]
        moved = [pair._replace(b=pair.b + len(one.samples)) for pair in turned]
        tables.append(tabulate(moved, [*one.samples["key"], *other.samples["key"]]))
    known, near = ([*zip(table["a"], table["b"], strict=True)] for table in tables)
    new = np.array([pair not in {*known} for pair in near], np.bool_)
    marked = np.array([pair in {*near} for pair in known], np.bool_) & tables[0]["relation"].isin(EYES).to_numpy(bool)
    tables[0].loc[marked, "detail"] += "; hashes near: perhaps a copy"
    pictures = [len(part.compared) - len(lost) for part, lost in zip(sides, looking.lost, strict=True)]
    unsearched = [tuple(_name_lost(part, lost)) for part, lost in zip(sides, looking.lost, strict=True)]
    way = -1 if exchanged else 1
    return Overlap(
        one,
        other,
        tables[0],
        tables[1][new].assign(relation=HASH_NEAR).reset_index(drop=True),
        tuple(relation for relation in Relation if relation not in missing),
        missing,
        (pictures[::way][0], pictures[::way][1]),
        (unsearched[::way][0], unsearched[::way][1]),
        (*one.remarks, *other.remarks, *looking.remarks),
    )


def _rank(part: PictureSet) -> str:
    return hashlib.sha256("".join(sorted(part.samples["image_sha256"].dropna())).encode()).hexdigest()


def _list_missing(wanted: set[Relation], sides: tuple[PictureSet, PictureSet]) -> dict[Relation, str]:
    """Return the relations that cannot be looked for, each with the reason."""
    missing: dict[Relation, str] = {}
    for part in sides:
        gone = [*(COPIES if part.store is None else ()), *(() if part.has_vessels else EYES)]
        missing |= dict.fromkeys(gone, f"pictures of {part.name} not at hand")
        if not len(part.compared):
            read = part.samples["image_sha256"].notna().any()
            known = {Relation.BYTE_IDENTICAL} if read else set()
            missing |= dict.fromkeys(set(Relation) - known, f"no picture of {part.name} was decoded and hashed")
    return {relation: missing[relation] for relation in Relation if relation in wanted and relation in missing}


def _match(one: PictureSet, other: PictureSet, column: str, relation: Relation, method: str) -> Iterator[Pair]:
    """Yield pairs of equal values: of each dataset all pictures with the first of the other."""
    here, there = (part.samples.groupby(column, sort=False).indices for part in (one, other))
    for value in here.keys() & there.keys():
        for a, b in _fan([*map(int, here[value])], [*map(int, there[value])]):
            yield Pair(a, b, relation, 1.0, method)


def _fan(here: list[int], there: list[int]) -> Iterator[tuple[int, int]]:
    yield from ((a, there[0]) for a in here)
    yield from ((here[0], b) for b in there[1:])


def _name_lost(part: PictureSet, lost: set[int]) -> Iterator[str]:
    """Yield the keys of the pictures that were not searched: they have no hash, or stand for by one that was lost."""
    gone = part.samples["image_phash"].isna().to_numpy(bool)
    for number, key in enumerate(part.samples["key"].tolist()):
        if gone[number] or int(part.identity[number]) in lost:
            yield key


@dataclass
class _Looking:
    """The search over two datasets, whose pictures are numbered one after the other.

    Attributes:
        one: The first dataset.
        other: The second one.
        wanted: The relations to look for.
        copies: The copies that are asked for: where these are not looked for, near hashes are.
        pairs: What was found, as positions in the samples of each dataset.
        near: Pairs of near hashes, the same way.
        lost: Positions of the pictures that were not searched.
        remarks: What must be known of it.
    """

    one: PictureSet
    other: PictureSet
    wanted: set[Relation]
    copies: set[Relation]
    pairs: list[Pair] = field(default_factory=list)
    near: list[Pair] = field(default_factory=list)
    lost: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))
    remarks: list[str] = field(default_factory=list)

    @property
    def cut(self) -> int:
        """Number of the second dataset's first picture."""
        return len(self.one.compared)

    def look(self, does: Backend | None, jobs: int | None, bar: Bar) -> None:
        """Search, by the steps of `lagtool.find_pairs`."""
        sides = (self.one, self.other)
        frame = pd.concat([part.samples.iloc[part.compared] for part in sides], ignore_index=True)
        shelf = self._join(fill_shelf(frame, None))
        for store, number in ((self.one.store, 0), (self.other.store, self.cut)):
            if does is not None and store is not None and any(relation.needs_pictures for relation in self.wanted):
                does.look_for(store, shelf.paths[number])
            jobs = jobs if store is None else store.jobs(jobs)
        known: dict[int, Extract] = {}
        for part in sides:
            known |= {} if part.extracts is None else self._number(part, part.extracts)
        run = Run(shelf, frame, count_processes(jobs), bar, does, self.cut, known)
        copies: list[Pair] = []
        if self.wanted & COPIES:
            copies = list(run.find_copies(self.wanted & COPIES))
        elif self.copies:
            self.near = list(self._spread(_list_near(run, self.copies)))
        eyes = list(run.find_same_eyes(copies)) if self.wanted & {*EYES} else []
        run.losses.settle(shelf, run.work(len(run.losses.wanted)))
        self.pairs = [pair for pair in self._spread([*copies, *eyes]) if pair.relation in self.wanted]
        untaken = {number for number, extract in known.items() if not extract.lines} if self.wanted & {*EYES} else set()
        for number in run.losses.lost | untaken:
            side, position = self._place(number)
            self.lost[side].add(position)
        self.remarks = [*run.remarks(0)]
        if untaken:
            self.remarks.append(
                f"{len(untaken):,} of the pictures could not be opened when the fingerprint file was made"
            )

    def _join(self, shelf: Shelf) -> Shelf:
        first, further = (as_store("" if part.store is None else part.store) for part in (self.one, self.other))
        return replace(shelf, store=first.for_workers(), further=further.for_workers(), cut=self.cut)

    def _number(self, part: PictureSet, extracts: Mapping[int, Extract]) -> dict[int, Extract]:
        begin = self.cut if part is self.other else 0
        return {begin + number: extracts[position] for number, position in enumerate(part.compared.tolist())}

    def _place(self, number: int) -> tuple[int, int]:
        """Return the side of a picture, 0 or 1, and its position among the samples there."""
        if number < self.cut:
            return 0, int(self.one.compared[number])
        return 1, int(self.other.compared[number - self.cut])

    def _spread(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield pairs as positions in the samples: of all that are identical with the two that were compared."""
        members = [pd.Series(part.identity).groupby(part.identity).indices for part in (self.one, self.other)]
        for pair in pairs:
            a, b = self._place(pair.a)[1], self._place(pair.b)[1]
            for here, there in _fan([*map(int, members[0][a])], [*map(int, members[1][b])]):
                yield pair._replace(a=here, b=there)


def _list_near(run: Run, copies: set[Relation]) -> Iterator[Pair]:
    for far, a, b, which in run.screen(copies, slack=0).tolist():
        position = POSITIONS[which]
        words = f"{position}, {far} of {_BITS} bits differ".removeprefix(", ")
        yield Pair(a, b, name_copy(position), 1 - far / _BITS, f"hash256/{VERSION}", words)
