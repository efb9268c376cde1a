"""Depth: how far a scan looks into a file, as far as its rows depend on it."""

from dataclasses import dataclass

MAX_PIXELS = 50_000_000
"""Unless told otherwise, pictures with more pixels by their header are refused before a decoder runs (LAG: 250,000)."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What a scan was asked for.

    Attributes:
        quick: Only names, sizes, headers and labels are looked at: nothing is decoded or hashed.
        max_pixels: Pictures that claim more are not decoded.
    """

    quick: bool = False
    max_pixels: int = MAX_PIXELS
