"""An eye: its disc, macula, colour and vessels, each its own.

Lengths are in disc diameters, with the disc's centre at the origin and the macula at positive x, whichever side the eye
is of; a view brings them into pixels. Angles of vessels are 0 towards the macula and grow upwards in the upper half,
downwards in the lower one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 36
_STEP = 0.158
_THINNEST = 0.012
_ARTERY = 0.68
"""How dark an artery is, where a vein is 1."""

# Reds and browns of a fundus at full light (R, G, B); the last is the blue-gray that a few cameras give.
_TINTS = np.array(
    [(238, 84, 24), (214, 78, 27), (186, 80, 32), (146, 84, 34), (112, 76, 32), (222, 104, 40), (164, 100, 50),
     (200, 68, 30), (128, 122, 118)]
)  # fmt: skip
_TINT_WEIGHTS = np.array([0.17, 0.18, 0.15, 0.12, 0.09, 0.12, 0.07, 0.08, 0.02])


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye: what stays the same in every picture of it.

    Attributes:
        side: 1 where the macula lies to the right of the disc, -1 where to its left.
        tint: Colour of the fundus, (R, G, B) in 0..255.
        disc: Half axes of the disc.
        disc_turn: Turn of the disc's long axis, radians.
        disc_light: How bright the disc is, about 1.
        crescent: How far a pale crescent reaches beyond the disc on the side of the macula; 0 where there is none.
        cup_ratio: Diameter of the cup over that of the disc: the only thing that the label changes, and weakly.
        cup_shift: Centre of the cup.
        macula: Centre of the macula.
        macula_depth: How dark the macula is, 0..1.
        vessels: Points of the vessels, (vessel, step, 2): first those of the arcades, 8, then the others.
        widths: Width of each vessel at its beginning.
        depths: How dark each vessel is, 0..1.
        texture: Seed of the choroid's pattern.
        texture_depth: How strong that pattern is.
        tigroid: Whether the pattern is one of streaks, as in thin pigment, or of soft patches.
        sheen: How strongly the nerve fibres shine along the arcades, 0..1.
        framing: How this eye is mostly photographed, 0..1: from the macula in the middle to the disc close up.
    """

    side: int
    tint: tuple[float, float, float]
    disc: tuple[float, float]
    disc_turn: float
    disc_light: float
    crescent: float
    cup_ratio: float
    cup_shift: tuple[float, float]
    macula: tuple[float, float]
    macula_depth: float
    vessels: Floats
    widths: Floats
    depths: Floats
    texture: int
    texture_depth: float
    tigroid: bool
    sheen: float
    framing: float


def compose_eye(rng: np.random.Generator, label: int) -> Eye:
    """Draw an eye; ``label`` (0: non-glaucoma) shifts the mean of the cup ratio by less than its spread."""
    tint = _TINTS[rng.choice(len(_TINTS), p=_TINT_WEIGHTS)] * rng.uniform(0.86, 1.08) * rng.uniform(0.96, 1.04, 3)
    vessels, widths, depths = _grow_vessels(rng)
    half = 0.5 * float(np.clip(rng.normal(1, 0.08), 0.82, 1.2))
    return Eye(
        side=1 if rng.random() < 0.5 else -1,
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        disc=(half * float(rng.uniform(0.76, 1.0)), half),
        disc_turn=float(rng.normal(0, 0.35)),
        disc_light=float(rng.uniform(0.86, 1.08)),
        crescent=float(rng.uniform(0.06, 0.3)) if rng.random() < 0.2 else 0.0,
        cup_ratio=float(np.clip(rng.normal(0.56 if label else 0.46, 0.11), 0.2, 0.85)),
        cup_shift=(float(rng.normal(0.03, 0.03)), float(rng.normal(0, 0.03))),
        macula=(float(rng.normal(2.5, 0.22)), float(rng.normal(0.25, 0.16))),
        macula_depth=float(rng.uniform(0.12, 0.42)),
        vessels=vessels,
        widths=widths,
        depths=depths,
        texture=int(rng.integers(0, 1 << 62)),
        texture_depth=float(rng.uniform(0.03, 0.11)),
        tigroid=bool(rng.random() < 0.35),
        sheen=float(rng.uniform(0.2, 1)) if rng.random() < 0.35 else 0.0,
        framing=float(rng.random()),
    )


class _Stems(NamedTuple):
    """Where vessels begin, and how each runs: one number each, but for the start, (vessel, 2).

    Attributes:
        start: Where.
        heading: In which direction, radians.
        bend: By how much that changes per disc diameter, until ``straight``.
        straight: After how many disc diameters it bends no more.
        reach: Its length, 1 being the longest.
        width: At its beginning.
        depth: How dark.
    """

    start: Floats
    heading: Floats
    bend: Floats
    straight: Floats
    reach: Floats
    width: Floats
    depth: Floats


def _grow_vessels(rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Return points, widths and depths of trunks and of three generations of branches.

    How winding they are, and how much they branch, differs from eye to eye.
    """
    stems = _plant_trunks(rng)
    winding = rng.uniform(0.6, 1.6)
    rich = rng.uniform(0.7, 1.3)
    grown = []
    for number in (24, 40, 36, 0):
        count = round(number * rich)
        parent = rng.choice(len(stems.width), count, p=stems.width / stems.width.sum())
        at = rng.integers(2, int(_STEPS * 0.85), count)
        turn = rng.choice([-1.0, 1.0], count) * rng.uniform(0.4, 1.25, count)
        kinks = np.zeros((len(stems.width), _STEPS))
        np.add.at(kinks, (parent, at), -turn * rng.uniform(0.1, 0.5, count))  # a vessel yields to its branch
        points, headings = _walk(rng, stems, winding, kinks)
        grown.append((points, stems.width, stems.depth))
        thin = (1 - 0.45 * at / _STEPS) * rng.uniform(0.42, 0.8, count)
        stems = _Stems(
            start=points[parent, at],
            heading=headings[parent, at] + turn,
            bend=rng.normal(0, 0.3, count),
            straight=rng.uniform(0.5, 3, count),
            reach=stems.reach[parent] * rng.uniform(0.25, 0.75, count),
            width=np.maximum(stems.width[parent] * thin, _THINNEST),
            depth=stems.depth[parent] * rng.uniform(0.75, 1.0, count),
        )
    vessels, widths, depths = (np.concatenate(part) for part in zip(*grown, strict=True))
    return vessels, widths, depths


def _plant_trunks(rng: np.random.Generator) -> _Stems:
    """Return a vein and an artery for each quarter of the eye, some small vessels, and at times a cilioretinal one.

    Heading, bend and width have their means in all eyes; where the two of a quarter run, on which side of each other,
    and how upper and lower half differ, is each eye's own. What they share of their spread they share as real ones do.
    """
    few = int(rng.integers(3, 8))
    kind = np.array([0, 0, 1, 1] * 2 + [2] * few + [3] * int(rng.random() < 0.3))
    count = len(kind)
    up = np.concatenate([np.repeat([1.0, -1.0], 4), rng.choice([-1.0, 1.0], count - 8)])
    artery = np.concatenate([np.tile([0.0, 1.0], 4), rng.integers(0, 2, few), np.ones(count - 8 - few)])
    # Temporal and nasal trunks, small ones anywhere, cilioretinal ones towards the macula.
    heading = np.array([1.5, 2.3, 0.0, 0.0])[kind] + rng.normal(0, np.array([0.16, 0.2, 0.0, 0.4])[kind])
    heading[kind == 2] = rng.uniform(0, np.pi, few)
    heading[:8] += np.repeat(rng.normal(0, 0.24, 4), 2) + np.repeat(rng.normal(0, 0.14, 2), 4)
    bend = np.array([-0.38, 0.04, 0.0, 0.05])[kind] + rng.normal(0, np.array([0.13, 0.14, 0.12, 0.15])[kind])
    width = np.array([0.076, 0.054, 0.028, 0.03])[kind] * (1 - 0.22 * artery) * rng.uniform(0.7, 1.25, count)
    start = rng.normal(0, 0.05, (count, 2)) + rng.normal(0, 0.06, 2)
    start[kind == 3] = [0.46, 0.0]
    # Drawn for the upper half: the lower one is its mirror image, and heights grow downwards in a picture.
    start[:, 1] *= -up
    return _Stems(
        start=start,
        heading=-up * heading,
        bend=-up * bend,
        straight=rng.uniform(2.2, 4.8, count),
        reach=np.where(kind < 2, rng.uniform(0.9, 1.1, count), rng.uniform(0.3, 0.9, count)),
        width=width,
        depth=(1 - (1 - _ARTERY) * artery) * rng.uniform(0.82, 1.0, count),
    )


def _walk(rng: np.random.Generator, stems: _Stems, winding: float, kinks: Floats) -> tuple[Floats, Floats]:
    """Walk from each start, bending and winding; return points and headings, (vessel, step, ...)."""
    count = len(stems.heading)
    way = np.arange(_STEPS) * _STEP * stems.reach[:, None]
    headings = stems.heading[:, None] + stems.bend[:, None] * np.minimum(way, stems.straight[:, None])
    for slow, fast, most in ((1.2, 3.0, 0.3), (3.5, 9.0, 0.34)):  # waves of several, and of about one disc diameter
        strength = winding * rng.uniform(0.1, most, (count, 1))
        wave = np.sin(rng.uniform(slow, fast, (count, 1)) * way + rng.uniform(0, 2 * np.pi, (count, 1)))
        headings += strength * wave
    headings += np.cumsum(rng.normal(0, 0.05 * winding, (count, _STEPS)) + kinks, axis=1)
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=-1) * (_STEP * stems.reach[:, None, None])
    steps[:, 0] = 0
    return stems.start[:, None, :] + np.cumsum(steps, axis=1), headings
