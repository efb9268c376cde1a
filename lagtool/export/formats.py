"""The table of all formats."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from lagtool.export.options import Maps

if TYPE_CHECKING:
    from lagtool.export.job import Job, Written


class ExportFormat(StrEnum):
    """The table of all formats: name, what it heeds, and who reads it.

    Attributes:
        heeds: Those of ``pictures`` (it needs the folder of the dataset), ``size``, ``maps``, ``mode``,
            ``shard-size``, ``class-dirs`` and ``in-place`` that make a difference.
        maps: What becomes of attention maps unless something else is asked for.
        reader: What to install to load it, as pip calls it.
    """

    heeds: frozenset[str]
    maps: Maps
    reader: str

    def __new__(cls, name: str, heeds: str = "", maps: Maps = Maps.AS_IS, reader: str = "pandas") -> Self:
        """Make a row."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.heeds = frozenset(heeds.split())
        member.maps = maps
        member.reader = reader
        return member

    IMAGEFOLDER = "imagefolder", "pictures size maps mode class-dirs", Maps.AS_IS, "torchvision"
    HUGGINGFACE = "huggingface", "pictures size maps mode in-place", Maps.AS_IS, "datasets"
    WEBDATASET = "webdataset", "pictures size maps shard-size", Maps.AS_IS, "webdataset"
    NPZ = "npz", "pictures size maps", Maps.NONE, "numpy"
    CROISSANT = "croissant", "maps", Maps.AS_IS, "mlcroissant"
    CSV = "csv", "maps"
    PARQUET = "parquet", "maps"
    SHA256SUMS = "sha256sums", "maps", Maps.AS_IS, "coreutils"
    REVISION = "revision", "", Maps.NONE, "lagtool"

    def write(self, job: "Job") -> "Written":
        """Write an export of this format into the folder of ``job``."""
        return _writer(self)(job)


def _writer(chosen: ExportFormat) -> "Callable[[Job], Written]":
    """Return the function of a format; its module is imported here, when the format is asked for."""
    if chosen is ExportFormat.HUGGINGFACE:
        from lagtool.export.huggingface import write_huggingface

        return write_huggingface
    if chosen is ExportFormat.WEBDATASET:
        from lagtool.export.webdataset import write_webdataset

        return write_webdataset
    if chosen is ExportFormat.NPZ:
        from lagtool.export.arrays import write_npz

        return write_npz
    if chosen is ExportFormat.CROISSANT:
        from lagtool.export.croissant import write_croissant

        return write_croissant
    from lagtool.export import lists

    return {
        ExportFormat.IMAGEFOLDER: lists.write_imagefolder,
        ExportFormat.CSV: lists.write_csv,
        ExportFormat.PARQUET: lists.write_parquet,
        ExportFormat.SHA256SUMS: lists.write_sums_file,
        ExportFormat.REVISION: lists.write_revision,
    }[chosen]
