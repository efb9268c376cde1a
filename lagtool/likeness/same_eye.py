"""The same eye: photographs whose vessels lie on each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from lagtool.likeness.agreement import Agreement, measure_agreement
from lagtool.likeness.centrelines import draw_centrelines
from lagtool.likeness.copies import correlate, lay, settle
from lagtool.likeness.detail import take_detail
from lagtool.likeness.features import find_features
from lagtool.likeness.hashes import Position
from lagtool.likeness.index import INDEX_FILES, Index, build_index, find_candidates
from lagtool.likeness.pictures import KEPT, Shelf, lose_pictures
from lagtool.likeness.registration import Alignment, align
from lagtool.likeness.table import TABLE_FILES, Extract, FeatureTable, Numbers, TableWriter
from lagtool.likeness.threads import in_one_thread
from lagtool.likeness.vessels import measure_darkness, trace_vessels
from lagtool.probe.picture import Pixels
from lagtool.workers import Engine, map_chunks

FEWEST_INLIERS, INLIER_SHARE = 8, 0.2
"""Features that must lie alike before vessels are compared: so many, and this share of those that found their like."""

FILES = (*TABLE_FILES, *INDEX_FILES)
"""Names of the files that `extract_all` writes."""

_EXTRACTED, _SEARCHED, _VERIFIED = 16, 1000, 64  # pictures, pictures and pairs that a worker takes at once


class Candidate(NamedTuple):
    """Two pictures to look at closely, the first of them mirrored or not."""

    a: int
    b: int
    mirrored: bool


class Evidence(NamedTuple):
    """What a close look at two pictures gave.

    Attributes:
        alignment: How the first lies over the second, in pixels of the reduced pictures.
        agreement: How well their vessels agree.
        pixels: Correlation of fine detail, -1..1.
    """

    alignment: Alignment
    agreement: Agreement
    pixels: float


@in_one_thread
def extract_chunk(shelf: Shelf, numbers: Sequence[int]) -> list[Extract | None]:
    """Return the features of some pictures."""
    return [_extract(shelf.open(number)) for number in numbers]


def _extract(pixels: Pixels | None) -> Extract | None:
    if pixels is None:
        return None
    darkness = measure_darkness(pixels)
    vessels = trace_vessels(darkness)
    lines = draw_centrelines(darkness, vessels).pack()
    return Extract(find_features(darkness, vessels), pixels.shape[1], lines)


def extract_all(shelf: Shelf, folder: Path, jobs: int | Engine, advance: Callable[[int], None]) -> list[int]:
    """Write features and centrelines of all pictures of a shelf into a folder, and their index.

    Returns:
        The numbers of those pictures that could not be opened.
    """
    lost: list[int] = []
    done = 0
    with TableWriter(folder) as writer:
        numbers = range(len(shelf.paths))
        parts = map_chunks(extract_chunk, shelf, numbers, _EXTRACTED, jobs, lose_pictures, Shelf.select)
        for _, part in parts:
            for extract in part:
                if extract is None:
                    lost.append(done)
                writer.add(extract)
                done += 1
            advance(len(part))
    build_index(FeatureTable.load(folder)).save(folder)
    return lost


class Stretch(NamedTuple):
    """Pictures to search the later ones for: from ``first`` on and before ``last``."""

    first: int
    last: int
    mirrored: bool


def plan_search(pictures: int) -> list[Stretch]:
    """Return the stretches that cover all pictures, once as they are and once mirrored."""
    return [
        Stretch(first, min(first + _SEARCHED, pictures), mirrored)
        for mirrored in (False, True)
        for first in range(0, pictures, _SEARCHED)
    ]


@in_one_thread
def search_chunk(folder: str, stretches: Sequence[Stretch]) -> list[Numbers]:
    """Return the candidates of some stretches, (number, 3) each; see `find_candidates`."""
    table, index = FeatureTable.load(Path(folder)), Index.load(Path(folder))
    return [find_candidates(table, index, s.first, s.last, mirrored=s.mirrored) for s in stretches]


def lost_search(_folder: str, stretches: Sequence[Stretch]) -> list[Numbers]:
    """Say that there is too little memory: no picture is to blame where only numbers are compared."""
    raise MemoryError(f"the search from picture {stretches[0].first} on ended its process")


class Place(NamedTuple):
    """What verification needs.

    Attributes:
        features: The folder of the features; or those that are needed, for a worker that does not see it.
        shelf: The pictures.
        least: The share of vessels worth the trouble.
    """

    features: str | Mapping[int, Extract]
    shelf: Shelf
    least: float = 0.0


def carry_place(table: FeatureTable, place: Place, candidates: Sequence[Candidate]) -> Place:
    """Return what `verify_chunk` needs of a place for some candidates, complete without its folder."""
    numbers = {number for candidate in candidates for number in candidate[:2]}
    return Place({number: table[number] for number in numbers}, place.shelf.select(numbers), place.least)


@in_one_thread
def verify_chunk(place: Place, candidates: Sequence[Candidate]) -> list[Evidence | None]:
    """Return the evidence for each candidate.

    None where its features do not lie alike, its vessels are too few, or less than ``place.least`` of them are shared.
    """
    table = FeatureTable.load(Path(place.features)) if isinstance(place.features, str) else place.features
    features = lru_cache(KEPT)(lambda number, mirrored: table[number].see_features(mirrored=mirrored))
    lines = lru_cache(KEPT)(lambda number, mirrored: table[number].see_lines(mirrored=mirrored))
    pixels = lru_cache(KEPT)(place.shelf.open)

    def look(a: int, b: int, mirrored: bool) -> Evidence | None:
        alignment = align(features(a, mirrored), features(b, False))
        if alignment is None or alignment.inliers < max(FEWEST_INLIERS, INLIER_SHARE * alignment.matches):
            return None
        one, other = lines(a, mirrored), lines(b, False)
        if one is None or other is None:
            return None
        agreement = measure_agreement(one, other, alignment.matrix, place.least)
        if agreement is None:
            return None
        likeness = 0.0
        if agreement.shared > 2 * agreement.elsewhere:
            likeness = _compare_pixels(pixels(a), pixels(b), alignment, mirrored=mirrored)
        return Evidence(alignment, agreement, likeness)

    return [look(*candidate) for candidate in candidates]


def _compare_pixels(here: Pixels | None, there: Pixels | None, alignment: Alignment, *, mirrored: bool) -> float:
    if here is None or there is None:
        return 0.0
    a, b = take_detail(lay(here, Position(mirrored, 0))), take_detail(there)
    closer = settle(a, b, alignment.matrix)
    return correlate(a, b, alignment.matrix if closer is None else closer)


def verify(
    place: Place, candidates: Sequence[Candidate], jobs: int | Engine, advance: Callable[[int], None]
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
