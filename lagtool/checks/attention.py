"""Checks of the attention maps by themselves (LAG4xx)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.duplicates import first_of_each
from lagtool.checks.evidence import SIGNIFICANT, Evidence, Hit, Hits, Mask, NotApplicable, Rows
from lagtool.checks.images import find_blank, find_other_size
from lagtool.checks.thresholds import Thresholds
from lagtool.model import State


def _judged(evidence: Evidence) -> Mask:
    """Return which samples' map was measured, where maps are weights; masks raise `NotApplicable`."""
    spec = evidence.profile.slots.get("map")
    if spec is not None and spec.content == "mask":
        raise NotApplicable("the maps are masks: see the checks mask-*")
    return evidence.decoded("map") & evidence.measured("map_max")


def _constant(evidence: Evidence) -> Mask:
    levels = evidence.numbers("map_max") - evidence.numbers("map_min")
    return _judged(evidence) & (levels <= evidence.thresholds.map_constant_range)


def _black(evidence: Evidence) -> Mask:
    return _judged(evidence) & (evidence.numbers("map_max") <= evidence.thresholds.map_constant_range)


def _colored(evidence: Evidence) -> Mask:
    return _judged(evidence) & evidence.flags(evidence.samples["map_color"])


def find_plain_maps(evidence: Evidence) -> Mask:
    """Return which maps are what a map should be: gray, with more than one level, and measured.

    Raises:
        NotApplicable: There is no map, none was measured, or the maps are masks.
    """
    measured = ~np.isnan(evidence.numbers("map_centroid_x"))
    return _judged(evidence) & measured & ~_constant(evidence) & ~_colored(evidence)


def map_size(evidence: Evidence) -> Hits:
    """An attention map of another size than the rest.

    Why it matters: maps are 112 x 112; one of the size of an image may be an image, or a map from another source.
    How to fix: fetch the original; where all maps were resized alike, this check follows their size.
    Example: `non_glaucoma/attention_map/0007.jpg` is 500 x 500.
    """
    spec = evidence.profile.slots.get("map")
    if spec is not None and spec.content == "mask" and spec.width is None:
        raise NotApplicable("masks are compared with their own images: see mask-size")
    return find_other_size(evidence, "map")


def map_colored(evidence: Evidence) -> Hits:
    """An attention map in colour.

    Why it matters: a map drawn with a colour scale, or laid over its image, is no longer a weight between 0 and 1.
    A gray map saved with three equal channels is fine.
    How to fix: fetch the gray original.
    Example: a jet overlay in `non_glaucoma/attention_map/0007.jpg`.
    """
    return evidence.hits(_colored(evidence), "map", "is coloured: a colour scale or an overlay, not a gray map")


def map_constant(evidence: Evidence) -> Hits:
    """An attention map that has one gray level everywhere.

    Why it matters: it says nothing about where anybody looked; a loss weighted with it is scaled. A black one is said
    by map-blank.
    How to fix: fetch the original, or leave the sample out of what needs maps.
    Example: `non_glaucoma/attention_map/0007.jpg` has the gray level 128 everywhere.
    """
    mask = _constant(evidence) & ~_black(evidence) & ~_colored(evidence)
    return evidence.hits(mask, "map", lambda level: f"has the gray level {level} everywhere", "map_max")


def map_low_maximum(evidence: Evidence) -> Hits:
    """An attention map whose maximum is far below the full range.

    Why it matters: the maps are scaled to their maximum; a lower one was darkened, or scaled together with others.
    How to fix: fetch the original, or divide by the maximum when loading.
    Example: the maximum is 120, expected at least 250.
    """
    lowest = evidence.thresholds.map_low_maximum
    low = evidence.numbers("map_max") < lowest
    mask = _judged(evidence) & low & ~_constant(evidence) & ~_colored(evidence)
    return evidence.hits(mask, "map", lambda level: f"has a maximum of {level}, expected at least {lowest}", "map_max")


def map_mode(evidence: Evidence) -> Hits:
    """An attention map in a pixel mode that the profile does not know.

    Why it matters: a map is gray, or gray with three equal channels. Another mode (CMYK, palette) comes from another
    program, and loaders turn it into gray levels each in its own way.
    How to fix: fetch the original.
    Example: `non_glaucoma/attention_map/0007.jpg` is CMYK.
    """
    modes = evidence.profile.slots["map"].modes if "map" in evidence.profile.slots else ()
    decoded = evidence.decoded("map")
    if not modes:
        raise NotApplicable("the profile names no mode")
    mask = decoded & ~evidence.samples["map_mode"].isin(modes).to_numpy()
    return evidence.hits(mask, "map", lambda mode: f"is {mode}, expected {' or '.join(modes)}", "map_mode")


def map_blank(evidence: Evidence) -> Hits:
    """An attention map that is black everywhere.

    Why it matters: it says that nobody looked anywhere; scaled by its maximum it becomes 0/0, and a loss weighted with
    it is gone.
    How to fix: fetch the original, or leave the sample out of what needs maps.
    Example: `non_glaucoma/attention_map/0007.jpg` is black.
    """
    return evidence.hits(_black(evidence) & ~_colored(evidence), "map", "is black everywhere")


Numbers = NDArray[np.float64]

# What is measured of a map beside its bytes; two maps alike in all of these have the same pixels.
_MEASURES = ("min", "max", "mean", "peak_x", "peak_y", "centroid_x", "centroid_y", "spread", "entropy", "zero_share")


def map_identical(evidence: Evidence) -> Hits:
    """The attention map of a sample is that of another sample.

    Why it matters: no two gazes are the same to the last pixel: one of the two maps was copied over the other, or files
    were renamed. Maps are compared by their bytes, and by all that was measured of their pixels, so that a copy that
    was packed again counts where its pixels are the same. Black and even maps have checks of their own; where the
    images are identical too, the copy is said by the checks of duplicates.
    How to fix: fetch the original of the later one; until then leave its map out.
    Example: `non_glaucoma/attention_map/0008.jpg` is the same as `non_glaucoma/attention_map/0007.jpg`.
    """
    rows = np.flatnonzero(find_plain_maps(evidence))
    if not len(rows):
        raise NotApplicable(f"no {evidence.profile.noun('map', 2)} to compare")
    samples = evidence.samples
    by_bytes = first_of_each(pd.factorize(samples["map_sha256"].iloc[rows])[0])
    by_pixels = first_of_each(_number_by_measures(evidence, rows))
    first = np.where(by_bytes >= 0, by_bytes, by_pixels)
    twin = np.flatnonzero((first >= 0) & (first != np.arange(len(rows))))
    earlier, later = evidence.blame(rows[first[twin]], rows[twin])
    images = pd.factorize(samples["image_sha256"].iloc[np.concatenate([later, earlier])])[0]
    mine, theirs = images[: len(later)], images[len(later) :]
    fresh = (mine != theirs) | (mine < 0)
    later, earlier, same_file = later[fresh], earlier[fresh], by_bytes[twin][fresh] >= 0
    others = evidence.texts("map_path", earlier)
    texts = (
        f"{'is the same file as' if same else 'has the same pixels as'} {other}"
        for other, same in zip(others, same_file.tolist(), strict=True)
    )
    yield from evidence.say(later, texts, "map", others)


def _number_by_measures(evidence: Evidence, rows: Rows) -> NDArray[np.int64]:
    """Return a number per map, the same for maps alike in all measures; -1 for those that are like no other."""
    mixed = np.zeros(len(rows), np.uint64)
    for name in _MEASURES:
        bits = evidence.numbers(f"map_{name}")[rows].view(np.uint64)
        mixed = (mixed ^ (bits >> np.uint64(29)) ^ bits) * np.uint64(0x9E37_79B9_7F4A_7C15)  # wraps; golden ratio
    alike = np.flatnonzero(first_of_each(pd.factorize(mixed)[0]) >= 0)
    # Few are left now; what is mixed the same by chance is told apart.
    measures = pd.DataFrame({name: evidence.numbers(f"map_{name}")[rows[alike]] for name in _MEASURES})
    numbers = np.full(len(rows), -1, np.int64)
    numbers[alike] = measures.groupby(list(_MEASURES), sort=False, dropna=False).ngroup().to_numpy()
    return numbers


def map_outside_field(evidence: Evidence) -> Hits:
    """The mass of an attention map lies outside the field of view of its image.

    Why it matters: nobody looks at the black corner of a photograph: the map belongs to another image, or was shifted,
    turned or cropped. Judged where the whole round field is seen: the centre of mass lies further from the field's
    centre than its radius and `map_outside_margin` of it.
    How to fix: compare map and image; fetch the originals.
    Example: the centre of mass of `non_glaucoma/attention_map/0007.jpg` lies at 1.3 radii.
    """
    mask, distance = _field_distance(evidence)
    limit = 1 + evidence.thresholds.map_outside_margin
    rows = np.flatnonzero(mask & (distance > limit))
    sentence = "has its centre of mass outside the field of view, at {:.2f} radii from its centre"
    return evidence.say(rows, map(sentence.format, distance[rows].tolist()), "map")


_WIDE = 0.5  # of the picture: what is seen of a very dark photograph is not its field
_ROUND = 0.05  # most by which width and height of a round field differ, and its share from that of an ellipse


def _field_distance(evidence: Evidence) -> tuple[Mask, Numbers]:
    """Return which samples can be judged, and the distance of the map's centre of mass in radii of the field."""
    mask = find_plain_maps(evidence) & evidence.in_state("image", State.OK)
    left, top, right, bottom, share = (
        evidence.numbers(f"image_field_{name}") for name in ("left", "top", "right", "bottom", "share")
    )
    wide, high = right - left, bottom - top
    # A field that is cut, or dark on one side, has no centre that could be trusted.
    mask &= (np.abs(wide - high) < _ROUND) & (np.abs(share - np.pi / 4 * wide * high) < _ROUND)
    mask &= (wide > _WIDE) & ~find_blank(evidence)[1]
    if not mask.any():
        raise NotApplicable("no map whose image shows its whole field")
    across = (evidence.numbers("map_centroid_x") - (left + right) / 2) * 2 / np.where(mask, wide, 1.0)
    down = (evidence.numbers("map_centroid_y") - (top + bottom) / 2) * 2 / np.where(mask, high, 1.0)
    return mask, np.hypot(across, down)


class _Turn(NamedTuple):
    """A way to hold a picture wrongly: in words, and what it does to a point of the unit square."""

    words: str
    swap: bool
    flip_x: bool
    flip_y: bool

    def move(self, points: Numbers) -> Numbers:
        """Return where points, (2, n), come to lie."""
        x, y = points[::-1] if self.swap else points
        return np.stack([1 - x if self.flip_x else x, 1 - y if self.flip_y else y])


_FEWEST = 10
"""Maps, with the disc off the middle, that at least tell whether maps follow the disc."""
_FOLLOWING = 0.5
"""Share of these whose mass lies at the disc: 0.95 in drawn eyes; 0.28 where maps and images are mixed up."""

_TURNS = (
    _Turn("as they are", False, False, False),
    _Turn("mirrored left to right", False, True, False),
    _Turn("mirrored top to bottom", False, False, True),
    _Turn("turned by 180 degrees", False, True, True),
    _Turn("turned by 90 degrees to the right", True, True, False),
    _Turn("turned by 90 degrees to the left", True, False, True),
    _Turn("mirrored along its falling diagonal", True, False, False),
    _Turn("mirrored along its rising diagonal", True, True, True),
)


def map_mirrored(evidence: Evidence) -> Hits:
    """An attention map seems to be mirrored or turned against its image.

    Why it matters: attention then lies on the wrong place of the eye, and a model is taught to look there. It happens
    where one of the two was augmented or converted (Exif orientation) and the other was not.
    How to fix: lay the map over the image and look. If it is so for many, mirror them all back; look for the script.
    Example: the disc lies at the left and the map's mass at the right, at the same height.

    Method: in LAG, maps have their mass round the optic disc. A scan says where in the image the disc probably is, and
    how much that place stands out (`image_disc_score`). First the maps as a whole are looked at, where the disc is
    trusted and lies off the middle: unless half of them have their mass at the disc, or all in one way where it would
    be after one of seven mirrorings and turns, the maps follow something else (lesions, other objects), and the check
    does not apply. Where one such turn explains all maps better than none, the dataset is said to be turned. A single
    map is suspected where both its centre of mass and its brightest place are near to where the disc would be after a
    turn, and far from where it is. Discs near the middle cannot be judged. Error rates are in docs/disc.md.
    """
    look = _look(evidence)
    if look.whole is not None:
        usual, now = (float(np.median(look.to_mass[turn])) for turn in (look.whole, 0))
        text = f"as a whole, the {evidence.profile.noun('map', 2)} seem to be {_TURNS[look.whole].words}: so turned, "
        yield Hit(f"{text}they lie {usual:.2f} sides from the optic discs (median), as they are {now:.2f}")
    rows, turns = _suspect(look, evidence.thresholds)
    sentence = "seems to be {}: its mass lies where the optic disc would then be"
    yield from evidence.say(rows, (sentence.format(_TURNS[turn].words) for turn in turns.tolist()), "map")


class _Look(NamedTuple):
    """Maps whose image shows its disc: where their mass lies against each place where the disc would be after a turn.

    Attributes:
        rows: The samples; (n,).
        moved: How far each turn takes the disc; (turns, n), in sides of the picture, as all distances are.
        to_mass: From there to the map's centre of mass; (turns, n).
        to_peak: From there to the map's brightest place; (turns, n).
        whole: The turn that explains all maps better than none; None: none does.
    """

    rows: Rows
    moved: Numbers
    to_mass: Numbers
    to_peak: Numbers
    whole: int | None


def _look(evidence: Evidence) -> _Look:
    """Return how maps and discs lie to each other.

    Raises:
        NotApplicable: There is none to judge, or too few to tell whether the maps follow the discs, or they do not.
    """
    limits = evidence.thresholds
    trusted = evidence.numbers("image_disc_score") >= limits.disc_score
    judged = find_plain_maps(evidence) & evidence.in_state("image", State.OK) & trusted
    rows = np.flatnonzero(judged & ~find_blank(evidence)[1] if judged.any() else judged)
    disc, mass, peak = (
        np.stack([evidence.numbers(f"{name}_{axis}")[rows] for axis in ("x", "y")])
        for name in ("image_disc", "map_centroid", "map_peak")
    )
    # The map, not the disc, was turned: where it is now, the disc would be after the same turn.
    places = np.stack([turn.move(disc) for turn in _TURNS])
    moved, to_mass, to_peak = (np.hypot(*np.moveaxis(places - at, 1, 0)) for at in (disc, mass, peak))
    off = np.hypot(*(disc - 0.5)) >= limits.disc_separation / 2
    if off.sum() < _FEWEST:
        what = f"{int(off.sum()):,} {evidence.profile.noun('map', 2)} whose image shows its optic disc clearly"
        raise NotApplicable(f"{what} and off the middle: {_FEWEST} at least tell whether maps follow the disc")
    near = (to_mass <= limits.disc_nearness) & (to_peak <= 1.5 * limits.disc_nearness)
    share = near[:, off].mean(axis=1)
    if share.max() < _FOLLOWING:
        noun = evidence.profile.noun("map", 2)
        raise NotApplicable(f"the {noun} as a whole do not follow the optic disc: {100 * share.max():.0f} % lie at it")
    best = int(np.argmin(to_mass.mean(axis=1)))
    gain = to_mass[0] - to_mass[best]
    sure = gain.mean() > SIGNIFICANT * gain.std() / np.sqrt(len(gain))
    return _Look(rows, moved, to_mass, to_peak, best if sure and share[best] >= _FOLLOWING else None)


def _suspect(look: _Look, limits: Thresholds) -> tuple[Rows, NDArray[np.int64]]:
    """Return the suspected samples and the number of the turn that would explain each best."""
    best, choice = np.full(len(look.rows), np.inf), np.full(len(look.rows), 0, np.int64)
    from_mass, from_peak = look.to_mass[0], look.to_peak[0]
    for number in range(1, len(_TURNS)):
        to_mass, to_peak = look.to_mass[number], look.to_peak[number]
        suspected = look.moved[number] >= limits.disc_separation
        suspected &= (to_mass <= limits.disc_nearness) & (from_mass >= 2 * to_mass) & (from_mass > limits.disc_nearness)
        suspected &= (to_peak <= 1.5 * limits.disc_nearness) & (to_peak < from_peak)
        better = suspected & (to_mass + to_peak < best)
        best[better], choice[better] = (to_mass + to_peak)[better], number
    found = choice > 0
    return look.rows[found], choice[found]
