"""Registration: how one photograph lies over another of the same eye, and how well their vessels then agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.features import Features
from lagtool.duplicates.vessels import SIDE
from lagtool.probe.field import Plane

FEWEST_INLIERS = 5
"""Features that must lie alike before vessels are compared."""

_REACH = 4.0  # pixels of the reduced picture: a lens bends, and the retina is no plane
_TILT = np.deg2rad(28)
_ZOOM = 3.2
_ROUNDS = 1000
_SEED = 1
_STILL_ZOOM, _STILL_TURN, _STILL_SHIFT = 0.03, np.deg2rad(1.5), 4.0

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Alignment:
    """How picture a lies over picture b, by their features.

    Attributes:
        matrix: (2, 3), from places of a to places of b, in pixels of the reduced pictures.
        matches: Number of features that found their like.
        inliers: How many of these agree with the matrix.
    """

    matrix: Matrix
    matches: int
    inliers: int

    @property
    def moved(self) -> float:
        """How far one picture does not lie on the other as it is: 1 at 3 % of zoom, 1.5 degrees or 4 pixels.

        Below 1, what is at the same place may be dust on the camera.
        """
        zoom, turn = float(np.hypot(*self.matrix[:, 0])), float(np.arctan2(self.matrix[1, 0], self.matrix[0, 0]))
        middle = np.array([SIDE / 2, SIDE / 2, 1.0])
        shift = float(np.hypot(*(self.matrix @ middle - middle[:2])))
        return float(max(abs(np.log(zoom)) / _STILL_ZOOM, abs(turn) / _STILL_TURN, shift / _STILL_SHIFT))


def match_features(a: Features, b: Features) -> NDArray[np.intp]:
    """Return pairs of positions (number, 2): features that are each other's nearest, descriptors compared."""
    if not len(a.places) or not len(b.places):
        return np.zeros((0, 2), np.intp)
    distances = squared_distances(a.descriptors, b.descriptors)
    forth, back = distances.argmin(axis=1), distances.argmin(axis=0)
    mutual = np.flatnonzero(back[forth] == np.arange(len(forth)))
    return np.column_stack([mutual, forth[mutual]])


def squared_distances(a: NDArray[np.int8], b: NDArray[np.int8]) -> Plane:
    """Return the squared distances of whole-numbered vectors, exactly: all sums stay below 2 ** 24."""
    x, y = np.empty((len(a), a.shape[1] + 2), np.float32), np.empty((len(b), b.shape[1] + 2), np.float32)
    x[:, :-2], y[:, :-2] = a, b
    # One product gives |a|^2 - 2 a b + |b|^2: the matrix is the large thing here, and is written once.
    x[:, -2], x[:, -1] = 1, np.square(x[:, :-2]).sum(axis=1)
    y[:, -2], y[:, -1] = np.square(y[:, :-2]).sum(axis=1), 1
    x[:, :-2] *= -2
    distances: Plane = x @ y.T
    return distances


def align(a: Features, b: Features) -> Alignment | None:
    """Return the similarity (shift, turn up to 28 degrees, zoom up to 3.2) that most matches agree with.

    None where fewer than `FEWEST_INLIERS` agree: comparing vessels costs more than all of this.

    Every two matches give one; the sizes of features are not used. All pairs are tried where they are few, a fixed
    sample otherwise, so that the result is always the same.
    """
    matches = match_features(a, b)
    if len(matches) < FEWEST_INLIERS:
        return None
    p = as_complex(a.places[matches[:, 0]])
    q = as_complex(b.places[matches[:, 1]])
    first, second = _draw_pairs(len(matches))
    dp, dq = p[second] - p[first], q[second] - q[first]
    long_enough = (np.abs(dp) > 12) & (np.abs(dq) > 12)
    first, dp, dq = first[long_enough], dp[long_enough], dq[long_enough]
    factor = dq / dp
    fair = (np.abs(np.angle(factor)) < _TILT) & (np.abs(np.log(np.abs(factor))) < np.log(_ZOOM))
    first, factor = first[fair], factor[fair]
    if not len(factor):
        return None
    shift = q[first] - factor * p[first]
    off = np.abs(factor[:, None] * p[None, :] + shift[:, None] - q[None, :])
    agree = off < _REACH * np.maximum(1, np.abs(factor))[:, None]
    best = int(agree.sum(axis=1).argmax())
    chosen = agree[best]
    inliers = _spread_count(p[chosen], q[chosen])
    if inliers < FEWEST_INLIERS:
        return None
    return Alignment(_fit(p[chosen], q[chosen]), len(matches), inliers)


def _spread_count(p: NDArray[np.complex128], q: NDArray[np.complex128]) -> int:
    """Return how many matches there are, those within 5 pixels of another in either picture counted once."""
    places = np.unique(np.round(np.column_stack([p.real, p.imag, q.real, q.imag]) / 5), axis=0)
    return min(len(np.unique(places[:, :2], axis=0)), len(np.unique(places[:, 2:], axis=0)))


def _draw_pairs(number: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(number, 1)
    if len(first) > _ROUNDS:
        chosen = np.random.default_rng(_SEED).choice(len(first), _ROUNDS, replace=False)
        first, second = first[chosen], second[chosen]
    return first, second


def _fit(p: NDArray[np.complex128], q: NDArray[np.complex128]) -> Matrix:
    """Return the similarity of least squares."""
    middle_p, middle_q = p.mean(), q.mean()
    dp, dq = p - middle_p, q - middle_q
    factor = complex(np.vdot(dp, dq) / max(np.vdot(dp, dp).real, 1e-9))
    shift = complex(middle_q - factor * middle_p)
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def as_complex(places: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Return places, x and y in the first two columns, as x + iy: a similarity is then a factor and a shift."""
    return places[:, 0].astype(np.float64) + 1j * places[:, 1].astype(np.float64)
