"""The statistics of a dataset as one value, and as one long table."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from lagtool.stats.attention import Attention
from lagtool.stats.distributions import FactDistribution
from lagtool.stats.records import (
    Coverage,
    Distribution,
    FileCount,
    FileSizes,
    GrayLevels,
    MixedSizes,
    Part,
    PerClass,
    PublishedTable,
    Sizes,
    Subject,
)
from lagtool.text import count, frame_html

COLUMNS = ("section", "slot", "class", "measure", "value")
ALL_CLASSES = "(all)"  # no class can be called so

_DRAWN = ("histogram", "mean_map")
"""What is there to be drawn, and stands in the JSON only."""

Line = tuple[str, str, str, str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Stats:
    """What a manifest says about its dataset in numbers.

    The keys of the dictionaries are the slots (``image``, ``label``, ``map``) that the profile has.

    Attributes:
        subject: What the figures are about.
        nouns: What the files of each slot are called, in the plural.
        counts: Files per slot and class.
        coverage: Labels and maps beside the images.
        sizes: Picture sizes of images and of maps, apart.
        published_sizes: The published size table; None where the profile has none.
        mixed_sizes: Sizes of images and maps mixed together, as in the published table.
        file_sizes: Sizes of files in bytes.
        states: What came of looking into the files (`lagtool.model.State`).
        formats: Formats of the pictures by content.
        modes: Pixel modes of the pictures.
        label_contents: What the label files hold, escaped.
        gray_levels: Gray levels of the attention maps; None where the profile has no maps.
        split: The parts of the split; None where the manifest has none.
        fold: The folds; None where the manifest has none.
        distributions: Every number of the scan as a distribution.
        attention: The attention maps together; None where the profile has none (masks are none).
    """

    subject: Subject
    nouns: dict[str, str]
    counts: dict[str, PerClass[FileCount]]
    coverage: dict[str, PerClass[Coverage]]
    sizes: dict[str, PerClass[Sizes]]
    published_sizes: PublishedTable | None
    mixed_sizes: PerClass[MixedSizes]
    file_sizes: dict[str, PerClass[FileSizes]]
    states: dict[str, PerClass[Distribution]]
    formats: dict[str, PerClass[Distribution]]
    modes: dict[str, PerClass[Distribution]]
    label_contents: dict[str, PerClass[Distribution]]
    gray_levels: PerClass[GrayLevels] | None
    split: tuple[Part, ...] | None
    fold: tuple[Part, ...] | None
    distributions: tuple[FactDistribution, ...]
    attention: Attention | None

    def list_figures(self) -> Iterator[Line]:
        """Yield one line per figure: section, slot, class, measure, value (None: not known).

        Shares of a value or size are ``count of X`` and ``percent of X``; ``(none)`` stands for a missing value. In the
        sections ``split`` and ``fold`` the slot is empty and the measure is that of a part.
        """
        return _lines(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the figures as a table, one row each, in the columns section, slot, class, measure, value."""
        return pd.DataFrame(list(self.list_figures()), columns=list(COLUMNS))

    def __repr__(self) -> str:
        return f"<Stats of {self._describe()}>"

    def _repr_html_(self) -> str:
        counts = [line for line in self.list_figures() if line[0] in ("counts", "coverage")]
        table = pd.DataFrame(counts, columns=list(COLUMNS)).pivot_table(
            index=["section", "slot", "measure"], columns="class", values="value", sort=False, aggfunc="first"
        )
        return frame_html(self._describe(), table.reset_index(), ("stats.to_frame() has every figure",), most=30)

    def _describe(self) -> str:
        return f"{self.subject.root_name}: {count(self.subject.samples, 'sample')}, profile {self.subject.profile}"


def _lines(stats: Stats) -> Iterator[Line]:
    for measure, value in asdict(stats.subject).items():
        yield "subject", "", "", measure, value
    for section in ("counts", "coverage", "sizes"):
        yield from _section(section, getattr(stats, section))
    if stats.published_sizes is not None:
        for measure, (width, height) in asdict(stats.published_sizes).items():
            yield "published_sizes", "image+map", ALL_CLASSES, f"width.{measure}", width
            yield "published_sizes", "image+map", ALL_CLASSES, f"height.{measure}", height
    yield from _section("mixed_sizes", {"image+map": stats.mixed_sizes})
    for section in ("file_sizes", "states", "formats", "modes", "label_contents"):
        yield from _section(section, getattr(stats, section))
    if stats.gray_levels is not None:
        yield from _section("gray_levels", {"map": stats.gray_levels})
    yield from _distributions(stats)
    if stats.attention is not None:
        yield from _section("attention", {"map": stats.attention.figures})
        for pair in stats.attention.between:
            for measure in ("correlation", "similarity"):
                between = f"{measure} of {pair.a} and {pair.b}"
                yield "mean_maps", "map", ALL_CLASSES, between, getattr(pair, measure)
    for section, parts in (("split", stats.split), ("fold", stats.fold)):
        for part in parts or ():
            yield from _part(section, part)


def _distributions(stats: Stats) -> Iterator[Line]:
    for one in stats.distributions:
        for name, summary in one.figures.rows():
            for measure, value in _measures(asdict(summary), f"{one.name}."):
                yield "distributions", one.slot, ALL_CLASSES if name is None else name, measure, value
        for part, summary in one.parts.items():
            for measure, value in _measures(asdict(summary), f"{one.name}."):
                yield "distributions", one.slot, ALL_CLASSES, f"{measure} of {part}", value


def _section(section: str, slots: dict[str, PerClass[Any]]) -> Iterator[Line]:
    for slot, figures in slots.items():
        for name, record in figures.rows():
            for measure, value in _measures(asdict(record)):
                yield section, slot, ALL_CLASSES if name is None else name, measure, value


def _measures(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _measures(value, f"{prefix}{key}.")
        elif key in _DRAWN:
            continue
        elif isinstance(value, tuple):
            for counted in value:
                yield f"count of {_value(counted)}", counted["count"]
                yield f"percent of {_value(counted)}", counted["percent"]
        else:
            yield f"{prefix}{key}", value


def _value(counted: dict[str, Any]) -> str:
    if "width" in counted:
        return f"{counted['width']}x{counted['height']}"
    return "(none)" if counted["value"] is None else str(counted["value"])


def _part(section: str, part: Part) -> Iterator[Line]:
    name = "(none)" if part.name is None else part.name
    for cls, share in part.classes.items():
        yield section, "", cls, f"count of {name}", share.count
        yield section, "", cls, f"percent of {name}", share.percent
    yield section, "", ALL_CLASSES, f"count of {name}", part.samples
    yield section, "", ALL_CLASSES, f"percent of {name}", part.percent
