"""The nuisance facts: what a manifest knows of a picture that has nothing to do with the eye in it.

Nothing anatomical is among them (no optic disc, no hash of the content). Light, colour and sharpness are on the border:
they come from the camera, but also from lens and pupil, and the advice says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.shortcuts.records import Origin

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Remedy = Literal["encoding", "metadata", "size", "field", "light", "sharpness", "id", "time", "map", "damage"]

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
        unit: Its unit; empty for a yes or no, or a word.
        kind: A ``number``, a ``yes`` or no, or a ``word``.
        origin: Where it stands.
        remedy: What helps against it.
        read: From the samples to a column of numbers, of truth values or of words; missing values are missing.
    """

    name: str
    title: str
    unit: str
    kind: Literal["number", "yes", "word"]
    origin: Origin
    remedy: Remedy
    read: Callable[[pd.DataFrame], "pd.Series[Any]"]


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
    def known(self) -> NDArray[np.bool_]:
        """Of which samples it is known."""
        return np.asarray(self.codes >= 0) if self.words else ~np.isnan(self.numbers)

    @property
    def varies(self) -> bool:
        """Whether there are two different values."""
        if self.words:
            return len(np.unique(self.codes[self.codes >= 0])) > 1
        known = self.numbers[~np.isnan(self.numbers)]
        return bool(known.size and known.min() < known.max())

    def take(self, rows: NDArray[np.bool_]) -> "Values":
        """Return those of some samples."""
        return Values(self.fact, self.numbers[rows], self.codes[rows], self.words)


def _column(name: str) -> Callable[[pd.DataFrame], "pd.Series[Any]"]:
    return lambda samples: samples[name]


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
    blocks = np.ceil(places * _BLOCKS / max(1, known))
    return ("block " + blocks.astype("Int64").astype("string")).where(places.notna())


def _time(samples: pd.DataFrame) -> "pd.Series[Any]":
    return pd.Series(_floats(samples["image_mtime_ns"]) / 1e9)


NUISANCES: tuple[Nuisance, ...] = (
    Nuisance("file_bytes", "file size", "bytes", "number", "file", "encoding", _column("image_bytes")),
    Nuisance("jpeg_quality", "JPEG quality", "1..100", "number", "file", "encoding", _column("image_quality")),
    Nuisance("jpeg_tables", "JPEG quantisation tables", "", "word", "file", "encoding", _column("image_tables")),
    Nuisance("subsampling", "chroma subsampling", "", "word", "file", "encoding", _column("image_subsampling")),
    Nuisance("format", "file format", "", "word", "file", "encoding", _column("image_format")),
    Nuisance("mode", "pixel mode", "", "word", "file", "encoding", _column("image_mode")),
    Nuisance(
        "trailer",
        "bytes behind the image",
        "",
        "yes",
        "file",
        "encoding",
        lambda samples: samples["image_trailer"].notna(),
    ),
    Nuisance("exif", "Exif block", "", "yes", "file", "metadata", _column("image_exif")),
    Nuisance("gps", "GPS coordinates", "", "yes", "file", "metadata", _column("image_gps")),
    Nuisance("icc", "colour profile", "", "yes", "file", "metadata", _column("image_icc")),
    Nuisance("xmp", "XMP packet", "", "yes", "file", "metadata", _column("image_xmp")),
    Nuisance("orientation", "Exif orientation", "", "word", "file", "metadata", _column("image_orientation")),
    Nuisance(
        "damaged",
        "not read whole",
        "",
        "yes",
        "file",
        "damage",
        lambda samples: ~samples["image_state"].isin(["ok", "unread"]),
    ),
    Nuisance("width", "width", "pixels", "number", "picture", "size", _column("image_width")),
    Nuisance("height", "height", "pixels", "number", "picture", "size", _column("image_height")),
    Nuisance("field_cut", "sides that cut the field", "", "word", "picture", "field", _column("image_field_cut")),
    Nuisance(
        "field_share", "share inside the field", "0..1", "number", "picture", "field", _column("image_field_share")
    ),
    Nuisance("field_aspect", "width : height of the field", "", "number", "picture", "field", _aspect),
    *(
        Nuisance(
            f"border_{side}",
            f"{side} edge of the field",
            "0..1",
            "number",
            "picture",
            "field",
            _column(f"image_field_{side}"),
        )
        for side in ("left", "top", "right", "bottom")
    ),
    Nuisance("brightness", "brightness", "0..255", "number", "picture", "light", _column("image_brightness")),
    Nuisance("contrast", "contrast", "0..127.5", "number", "picture", "light", _column("image_contrast")),
    Nuisance("entropy", "entropy of the luma", "bits", "number", "picture", "light", _column("image_entropy")),
    Nuisance(
        "underexposed", "share of dark pixels", "0..1", "number", "picture", "light", _column("image_underexposed")
    ),
    Nuisance(
        "overexposed", "share of burnt-out pixels", "0..1", "number", "picture", "light", _column("image_overexposed")
    ),
    Nuisance("saturation", "saturation", "0..1", "number", "picture", "light", _column("image_saturation")),
    Nuisance("red", "share of red in the colours", "0..1", "number", "picture", "light", _share("red")),
    Nuisance("blue", "share of blue in the colours", "0..1", "number", "picture", "light", _share("blue")),
    Nuisance("sharpness", "sharpness", "", "number", "picture", "sharpness", _column("image_sharpness")),
    Nuisance("id_number", "id, as a number", "", "number", "beside", "id", _number_of_id),
    Nuisance("id_order", "id, twentieths in order", "", "word", "beside", "id", lambda s: _blocks(_number_of_id(s))),
    Nuisance("time", "time of last change", "s", "number", "beside", "time", _time),
    Nuisance("time_order", "time, twentieths in order", "", "word", "beside", "time", lambda s: _blocks(_time(s))),
    Nuisance("has_map", "presence of a map", "", "yes", "beside", "map", lambda samples: samples["map_path"].notna()),
)


def read_values(fact: Nuisance, samples: pd.DataFrame) -> Values:
    """Return a fact of all samples, whose index counts from 0."""
    column = fact.read(samples)
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
