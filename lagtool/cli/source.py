"""SOURCE, the argument of every command: a tree or a manifest."""

from pathlib import Path
from typing import TYPE_CHECKING

from lagtool.cli.progress import progress
from lagtool.display import show
from lagtool.errors import LagtoolError

if TYPE_CHECKING:
    from lagtool.manifest import Manifest


def open_source(source: str, *, profile: str = "auto", jobs: int | None = None, quiet: bool = False) -> "Manifest":
    """Return the manifest of a tree (scanned now, with a progress bar) or the one in a file.

    Raises:
        LagtoolError: There is no such thing, it is neither, or the profile contradicts the manifest's.
    """
    path = Path(source)
    if path.is_dir():
        from lagtool.scanner import scan
        from lagtool.tree import read_tree

        tree = read_tree(path, profile)
        with progress("Scanning", len(tree.samples), "samples", quiet=quiet) as advance:
            return scan(tree, jobs=jobs, advance=advance)
    if not path.exists():
        raise LagtoolError(f"no such file or folder: {show(source)}")
    from lagtool.manifest import SUFFIXES, read_manifest

    if path.suffix.lower() not in SUFFIXES:
        raise LagtoolError(
            f"{show(source)} is neither a folder nor a manifest ({', '.join(SUFFIXES)}): name one of these"
        )
    from lagtool.choice import rejudge

    return rejudge(read_manifest(path), profile)


def data_root(source: str) -> Path | None:
    """Return the folder that must not be written into: SOURCE itself where it is one."""
    path = Path(source)
    return path if path.is_dir() else None
