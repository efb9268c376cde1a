"""Local features of the vessels: places that can be found again in another photograph of the same eye."""

from functools import cache
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.likeness.hashes import POSITIONS, Position
from lagtool.likeness.keypoints import LAYERS, find_keypoints
from lagtool.likeness.vessels import Darkness, Plane, round_kernel

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


@cache
def _patterns() -> NDArray[np.float64]:
    """Return the patterns, (29, 128): rows, columns and directions (counter-clockwise from the right) of the cells."""
    cells = np.arange(_CELLS) + 0.5
    cosines = [np.cos(np.pi * k * cells / _CELLS) for k in range(3)]
    angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    waves = [np.ones(_DIRECTIONS), np.cos(angles), np.sin(angles), np.cos(2 * angles), np.sin(2 * angles)]
    patterns = []
    for down in range(3):
        for across in range(3 - down):
            for wave in waves:
                pattern = np.einsum("i,j,k->ijk", cosines[down], cosines[across], wave).ravel()
                patterns.append(pattern / np.linalg.norm(pattern))
    return np.array(patterns[1:])  # the first one is the same for all


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
        source = np.abs(exchange).argmax(axis=0)
        laid[position] = (source, np.sign(exchange[source, np.arange(len(source))]).astype(np.int8))
    return laid
