"""Planting copies of pictures, and maps that do not belong to their image."""

from dataclasses import replace

import cv2
import numpy as np

from lagtool.synth.attention import MAP_SIZE, Gray, draw_attention, encode_map
from lagtool.synth.damage import add_comment
from lagtool.synth.fundus import encode_fundus, render
from lagtool.synth.ground import Ground, Planted
from lagtool.synth.layout import Sample
from lagtool.synth.scene import SIZE, Scene

_CORNER = 0.02
_SIGMAS = (0.04, 0.06)
_SIDE = (0.25, 0.36)
"""Where the disc lies in the photographs whose map is mirrored: off the middle, and off both diagonals."""

_ALIKE = 0.06
_NEAR = 0.08
_TRIES = 500


def plant_copy(ground: Ground, *, across: bool, comment: bool) -> Planted:
    """Copy an image over another one, which gets a map that fits it, where it has one.

    Args:
        ground: The tree.
        across: Over an image of the later class; else over one of the same class with a higher id.
        comment: Whether a comment is put in: other bytes, the same pixels.
    """
    if across:
        one, other = ground.take(class_index=0), ground.take(class_index=1)
    else:
        here = _fullest_class(ground)
        one, other = sorted([ground.take(class_index=here), ground.take(class_index=here)], key=ground.layout.id)
    data = ground.file(one, "image").read_bytes()
    ground.file(other, "image").write_bytes(add_comment(data, f"over {ground.layout.id(other)}") if comment else data)
    if other.has_map:
        ground.file(other, "map").write_bytes(encode_map(draw_attention(ground.scene(one), ground.rng)))
    return ground.planted(other, "image")


def plant_copied_map(ground: Ground) -> Planted | None:
    """Copy a map over that of another sample of its class with a higher id, as it is or with a comment put in.

    The discs of both lie at the same place, and the mass of the map upon them: nothing but the copy is odd. None where
    there are no two such samples.
    """
    pair = ground.take_alike(_ALIKE)
    if pair is None:
        return None
    one, other = pair
    data = encode_map(_draw_on_disc(ground.scene(one), ground.rng))
    ground.file(one, "map").write_bytes(data)
    ground.file(other, "map").write_bytes(add_comment(data, "copied") if ground.turn("copied-map") % 2 else data)
    return ground.planted(other, "map")


def plant_shifted_map(ground: Ground) -> Planted:
    """Draw an image anew so that its corners are black, and the mass of its map into one of them, in turn."""
    sample = ground.take(has_map=True)
    _redraw(ground, sample, field=(SIZE / 2, SIZE / 2, 0.48 * SIZE))
    places = (np.arange(MAP_SIZE) + 0.5) / MAP_SIZE
    turn = ground.turn("shifted-map")
    x, y = ((_CORNER, 1 - _CORNER)[turn >> bit & 1] for bit in (0, 1))
    sigma = ground.rng.uniform(*_SIGMAS)  # each a map of its own: two alike would be identical maps as well
    blob = np.outer(np.exp(-((places - y) ** 2) / (2 * sigma**2)), np.exp(-((places - x) ** 2) / (2 * sigma**2)))
    ground.file(sample, "map").write_bytes(encode_map(np.round(255 * blob / blob.max()).astype(np.uint8)))
    return ground.planted(sample, "map")


def plant_turned_map(ground: Ground) -> Planted:
    """Draw image and map anew with the disc at the side, and the map mirrored or turned, in turn.

    Only there can a turn be seen: where the disc lies in the middle, a mirrored map looks like a good one. The disc is
    one that is clearly seen: what the check makes of others, docs/disc.md tells.
    """
    sample = ground.take(has_map=True)
    levels = _draw_on_disc(_redraw(ground, sample, disc=(_SIDE[0] * SIZE, _SIDE[1] * SIZE)), ground.rng)
    turn = ground.turn("turned-map") % 4
    turned = np.rot90(levels, turn) if turn else np.fliplr(levels)
    ground.file(sample, "map").write_bytes(encode_map(np.ascontiguousarray(turned)))
    return ground.planted(sample, "map")


def _redraw(
    ground: Ground,
    sample: Sample,
    *,
    disc: tuple[float, float] | None = None,
    field: tuple[float, float, float] | None = None,
) -> Scene:
    """Draw an image anew, well lit, with a clearly seen disc, at ``disc`` and in the round ``field`` where given."""
    scene = ground.scene(sample).clear()
    view = replace(scene.view, disc=disc or scene.view.disc, field=field or scene.view.field)
    scene = replace(scene, view=view)
    ground.file(sample, "image").write_bytes(encode_fundus(render(scene), view.quality))
    return scene


def _draw_on_disc(scene: Scene, rng: np.random.Generator) -> Gray:
    """Draw maps until one has its mass and its brightest place on the disc: those alone tell where it belongs."""
    disc = np.array(scene.view.disc) / SIZE
    for _ in range(_TRIES):
        levels = draw_attention(scene, rng)
        moments = cv2.moments(levels)
        mass = np.array([moments["m10"], moments["m01"]]) / moments["m00"] / MAP_SIZE
        peak = np.array(divmod(int(levels.argmax()), MAP_SIZE)[::-1]) / MAP_SIZE
        if max(np.hypot(*(mass - disc)), np.hypot(*(peak - disc))) < _NEAR:
            return levels
    raise AssertionError("no gaze that rests on the disc")


def _fullest_class(ground: Ground) -> int:
    counts = [sum(s.class_index == index for s in ground.free) for index in range(len(ground.layout.profile.classes))]
    return counts.index(max(counts))
