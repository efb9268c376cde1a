"""SOURCE, the argument of every command: a tree or a manifest."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from lagtool.cli.progress import progress
from lagtool.depth import Depth
from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.workers import prepare

if TYPE_CHECKING:
    from lagtool.manifest import Manifest


def open_source(
    source: str, *, profile: str = "auto", depth: Depth | None = None, jobs: int | None = None, quiet: bool = False
) -> "Manifest":
    """Return the manifest of a tree (scanned now, with a progress bar) or the one in a file.

    Raises:
        LagtoolError: There is no such thing, it is neither, or the profile contradicts the manifest's.
    """
    if not source:  # a variable of the shell that is not set; Path would take it for the current folder
        raise LagtoolError("SOURCE is empty: name a folder or a manifest ('.' is the current folder)")
    path = Path(source)
    if path.is_dir():
        prepare(jobs)
        from lagtool.ahead import begin_scan
        from lagtool.tree import read_tree

        tree = read_tree(path, profile)
        with begin_scan(tree, depth or Depth(), jobs) or nullcontext() as ahead:
            from lagtool.scanner import scan

            with progress("Scanning", len(tree.samples), "samples", quiet=quiet) as advance:
                return scan(tree, depth=depth, jobs=jobs, advance=advance, ahead=ahead)
    if not path.exists():
        raise LagtoolError(f"no such file or folder: {show(source)}")
    from lagtool.manifest import read_manifest
    from lagtool.output import SUFFIXES

    if path.suffix.lower() not in SUFFIXES:
        raise LagtoolError(
            f"{show(source)} is neither a folder nor a manifest ({', '.join(SUFFIXES)}): name one of these"
        )
    from lagtool.choice import rejudge

    return rejudge(read_manifest(path), profile)


def data_root(source: str, profile: str = "auto") -> Path | None:
    """Return the folder that must not be written into: the root of the data set that SOURCE is or holds.

    None where SOURCE is no folder. Where it is one without a data set in it, that is said when it is read.
    """
    path = Path(source)
    if not path.is_dir():
        return None
    from lagtool.profile import load_profile
    from lagtool.root import find_root

    try:
        return find_root(path, load_profile("lag" if profile == "auto" else profile))
    except LagtoolError:
        return path
