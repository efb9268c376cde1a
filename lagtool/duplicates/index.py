"""An index of local features: which pictures have enough of them in common to be worth a closer look."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.features import lay_descriptors, tilt_descriptors
from lagtool.duplicates.hashes import Position
from lagtool.duplicates.registration import as_complex, squared_distances
from lagtool.duplicates.table import FeatureTable, Numbers

FARTHEST, CLOSEST = 2000, 1000
"""Squared distance of descriptors (`features.Features`) up to which two features count as alike: at most, at least."""

STRANGERS = 30
"""With many pictures the distance is lowered until a feature has about so many others within it by chance."""

_BURST = 250  # a feature with more like ones than this is no mark of an eye (dust on the lens, lettering)
_CELL = 400  # features a cell holds on average
_MOST_CELLS = 8192
_PROBES = 4
_TRAINING = 40  # features per cell that the cells are laid out by
_ITERATIONS = 5
_SAMPLE = 8000
_CHUNK = 1 << 14
_BLOCK = 4096
_NEAREST = 10.0  # pixels that two features must lie apart to tell turn and zoom
_TILT = np.deg2rad(28)
_ZOOM = np.log(3.2)
_SIZES = np.log(1.7)  # how far the zoom may be from what the features' sizes say
_PARTNERS = 2
_COMPARED = 48

_LARGE = {name: f"cells_{name}.npy" for name in ("places", "descriptors", "owners")}
_SMALL = "cells.npz"
INDEX_FILES = (*_LARGE.values(), _SMALL)
"""Names of the files that an index lies in."""


@dataclass(frozen=True, eq=False)
class Index:
    """Features sorted into cells of like descriptors.

    Attributes:
        centres: (cells, 29), whole numbers.
        places: (features, 3), places of the features cell by cell, in order of the pictures within each.
        descriptors: (features, 29), in the same order.
        owners: (features,), their pictures.
        starts: (cells + 1,), where each cell begins.
        farthest: Squared distance up to which features count as alike.
    """

    centres: NDArray[np.int8]
    places: NDArray[np.float32]
    descriptors: NDArray[np.int8]
    owners: NDArray[np.int32]
    starts: Numbers
    farthest: float

    def save(self, folder: Path) -> None:
        """Write the index into a folder, for other processes."""
        np.savez(folder / _SMALL, centres=self.centres, starts=self.starts, farthest=self.farthest)
        for name, file in _LARGE.items():
            np.save(folder / file, getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> "Index":
        """Return an index that was saved, its large parts mapped from disk."""
        with np.load(folder / _SMALL, allow_pickle=False) as small:
            centres, starts, farthest = small["centres"], small["starts"], float(small["farthest"])
        places, descriptors, owners = (
            np.load(folder / file, mmap_mode="r", allow_pickle=False) for file in _LARGE.values()
        )
        return cls(centres, places, descriptors, owners, starts, farthest)


def build_index(table: FeatureTable) -> Index:
    """Sort the features of a table into cells."""
    number = len(table.descriptors)
    owners = np.repeat(np.arange(table.pictures, dtype=np.int32), np.diff(table.starts))
    cells = int(np.clip(1 << max(0, round(np.log2(max(1, number / _CELL)))), 1, _MOST_CELLS))
    centres = _lay_out(table.descriptors, cells)
    homes = np.concatenate([_nearest_cells(table.descriptors[part], centres, 1)[:, 0] for part in _parts(number)])
    members = np.argsort(homes, kind="stable")
    starts = np.searchsorted(homes[members], np.arange(cells + 1))
    places, descriptors = table.places[members], table.descriptors[members]
    return Index(centres, places, descriptors, owners[members], starts, _farthest(table, owners))


def _parts(number: int) -> Iterator[slice]:
    for start in range(0, max(number, 1), _CHUNK):
        yield slice(start, start + _CHUNK)


def _lay_out(descriptors: NDArray[np.int8], cells: int) -> NDArray[np.int8]:
    """Return cell centres: k-means of evenly drawn features, in whole numbers so that it is the same everywhere."""
    number = len(descriptors)
    if not number:
        return np.zeros((1, descriptors.shape[1]), np.int8)
    sample = descriptors[np.unique(np.linspace(0, number - 1, min(number, cells * _TRAINING)).astype(np.int64))]
    centres = sample[np.linspace(0, len(sample) - 1, cells).astype(np.int64)].copy()
    for _ in range(_ITERATIONS):
        homes = np.concatenate([_nearest_cells(sample[part], centres, 1)[:, 0] for part in _parts(len(sample))])
        order = np.argsort(homes, kind="stable")
        filled, first = np.unique(homes[order], return_index=True)
        sums = np.add.reduceat(sample[order].astype(np.int64), first, axis=0)
        sizes = np.diff(np.append(first, len(sample)))
        centres[filled] = np.round(sums / sizes[:, None]).astype(np.int8)
    return centres


def _nearest_cells(descriptors: NDArray[np.int8], centres: NDArray[np.int8], number: int) -> Numbers:
    distances = squared_distances(descriptors, centres)
    nearest = np.empty((len(descriptors), min(number, len(centres))), np.int64)
    rows = np.arange(len(descriptors))
    for rank in range(nearest.shape[1]):  # several times the nearest one: sooner than sorting them
        nearest[:, rank] = distances.argmin(axis=1)
        distances[rows, nearest[:, rank]] = np.inf
    return nearest


def _farthest(table: FeatureTable, owners: NDArray[np.int32]) -> float:
    """Return the distance within which a feature has about `STRANGERS` others, estimated on a sample."""
    number = len(owners)
    if number < 2:
        return float(FARTHEST)
    chosen = np.unique(np.linspace(0, number - 1, min(number, _SAMPLE)).astype(np.int64))
    sample, whose = table.descriptors[chosen], owners[chosen]
    levels = np.zeros(FARTHEST + 1, np.int64)
    compared = 0
    for start in range(0, len(chosen), 1000):
        part = slice(start, start + 1000)
        others = whose[part][:, None] != whose[None, :]
        distances = squared_distances(sample[part], sample)[others]
        compared += len(distances)
        levels += np.bincount(distances[distances <= FARTHEST].astype(np.int64), minlength=len(levels))
    if not compared:
        return float(FARTHEST)
    rates = np.cumsum(levels) / compared
    return float(np.clip(np.searchsorted(rates, STRANGERS / number, side="right") - 1, CLOSEST, FARTHEST))


def find_candidates(
    table: FeatureTable, index: Index, first: int, last: int, position: Position, tilt: int, cut: int = 0
) -> Numbers:
    """Return rows (number, 3): two pictures with at least three features alike that lie alike, and how many agree.

    The third number counts with how many others, at most, one of the features agrees in turn and zoom: 2 or more.

    Args:
        table: The features.
        index: Their index.
        first: The earlier picture of a pair is from here on,
        last: and before here.
        position: Compare the earlier picture in this position,
        tilt: and its features tilted by so many degrees.
        cut: The later picture of a pair is from here on.
    """
    begin, end = int(table.starts[first]), int(table.starts[last])
    if begin == end:
        return np.zeros((0, 3), np.int64)
    owners = np.repeat(np.arange(first, last), np.diff(table.starts[first : last + 1]))
    descriptors = tilt_descriptors(lay_descriptors(table.descriptors[begin:end], position), tilt)
    places = np.concatenate([table[number].see_features(position).places for number in range(first, last)])
    asked, found = _search(descriptors, index, max(first, cut - 1), owners)
    keep = np.bincount(asked, minlength=len(descriptors))[asked] <= _BURST
    asked, found = asked[keep], found[keep]
    others = index.owners[found].astype(np.int64)
    pair = owners[asked] * table.pictures + others
    order = np.lexsort((found, asked, pair))
    pair, asked, found = pair[order], asked[order], found[order]
    agreed, partners = _vote(pair, places[asked], index.places[found])
    return np.column_stack([*np.divmod(agreed, table.pictures), partners])


def _search(descriptors: NDArray[np.int8], index: Index, first: int, owners: Numbers) -> tuple[Numbers, Numbers]:
    """Return positions of features asked for, and positions in the index of features alike of later pictures."""
    cells = np.concatenate([_nearest_cells(descriptors[part], index.centres, _PROBES) for part in _parts(len(owners))])
    flat = cells.ravel()
    order = np.argsort(flat, kind="stable")
    asking = np.repeat(np.arange(len(owners)), cells.shape[1])[order]
    bounds = np.searchsorted(flat[order], np.arange(len(index.centres) + 1))
    asked: list[Numbers] = [np.zeros(0, np.int64)]
    found: list[Numbers] = [np.zeros(0, np.int64)]
    for cell in np.flatnonzero(np.diff(bounds)):
        start, stop = int(index.starts[cell]), int(index.starts[cell + 1])
        start += int(np.searchsorted(index.owners[start:stop], first, side="right"))
        queries = asking[bounds[cell] : bounds[cell + 1]]
        for low in range(0, len(queries) if start < stop else 0, _BLOCK):
            part = queries[low : low + _BLOCK]
            near = squared_distances(descriptors[part], index.descriptors[start:stop]) <= index.farthest
            rows, columns = np.nonzero(near)
            later = index.owners[start + columns] > owners[part[rows]]
            asked.append(part[rows[later]])
            found.append(start + columns[later])
    return np.concatenate(asked), np.concatenate(found)


def _vote(pair: Numbers, here: NDArray[np.float32], there: NDArray[np.float32]) -> tuple[Numbers, Numbers]:
    """Return the pairs in which one match agrees with two others on turn and zoom, and with how many it does.

    Args:
        pair: (matches,), sorted: which two pictures a match belongs to.
        here: (matches, 3), place and size in the one picture.
        there: (matches, 3), in the other.
    """
    p, q = as_complex(here), as_complex(there)
    sizes = np.log(there[:, 2].astype(np.float64) / here[:, 2])
    partners = np.zeros(len(pair), np.int64)
    open_ = np.arange(len(pair))
    for step in range(1, _COMPARED):
        open_ = open_[open_ + step < len(pair)]
        open_ = open_[pair[open_] == pair[open_ + step]]
        if not len(open_):
            break
        dp, dq = p[open_ + step] - p[open_], q[open_ + step] - q[open_]
        apart = (np.abs(dp) > _NEAREST) & (np.abs(dq) > _NEAREST)
        factor = np.divide(dq, dp, out=np.full(len(dp), -1.0 + 0j), where=apart)
        zoom = np.log(np.abs(factor))
        good = apart & (np.abs(np.angle(factor)) < _TILT) & (np.abs(zoom) < _ZOOM)
        good &= (np.abs(zoom - sizes[open_]) < _SIZES) & (np.abs(zoom - sizes[open_ + step]) < _SIZES)
        for side in (open_[good], open_[good] + step):
            partners += np.bincount(side, minlength=len(pair))
    good_ones = partners >= _PARTNERS
    agreed, first = np.unique(pair[good_ones], return_index=True)
    if not len(agreed):
        return agreed, agreed
    return agreed, np.maximum.reduceat(partners[good_ones], first)
