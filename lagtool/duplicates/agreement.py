"""Agreement: how well the vessels of two pictures lie on each other, once one is laid over the other."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.centrelines import Centrelines, Points
from lagtool.duplicates.registration import Matrix
from lagtool.duplicates.vessels import SIDE

_CLOSE = 1.6  # pixels of the reduced picture
_PULL = (6.0, 5.0, 4.5, 3.5, 3.0, 2.5, 2.5)  # how far a vessel is looked for, round by round
_EXPONENTS = np.array([[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2], [3, 0], [2, 1], [1, 2], [0, 3]])  # of u and v
_LINEAR, _QUADRATIC, _CUBIC = 3, 6, 10  # terms of the map
_TERMS = (_LINEAR, _QUADRATIC, _QUADRATIC, _CUBIC, _CUBIC, _CUBIC, _CUBIC)  # round by round
_RIDGE = np.array([1e-6] * _LINEAR + [1.0] * (_QUADRATIC - _LINEAR) + [2.0] * (_CUBIC - _QUADRATIC))
_FEWEST = 60
_LEAST = 0.15
"""Share of centrelines, either way, below which two pictures are given up: strangers share 0.10, half of them."""
_GLANCED, _GLANCE_REACH, _GLANCE = 3, 4.0, 0.4
"""Every which point is glanced at, within how many pixels, and the share, the larger of both ways, worth going on.

Of simulated pairs of one eye the least was 0.58; of strangers with five features alike half had 0.23, the most 0.41.
"""
_SIDESTEPS = (14.0, 22.0, 30.0)
_LINES = np.sin(np.deg2rad(25))
_HALF = SIDE / 2


class Way(NamedTuple):
    """What the centrelines of one picture find on another.

    Attributes:
        share: Share of the points, where both show retina, that lie on a centreline running the same way, 0..1.
        chance: The largest such share when the picture is shifted away: what these vessels give by chance.
        points: Number of points where both show retina.
    """

    share: float
    chance: float
    points: int


@dataclass(frozen=True)
class Agreement:
    """How well the centrelines of two pictures lie on each other where both show retina.

    A hazy picture shows fewer vessels than a clear one: its own find the other's, but not the other way round. So both
    ways count.

    Attributes:
        forth: From the first picture to the second.
        back: From the second to the first.
        overlap: Share of the smaller field that both show, 0..1.
    """

    forth: Way
    back: Way
    overlap: float

    @property
    def shared(self) -> float:
        """The share of centrelines in common, mean of both ways."""
        return (self.forth.share + self.back.share) / 2

    @property
    def elsewhere(self) -> float:
        """What chance gives, mean of both ways."""
        return (self.forth.chance + self.back.chance) / 2


def measure_agreement(a: Centrelines, b: Centrelines, matrix: Matrix, *, thorough: bool = False) -> Agreement | None:
    """Lay ``a`` over ``b`` by ``matrix``, let it settle, and measure; None where there is too little to compare.

    Args:
        a: One picture's centrelines.
        b: Another's.
        matrix: From places of a to places of b.
        thorough: Do not give up at a glance: for measuring strangers.
    """
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    if not thorough and max(_glance(a, b, matrix), _glance(b, a, back)) < _GLANCE:
        return None
    here = _lay_closely(a, b, matrix)
    if here is None:
        return None
    there = _lay_closely(b, a, back)
    if there is None:
        return None
    return Agreement(here.measure(1), there.measure(-1), _overlap(a, b, matrix))


def _glance(a: Centrelines, b: Centrelines, matrix: Matrix) -> float:
    """Return about what share of ``a`` lies near ``b`` before it settles: a tenth of the work, and most go here."""
    laid = _Laid.of(a.keep(np.arange(len(a.points)) % _GLANCED == 0), b, _Warp.of(matrix))
    inside, pixels = laid.look_up(0, 0)
    return len(laid.meet(inside, pixels, _GLANCE_REACH)[0]) / max(1, len(inside))


def _lay_closely(a: Centrelines, b: Centrelines, matrix: Matrix) -> "_Laid | None":
    """Return ``a`` settled on ``b``; None as soon as it is known that they have too little in common."""
    warp = _settle(a, b, _Warp.of(matrix))
    if warp is None:
        return None
    laid = _Laid.of(a, b, warp)
    share, points = laid.share(0, 0)
    return None if share < _LEAST or points < _FEWEST else laid


_SHIFTS = [
    (far * float(np.cos(way)), far * float(np.sin(way))) for far in _SIDESTEPS for way in np.arange(8) * np.pi / 4 + far
]


@dataclass(frozen=True, eq=False)
class _Warp:
    """From places of one picture to places of another: a polynomial of first to third degree."""

    factors: NDArray[np.float64]  # (3, 6 or 10, 2)

    @classmethod
    def of(cls, matrix: Matrix) -> "_Warp":
        return cls(np.vstack([matrix[:, 2] / _HALF + matrix[:, :2].sum(axis=1) - 1, matrix[:, 0], matrix[:, 1]]))

    def lay(self, points: Points) -> Points:
        laid: Points = (_terms(points, len(self.factors)) @ self.factors + 1) * _HALF
        return laid

    def turn(self, points: Points, directions: Points) -> Points:
        """Return unit vectors at points as they are behind the warp."""
        number = len(self.factors)
        right, down = _EXPONENTS[:number].T
        terms = _terms(points, number)
        position = {(int(x), int(y)): k for k, (x, y) in enumerate(_EXPONENTS)}
        along = np.zeros((len(points), number))
        for k, (x, y) in enumerate(zip(right.tolist(), down.tolist(), strict=True)):
            if x:
                along[:, k] += x * terms[:, position[x - 1, y]] * directions[:, 0]
            if y:
                along[:, k] += y * terms[:, position[x, y - 1]] * directions[:, 1]
        turned = along @ self.factors
        unit: Points = turned / np.maximum(np.hypot(turned[:, :1], turned[:, 1:]), 1e-9)
        return unit


def _terms(points: Points, number: int) -> Points:
    u, v = points[:, 0] / _HALF - 1, points[:, 1] / _HALF - 1
    terms = np.empty((len(points), number))
    terms[:, 0], terms[:, 1], terms[:, 2] = 1, u, v
    if number > _LINEAR:
        terms[:, 3], terms[:, 4], terms[:, 5] = u * u, u * v, v * v
    if number > _QUADRATIC:
        terms[:, 6:8] = terms[:, 3:4] * terms[:, 1:3]
        terms[:, 8:10] = terms[:, 5:6] * terms[:, 1:3]
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

    def measure(self, sign: int) -> Way:
        """Return what the points find, and what they find when shifted."""
        share, points = self.share(0, 0)
        return Way(share, max(self.share(sign * x, sign * y)[0] for x, y in _SHIFTS), points)


def _settle(a: Centrelines, b: Centrelines, warp: _Warp) -> _Warp | None:
    """Draw each centreline point of ``a`` to the nearest one of ``b``, fit, and repeat ever closer.

    As in iterative closest points with maps of rising degree (Stewart, Tsai and Roysam 2003): lenses bend.
    """
    for reach, number in zip(_PULL, _TERMS, strict=True):
        laid = _Laid.of(a, b, warp)
        chosen, met = laid.meet(*laid.look_up(0, 0), reach)
        if len(chosen) < _FEWEST // 2:
            return None
        terms = _terms(a.points[chosen], number)
        # A little ridge keeps the bend small where there is little to fit.
        ridge = np.diag(_RIDGE[:number])
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
