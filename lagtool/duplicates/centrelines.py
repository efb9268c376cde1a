"""Centrelines: the crests of the vessels of one picture, drawn once, packed small, and looked up by place."""

import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lagtool.duplicates.features import lay_places
from lagtool.duplicates.hashes import Position
from lagtool.duplicates.vessels import Darkness
from lagtool.probe.field import Plane

_CREST = 0.25  # strength of a vessel from which on it has a centreline
_HEAD = struct.Struct("<HHI")  # height, width, points
_STEPS = 256  # of half a turn

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Centrelines:
    """The centrelines of the vessels of one reduced picture.

    Attributes:
        points: (number, 2), x and y, whole numbers.
        directions: (number, 2), unit vectors along the line at each point; the opposite ones mean the same.
        field: (height, width), whether a place lies in the field of view without its rim.
    """

    points: Points
    directions: Points
    field: NDArray[np.bool_]

    @property
    def distance(self) -> Plane:
        """(height, width), pixels from each place to the nearest centreline; 1000 where there is none."""
        return self._nearest[0]

    @property
    def nearest(self) -> NDArray[np.int32]:
        """(height, width), position in ``points`` of that nearest one."""
        return self._nearest[1]

    @cached_property
    def _nearest(self) -> tuple[Plane, NDArray[np.int32]]:
        # Made when somebody asks: most pictures are only ever laid over another.
        nearest = np.zeros(self.field.shape, np.int32)
        if not len(self.points):
            return np.full(self.field.shape, 1e3, np.float32), nearest
        x, y = self.points.astype(np.intp).T
        background = np.full(self.field.shape, 255, np.uint8)
        background[y, x] = 0
        found: Any = cv2.distanceTransformWithLabels(background, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        position = np.zeros(int(found[1].max()) + 1, np.int32)
        position[found[1][y, x]] = np.arange(len(x))
        return found[0], position[found[1]]

    def lay(self, position: Position) -> "Centrelines":
        """Return those of the picture in another position."""
        height, width = self.field.shape
        points, directions = lay_places(self.points, (width, height), position), self.directions.copy()
        if position.mirrored:
            directions[:, 0] *= -1
        for _ in range(position.turn):
            directions = np.column_stack([directions[:, 1], -directions[:, 0]])
        field = self.field[:, ::-1] if position.mirrored else self.field
        return Centrelines(points, directions, np.ascontiguousarray(np.rot90(field, position.turn)))

    def keep(self, chosen: NDArray[np.bool_]) -> "Centrelines":
        """Return those of some points only."""
        return Centrelines(self.points[chosen], self.directions[chosen], self.field)

    def measure_extents(self) -> NDArray[np.float64]:
        """Return for each point how far the line that it belongs to extends, pixels."""
        x, y = self.points.astype(np.intp).T
        drawn = np.zeros(self.field.shape, np.uint8)
        drawn[y, x] = 1
        # Crests are one or two pixels wide, with gaps of one.
        closed: Any = cv2.dilate(drawn, np.ones((3, 3), np.uint8))
        _, labels, figures, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        extents = np.hypot(figures[:, cv2.CC_STAT_WIDTH], figures[:, cv2.CC_STAT_HEIGHT])
        found: NDArray[np.float64] = extents[labels[y, x]]
        return found

    def pack(self) -> bytes:
        """Return all of it in about 6 bytes a point; directions to 0.7 degrees."""
        angles = np.arctan2(self.directions[:, 1], self.directions[:, 0])
        steps = np.round(angles * (_STEPS / np.pi)).astype(np.int64) % _STEPS
        body = (
            self.points.astype("<u2").T.tobytes(),
            steps.astype(np.uint8).tobytes(),
            zlib.compress(np.packbits(self.field).tobytes(), 1),
        )
        return _HEAD.pack(*self.field.shape, len(self.points)) + b"".join(body)

    @staticmethod
    def check(data: bytes, size: tuple[int, int]) -> None:
        """Find out whether a stranger packed what `unpack` can take, of a picture of a size (width, height).

        Raises:
            ValueError: It cannot; struct.error, zlib.error: the same.
        """
        width, height = size
        rows, columns, number = _HEAD.unpack_from(data)
        if (rows, columns) != (height, width) or number > width * height or len(data) < _HEAD.size + 5 * number:
            raise ValueError("centrelines of another size than the picture")
        x, y = np.frombuffer(data, "<u2", 2 * number, _HEAD.size).reshape(2, number)
        if number and (x.max() >= width or y.max() >= height):
            raise ValueError("centrelines outside of the picture")
        unpacking, most = zlib.decompressobj(), -(-width * height // 8)
        field = unpacking.decompress(data[_HEAD.size + 5 * number :], most + 1)
        if len(field) != most or not unpacking.eof or unpacking.unused_data:
            raise ValueError("a field of another size than the picture")

    @classmethod
    def unpack(cls, data: bytes) -> "Centrelines":
        """Return what was packed."""
        height, width, number = _HEAD.unpack_from(data)
        points = np.frombuffer(data, "<u2", 2 * number, _HEAD.size).reshape(2, number).T.astype(np.float64)
        angles = np.frombuffer(data, np.uint8, number, _HEAD.size + 4 * number) * (np.pi / _STEPS)
        bits = np.frombuffer(zlib.decompress(data[_HEAD.size + 5 * number :]), np.uint8)
        field = np.unpackbits(bits, count=height * width).reshape(height, width).astype(bool)
        return cls(points, np.column_stack([np.cos(angles), np.sin(angles)]), field)


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
    # A line runs along the eigenvector of the Hessian's larger eigenvalue: upright where xx is below yy.
    crest[1:-1, 1:-1] = np.where((xx < yy)[1:-1, 1:-1], across, down) & (inner > _CREST)
    y, x = np.nonzero(crest)
    angle = 0.5 * np.arctan2(2 * xy[y, x], (xx - yy)[y, x]).astype(np.float64)
    directions = np.column_stack([np.cos(angle), np.sin(angle)])
    return Centrelines(np.column_stack([x, y]).astype(np.float64), directions, darkness.field > 0)
