"""Mentions: what a split made by others says, read from its files and tied to the samples of a manifest.

`reading` takes any form, by `columns` (tables and lists), `nested` (JSON), `folders` (pictures) and `words`; `matching`
ties names to samples, `placement` makes them a column.
"""

from lagtool.mentions.matching import resolve
from lagtool.mentions.mention import Listing, Mentions
from lagtool.mentions.placement import place_parts
from lagtool.mentions.reading import read_splits

__all__ = ["Listing", "Mentions", "place_parts", "read_splits", "resolve"]
