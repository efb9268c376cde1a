"""Checks of the attention maps by themselves (LAG4xx)."""

import numpy as np

from lagtool.checks.evidence import Evidence, Hits, Mask, NotApplicable
from lagtool.checks.images import find_other_size


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
