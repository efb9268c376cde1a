"""What can be asked of an export beside its format."""

from dataclasses import dataclass
from enum import StrEnum


class Maps(StrEnum):
    """What becomes of attention maps."""

    RESIZED = "resized"
    AS_IS = "as-is"
    NONE = "none"


class Mode(StrEnum):
    """How a file that does not change comes into the export."""

    AUTO = "auto"
    LINK = "link"
    HARDLINK = "hardlink"
    REFLINK = "reflink"
    COPY = "copy"


class ClassDirs(StrEnum):
    """What folders of classes are called: readers of such folders number the classes by their sorted names."""

    NAME = "name"
    LABEL = "label"


ARRAY_SIZES = (28, 64, 128, 224)
"""Sides that images can have in NPZ, as MedMNIST has them; the first unless another is asked for."""


@dataclass(frozen=True)
class Options:
    """What an export is to be like; None and `Mode.AUTO` leave the choice to the format.

    Attributes:
        parts: Names of the parts to export; empty: all.
        fold: The fold that becomes part ``val``, all others ``train``; None: every fold is a part.
        size: Side of the square that images (and maps that are resized) are made to fit, in pixels.
        maps: What becomes of attention maps.
        mode: How files that do not change come into the export.
        shard_size: Samples per tar of a WebDataset.
        class_dirs: What folders of classes are called: their name, or their label before it (``0_normal``).
    """

    parts: tuple[str, ...] = ()
    fold: int | None = None
    size: int | None = None
    maps: Maps | None = None
    mode: Mode = Mode.AUTO
    shard_size: int | None = None
    class_dirs: ClassDirs = ClassDirs.NAME
