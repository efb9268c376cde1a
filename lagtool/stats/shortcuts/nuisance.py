"""The nuisance facts: what a manifest knows of a picture that has nothing to do with the eye in it.

Nothing anatomical is among them (no optic disc, no hash of the content). Light, colour and sharpness are on the border:
they come from the camera, but also from lens and pupil, and the advice says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from lagtool.manifest.facts import BY_NAME
from lagtool.stats.shortcuts.auc import Bools, Codes, Floats
from lagtool.stats.shortcuts.records import Origin

Kind = Literal["number", "yes", "word"]
Remedy = Literal["encoding", "metadata", "size", "field", "light", "sharpness", "id", "time", "map", "damage"]

_ORIGINS: dict[Remedy, Origin] = {
    **dict.fromkeys(("encoding", "metadata", "damage"), "file"),
    **dict.fromkeys(("id", "time", "map"), "beside"),
}
_BLOCKS = 20
_MOST_WORDS = 20
_RARE = 5
_LARGEST = 1e150


@dataclass(frozen=True, slots=True)
class Nuisance:
    """One fact and how to read it.

    Attributes:
        name: Its name.
        title: What it is.
        remedy: What helps against it.
        column: Name of a column of the samples, or from the samples to a column; of numbers, of truth values or of
            words; missing values are missing.
        kind: A ``number``, a ``yes`` or no, or a ``word``.
        unit: Its unit; empty for a yes or no, or a word.
    """

    name: str
    title: str
    remedy: Remedy
    column: "str | Callable[[pd.DataFrame], pd.Series[Any]]"
    kind: Kind = "number"
    unit: str = ""

    @property
    def origin(self) -> Origin:
        """Where it stands."""
        return _ORIGINS.get(self.remedy, "picture")


@dataclass(frozen=True, eq=False)
class Values:
    """A fact of all samples.

    Attributes:
        fact: Which.
        numbers: NaN where missing; of words NaN throughout.
        codes: Of words: the place of each in ``words``, -1 where missing; of others all -1.
        words: The words; rare ones share the last, ``other``.
    """

    fact: Nuisance
    numbers: Floats
    codes: Codes
    words: tuple[str, ...] = ()

    @property
    def known(self) -> Bools:
        """Of which samples it is known."""
        return np.asarray(self.codes >= 0) if self.words else ~np.isnan(self.numbers)

    @property
    def varies(self) -> bool:
        """Whether there are two different values."""
        if self.words:
            return len(np.unique(self.codes[self.codes >= 0])) > 1
        known = self.numbers[~np.isnan(self.numbers)]
        return bool(known.size and known.min() < known.max())

    def take(self, rows: Bools) -> "Values":
        """Return those of some samples."""
        return Values(self.fact, self.numbers[rows], self.codes[rows], self.words)


def _share(channel: str) -> Callable[[pd.DataFrame], "pd.Series[Any]"]:
    def read(samples: pd.DataFrame) -> "pd.Series[Any]":
        levels = {name: _floats(samples[f"image_{name}_mean"]) for name in ("red", "green", "blue")}
        total = sum(levels.values())
        return pd.Series(np.divide(levels[channel], total, out=np.full(len(samples), np.nan), where=total > 0))

    return read


def _aspect(samples: pd.DataFrame) -> "pd.Series[Any]":
    edges = {side: _floats(samples[f"image_field_{side}"]) for side in ("left", "top", "right", "bottom")}
    across = (edges["right"] - edges["left"]) * _floats(samples["image_width"])
    down = (edges["bottom"] - edges["top"]) * _floats(samples["image_height"])
    return pd.Series(np.divide(across, down, out=np.full(len(samples), np.nan), where=down > 0))


def _number_of_id(samples: pd.DataFrame) -> "pd.Series[Any]":
    """Return ids as numbers; where one of them is none, all as their places in the order of text."""
    ids = samples["id"].astype(str)
    if ids.str.fullmatch("[0-9]{1,15}").all():
        return ids.astype(float)
    return ids.rank()


def _blocks(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return in which twentieth of the ordered values each lies, as a word: a class may stand in a block of them."""
    places = column.rank(method="average")
    known = int(places.notna().sum())
    blocks = pd.Series(np.ceil(_floats(places) * _BLOCKS / max(1, known)), dtype="Int64")
    return blocks.astype("string").radd("block ")


def _time(samples: pd.DataFrame) -> "pd.Series[Any]":
    return pd.Series(_floats(samples["image_mtime_ns"]) / 1e9)


def _measured(name: str, remedy: Remedy, column: str) -> Nuisance:
    """Return a nuisance that is a measured fact as it stands."""
    fact = BY_NAME[column]
    return Nuisance(name, fact.title, remedy, column, unit=fact.unit)


NUISANCES: tuple[Nuisance, ...] = (
    _measured("file_bytes", "encoding", "image_bytes"),
    _measured("jpeg_quality", "encoding", "image_quality"),
    Nuisance("jpeg_tables", "JPEG quantisation tables", "encoding", "image_tables", kind="word"),
    Nuisance("subsampling", "chroma subsampling", "encoding", "image_subsampling", kind="word"),
    Nuisance("format", "file format", "encoding", "image_format", kind="word"),
    Nuisance("mode", "pixel mode", "encoding", "image_mode", kind="word"),
    Nuisance("trailer", "bytes behind the image", "encoding", lambda s: s["image_trailer"].notna(), kind="yes"),
    Nuisance("exif", "Exif block", "metadata", "image_exif", kind="yes"),
    Nuisance("gps", "GPS coordinates", "metadata", "image_gps", kind="yes"),
    Nuisance("icc", "colour profile", "metadata", "image_icc", kind="yes"),
    Nuisance("xmp", "XMP packet", "metadata", "image_xmp", kind="yes"),
    Nuisance("orientation", "Exif orientation", "metadata", "image_orientation", kind="word"),
    Nuisance("damaged", "not read whole", "damage", lambda s: ~s["image_state"].isin(["ok", "unread"]), kind="yes"),
    _measured("width", "size", "image_width"),
    _measured("height", "size", "image_height"),
    Nuisance("field_cut", "sides that cut the field", "field", "image_field_cut", kind="word"),
    _measured("field_share", "field", "image_field_share"),
    Nuisance("field_aspect", "shape of the field", "field", _aspect, unit="width : height"),
    *(_measured(f"border_{side}", "field", f"image_field_{side}") for side in ("left", "top", "right", "bottom")),
    _measured("brightness", "light", "image_brightness"),
    _measured("contrast", "light", "image_contrast"),
    _measured("entropy", "light", "image_entropy"),
    _measured("underexposed", "light", "image_underexposed"),
    _measured("overexposed", "light", "image_overexposed"),
    _measured("saturation", "light", "image_saturation"),
    Nuisance("red", "share of red", "light", _share("red"), unit="0..1"),
    Nuisance("blue", "share of blue", "light", _share("blue"), unit="0..1"),
    _measured("sharpness", "sharpness", "image_sharpness"),
    Nuisance("id_number", "id, as a number", "id", _number_of_id),
    Nuisance("id_order", "id, twentieths in order", "id", lambda s: _blocks(_number_of_id(s)), kind="word"),
    Nuisance("time", "time of last change", "time", _time, unit="s"),
    Nuisance("time_order", "time, twentieths in order", "time", lambda s: _blocks(_time(s)), kind="word"),
    Nuisance("has_map", "presence of a map", "map", lambda s: s["map_path"].notna(), kind="yes"),
)


def read_values(fact: Nuisance, samples: pd.DataFrame) -> Values:
    """Return a fact of all samples, whose index counts from 0."""
    column = samples[fact.column] if isinstance(fact.column, str) else fact.column(samples)
    number = len(samples)
    if fact.kind != "word":
        return Values(fact, _floats(column), np.full(number, -1, np.int64))
    codes, words = pd.factorize(column.astype("string"), sort=True)
    return Values(fact, np.full(number, np.nan), *_merge_rare(codes.astype(np.int64), [str(word) for word in words]))


def _merge_rare(codes: Codes, words: list[str]) -> tuple[Codes, tuple[str, ...]]:
    """Give words that are rare, or beyond the most frequent 20, one code: their rate cannot be learnt."""
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    order = np.argsort(-counts, kind="stable")
    kept = sorted(int(code) for code in order[:_MOST_WORDS] if counts[code] >= _RARE)
    if len(kept) == len(words):
        return codes, tuple(words)
    place = np.full(len(words) + 1, len(kept), np.int64)
    place[kept] = np.arange(len(kept))
    place[-1] = -1
    return place[codes], (*(words[code] for code in kept), "other")


def _floats(column: "pd.Series[Any]") -> Floats:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.abs(values) < _LARGEST, values, np.nan), np.float64)
