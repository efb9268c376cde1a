"""What a synthetic photograph shows: an eye, and the view that a camera has of it.

Lengths of an eye are in disc diameters, with the disc's centre at the origin and the macula at positive x, whichever
side the eye is of; the view brings them into pixels. So one eye can be looked at again, from elsewhere or mirrored.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 500
"""Width and height of an image in pixels."""

_STEPS = 44
_STEP = 0.13
_ATTENTION_STREAM = 1 << 16

# Reds and browns of a fundus at full light (R, G, B); the last is the blue-gray that a few cameras give.
_TINTS = np.array(
    [(228, 92, 34), (205, 84, 40), (214, 112, 52), (176, 98, 52), (150, 104, 60), (196, 70, 30), (128, 122, 118)]
)
_TINT_WEIGHTS = np.array([0.24, 0.22, 0.18, 0.14, 0.1, 0.1, 0.02])


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye: what stays the same in every picture of it.

    Attributes:
        side: 1 where the macula lies to the right of the disc, -1 where to its left.
        tint: Colour of the fundus, (R, G, B) in 0..255.
        disc: Half axes of the disc.
        disc_turn: Turn of the disc's long axis, radians.
        disc_light: How bright the disc is, about 1.
        cup_ratio: Diameter of the cup over that of the disc: the only thing that the label changes, and weakly.
        cup_shift: Centre of the cup.
        macula: Centre of the macula.
        macula_depth: How dark the macula is, 0..1.
        vessels: Points of the vessels, (vessel, step, 2).
        widths: Width of each vessel at its beginning.
        depths: How dark each vessel is, 0..1.
        texture: Place of the eye in the endless pattern of the choroid.
        texture_depth: How strong that pattern is.
    """

    side: int
    tint: tuple[float, float, float]
    disc: tuple[float, float]
    disc_turn: float
    disc_light: float
    cup_ratio: float
    cup_shift: tuple[float, float]
    macula: tuple[float, float]
    macula_depth: float
    vessels: NDArray[np.float64]
    widths: NDArray[np.float64]
    depths: NDArray[np.float64]
    texture: tuple[float, float]
    texture_depth: float


@dataclass(frozen=True)
class View:
    """One look at an eye: camera, light and chance.

    Attributes:
        disc: Where the disc's centre lies, pixels.
        scale: Pixels per disc diameter.
        turn: Turn of the picture, radians.
        field: Centre and radius of the round field, pixels; with a large radius its rim is cut off.
        notch: Angle of a notch at the rim, radians, or None.
        light: Centre of the light, pixels.
        gain: Brightness at that centre.
        falloff: How fast the light fades outwards.
        tilt: How much darker it becomes across the picture, right and down.
        blot: A soft dark blot, (x, y, radius) in pixels, or None.
        noise: Strength of the sensor's noise, gray levels.
        noise_place: Where in the stored noise the picture's noise begins.
        quality: JPEG quality.
    """

    disc: tuple[float, float]
    scale: float
    turn: float
    field: tuple[float, float, float]
    notch: float | None
    light: tuple[float, float]
    gain: float
    falloff: float
    tilt: tuple[float, float]
    blot: tuple[float, float, float] | None
    noise: float
    noise_place: tuple[int, int]
    quality: int


@dataclass(frozen=True, eq=False)
class Scene:
    """An eye and a view of it: everything that a picture needs."""

    eye: Eye
    view: View

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points of the eye (..., 2) lie in the picture, in pixels."""
        places: NDArray[np.float64] = points @ self.matrix.T + np.array(self.view.disc)
        return places

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The linear part of the way from the eye into the picture, 2 x 2."""
        cos, sin = np.cos(self.view.turn), np.sin(self.view.turn)
        turn = np.array([[cos, -sin], [sin, cos]])
        matrix: NDArray[np.float64] = self.view.scale * turn @ np.diag([self.eye.side, 1.0])
        return matrix


def compose_scene(seed: int, number: int, label: int, view: int = 0) -> Scene:
    """Return the scene of sample ``number``; each further ``view`` is another picture of the same eye."""
    # A seed's trailing zeros do not count for numpy: [seed, number] and [seed, number, 0] would be one stream.
    eye = compose_eye(np.random.default_rng([seed, number]), label)
    return Scene(eye, compose_view(np.random.default_rng([seed, number, 1 + view]), eye))


def attention_rng(seed: int, number: int) -> np.random.Generator:
    """Return the generator for the attention map of sample ``number``."""
    return np.random.default_rng([seed, number, _ATTENTION_STREAM])


def compose_eye(rng: np.random.Generator, label: int) -> Eye:
    """Draw an eye; ``label`` (0: non-glaucoma) shifts the mean of the cup ratio by less than its spread."""
    tint = _TINTS[rng.choice(len(_TINTS), p=_TINT_WEIGHTS)] * rng.uniform(0.92, 1.05, 3)
    cup_ratio = float(np.clip(rng.normal(0.56 if label else 0.46, 0.11), 0.2, 0.85))
    half = 0.5 * rng.uniform(0.92, 1.08)
    oval = rng.uniform(0.84, 0.99)
    vessels, widths, depths = _grow_vessels(rng)
    return Eye(
        side=1 if rng.random() < 0.5 else -1,
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        disc=(half * oval, half),
        disc_turn=float(rng.normal(0, 0.25)),
        disc_light=float(rng.uniform(0.86, 1.06)),
        cup_ratio=cup_ratio,
        cup_shift=(float(rng.normal(0.03, 0.02)), float(rng.normal(0, 0.02))),
        macula=(float(rng.normal(2.5, 0.15)), float(rng.normal(0.25, 0.1))),
        macula_depth=float(rng.uniform(0.15, 0.42)),
        vessels=vessels,
        widths=widths,
        depths=depths,
        texture=(float(rng.uniform(0, 4096)), float(rng.uniform(0, 4096))),
        texture_depth=float(rng.uniform(0.04, 0.13)),
    )


def compose_view(rng: np.random.Generator, eye: Eye) -> View:
    """Draw a view: centred on the macula, between, on the disc, or close up."""
    kind = rng.random()
    half = SIZE / 2
    if kind < 0.45:  # between macula and disc
        scale, off = rng.uniform(62, 84), rng.uniform(0.9, 1.9)
    elif kind < 0.85:  # the disc in the middle
        scale, off = rng.uniform(70, 108), rng.uniform(-0.4, 0.5)
    else:  # close up
        scale, off = rng.uniform(120, 170), rng.uniform(-0.2, 0.3)
    disc = (half - eye.side * off * scale + rng.normal(0, 8), half + rng.normal(0, 12))
    shape = rng.random()
    if shape < 0.5:
        radius = rng.uniform(232, 249)
    elif shape < 0.85:
        radius = rng.uniform(256, 335)
    else:
        radius = rng.uniform(372, 420)
    field = (half + rng.normal(0, 3), half + rng.normal(0, 3), radius)
    steep = 0.42 if rng.random() < 0.14 else 0.12
    blot = (*rng.uniform(40, SIZE - 40, 2), rng.uniform(25, 80)) if rng.random() < 0.12 else None
    return View(
        disc=(float(np.clip(disc[0], 70, SIZE - 70)), float(np.clip(disc[1], 120, SIZE - 120))),
        scale=float(scale),
        turn=float(rng.normal(0, 0.09)),
        field=(float(field[0]), float(field[1]), float(field[2])),
        notch=float(rng.uniform(0, 2 * np.pi)) if rng.random() < 0.15 else None,
        light=(float(half + rng.normal(0, 60)), float(half + rng.normal(0, 60))),
        gain=float(rng.uniform(0.78, 1.12)),
        falloff=float(rng.uniform(0.12, 0.5)),
        tilt=(float(rng.normal(0, steep)), float(rng.normal(0, steep))),
        blot=(float(blot[0]), float(blot[1]), float(blot[2])) if blot else None,
        noise=float(rng.uniform(2.2, 4.6)),
        noise_place=(int(rng.integers(0, SIZE)), int(rng.integers(0, SIZE))),
        quality=int(rng.integers(86, 92)),
    )


def _grow_vessels(
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Grow a tree: an artery and a vein of each arcade, smaller trunks between, and two generations of branches."""
    # Heading at the disc (0: towards the macula), bend per disc diameter and width, for the upper half.
    arcades = [(1.75, -0.42, 0.088), (1.5, -0.40, 0.070), (2.25, 0.05, 0.062), (2.0, 0.10, 0.050)]
    small = [(0.55, -0.10, 0.026), (3.0, 0.02, 0.034)]
    half = np.array(arcades + small)
    trunks = np.vstack([half, half])
    up = np.repeat([1.0, -1.0], len(half))
    count = len(trunks)
    heading = trunks[:, 0] + rng.normal(0, 0.17, count)
    bend = trunks[:, 1] + rng.normal(0, 0.06, count)
    width = trunks[:, 2] * rng.uniform(0.8, 1.2, count)
    depth = np.where(np.arange(count) % 2 == 0, 1.0, 0.72) * rng.uniform(0.85, 1.0, count)
    start = rng.normal(0, 0.06, (count, 2))
    points, headings = _walk(rng, start, heading, bend, 1.0)
    points[..., 1] *= -up[:, None]
    headings = np.where(up[:, None] > 0, -headings, headings)
    generations = [(points, width, depth)]
    for number, reach in ((26, 0.62), (30, 0.4)):
        points, headings, width, depth = _branch(rng, points, headings, width, depth, number, reach)
        generations.append((points, width, depth))
    vessels, widths, depths = (np.concatenate(part) for part in zip(*generations, strict=True))
    return vessels, widths, depths


def _branch(
    rng: np.random.Generator,
    points: NDArray[np.float64],
    headings: NDArray[np.float64],
    width: NDArray[np.float64],
    depth: NDArray[np.float64],
    number: int,
    reach: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Let ``number`` branches spring from the given vessels, the wide ones first of all."""
    parent = rng.choice(len(width), number, p=width / width.sum())
    at = rng.integers(4, int(_STEPS * 0.8), number)
    turn = rng.choice([-1.0, 1.0], number) * rng.uniform(0.45, 0.95, number)
    heading = headings[parent, at] + turn
    grown, along = _walk(rng, points[parent, at], heading, -turn * rng.uniform(0.05, 0.3, number), reach)
    thin = (1 - 0.45 * at / _STEPS) * rng.uniform(0.45, 0.8, number)
    return grown, along, np.maximum(width[parent] * thin, 0.012), depth[parent] * rng.uniform(0.8, 1.0, number)


def _walk(
    rng: np.random.Generator,
    start: NDArray[np.float64],
    heading: NDArray[np.float64],
    bend: NDArray[np.float64],
    reach: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Walk from each start, bending steadily at first and winding a little; return points and headings."""
    length = _STEP * reach
    way = np.arange(_STEPS) * length
    count = len(start)
    wind = rng.uniform(0.08, 0.24, (count, 1)) * np.sin(
        rng.uniform(2.0, 4.5, (count, 1)) * way + rng.uniform(0, 2 * np.pi, (count, 1))
    )
    jitter = np.cumsum(rng.normal(0, 0.035, (count, _STEPS)), axis=1)
    headings = heading[:, None] + bend[:, None] * np.minimum(way, 3.6) + wind + jitter
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=-1) * length
    steps[:, 0] = 0
    return start[:, None, :] + np.cumsum(steps, axis=1), headings
