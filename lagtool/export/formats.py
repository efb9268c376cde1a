"""The table of all formats."""

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Self, cast

from lagtool.export.options import Maps

if TYPE_CHECKING:
    from lagtool.export.job import Job, Written


class ExportFormat(StrEnum):
    """The table of all formats: name, the function that writes it, what it heeds, and who reads it.

    Attributes:
        writer: ``module:function`` within `lagtool.export`, imported when the format is asked for.
        heeds: Those of ``pictures`` (it needs the folder of the data set), ``size``, ``maps``, ``mode``,
            ``shard-size``, ``class-dirs`` and ``in-place`` that make a difference.
        maps: What becomes of attention maps unless something else is asked for.
        reader: What to install to load it, as pip calls it.
    """

    writer: str
    heeds: frozenset[str]
    maps: Maps
    reader: str

    def __new__(
        cls, name: str, writer: str = "", heeds: str = "", maps: Maps = Maps.AS_IS, reader: str = "pandas"
    ) -> Self:
        """Make a row."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.writer = writer
        member.heeds = frozenset(heeds.split())
        member.maps = maps
        member.reader = reader
        return member

    IMAGEFOLDER = "imagefolder", "imagefolder:write", "pictures size maps mode class-dirs", Maps.AS_IS, "torchvision"
    HUGGINGFACE = "huggingface", "huggingface:write", "pictures size maps mode in-place", Maps.AS_IS, "datasets"
    WEBDATASET = "webdataset", "webdataset:write", "pictures size maps shard-size", Maps.AS_IS, "webdataset"
    NPZ = "npz", "arrays:write", "pictures size maps", Maps.NONE, "numpy"
    CROISSANT = "croissant", "croissant:write", "maps", Maps.AS_IS, "mlcroissant"
    CSV = "csv", "lists:write_csv", "maps"
    PARQUET = "parquet", "lists:write_parquet", "maps"
    SHA256SUMS = "sha256sums", "lists:write_sums", "maps", Maps.AS_IS, "coreutils"

    def write(self, job: "Job") -> "Written":
        """Write an export of this format into the folder of ``job``."""
        module, _, function = self.writer.partition(":")
        write = cast("Callable[[Job], Written]", getattr(import_module(f"lagtool.export.{module}"), function))
        return write(job)
