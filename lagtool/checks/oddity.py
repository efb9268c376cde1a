"""The odd one out in its class, by robust statistics over what a scan measured (LAG3xx)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lagtool.checks.evidence import Evidence, Hits, Mask, NotApplicable, Rows, remembered
from lagtool.checks.images import find_blank
from lagtool.manifest.facts import BY_NAME

_SIGMA = 1.4826  # of a normal distribution, in median absolute deviations


class _Fact(NamedTuple):
    """A column to compare: in which respect, the least spread that counts as one, and its name if not the fact's.

    ``log``: its logarithm is compared. ``per``: a column whose square it is divided by before. ``share``: its share in
    the sum of red, green and blue, so that a pale photograph is odd in its light and not in its colour as well.
    """

    column: str
    respect: str
    floor: float
    name: str = ""
    log: bool = False
    per: str = ""
    share: bool = False

    @property
    def words(self) -> str:
        return self.name or BY_NAME[self.column].title


# The floors are differences that nobody would call one; without them a set of pictures that are all alike in one number
# would make every other value odd. Contrast and sharpness spread over decades: their logarithms are compared.
_FACTS = (
    _Fact("image_brightness", "light", 5.0),
    _Fact("image_contrast", "light", 0.1, log=True),
    _Fact("image_red_mean", "colour", 0.02, "share of red", share=True),
    _Fact("image_green_mean", "colour", 0.02, "share of green", share=True),
    _Fact("image_blue_mean", "colour", 0.02, "share of blue", share=True),
    _Fact("image_saturation", "colour", 0.05),
    _Fact("image_sharpness", "detail", 0.2, log=True),
    # Noise is hardly sharper than a sharp photograph once both are reduced, but all its contrast is detail.
    _Fact("image_sharpness", "detail", 0.2, "sharpness for its contrast", log=True, per="image_contrast"),
    _Fact("image_field_share", "field", 0.05, "field of view"),
)
_SMALLEST = 100  # pixels of a side from which on sharpness, measured at a quarter of the size, tells detail
_ALL_SIDES = "left,top,right,bottom"
_RESPECTS = ("light", "colour", "detail", "field")


def odd_one_out(evidence: Evidence) -> Hits:
    """An image unlike the rest of its class in at least two respects.

    Why it matters: another kind of scan, a drawing, a picture processed by itself. What is hardly a fundus at all is
    said by no-fundus.
    Compared are light (brightness, contrast), colour (shares of red, green and blue, saturation), detail (sharpness, by
    itself and for its contrast) and the field of view's share, each by its distance from the class's median in
    deviations (1.4826 x the median absolute deviation). There is no rule of what a fundus should look like, and one odd
    respect is not enough: true photographs are blue-gray, half-dark or cut now and then. The limit (`odd_deviations`)
    is wider in small classes, twice as wide for 10 images, a tenth for 100; classes of fewer images than `odd_least`
    are not judged. What differs in one respect only, however far, is left alone: a dark scan in green, say.
    How to fix: look at it. If it is no fundus photograph, leave it out; if it is, nothing.
    Example: brightness 9.9 and sharpness 17.8 deviations above the median of `non_glaucoma`.
    """
    judged = evidence.decoded("image") & evidence.measured("image_brightness") & ~find_blank(evidence)[1]
    judged &= ~find_no_fundus(evidence)
    limits = evidence.thresholds
    enough = False
    for number, spec in enumerate(evidence.profile.classes):
        rows = np.flatnonzero(judged & (evidence.class_codes == number))
        if len(rows) >= limits.odd_least:
            enough = True
            yield from _odd(evidence, rows, spec.name)
    if not enough:
        raise NotApplicable(f"no class has {limits.odd_least} images to compare")


def no_fundus(evidence: Evidence) -> Hits:
    """An image that can hardly be a photograph of a fundus.

    Why it matters: a dog, fruit or a room among the eyes: a download, a folder or a test picture that got mixed in.
    A retina is smooth: found is what is several times as sharp as the median of all images (`no_fundus_times`, and at
    least `no_fundus_sharpness`) and either fills the picture to all four sides, shows no field of view (a page
    of text), or has more green or blue than red.
    One of these alone is left alone: close-ups fill the picture, true photographs are blue-gray now and then. Unlike
    odd-one-out it needs no uniform class; a picture without fine detail (a wall, an out-of-focus dog) escapes it.
    How to fix: look at it, and leave it out.
    Example: sharpness 3,911 where the median is 240; fills the picture; more green than red.
    """
    rows = np.flatnonzero(find_no_fundus(evidence))
    sharp = evidence.numbers("image_sharpness")
    middle = float(np.median(sharp[_sharpness_known(evidence)])) if len(rows) else 0.0
    fills, pale, fieldless = _fills(evidence), _pale(evidence), _fieldless(evidence)
    texts = (
        f"is hardly a fundus: sharpness {sharp[row]:,.0f}, where the median is {middle:,.0f}"
        + ("; fills the picture to all four sides" if fills[row] else "")
        + ("; shows no field of view" if fieldless[row] else "")
        + ("; more green or blue than red" if pale[row] else "")
        for row in rows.tolist()
    )
    yield from evidence.say(rows, texts)


@remembered
def find_no_fundus(evidence: Evidence) -> Mask:
    """Return which images can hardly be a fundus; see `no_fundus`."""
    known = _sharpness_known(evidence)
    if not known.any():
        raise NotApplicable("no image to judge")
    sharp, limits = evidence.numbers("image_sharpness"), evidence.thresholds
    limit = max(limits.no_fundus_sharpness, limits.no_fundus_times * float(np.median(sharp[known])))
    found: Mask = known & (sharp >= limit) & (_fills(evidence) | _pale(evidence) | _fieldless(evidence))
    return found


def _sharpness_known(evidence: Evidence) -> Mask:
    sides = np.fmin(evidence.numbers("image_width"), evidence.numbers("image_height"))
    large = evidence.decoded("image") & (sides >= _SMALLEST)
    return large & evidence.measured("image_sharpness") & ~find_blank(evidence)[1]


def _fills(evidence: Evidence) -> Mask:
    return evidence.flags(evidence.samples["image_field_cut"].eq(_ALL_SIDES))


def _fieldless(evidence: Evidence) -> Mask:
    mask: Mask = evidence.numbers("image_field_share") <= evidence.thresholds.nearly_blank_field
    return mask


def _pale(evidence: Evidence) -> Mask:
    red, green, blue = (evidence.numbers(f"image_{name}_mean") for name in ("red", "green", "blue"))
    mask: Mask = np.fmax(green, blue) > red
    return mask


def _odd(evidence: Evidence, rows: Rows, class_name: str) -> Hits:
    limit = evidence.thresholds.odd_deviations
    odd_in = {respect: np.zeros(len(rows), np.bool_) for respect in _RESPECTS}
    for fact in _FACTS:
        odd_in[fact.respect] |= np.abs(_deviations(evidence, rows, fact)) > limit
    odd: Mask = np.sum(list(odd_in.values()), axis=0) >= 2
    if not odd.any():
        return
    told = {fact.words: _deviations(evidence, rows, fact)[odd].tolist() for fact in _FACTS}
    texts = []
    for values in zip(*told.values(), strict=True):
        ranked = sorted(zip(values, told, strict=True), key=lambda pair: -abs(pair[0]))
        parts = [
            f"{words} {abs(value):.1f} deviations {'above' if value > 0 else 'below'}"
            for value, words in ranked
            if abs(value) > limit
        ]
        texts.append(f"is unlike the rest: {', '.join(parts[:4])} the median of {class_name}")
    yield from evidence.say(rows[odd], texts)


def _deviations(evidence: Evidence, rows: Rows, fact: _Fact) -> NDArray[np.float64]:
    """Return how many robust deviations each value lies from the median; 0 where it is missing."""
    values = evidence.numbers(fact.column)[rows]
    if fact.share:
        channels = [evidence.numbers(f"image_{name}_mean")[rows] for name in ("red", "green", "blue")]
        values = values / np.maximum(np.sum(channels, axis=0), 1.0)
    if fact.log:
        values = np.log1p(values)
    if fact.per:
        values = values - 2 * np.log1p(evidence.numbers(fact.per)[rows])
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(rows))
    middle = np.median(known)
    spread = max(_SIGMA * float(np.median(np.abs(known - middle))), fact.floor)
    return np.nan_to_num((values - middle) / spread)
