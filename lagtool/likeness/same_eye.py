"""The same eye: photographs whose vessels lie on each other."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.likeness.agreement import Agreement, Centrelines, draw_centrelines, measure_agreement
from lagtool.likeness.copies import correlate, lay, settle, take_detail
from lagtool.likeness.features import DIMENSIONS, Features, find_features
from lagtool.likeness.hashes import Position
from lagtool.likeness.index import FeatureTable, Index, build_index, find_candidates
from lagtool.likeness.pictures import Kept, Shelf
from lagtool.likeness.registration import Alignment, align
from lagtool.likeness.threads import in_one_thread
from lagtool.likeness.vessels import measure_darkness, trace_vessels
from lagtool.probe.picture import Pixels
from lagtool.workers import map_chunks

FEWEST_INLIERS, INLIER_SHARE = 8, 0.2
"""Features that must lie alike before vessels are compared: so many, and this share of those that found their like."""

_EXTRACTED, _SEARCHED, _VERIFIED = 16, 1000, 64  # pictures, pictures and pairs that a worker takes at once
_AS_IT_IS, _MIRRORED = Position(False, 0), Position(True, 0)

Pairs = NDArray[np.int64]


class Extract(NamedTuple):
    """What was taken of one picture: its features, and its width reduced; None where it could not be opened."""

    features: Features
    width: int


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
    return Extract(find_features(darkness, trace_vessels(darkness)), pixels.shape[1])


def lost_extracts(_shelf: Shelf, numbers: Sequence[int]) -> list[Extract | None]:
    """Return nothing of pictures that took their process down."""
    return [None] * len(numbers)


def extract_all(shelf: Shelf, jobs: int, advance: Callable[[int], None]) -> tuple[FeatureTable, list[int]]:
    """Return the features of all pictures of a shelf, and the numbers of those that could not be opened."""
    empty = Extract(Features(np.zeros((0, 3), np.float32), np.zeros((0, DIMENSIONS), np.int8)), 1)
    found: list[Extract] = []
    lost: list[int] = []
    for _, part in map_chunks(extract_chunk, shelf, range(len(shelf.paths)), _EXTRACTED, jobs, lost_extracts):
        lost.extend(len(found) + number for number, extract in enumerate(part) if extract is None)
        found.extend(extract or empty for extract in part)
        advance(len(part))
    return FeatureTable.collect([e.features for e in found], [e.width for e in found]), lost


@contextmanager
def shared_index(table: FeatureTable) -> Iterator[str]:
    """Yield a folder that holds a table and its index, for several processes to map."""
    with tempfile.TemporaryDirectory(prefix="lagtool-") as name:
        table.save(Path(name))
        build_index(table).save(Path(name))
        yield name


class Stretch(NamedTuple):
    """Pictures to search the later ones for: from ``first`` on and before ``last``."""

    first: int
    last: int
    mirrored: bool


def plan_search(pictures: int, *, mirrored: bool) -> list[Stretch]:
    """Return the stretches that cover all pictures, once as they are and, if asked for, once mirrored."""
    kinds = (False, True) if mirrored else (False,)
    return [
        Stretch(first, min(first + _SEARCHED, pictures), kind)
        for kind in kinds
        for first in range(0, pictures, _SEARCHED)
    ]


@in_one_thread
def search_chunk(folder: str, stretches: Sequence[Stretch]) -> list[Pairs]:
    """Return the candidates of some stretches, (number, 3) each; see `find_candidates`."""
    table, index = FeatureTable.load(Path(folder)), Index.load(Path(folder))
    return [find_candidates(table, index, s.first, s.last, mirrored=s.mirrored) for s in stretches]


def lost_search(_folder: str, stretches: Sequence[Stretch]) -> list[Pairs]:
    """Say that there is too little memory: no picture is to blame where only numbers are compared."""
    raise MemoryError(f"the search from picture {stretches[0].first} on ended its process")


class Place(NamedTuple):
    """What verification needs: the folder of the features, and the pictures."""

    folder: str
    shelf: Shelf


class _Look(NamedTuple):
    centrelines: Centrelines
    pixels: Pixels


@in_one_thread
def verify_chunk(place: Place, candidates: Sequence[Candidate]) -> list[Evidence | None]:
    """Return the evidence for each candidate; None where its features do not lie alike or its vessels are too few."""
    table = FeatureTable.load(Path(place.folder))
    features = Kept(table.features)
    mirrored = Kept(lambda number: table.features(number, mirrored=True))
    looks = Kept(lambda number: _look(place.shelf.open(number), _AS_IT_IS))
    mirrored_looks = Kept(lambda number: _look(place.shelf.open(number), _MIRRORED))
    found: list[Evidence | None] = []
    for a, b, mirror in candidates:
        alignment = align((mirrored if mirror else features)[a], features[b])
        if alignment is None or alignment.inliers < max(FEWEST_INLIERS, INLIER_SHARE * alignment.matches):
            found.append(None)
            continue
        here, there = (mirrored_looks if mirror else looks)[a], looks[b]
        found.append(None if here is None or there is None else _judge(here, there, alignment))
    return found


def lost_evidence(_place: Place, candidates: Sequence[Candidate]) -> list[Evidence | None]:
    """Return no evidence for candidates that took their process down."""
    return [None] * len(candidates)


def verify(
    place: Place, candidates: Sequence[Candidate], jobs: int, advance: Callable[[int], None]
) -> Iterator[tuple[Candidate, Evidence]]:
    """Look at candidates closely; yield those whose features lie alike, with the evidence."""
    done = 0
    jobs = min(jobs, max(1, len(candidates)))
    for _, part in map_chunks(verify_chunk, place, candidates, _VERIFIED, jobs, lost_evidence):
        for candidate, evidence in zip(candidates[done : done + len(part)], part, strict=True):
            if evidence is not None:
                yield candidate, evidence
        done += len(part)
        advance(len(part))


def _look(pixels: Pixels | None, position: Position) -> _Look | None:
    if pixels is None:
        return None
    laid = lay(pixels, position)
    darkness = measure_darkness(laid)
    return _Look(draw_centrelines(darkness, trace_vessels(darkness)), laid)


def _judge(here: _Look, there: _Look, alignment: Alignment) -> Evidence | None:
    agreement = measure_agreement(here.centrelines, there.centrelines, alignment.matrix)
    if agreement is None:
        return None
    pixels = 0.0
    if agreement.shared > 2 * agreement.elsewhere:
        a, b = take_detail(here.pixels), take_detail(there.pixels)
        closer = settle(a, b, alignment.matrix)
        pixels = correlate(a, b, alignment.matrix if closer is None else closer)
    return Evidence(alignment, agreement, pixels)
