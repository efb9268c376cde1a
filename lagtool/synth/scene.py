"""What a synthetic photograph shows: an eye, and the view that a camera has of it.

One eye can be looked at again: from elsewhere, in other light, through another lens.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.synth.eye import Eye, compose_eye

SIZE = 500
"""Width and height of an image in pixels."""

_ATTENTION_STREAM = 1 << 16
_HALF = SIZE / 2


class Spot(NamedTuple):
    """A soft place in a picture: its centre and radius, pixels, and its strength, 0..1."""

    place: tuple[float, float]
    radius: float
    strength: float


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
        blots: Soft dark places: also what makes a picture half dark.
        flares: Soft bluish reflexes.
        haze: What a cloudy lens takes of all contrast, 0..1.
        blur: Standard deviation of what is out of focus, pixels.
        noise: Strength of the sensor's noise, gray levels.
        grain: Seed of that noise.
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
    blots: tuple[Spot, ...]
    flares: tuple[Spot, ...]
    haze: float
    blur: float
    noise: float
    grain: int
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

    def clear(self) -> "Scene":
        """Return the scene in even light and clear, with a disc that nobody can miss."""
        eye = replace(
            self.eye, tint=(205.0, 84.0, 40.0), texture_depth=0.04, macula_depth=0.15, disc_light=1.0, sheen=0.0
        )
        view = replace(
            self.view, scale=90.0, notch=None, light=(_HALF, _HALF), gain=1.0, falloff=0.2, tilt=(0.0, 0.0), blots=(),
            flares=(), haze=0.0, blur=0.7,
        )  # fmt: skip
        return Scene(eye, view)


def compose_scene(seed: int, number: int, label: int, view: int = 0, *, hazy: bool = False) -> Scene:
    """Return the scene of sample ``number``.

    Args:
        seed: Chooses the set of eyes.
        number: Chooses the eye.
        label: 0 or 1; see `compose_eye`.
        view: Each further view is another picture of the same eye.
        hazy: Look at it through a clouded lens, in a whole round field: see `cloud`.
    """
    # A seed's trailing zeros do not count for numpy: [seed, number] and [seed, number, 0] would be one stream.
    eye = compose_eye(np.random.default_rng([seed, number]), label)
    rng = np.random.default_rng([seed, number, 1 + view])
    seen = compose_view(rng, eye)
    return Scene(eye, cloud(rng, seen) if hazy else seen)


def attention_rng(seed: int, number: int) -> np.random.Generator:
    """Return the generator for the attention map of sample ``number``."""
    return np.random.default_rng([seed, number, _ATTENTION_STREAM])


def compose_view(rng: np.random.Generator, eye: Eye) -> View:
    """Draw a view: centred on the macula, between, on the disc, or close up; lit well or badly."""
    kind = eye.framing if rng.random() < 0.7 else rng.random()
    if kind < 0.25:  # the macula in the middle
        scale, off = rng.uniform(63, 80), rng.uniform(1.6, 2.3)
    elif kind < 0.45:  # between macula and disc
        scale, off = rng.uniform(62, 88), rng.uniform(0.7, 1.7)
    elif kind < 0.87:  # the disc in the middle
        scale, off = rng.uniform(70, 112), rng.uniform(-0.4, 0.5)
    else:  # close up
        scale, off = rng.uniform(120, 165), rng.uniform(-0.2, 0.3)
    disc = (_HALF - eye.side * off * scale + rng.normal(0, 10), _HALF + rng.normal(0, 16))
    shape = rng.random()
    radius = rng.uniform(232, 249) if shape < 0.5 else rng.uniform(256, 335) if shape < 0.85 else rng.uniform(372, 420)
    field = (_HALF + rng.normal(0, 3), _HALF + rng.normal(0, 3), radius)
    return View(
        disc=(float(np.clip(disc[0], 70, SIZE - 70)), float(np.clip(disc[1], 120, SIZE - 120))),
        scale=float(scale),
        turn=float(rng.normal(0, 0.09)),
        field=(float(field[0]), float(field[1]), float(field[2])),
        notch=float(rng.uniform(0, 2 * np.pi)) if rng.random() < 0.15 else None,
        light=(float(_HALF + rng.normal(0, 60)), float(_HALF + rng.normal(0, 60))),
        gain=float(np.clip(rng.lognormal(0, 0.16), 0.78, 1.45)),
        falloff=float(rng.uniform(0.28, 0.55)),
        tilt=(float(rng.normal(0, 0.1)), float(rng.normal(0, 0.1))),
        blots=_scatter_blots(rng, field),
        flares=_flare(rng, field),
        haze=float(min(0.5, rng.beta(1, 8))),
        blur=float(rng.uniform(0.55, 0.95)),
        noise=float(rng.uniform(1.6, 3.4)),
        grain=int(rng.integers(0, 1 << 62)),
        quality=int(rng.integers(86, 92)),
    )


def cloud(rng: np.random.Generator, view: View) -> View:
    """Return a view as through a cataract: a round field with little light, weak vessels and no fine detail."""
    radius = float(rng.uniform(236, 248))
    return replace(
        view,
        field=(_HALF, _HALF, radius),
        notch=None,
        gain=float(rng.uniform(0.4, 0.95)),
        falloff=float(rng.uniform(0.2, 0.6)),
        flares=(),
        haze=float(rng.uniform(0.6, 0.95)),
        blur=float(rng.uniform(2.5, 6)),
        noise=float(rng.uniform(0.8, 2.2)),
    )


def _scatter_blots(rng: np.random.Generator, field: tuple[float, float, float]) -> tuple[Spot, ...]:
    """Return a few blots, and in a quarter of the views the shadow on one side where light missed the pupil."""
    places = rng.uniform(40, SIZE - 40, (int(rng.choice(4, p=[0.68, 0.18, 0.1, 0.04])), 2)).tolist()
    blots = [Spot((x, y), float(rng.uniform(18, 70)), float(rng.uniform(0.15, 0.55))) for x, y in places]
    if rng.random() < 0.25:
        place = _beside(rng, field, field[2] * rng.uniform(0.95, 1.25))
        blots.append(Spot(place, float(rng.uniform(70, 150)), float(rng.uniform(0.5, 0.95))))
    return tuple(blots)


def _flare(rng: np.random.Generator, field: tuple[float, float, float]) -> tuple[Spot, ...]:
    """Return, in one of eight views, a reflex at the rim of the field."""
    if rng.random() > 0.125:
        return ()
    place = _beside(rng, field, min(field[2], _HALF) * rng.uniform(0.85, 1.05))
    return (Spot(place, float(rng.uniform(25, 60)), float(rng.uniform(0.2, 0.8))),)


def _beside(rng: np.random.Generator, field: tuple[float, float, float], far: float) -> tuple[float, float]:
    """Return a place at a distance from the field's centre."""
    angle = rng.uniform(0, 2 * np.pi)
    return float(field[0] + far * np.cos(angle)), float(field[1] + far * np.sin(angle))
