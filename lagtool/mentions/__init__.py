"""Mentions: what a split made by others says, read from its files and tied to the samples of a manifest."""

from lagtool.mentions.matching import resolve
from lagtool.mentions.mention import Listing, Mentions
from lagtool.mentions.placement import place_parts
from lagtool.mentions.reading import read_splits

__all__ = ["Listing", "Mentions", "place_parts", "read_splits", "resolve"]
