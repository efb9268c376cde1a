"""The same eye: photographs whose vessels lie on each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.agreement import Agreement, measure_agreement
from lagtool.duplicates.centrelines import Centrelines, draw_centrelines
from lagtool.duplicates.copies import correlate, lay, settle
from lagtool.duplicates.detail import take_detail
from lagtool.duplicates.features import Features, find_features
from lagtool.duplicates.hashes import POSITIONS, UPRIGHT, Position
from lagtool.duplicates.index import INDEX_FILES, Index, build_index, find_candidates
from lagtool.duplicates.pictures import KEPT, Shelf, lose_pictures
from lagtool.duplicates.registration import Alignment, align
from lagtool.duplicates.specks import find_specks, kind_of, remove_specks
from lagtool.duplicates.table import FIRST, TABLE_FILES, Extract, FeatureTable, Numbers, TableWriter
from lagtool.duplicates.vessels import measure_darkness, trace_vessels
from lagtool.probe.field import Crop
from lagtool.probe.threads import in_one_thread
from lagtool.scanning.workers import Backend, map_chunks

FILES = (*TABLE_FILES, *INDEX_FILES)
"""Names of the files that `extract_all` writes."""

_WORTH_PIXELS = 2.0  # times what chance gives
_LONG = 60.0  # pixels of the reduced picture
_TILTS = (0, -18, 18)  # degrees: heads are tilted, and features bear 10
_EXTRACTED, _SEARCHED, _VERIFIED = 16, 1000, 64  # pictures, pictures and pairs that a worker takes at once


class Candidate(NamedTuple):
    """Two pictures to look at closely, the first of them in a position."""

    a: int
    b: int
    position: Position


class Evidence(NamedTuple):
    """What a close look at two pictures gave.

    Attributes:
        alignment: How the first lies over the second, in pixels of the reduced pictures.
        agreement: How well their vessels agree.
        pixels: Correlation of fine detail, -1..1; NaN where one of the pictures could not be opened again.
    """

    alignment: Alignment
    agreement: Agreement
    pixels: float


@in_one_thread
def extract_chunk(shelf: Shelf, numbers: Sequence[int]) -> list[Extract | None]:
    """Return the features of some pictures."""
    return [None if (crop := shelf.open_field(number, square=False)) is None else extract(crop) for number in numbers]


def extract(crop: Crop) -> Extract:
    """Return what is taken of one picture, cropped to its field."""
    darkness = measure_darkness(crop)
    vessels = trace_vessels(darkness)
    lines = draw_centrelines(darkness, vessels).pack()
    height, width = crop.mask.shape
    return Extract(find_features(darkness, vessels), (width, height), lines)


def extract_all(
    shelf: Shelf,
    folder: Path,
    jobs: int | Backend,
    advance: Callable[[int], None],
    counted: NDArray[np.bool_] | None = None,
    known: Mapping[int, Extract] | None = None,
) -> list[int]:
    """Write features and centrelines of all pictures of a shelf into a folder, without specks, and their index.

    Args:
        shelf: The pictures.
        folder: An empty folder.
        jobs: Processes, or what opens pictures.
        advance: Is told how many pictures are done.
        counted: Which pictures count as different ones, see `find_specks`; None: all.
        known: What was taken of some pictures elsewhere: these are not opened.

    Returns:
        The numbers of those pictures that could not be opened.
    """
    lost = take_all(shelf, folder, jobs, advance, known)
    _clean(shelf, folder, counted)
    build_index(FeatureTable.load(folder)).save(folder)
    return lost


def take_all(
    shelf: Shelf,
    folder: Path,
    jobs: int | Backend,
    advance: Callable[[int], None],
    known: Mapping[int, Extract] | None = None,
) -> list[int]:
    """Write what is taken of all pictures of a shelf into a folder, specks and all; see `extract_all`."""
    known = known or {}
    lost: list[int] = []
    numbers = [number for number in range(len(shelf.paths)) if number not in known]
    parts = map_chunks(extract_chunk, shelf, numbers, _EXTRACTED, jobs, lose_pictures, Shelf.select)

    def take() -> Iterator[Extract | None]:
        for _, part in parts:
            yield from part
            advance(len(part))

    taken = take()
    with TableWriter(folder, FIRST) as writer:
        for number in range(len(shelf.paths)):
            extract = known[number] if number in known else next(taken)
            if extract is None or not extract.lines:
                lost.append(number)
            writer.add(extract)
        for _ in taken:  # the last chunk is told of once all of it is taken
            pass
    return lost


def _clean(shelf: Shelf, folder: Path, counted: NDArray[np.bool_] | None) -> None:
    """Write what was taken once more, without the specks of each camera."""
    table = FeatureTable.load(folder, FIRST)
    sizes = map(tuple, table.sizes.tolist())
    kinds = [kind_of(shelf.sides[number], size) for number, size in enumerate(sizes)]
    specks = find_specks(table, kinds, counted)
    with TableWriter(folder) as writer:
        for number, kind in enumerate(kinds):
            extract = table[number]
            writer.add(remove_specks(extract, specks[kind]) if kind in specks else extract)


class Stretch(NamedTuple):
    """Pictures to search the later ones for: from ``first`` on and before ``last``, in a position and tilted.

    Of the later ones those from ``cut`` on.
    """

    first: int
    last: int
    position: Position
    tilt: int
    cut: int = 0


def plan_search(pictures: int, cut: int = 0) -> list[Stretch]:
    """Return the stretches that cover all pictures, once in each position; those that stand upright tilted as well.

    With a ``cut``, those before it are searched for among those from there on.
    """
    pictures = cut or pictures
    return [
        Stretch(first, min(first + _SEARCHED, pictures), position, tilt, cut)
        for position in POSITIONS
        for tilt in (_TILTS if position.turn == 0 else (0,))
        for first in range(0, pictures, _SEARCHED)
    ]


@in_one_thread
def search_chunk(folder: str, stretches: Sequence[Stretch]) -> list[Numbers]:
    """Return the candidates of some stretches, (number, 3) each; see `find_candidates`."""
    table, index = FeatureTable.load(Path(folder)), Index.load(Path(folder))
    return [find_candidates(table, index, *stretch) for stretch in stretches]


def lost_search(_folder: str, stretches: Sequence[Stretch]) -> list[Numbers]:
    """Say that there is too little memory: no picture is to blame where only numbers are compared."""
    raise MemoryError(f"the search from picture {stretches[0].first} on ended its process")


class Place(NamedTuple):
    """What verification needs.

    Attributes:
        features: The folder of the features; or those that are needed, for a worker that does not see it.
        shelf: The pictures.
        pixels: Whether they can be opened, to compare their detail.
    """

    features: str | Mapping[int, Extract]
    shelf: Shelf
    pixels: bool = True


def carry_place(table: FeatureTable, place: Place, candidates: Sequence[Candidate]) -> Place:
    """Return what `verify_chunk` needs of a place for some candidates, complete without its folder."""
    numbers = {number for candidate in candidates for number in candidate[:2]}
    return place._replace(features={number: table[number] for number in numbers}, shelf=place.shelf.select(numbers))


@in_one_thread
def verify_chunk(place: Place, candidates: Sequence[Candidate]) -> list[Evidence | None]:
    """Return the evidence for each candidate.

    None where its features do not lie alike, or its vessels are too few or have too little in common.
    """
    table = FeatureTable.load(Path(place.features)) if isinstance(place.features, str) else place.features
    crops = lru_cache(KEPT)(partial(place.shelf.open_field, square=False))
    view = lru_cache(KEPT)(lambda number, position: View(table[number], position))

    def look(a: int, b: int, position: Position) -> Evidence | None:
        evidence = compare_views(view(a, position), view(b, UPRIGHT))
        if evidence is None or evidence.agreement.shared < _WORTH_PIXELS * evidence.agreement.elsewhere:
            return evidence
        if not place.pixels:
            return evidence
        return evidence._replace(pixels=_compare_pixels(crops(a), crops(b), evidence.alignment, position))

    return [look(*candidate) for candidate in candidates]


@dataclass(frozen=True, eq=False)
class View:
    """What was taken of one picture, seen in a position; made when somebody asks, and kept."""

    extract: Extract
    position: Position

    @cached_property
    def features(self) -> Features:
        """Its features."""
        return self.extract.see_features(self.position)

    @cached_property
    def lines(self) -> Centrelines | None:
        """Its centrelines; None where the picture could not be opened."""
        return self.extract.see_lines(self.position)


def compare_views(a: View, b: View, *, thorough: bool = False) -> Evidence | None:
    """Return the evidence that two pictures, the second of them upright, give without their pixels.

    ``thorough``: see `measure_agreement`.
    """
    alignment = align(a.features, b.features)
    if alignment is None:
        return None
    lines, others = a.lines, b.lines
    if lines is None or others is None:
        return None
    if a.position == UPRIGHT and alignment.moved < 1:
        lines, others = _take_long(lines), _take_long(others)
    agreement = measure_agreement(lines, others, alignment.matrix, thorough=thorough)
    return None if agreement is None else Evidence(alignment, agreement, 0.0)


def _take_long(lines: Centrelines) -> Centrelines:
    """Return the long lines only: where nothing moved between two pictures, short ones may be dust on the camera."""
    return lines.keep(lines.measure_extents() >= _LONG)


def _compare_pixels(here: Crop | None, there: Crop | None, alignment: Alignment, position: Position) -> float:
    if here is None or there is None:
        return float("nan")
    a = take_detail(lay(here.pixels, position), lay(here.mask, position))
    b = take_detail(there.pixels, there.mask)
    closer = settle(a, b, alignment.matrix)
    return correlate(a, b, alignment.matrix if closer is None else closer)


def verify(
    place: Place, candidates: Sequence[Candidate], jobs: int | Backend, advance: Callable[[int], None]
) -> Iterator[tuple[Candidate, Evidence]]:
    """Look at candidates closely; yield those whose features lie alike, with the evidence."""
    done = 0
    carry = None
    if isinstance(jobs, int):
        jobs = min(jobs, max(1, len(candidates)))
    elif isinstance(place.features, str):
        carry = partial(carry_place, FeatureTable.load(Path(place.features)))
    for _, part in map_chunks(verify_chunk, place, candidates, _VERIFIED, jobs, lose_pictures, carry):
        for candidate, evidence in zip(candidates[done : done + len(part)], part, strict=True):
            if evidence is not None:
                yield candidate, evidence
        done += len(part)
        advance(len(part))
