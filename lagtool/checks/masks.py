"""Checks of masks, regions drawn over an image such as optic disc and cup (LAG4xx)."""

import numpy as np

from lagtool.checks.evidence import Evidence, Hit, Hits, Mask, NotApplicable
from lagtool.probe.facts import MOST_LEVELS
from lagtool.profiles import SlotSpec
from lagtool.text import count


def _masks(evidence: Evidence) -> tuple[SlotSpec, Mask]:
    """Return what the profile says of masks, and which samples have one whose pixels were measured."""
    evidence.require("map")
    spec = evidence.profile.slots["map"]
    if spec.content != "mask":
        raise NotApplicable("the maps are no masks")
    return spec, evidence.decoded("map")


def mask_size(evidence: Evidence) -> Hits:
    """A mask of another size than its own image.

    Why it matters: a mask says of each pixel of its image what it shows. One of another size was drawn on another
    image, cropped or resized: laid over the image it marks the wrong place, or loading fails. Where the profile itself
    gives masks another size than images, map-size compares with that.
    How to fix: fetch the original; where all were resized alike, resize them back by the nearest pixel.
    Example: `Disc_Cup_Masks/Glaucoma/g0007.bmp` is 2124 x 2056, its image 1634 x 1634.
    """
    spec, masks = _masks(evidence)
    image = evidence.profile.slots["image"]
    if spec.width is not None and (image.width, image.height) != (spec.width, spec.height):
        raise NotApplicable("the profile gives masks a size of their own")
    both = masks & evidence.has_size("image")
    if not both.any():
        raise NotApplicable("no mask and image of one sample to compare")
    wrong = np.logical_or.reduce(
        [evidence.numbers(f"map_{side}") != evidence.numbers(f"image_{side}") for side in ("width", "height")]
    )
    columns = [f"{slot}_{side}" for slot in ("map", "image") for side in ("width", "height")]
    found = both & wrong
    hits = evidence.hits(found, "map", lambda wide, high, w, h: f"is {wide} x {high}, its image {w} x {h}", *columns)
    if found.sum() >= evidence.thresholds.common_share * both.sum():
        nouns = evidence.profile.noun("map", int(found.sum()))
        first = next(iter(hits))
        yield Hit(f"{found.sum():,} {nouns} are not as large as their images; the first {first.message}", first.path)
    else:
        yield from hits


def mask_levels(evidence: Evidence) -> Hits:
    """A mask with gray levels that no mask should have.

    Why it matters: each level stands for a region. Others come from resizing that mixes levels, from JPEG, which is
    lossy, or from a picture in the place of a mask; they are read as regions that nobody drew, or make loading fail.
    Compared with the profile's `levels`; without them, a mask of more than 16 levels is found where nearly all have
    fewer.
    How to fix: fetch the original; do not set levels to the nearest one without a look.
    Example: level 127 in 214 pixels, where the profile knows 0, 128 and 255.
    """
    spec, masks = _masks(evidence)
    masks = masks & evidence.measured("map_levels")
    numbers = evidence.numbers("map_levels")
    many = masks & (numbers > MOST_LEVELS)
    if not spec.levels:
        if many.sum() > (1 - evidence.thresholds.common_share) * masks.sum() and many.sum() > 1:
            raise NotApplicable("the profile names no levels of masks, and they differ in their number")
        yield from evidence.hits(many, "map", lambda n: f"has {n} gray levels, unlike the rest", "map_levels")
        return
    allowed = set(spec.levels)
    *most, last = [str(level) for level in sorted(allowed)]
    expected = f"{', '.join(most)} or {last}" if most else last

    def foreign(areas: str | None) -> dict[int, int]:
        return {level: pixels for level, pixels in read_areas(areas).items() if level not in allowed}

    rows = np.flatnonzero(masks & ~many)
    wrong = many.copy()
    wrong[rows] = [bool(foreign(areas)) for areas in evidence.values("map_areas", rows)]

    def say(areas: str | None, levels: int) -> str:
        if areas is None:
            return f"has {levels} gray levels, expected {expected} only"
        parts = [f"level {level} in {count(pixels, 'pixel')}" for level, pixels in sorted(foreign(areas).items())]
        more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
        return f"has {', '.join(parts[:3])}{more}, expected {expected} only"

    yield from evidence.hits(wrong, "map", say, "map_areas", "map_levels")


def mask_constant(evidence: Evidence) -> Hits:
    """A mask that has one level everywhere.

    Why it matters: it marks nothing, or everything: an empty drawing was saved, or the drawing got lost. A model learns
    that there is no disc.
    How to fix: fetch the original, or leave the sample out of what needs masks.
    Example: `Disc_Cup_Masks/Glaucoma/g0007.bmp` is 255 everywhere.
    """
    _, masks = _masks(evidence)
    constant = masks & evidence.measured("map_max") & (evidence.numbers("map_min") == evidence.numbers("map_max"))
    return evidence.hits(constant, "map", lambda level: f"is {level} everywhere: it marks nothing", "map_max")


def mask_nesting(evidence: Evidence) -> Hits:
    """A mask in which an inner region does not lie within the outer one: the cup outside the disc.

    Why it matters: the cup is a part of the disc. Where its edge mostly meets the background, cup and disc were drawn
    apart, moved against each other, or their levels were exchanged; ratios of cup to disc are then meaningless. Judged
    where the profile says that its `levels` are `nested`, by the share of the smaller region's edge
    (`mask_outside_share`) that meets a level which is no neighbour in that order. That both edges touch for a
    stretch, as in a notched rim, is normal.
    How to fix: lay the mask over its image and look; draw it again, or exchange the levels back.
    Example: 100 % of the edge of level 0 meets level 255, not 128.
    """
    spec, masks = _masks(evidence)
    if not spec.nested or len(spec.levels) < 3:
        raise NotApplicable("the profile does not say that the levels of masks are nested")
    masks = masks & evidence.measured("map_borders")
    limit = evidence.thresholds.mask_outside_share
    ranks = {level: rank for rank, level in enumerate(spec.levels)}
    texts: dict[int, str] = {}
    rows = np.flatnonzero(masks)
    for row, borders in zip(rows.tolist(), evidence.values("map_borders", rows), strict=True):
        worst = max(_outside(read_borders(borders), ranks), default=None)
        if worst is not None and worst[0] > limit:
            share, inner, outer = worst
            texts[row] = f"has {share:.0%} of the edge of level {inner} at level {outer}: it lies outside its region"
    yield from evidence.say(np.array(list(texts), np.intp), texts.values(), "map")


def _outside(borders: dict[tuple[int, int], int], ranks: dict[int, int]) -> list[tuple[float, int, int]]:
    """Return, for each two levels that should never meet, the share of the smaller edge at which they do, and both."""
    edges: dict[int, int] = {}
    for pair, length in borders.items():
        for level in pair:
            edges[level] = edges.get(level, 0) + length
    found = []
    for pair, length in borders.items():
        if all(level in ranks for level in pair) and abs(ranks[pair[0]] - ranks[pair[1]]) > 1:
            smaller, larger = sorted(pair, key=lambda level: edges[level])
            found.append((length / edges[smaller], smaller, larger))
    return found


def read_areas(text: str | None) -> dict[int, int]:
    """Return the number of pixels of each level: ``0:12 255:88``; none where it is missing."""
    if text is None:
        return {}
    return {int(level): int(pixels) for level, pixels in (part.split(":") for part in text.split())}


def read_borders(text: str | None) -> dict[tuple[int, int], int]:
    """Return how long the border between each two levels is: ``0-128:40 128-255:90``."""
    if text is None:
        return {}
    found = {}
    for part in text.split():
        pair, length = part.split(":")
        low, high = pair.split("-")
        found[int(low), int(high)] = int(length)
    return found
