"""The measured facts: the numbers that a scan knows of a file, each declared once.

Statistics, plots, the comparison of splits and the shortcut audit read this table; the formula of each stands with its
column in `lagtool.manifest.schema`.
"""

from dataclasses import dataclass

from lagtool.errors import LagtoolError

_SIDES = "sides of the picture"


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that a scan knows of every file of a slot.

    Attributes:
        name: The column.
        title: What it is, to be read behind the name of the slot.
        unit: Its unit and range.
        shown: Whether tables show it unless told otherwise.
        plotted: Whether the report plots it.
        compared: Whether it is compared between the splits of a dataset: it tells the quality of a picture.
        logarithmic: Whether it spreads over decades, so that a plot's bins are of equal width in the logarithm.
        whole: Whether its numbers are whole, so that no bin may be narrower than 1.
    """

    name: str
    title: str
    unit: str
    shown: bool = False
    plotted: bool = False
    compared: bool = False
    logarithmic: bool = False
    whole: bool = False

    @property
    def slot(self) -> str:
        """The slot whose files have it."""
        return self.name.partition("_")[0]

    @property
    def heading(self) -> str:
        """The title as it stands by itself: ``Brightness``, ``Attention map: mean level``."""
        return f"Attention map: {self.title}" if self.slot == "map" else self.title[0].upper() + self.title[1:]


FACTS: tuple[Fact, ...] = (
    Fact("image_bytes", "file size", "bytes", plotted=True, compared=True),
    Fact("image_width", "width", "pixels"),
    Fact("image_height", "height", "pixels"),
    Fact("image_quality", "JPEG quality", "1..100", shown=True, plotted=True, compared=True, whole=True),
    Fact("image_red_mean", "mean of red", "0..255", plotted=True),
    Fact("image_green_mean", "mean of green", "0..255", plotted=True),
    Fact("image_blue_mean", "mean of blue", "0..255", plotted=True),
    Fact("image_red_std", "deviation of red", "0..127.5"),
    Fact("image_green_std", "deviation of green", "0..127.5"),
    Fact("image_blue_std", "deviation of blue", "0..127.5"),
    Fact("image_brightness", "brightness", "mean luma, 0..255", shown=True, plotted=True, compared=True),
    Fact("image_contrast", "contrast", "deviation of luma, 0..127.5", shown=True, plotted=True, compared=True),
    Fact("image_saturation", "saturation", "0..1", shown=True, plotted=True, compared=True),
    Fact(
        "image_sharpness",
        "sharpness",
        "variance of the Laplacian",
        shown=True,
        plotted=True,
        compared=True,
        logarithmic=True,
    ),
    Fact("image_entropy", "entropy", "0..8 bits", plotted=True),
    Fact("image_underexposed", "share of dark pixels", "0..1"),
    Fact("image_overexposed", "share of burnt-out pixels", "0..1"),
    Fact("image_field_left", "left edge of the field of view", "0..1"),
    Fact("image_field_top", "upper edge of the field of view", "0..1"),
    Fact("image_field_right", "right edge of the field of view", "0..1"),
    Fact("image_field_bottom", "lower edge of the field of view", "0..1"),
    Fact("image_field_share", "share inside the field of view", "0..1", shown=True, plotted=True),
    Fact("image_disc_x", "optic disc, from the left", "0..1"),
    Fact("image_disc_y", "optic disc, from above", "0..1"),
    Fact("image_disc_score", "how much the disc stands out", "0..1"),
    Fact("label_bytes", "file size", "bytes"),
    Fact("map_bytes", "file size", "bytes"),
    Fact("map_width", "width", "pixels"),
    Fact("map_height", "height", "pixels"),
    Fact("map_min", "lowest level", "0..255"),
    Fact("map_max", "highest level", "0..255"),
    Fact("map_mean", "mean level", "0..255", plotted=True),
    Fact("map_mass", "mass", "mean of the map scaled to 0..1", shown=True),
    Fact("map_peak_x", "brightest place, from the left", "0..1"),
    Fact("map_peak_y", "brightest place, from above", "0..1"),
    Fact("map_centroid_x", "centre of mass, from the left", "0..1"),
    Fact("map_centroid_y", "centre of mass, from above", "0..1"),
    Fact("map_spread", "spread round the centre of mass", _SIDES, shown=True, plotted=True),
    Fact("map_entropy", "entropy", "bits", shown=True, plotted=True),
    Fact("map_zero_share", "share of pixels that are 0", "0..1"),
    Fact("map_levels", "different gray levels", ""),
)

SHOWN = tuple(fact.name for fact in FACTS if fact.shown)
"""The facts that tables show unless told otherwise."""

BY_NAME = {fact.name: fact for fact in FACTS}

COMPARED = {fact.name.removeprefix("image_"): fact.name for fact in FACTS if fact.compared}
"""The columns that are compared between splits, by short name."""


def choose_facts(text: str | None) -> tuple[str, ...]:
    """Return the facts that ``--facts`` names: ``all``, or names separated by commas; nothing said: `SHOWN`.

    Raises:
        LagtoolError: One of them is none.
    """
    known = [fact.name for fact in FACTS]
    if text is None:
        return SHOWN
    if text == "all":
        return tuple(known)
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    # The slot may be left out where that leaves no doubt: brightness for image_brightness.
    found = []
    for word in wanted:
        fits = [name for name in known if word == name] or [n for n in known if n.partition("_")[2] == word]
        if len(fits) != 1:
            many = f"stands for {' and '.join(fits)}: write one of them" if fits else "is none of them"
            raise LagtoolError(f"--facts: '{word[:60]!s}' {many}; the facts are {', '.join(known)}, or all")
        found.append(fits[0])
    if not found:
        raise LagtoolError("--facts names none: write names separated by commas, or all")
    return tuple(dict.fromkeys(found))
