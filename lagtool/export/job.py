"""What a writer of one format is given, and what it gives back."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lagtool.export.options import Maps, Options
from lagtool.export.pictures import Wanted
from lagtool.export.plan import Plan
from lagtool.files import Store
from lagtool.output.progress import Advance


@dataclass(frozen=True, eq=False)
class Job:
    """One export in the making.

    Attributes:
        plan: Which samples, under which names.
        root: The files of the dataset; None: the format needs no pictures, and there may be none.
        folder: The empty folder to write into.
        options: What was asked for, with the format's own choice where nothing was.
        processes: How many work; None: one per usable core.
        advance: Called with the number of samples that are newly done.
    """

    plan: Plan
    root: Store | None
    folder: Path
    options: Options
    processes: int | None
    advance: Advance

    @property
    def maps(self) -> Maps:
        """What becomes of attention maps."""
        return self.options.maps or Maps.NONE

    @property
    def wanted(self) -> Wanted:
        """What workers make of each sample."""
        assert self.root is not None
        return Wanted(self.root.for_workers(), self.options.size, self.maps, self.plan.mask_maps)


class Written(NamedTuple):
    """What the README of an export says beside what every one does.

    Attributes:
        loading: Markdown: what the files are, and how to load them.
        front: What stands before all else (YAML between lines of dashes), or nothing.
        mode: How files came into the export, where they could have in several ways.
    """

    loading: str
    front: str = ""
    mode: str | None = None


@dataclass(frozen=True, eq=False)
class Export:
    """What was written.

    Attributes:
        folder: The folder.
        format: Name of the format.
        plan: Which samples, in which parts; what was left out, and remarks.
        mode: How files came into it, where they could have in several ways.
        files: Number of files.
        bytes: Their size; links to the dataset have none.
    """

    folder: Path
    format: str
    plan: Plan
    mode: str | None
    files: int
    bytes: int
