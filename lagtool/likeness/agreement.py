"""Agreement: how well the vessels of two pictures lie on each other, once one is laid over the other."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.likeness.registration import Matrix
from lagtool.likeness.vessels import Darkness, Plane

_CLOSE = 1.6  # pixels of the reduced picture
_PULL = (6.0, 4.5, 3.5, 3.0, 2.5, 2.5)  # how far a vessel is looked for, round by round
_QUADRATIC_FROM = 3  # the round from which on the fit may bend
_FEWEST = 60
_SIDESTEPS = (14.0, 22.0, 30.0)
_LINES = np.deg2rad(25)

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Centrelines:
    """The centrelines of the vessels of one reduced picture.

    Attributes:
        points: (number, 2), x and y.
        directions: (number,), of the line at each point, radians, up to half a turn.
        field: (height, width), 255 in the field of view without its rim.
        distance: (height, width), pixels from each place to the nearest centreline.
        nearest: (height, width), position in ``points`` of that nearest one.
    """

    points: Points
    directions: NDArray[np.float64]
    field: NDArray[np.uint8]
    distance: Plane
    nearest: NDArray[np.int32]


def draw_centrelines(darkness: Darkness, vessels: Plane) -> Centrelines:
    """Return the centrelines of traced vessels: their crests, one or two pixels wide."""
    crest = np.zeros(vessels.shape, bool)
    inner = vessels[1:-1, 1:-1]
    across = (inner >= vessels[1:-1, :-2]) & (inner >= vessels[1:-1, 2:])
    down = (inner >= vessels[:-2, 1:-1]) & (inner >= vessels[2:, 1:-1])
    smooth: Any = cv2.GaussianBlur(vessels, (0, 0), 2.0)
    xx: Any = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3)
    yy: Any = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3)
    xy: Any = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3)
    # The Hessian's larger eigenvalue belongs to the direction of the line.
    direction = 0.5 * np.arctan2(2 * xy, xx - yy)
    upright = np.abs(np.sin(direction))[1:-1, 1:-1] > np.sqrt(0.5)
    crest[1:-1, 1:-1] = np.where(upright, across, down) & (inner > 0.25)
    y, x = np.nonzero(crest)
    points = np.column_stack([x, y]).astype(np.float64)
    nearest = np.zeros(vessels.shape, np.int32)
    distance = np.full(vessels.shape, 1e3, np.float32)
    if len(points):
        background = np.where(crest, 0, 255).astype(np.uint8)
        found: Any = cv2.distanceTransformWithLabels(background, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        distance = found[0]
        position = np.zeros(int(found[1].max()) + 1, np.int32)
        position[found[1][y, x]] = np.arange(len(points))
        nearest = position[found[1]]
    return Centrelines(points, direction[y, x].astype(np.float64), darkness.field, distance, nearest)


@dataclass(frozen=True)
class Agreement:
    """How well the centrelines of two pictures lie on each other where both show retina.

    Attributes:
        shared: Share of centreline points that lie on a centreline of the other picture, running the same way; the
            smaller of both directions, 0..1.
        elsewhere: The largest such share when one picture is shifted away: what these vessels give by chance.
        points: Centreline points of the smaller part, where both show retina.
        overlap: Share of the smaller field that both show, 0..1.
        spread: How far the shared points reach, root of the area (in pixels) of their ellipse of inertia.
    """

    shared: float
    elsewhere: float
    points: int
    overlap: float
    spread: float


def measure_agreement(a: Centrelines, b: Centrelines, matrix: Matrix) -> Agreement | None:
    """Lay ``a`` over ``b`` by ``matrix``, let it settle, and measure; None where there is too little to judge."""
    warp = _settle(a, b, _Warp.of(matrix))
    if warp is None:
        return None
    back = _settle(b, a, _Warp.of(_invert(matrix)))
    if back is None:
        return None
    forth, spread = _share(a, b, warp, (0, 0))
    other, _ = _share(b, a, back, (0, 0))
    points = min(forth[1], other[1])
    if points < _FEWEST:
        return None
    elsewhere = max(
        min(_share(a, b, warp, shift)[0][0], _share(b, a, back, (-shift[0], -shift[1]))[0][0]) for shift in _shifts()
    )
    return Agreement(min(forth[0], other[0]), elsewhere, points, _overlap(a, b, matrix), spread)


def _shifts() -> list[tuple[float, float]]:
    return [
        (far * float(np.cos(way)), far * float(np.sin(way)))
        for far in _SIDESTEPS
        for way in np.arange(8) * np.pi / 4 + far
    ]


@dataclass(frozen=True, eq=False)
class _Warp:
    """From places of one picture to places of another: a polynomial of first or second degree."""

    factors: NDArray[np.float64]  # (3 or 6, 2)

    @classmethod
    def of(cls, matrix: Matrix) -> "_Warp":
        return cls(np.vstack([matrix[:, 2] / 125.0 + matrix[:, :2].sum(axis=1) - 1, matrix[:, 0], matrix[:, 1]]))

    def __call__(self, points: Points) -> Points:
        return (_terms(points, len(self.factors)) @ self.factors) * 125.0 + 125.0

    def turn(self, points: Points, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return directions at points as they are behind the warp."""
        ahead = self(points + np.column_stack([np.cos(directions), np.sin(directions)]))
        step = ahead - self(points)
        turned: NDArray[np.float64] = np.arctan2(step[:, 1], step[:, 0])
        return turned


def _terms(points: Points, number: int) -> Points:
    u, v = points[:, 0] / 125.0 - 1, points[:, 1] / 125.0 - 1
    columns = [np.ones_like(u), u, v] if number == 3 else [np.ones_like(u), u, v, u * u, u * v, v * v]
    return np.column_stack(columns)


def _settle(a: Centrelines, b: Centrelines, warp: _Warp) -> _Warp | None:
    """Draw each centreline point of ``a`` to the nearest one of ``b``, fit, and repeat ever closer."""
    for number, pull in enumerate(_PULL):
        moved = warp(a.points)
        inside, x, y = _look_up(moved, b)
        near = inside.copy()
        near[inside] = b.distance[y, x] <= pull
        near[near] = _run_alike(a, b, warp, near, moved)
        if np.count_nonzero(near) < _FEWEST // 2:
            return None
        target = b.points[b.nearest[np.round(moved[near, 1]).astype(int), np.round(moved[near, 0]).astype(int)]]
        size = 6 if number >= _QUADRATIC_FROM else 3
        terms = _terms(a.points[near], size)
        # A little ridge keeps the bend small where there is little to fit.
        ridge = np.diag([0.0, 0.0, 0.0, 4.0, 4.0, 4.0][:size])
        factors = np.linalg.solve(terms.T @ terms + ridge + 1e-6 * np.eye(size), terms.T @ (target / 125.0 - 1))
        warp = _Warp(factors)
    return warp


def _look_up(moved: Points, b: Centrelines) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp]]:
    """Return which points fall into the field of ``b``, and on which pixels."""
    height, width = b.field.shape
    x, y = np.round(moved[:, 0]), np.round(moved[:, 1])
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    xi, yi = x[inside].astype(np.intp), y[inside].astype(np.intp)
    seen = b.field[yi, xi] > 0
    inside[inside] = seen
    return inside, xi[seen], yi[seen]


def _run_alike(
    a: Centrelines, b: Centrelines, warp: _Warp, chosen: NDArray[np.bool_], moved: Points
) -> NDArray[np.bool_]:
    """Return which of the chosen points run the same way as the centreline that they lie on."""
    x, y = np.round(moved[chosen, 0]).astype(int), np.round(moved[chosen, 1]).astype(int)
    there = b.directions[b.nearest[y, x]]
    here = warp.turn(a.points[chosen], a.directions[chosen])
    alike: NDArray[np.bool_] = np.abs(np.sin(here - there)) < np.sin(_LINES)
    return alike


def _share(a: Centrelines, b: Centrelines, warp: _Warp, shift: tuple[float, float]) -> tuple[tuple[float, int], float]:
    moved = warp(a.points) + np.array(shift)
    inside, x, y = _look_up(moved, b)
    number = len(x)
    if not number:
        return (0.0, 0), 0.0
    on = inside.copy()
    on[inside] = b.distance[y, x] <= _CLOSE
    on[on] = _run_alike(a, b, warp, on, moved)
    shared = int(np.count_nonzero(on))
    spread = 0.0
    if shared > 2:
        spread = float(np.linalg.det(np.cov(moved[on].T))) ** 0.25 if shift == (0, 0) else 0.0
    return (shared / number, number), spread


def _invert(matrix: Matrix) -> Matrix:
    inverse: Matrix = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    return inverse


def _overlap(a: Centrelines, b: Centrelines, matrix: Matrix) -> float:
    height, width = b.field.shape
    there: Any = cv2.warpAffine(a.field, matrix, (width, height), flags=cv2.INTER_NEAREST)
    both = float(np.count_nonzero(there & b.field))
    zoom = abs(float(np.linalg.det(matrix[:, :2])))
    smaller = min(float(np.count_nonzero(a.field)) * zoom, float(np.count_nonzero(b.field)))
    return both / max(smaller, 1.0)
