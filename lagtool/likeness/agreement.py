"""Agreement: how well the vessels of two pictures lie on each other, once one is laid over the other."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.likeness.centrelines import Centrelines, Points
from lagtool.likeness.registration import Matrix
from lagtool.likeness.vessels import SIDE

_CLOSE = 1.6  # pixels of the reduced picture
_PULL = (6.0, 4.5, 3.5, 3.0, 2.5, 2.5)  # how far a vessel is looked for, round by round
_BENT_FROM = 3  # the round from which on the fit may bend
_LINEAR, _QUADRATIC = 3, 6  # terms
_FEWEST = 60
_SIDESTEPS = (14.0, 22.0, 30.0)
_LINES = np.sin(np.deg2rad(25))
_HALF = SIDE / 2


@dataclass(frozen=True)
class Agreement:
    """How well the centrelines of two pictures lie on each other where both show retina.

    Attributes:
        shared: Share of centreline points that lie on a centreline of the other picture, running the same way; the
            smaller of both directions, 0..1.
        elsewhere: The largest such share when one picture is shifted away: what these vessels give by chance.
        points: Centreline points of the smaller part, where both show retina.
        overlap: Share of the smaller field that both show, 0..1.
    """

    shared: float
    elsewhere: float
    points: int
    overlap: float


def measure_agreement(a: Centrelines, b: Centrelines, matrix: Matrix, least: float = 0.0) -> Agreement | None:
    """Lay ``a`` over ``b`` by ``matrix``, let it settle, and measure; None where there is too little to judge.

    Args:
        a: One picture's centrelines.
        b: Another's.
        matrix: From places of a to places of b.
        least: Give up, with None, as soon as it is known that ``shared`` is less than this.
    """
    forth = _settle(a, b, _Warp.of(matrix))
    if forth is None or (here := _Laid.of(a, b, forth)).share(0, 0)[0] < least:
        return None
    back = _settle(b, a, _Warp.of(np.asarray(cv2.invertAffineTransform(matrix), np.float64)))
    if back is None:
        return None
    there = _Laid.of(b, a, back)
    shares = [laid.share(0, 0) for laid in (here, there)]
    shared, points = min(share for share, _ in shares), min(number for _, number in shares)
    if points < _FEWEST or shared < least:
        return None
    elsewhere = max(min(here.share(x, y)[0], there.share(-x, -y)[0]) for x, y in _SHIFTS)
    return Agreement(shared, elsewhere, points, _overlap(a, b, matrix))


_SHIFTS = [
    (far * float(np.cos(way)), far * float(np.sin(way))) for far in _SIDESTEPS for way in np.arange(8) * np.pi / 4 + far
]


@dataclass(frozen=True, eq=False)
class _Warp:
    """From places of one picture to places of another: a polynomial of first or second degree."""

    factors: NDArray[np.float64]  # (3 or 6, 2)

    @classmethod
    def of(cls, matrix: Matrix) -> "_Warp":
        return cls(np.vstack([matrix[:, 2] / _HALF + matrix[:, :2].sum(axis=1) - 1, matrix[:, 0], matrix[:, 1]]))

    def lay(self, points: Points) -> Points:
        laid: Points = (_terms(points, len(self.factors)) @ self.factors + 1) * _HALF
        return laid

    def turn(self, points: Points, directions: Points) -> Points:
        """Return unit vectors at points as they are behind the warp."""
        dx, dy = directions[:, :1], directions[:, 1:]
        turned = dx * self.factors[1] + dy * self.factors[2]
        if len(self.factors) > _LINEAR:
            u, v = points[:, :1] / _HALF - 1, points[:, 1:] / _HALF - 1
            turned += 2 * u * dx * self.factors[3] + (v * dx + u * dy) * self.factors[4] + 2 * v * dy * self.factors[5]
        unit: Points = turned / np.maximum(np.hypot(turned[:, :1], turned[:, 1:]), 1e-9)
        return unit


def _terms(points: Points, number: int) -> Points:
    terms = np.empty((len(points), number))
    u, v = points[:, 0] / _HALF - 1, points[:, 1] / _HALF - 1
    terms[:, 0], terms[:, 1], terms[:, 2] = 1, u, v
    if number > _LINEAR:
        terms[:, 3], terms[:, 4], terms[:, 5] = u * u, u * v, v * v
    return terms


@dataclass(frozen=True, eq=False)
class _Laid:
    """The centrelines of one picture, laid over another."""

    points: Points
    directions: Points
    on: Centrelines

    @classmethod
    def of(cls, a: Centrelines, b: Centrelines, warp: _Warp) -> "_Laid":
        return cls(warp.lay(a.points), warp.turn(a.points, a.directions), b)

    def look_up(self, x: float, y: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which points fall into the other field, shifted, and on which pixels, counted row by row."""
        height, width = self.on.field.shape
        column = np.rint(self.points[:, 0] + x).astype(np.intp)
        row = np.rint(self.points[:, 1] + y).astype(np.intp)
        inside = np.flatnonzero((column >= 0) & (row >= 0) & (column < width) & (row < height))
        pixels = row[inside] * width + column[inside]
        seen = self.on.field.ravel()[pixels]
        return inside[seen], pixels[seen]

    def meet(
        self, inside: NDArray[np.intp], pixels: NDArray[np.intp], reach: float
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return which points lie within ``reach`` of a centreline that runs the same way, and of which point of it."""
        near = self.on.distance.ravel()[pixels] <= reach
        chosen, met = inside[near], self.on.nearest.ravel()[pixels[near]]
        here, there = self.directions[chosen], self.on.directions[met]
        alike = np.abs(here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]) < _LINES
        return chosen[alike], met[alike]

    def share(self, x: float, y: float) -> tuple[float, int]:
        """Return the share of points in the other field that lie on its centrelines, and the number in that field."""
        inside, pixels = self.look_up(x, y)
        if not len(inside):
            return 0.0, 0
        return len(self.meet(inside, pixels, _CLOSE)[0]) / len(inside), len(inside)


def _settle(a: Centrelines, b: Centrelines, warp: _Warp) -> _Warp | None:
    """Draw each centreline point of ``a`` to the nearest one of ``b``, fit, and repeat ever closer."""
    for number, reach in enumerate(_PULL):
        laid = _Laid.of(a, b, warp)
        chosen, met = laid.meet(*laid.look_up(0, 0), reach)
        if len(chosen) < _FEWEST // 2:
            return None
        size = _QUADRATIC if number >= _BENT_FROM else _LINEAR
        terms = _terms(a.points[chosen], size)
        # A little ridge keeps the bend small where there is little to fit.
        ridge = np.diag([1e-6] * _LINEAR + [4.0] * (size - _LINEAR))
        factors: Points = np.asarray(np.linalg.solve(terms.T @ terms + ridge, terms.T @ (b.points[met] / _HALF - 1)))
        warp = _Warp(factors)
    return warp


def _overlap(a: Centrelines, b: Centrelines, matrix: Matrix) -> float:
    height, width = b.field.shape
    there: Any = cv2.warpAffine(a.field.astype(np.uint8), matrix, (width, height), flags=cv2.INTER_NEAREST)
    both = float(np.count_nonzero((there > 0) & b.field))
    zoom = abs(float(np.linalg.det(matrix[:, :2])))
    smaller = min(float(np.count_nonzero(a.field)) * zoom, float(np.count_nonzero(b.field)))
    return both / max(smaller, 1.0)
