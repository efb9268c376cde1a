"""The same eye: photographs whose vessels lie on each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from lagtool.likeness.agreement import Agreement, measure_agreement
from lagtool.likeness.centrelines import Centrelines, draw_centrelines
from lagtool.likeness.copies import correlate, lay, settle, take_detail
from lagtool.likeness.features import find_features
from lagtool.likeness.hashes import POSITIONS, Position
from lagtool.likeness.index import INDEX_FILES, Index, build_index, find_candidates
from lagtool.likeness.pictures import KEPT, Shelf, lose_pictures
from lagtool.likeness.registration import Alignment, align
from lagtool.likeness.table import TABLE_FILES, Extract, FeatureTable, Numbers, TableWriter
from lagtool.likeness.threads import in_one_thread
from lagtool.likeness.vessels import measure_darkness, trace_vessels
from lagtool.probe.field import Crop
from lagtool.workers import Engine, map_chunks

FILES = (*TABLE_FILES, *INDEX_FILES)
"""Names of the files that `extract_all` writes."""

UPRIGHT = Position(mirrored=False, turn=0)

_LONG = 60.0  # pixels of the reduced picture
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
        pixels: Correlation of fine detail, -1..1.
    """

    alignment: Alignment
    agreement: Agreement
    pixels: float


@in_one_thread
def extract_chunk(shelf: Shelf, numbers: Sequence[int]) -> list[Extract | None]:
    """Return the features of some pictures."""
    return [_extract(shelf.open_field(number)) for number in numbers]


def _extract(crop: Crop | None) -> Extract | None:
    if crop is None:
        return None
    darkness = measure_darkness(crop)
    vessels = trace_vessels(darkness)
    lines = draw_centrelines(darkness, vessels).pack()
    height, width = crop.mask.shape
    return Extract(find_features(darkness, vessels), (width, height), lines)


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
    position: Position


def plan_search(pictures: int) -> list[Stretch]:
    """Return the stretches that cover all pictures, once in each position."""
    return [
        Stretch(first, min(first + _SEARCHED, pictures), position)
        for position in POSITIONS
        for first in range(0, pictures, _SEARCHED)
    ]


@in_one_thread
def search_chunk(folder: str, stretches: Sequence[Stretch]) -> list[Numbers]:
    """Return the candidates of some stretches, (number, 3) each; see `find_candidates`."""
    table, index = FeatureTable.load(Path(folder)), Index.load(Path(folder))
    return [find_candidates(table, index, s.first, s.last, s.position) for s in stretches]


def lost_search(_folder: str, stretches: Sequence[Stretch]) -> list[Numbers]:
    """Say that there is too little memory: no picture is to blame where only numbers are compared."""
    raise MemoryError(f"the search from picture {stretches[0].first} on ended its process")


class Place(NamedTuple):
    """What verification needs.

    Attributes:
        features: The folder of the features; or those that are needed, for a worker that does not see it.
        shelf: The pictures.
    """

    features: str | Mapping[int, Extract]
    shelf: Shelf


def carry_place(table: FeatureTable, place: Place, candidates: Sequence[Candidate]) -> Place:
    """Return what `verify_chunk` needs of a place for some candidates, complete without its folder."""
    numbers = {number for candidate in candidates for number in candidate[:2]}
    return Place({number: table[number] for number in numbers}, place.shelf.select(numbers))


@in_one_thread
def verify_chunk(place: Place, candidates: Sequence[Candidate]) -> list[Evidence | None]:
    """Return the evidence for each candidate.

    None where its features do not lie alike, or its vessels are too few or have too little in common.
    """
    table = FeatureTable.load(Path(place.features)) if isinstance(place.features, str) else place.features
    features = lru_cache(KEPT)(lambda number, position: table[number].see_features(position))
    lines = lru_cache(KEPT)(lambda number, position: table[number].see_lines(position))
    crops = lru_cache(KEPT)(place.shelf.open_field)

    def look(a: int, b: int, position: Position) -> Evidence | None:
        alignment = align(features(a, position), features(b, UPRIGHT))
        if alignment is None:
            return None
        one, other = lines(a, position), lines(b, UPRIGHT)
        if one is None or other is None:
            return None
        still = position == UPRIGHT and alignment.is_still
        agreement = measure_agreement(*map(_take_long, (one, other)) if still else (one, other), alignment.matrix)
        if agreement is None:
            return None
        likeness = 0.0
        if agreement.shared > 2 * agreement.elsewhere:
            likeness = _compare_pixels(crops(a), crops(b), alignment, position)
        return Evidence(alignment, agreement, likeness)

    return [look(*candidate) for candidate in candidates]


def _take_long(lines: Centrelines) -> Centrelines:
    """Return the long lines only: where nothing moved between two pictures, short ones may be dust on the camera."""
    return lines.keep(lines.measure_extents() >= _LONG)


def _compare_pixels(here: Crop | None, there: Crop | None, alignment: Alignment, position: Position) -> float:
    if here is None or there is None:
        return 0.0
    a, b = take_detail(lay(here.pixels, position)), take_detail(there.pixels)
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
