"""Checks of the attention maps (LAG4xx)."""

from typing import Any

import pandas as pd

from lagtool.checks.evidence import Evidence, Hits, NotApplicable
from lagtool.model import State


def _message(row: dict[str, Any]) -> str:
    return str(row["map_message"])


def _constant(evidence: Evidence) -> "pd.Series[bool]":
    levels = evidence.samples["map_max"] - evidence.samples["map_min"]
    return (levels <= evidence.thresholds.map_constant_range).fillna(False).astype(bool)


def _colored(evidence: Evidence) -> "pd.Series[bool]":
    return evidence.samples["map_color"].fillna(False).astype(bool)


def _attention(evidence: Evidence) -> "pd.Series[bool]":
    """Return which samples' map was proven, where maps are weights; masks raise `NotApplicable`."""
    spec = evidence.profile.slots.get("map")
    if spec is not None and spec.content == "mask":
        raise NotApplicable("the maps are masks, whose levels are not judged")
    return evidence.decoded("map")


def map_truncated(evidence: Evidence) -> Hits:
    """The file of an attention map ends too early.

    Why it matters: the copy or download was cut off; lenient decoders fill the rest with gray,
    and a model learns from it.
    How to fix: copy the file again; compare its size with the source's.
    Example: `non_glaucoma/attention_map/0007.jpg` lost its last 4 KB.
    """
    return evidence.hits(evidence.in_state("map", State.TRUNCATED), "map", _message)


def map_corrupt(evidence: Evidence) -> Hits:
    """The data of an attention map is damaged inside.

    Why it matters: a strict decoder finds bytes that do not fit (zeroed sectors, lost blocks);
    a lenient one shows shifted colours or blocks and says nothing.
    How to fix: copy the file again from an intact source.
    Example: 4 KB of zeros in the middle of `non_glaucoma/attention_map/0007.jpg`.
    """
    return evidence.hits(evidence.in_state("map", State.CORRUPT), "map", _message)


def map_wrong_format(evidence: Evidence) -> Hits:
    """The file of an attention map holds another format than its name says.

    Why it matters: a PNG behind `.jpg` has other pixels than the original; a Git LFS pointer or a web page is
    no picture at all.
    How to fix: fetch the real file (`git lfs pull`, or download again).
    Example: `non_glaucoma/attention_map/0007.jpg` holds a Git LFS pointer.
    """
    return evidence.hits(evidence.in_state("map", State.WRONG_FORMAT), "map", _message)


def map_empty(evidence: Evidence) -> Hits:
    """The file of an attention map has no content.

    Why it matters: typical of a full disk or a broken copy; other files may have suffered too.
    How to fix: copy the file again.
    Example: `non_glaucoma/attention_map/0007.jpg` has 0 bytes.
    """
    return evidence.hits(evidence.in_state("map", State.EMPTY), "map", _message)


def map_unreadable(evidence: Evidence) -> Hits:
    """The file of an attention map could not be read.

    Why it matters: it was not judged; a loader will stop at it.
    How to fix: give yourself the right to read it, check the disk, or copy it again.
    Example: `non_glaucoma/attention_map/0007.jpg`: Permission denied; larger than 64 MB; changed while it was read.
    """
    return evidence.hits(evidence.in_state("map", State.UNREADABLE), "map", _message)


def map_bomb(evidence: Evidence) -> Hits:
    """The header of an attention map claims more pixels than are decoded.

    Why it matters: a decoder would ask for gigabytes; the header is damaged or hostile.
    How to fix: copy the file again.
    Example: `non_glaucoma/attention_map/0007.jpg` claims 30,000 x 30,000 pixels.
    """
    return evidence.hits(evidence.in_state("map", State.BOMB), "map", _message)


def map_size(evidence: Evidence) -> Hits:
    """An attention map of another size than the rest.

    Why it matters: maps are 112 x 112; one of the size of an image may be an image, or a map from another source.
    How to fix: fetch the original; where all maps were resized alike, this check follows their size.
    Example: `non_glaucoma/attention_map/0007.jpg` is 500 x 500.
    """
    decoded = evidence.decoded("map")
    width, height, _ = evidence.reference_size("map")
    mask = decoded & ((evidence.samples["map_width"] != width) | (evidence.samples["map_height"] != height))
    return evidence.hits(
        mask, "map", lambda row: f"is {row['map_width']} x {row['map_height']}, expected {width} x {height}"
    )


def map_colored(evidence: Evidence) -> Hits:
    """An attention map in colour.

    Why it matters: a map drawn with a colour scale, or laid over its image, is no longer a weight between 0 and 1.
    A gray map saved with three equal channels is fine.
    How to fix: fetch the gray original.
    Example: a jet overlay in `non_glaucoma/attention_map/0007.jpg`.
    """
    _attention(evidence)
    evidence.measured("map_color")
    return evidence.hits(_colored(evidence), "map", "is coloured: a colour scale or an overlay, not a gray map")


def map_constant(evidence: Evidence) -> Hits:
    """An attention map that has one value everywhere.

    Why it matters: it says nothing about where anybody looked; a loss weighted with it is scaled or gone.
    How to fix: fetch the original, or leave the sample out of what needs maps.
    Example: `non_glaucoma/attention_map/0007.jpg` is black.
    """
    _attention(evidence)
    evidence.measured("map_max")
    mask = _constant(evidence) & ~_colored(evidence)
    return evidence.hits(mask, "map", lambda row: f"has the gray level {row['map_max']} everywhere")


def map_low_maximum(evidence: Evidence) -> Hits:
    """An attention map whose maximum is far below the full range.

    Why it matters: the maps are scaled to their maximum; a lower one was darkened, or scaled together with others.
    How to fix: fetch the original, or divide by the maximum when loading.
    Example: the maximum is 120, expected at least 250.
    """
    decoded = _attention(evidence) & evidence.measured("map_max")
    lowest = evidence.thresholds.map_low_maximum
    low = (evidence.samples["map_max"] < lowest).fillna(False).astype(bool)
    mask = decoded & low & ~_constant(evidence) & ~_colored(evidence)
    return evidence.hits(mask, "map", lambda row: f"has a maximum of {row['map_max']}, expected at least {lowest}")
