"""Local features of the vessels: places that can be found again in another photograph of the same eye."""

from functools import cache
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.hashes import POSITIONS, Position
from lagtool.duplicates.vessels import LAYERS, Darkness, find_keypoints, round_kernel
from lagtool.probe.field import Plane

MOST = 160
"""Features kept of one picture, the clearest first."""

DIMENSIONS = 29
"""Whole numbers in a descriptor."""

_NEAR_VESSEL = 10  # pixels
_GAIN = 40.0  # gray levels per local deviation
_LEVELS = 200.0  # from a descriptor of length 1 to whole numbers within -127..127
_CELLS, _DIRECTIONS = 4, 8

Places = NDArray[np.float32]
Descriptors = NDArray[np.int8]
Number = TypeVar("Number", np.float32, np.float64)


class Features(NamedTuple):
    """Features of one picture.

    Attributes:
        places: (number, 3): x and y in the reduced picture, and the size, all in its pixels.
        descriptors: (number, `DIMENSIONS`), whole numbers, so that distances are exact on every machine.
    """

    places: Places
    descriptors: Descriptors


NO_FEATURES = Features(np.zeros((0, 3), np.float32), np.zeros((0, DIMENSIONS), np.int8))
"""Those of a picture in which nothing can be found again."""


def find_features(darkness: Darkness, vessels: Plane) -> Features:
    """Return the features on and beside vessels (SIFT, upright: a head is hardly tilted), at most `MOST`."""
    near: Any = cv2.dilate((vessels > 0).astype(np.uint8), round_kernel(_NEAR_VESSEL))
    near = cv2.bitwise_and(near * np.uint8(255), darkness.field)
    picture = np.clip(128 + darkness.levels * _GAIN, 0, 255).astype(np.uint8)
    found = find_keypoints(picture, near, MOST)
    if not len(found.x):
        return NO_FEATURES
    sift = cv2.SIFT_create(nOctaveLayers=LAYERS)  # type: ignore[attr-defined]
    points = [
        cv2.KeyPoint(x, y, size, 0.0, 0.0, octave | layer << 8)
        for x, y, size, octave, layer in zip(*(part.tolist() for part in found), strict=True)
    ]
    _, raw = sift.compute(picture, points)
    places = np.column_stack([found.x, found.y, found.size]).astype(np.float32)
    return Features(places, _reduce(raw))


def lay_descriptors(descriptors: Descriptors, position: Position) -> Descriptors:
    """Return the descriptors as they would be in the picture in another position."""
    source, signs = _positions()[position]
    return descriptors[:, source] * signs


def lay_places(places: NDArray[Number], size: tuple[int, int], position: Position) -> NDArray[Number]:
    """Return places (x and y in the first columns) in a picture of a size, width and height, in another position."""
    laid = places.copy()
    width, height = size
    if position.mirrored:
        laid[:, 0] = width - 1 - laid[:, 0]
    for _ in range(position.turn):
        laid[:, 0], laid[:, 1] = laid[:, 1].copy(), width - 1 - laid[:, 0]
        width, height = height, width
    return laid


def _reduce(raw: Any) -> Descriptors:
    """Return SIFT descriptors of 128 numbers, as their root (Arandjelović and Zisserman 2012), on 29 smooth patterns.

    A descriptor counts gradients in 4 x 4 cells by 8 directions. Products of cosines over the cells and of waves over
    the directions, slow ones only, keep what a principal component analysis of as many numbers keeps, but need no
    training, and mirroring or turning the picture only exchanges them and turns signs.
    """
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6))
    reduced: Descriptors = np.clip(np.round(root @ _patterns().T * _LEVELS), -127, 127).astype(np.int8)
    return reduced


def tilt_descriptors(descriptors: Descriptors, degrees: int) -> Descriptors:
    """Return the descriptors about as they would be in the picture tilted counter-clockwise by some degrees.

    Slow patterns over cells and directions turn into mixtures of each other. Descriptors bear 10 degrees as they are.
    """
    if not degrees:
        return descriptors
    turned = descriptors.astype(np.float32) @ _tilt(degrees)
    return np.clip(np.round(turned), -127, 127).astype(np.int8)


@cache
def _tilt(degrees: int) -> NDArray[np.float32]:
    """Return what tilts descriptors, (29, 29): the patterns where the bins come to lie, by the patterns as they are."""
    angle = np.deg2rad(degrees)
    row, column, way = (part.ravel() for part in np.mgrid[0:_CELLS, 0:_CELLS, 0:_DIRECTIONS].astype(np.float64))
    middle = (_CELLS - 1) / 2
    right, up = column - middle, middle - row
    rows = middle - (up * np.cos(angle) + right * np.sin(angle))
    columns = middle + right * np.cos(angle) - up * np.sin(angle)
    tilted = _draw_patterns(rows, columns, way + degrees * _DIRECTIONS / 360)
    turned: NDArray[np.float32] = (_patterns() @ tilted.T).astype(np.float32)
    return turned


@cache
def _patterns() -> NDArray[np.float64]:
    """Return the patterns, (29, 128): rows, columns and directions (counter-clockwise from the right) of the cells."""
    row, column, way = (part.ravel() for part in np.mgrid[0:_CELLS, 0:_CELLS, 0:_DIRECTIONS].astype(np.float64))
    return _draw_patterns(row, column, way)


def _draw_patterns(
    row: NDArray[np.float64], column: NDArray[np.float64], way: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the patterns at places of bins, which may lie between them, (29, places)."""
    angle = 2 * np.pi * way / _DIRECTIONS
    waves = [np.ones_like(angle), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)]
    down, across = ([np.cos(np.pi * k * (at + 0.5) / _CELLS) for k in range(3)] for at in (row, column))
    patterns = [down[i] * across[j] * wave for i in range(3) for j in range(3 - i) for wave in waves]
    norms = [(1 if k == 0 else 0.5) for k in range(3)]
    sizes = [norms[i] * norms[j] * (1 if w == 0 else 0.5) for i in range(3) for j in range(3 - i) for w in range(5)]
    # The first one is the same for all.
    norm = np.sqrt(_CELLS * _CELLS * _DIRECTIONS * np.array(sizes[1:]))
    drawn: NDArray[np.float64] = np.array(patterns[1:]) / norm[:, None]
    return drawn


@cache
def _positions() -> dict[Position, tuple[NDArray[np.intp], NDArray[np.int8]]]:
    """Return for each position which number of a descriptor each one becomes, and its sign."""
    patterns = _patterns()
    laid = {}
    for position in POSITIONS:
        bins = np.arange(patterns.shape[1]).reshape(_CELLS, _CELLS, _DIRECTIONS)
        if position.mirrored:  # a direction t becomes pi - t
            bins = bins[:, ::-1, (_DIRECTIONS // 2 - np.arange(_DIRECTIONS)) % _DIRECTIONS]
        for _ in range(position.turn):  # counter-clockwise
            bins = np.rot90(np.roll(bins, _DIRECTIONS // 4, axis=2))
        exchange = patterns[:, np.argsort(bins.ravel())] @ patterns.T
        source = np.abs(exchange).argmax(axis=1)
        laid[position] = (source, np.sign(exchange[np.arange(len(source)), source]).astype(np.int8))
    return laid
