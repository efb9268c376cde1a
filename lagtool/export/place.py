"""The folder of an export: a list of its files, so that only an earlier export is ever replaced."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lagtool.output.folder import Kind, check_output_folder, output_folder, read_marker
from lagtool.output.writing import sync_path, write_bytes

MARKER = "lagtool-export.json"
_KIND = "lagtool export"
_MAX_BYTES = 1 << 30


@contextmanager
def export_folder(folder: Path, *, force: bool, data_root: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder to write into, which is put in the place of ``folder`` when the block ends well.

    When it does not, nothing of it stays, and what was there before is untouched. The block ends with `write_marker`.

    Raises:
        LagtoolError: The place is taken or cannot be written into.
    """
    with output_folder(folder, _EXPORT, force=force, data_root=data_root) as made:
        write_marker(made, {}, [])  # so that the next run knows what a killed one left behind
        yield made


def write_marker(folder: Path, said: dict[str, Any], files: list[str]) -> None:
    """Write the file that makes a folder an export, with all that is said of it and its files, which are all there."""
    content = {"kind": _KIND, **said, "files": files}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_bytes(folder / MARKER, text.encode())  # in one step: half a marker is none, and nobody's to remove


def list_files(folder: Path) -> list[tuple[str, int]]:
    """Return path (POSIX, relative) and size of each file below a folder but the marker, sorted; links have size 0."""
    found = []
    for name in _walk(folder):
        path = folder / name
        if not _is_folder(path):
            facts = path.lstat()
            found.append((name, facts.st_size if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1 else 0))
    return sorted(item for item in found if item[0] != MARKER)


def _walk(folder: Path) -> Iterator[str]:
    """Yield the paths of all files, links and folders below a folder; links are not followed."""

    def fail(error: OSError) -> None:
        raise error  # else a folder that cannot be listed would be an empty one

    for place, folders, files in os.walk(folder, onerror=fail):
        below = Path(place).relative_to(folder)
        for name in (*folders, *files):
            yield (below / name).as_posix()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _first_foreign(folder: Path) -> str:
    """Return the path of something that no export has written, or empty: all of it is an export's."""
    said = read_marker(folder, MARKER, _KIND, _MAX_BYTES)
    listed = (said or {}).get("files")
    if not isinstance(listed, list):
        return f"no {MARKER}"
    files = {name for name in listed if isinstance(name, str)} | {MARKER}
    # Folders without files are nobody's work.
    foreign = (name for name in _walk(folder) if name not in files and not _is_folder(folder / name))
    return min(foreign, default="")


def _is_leftover(folder: Path) -> bool:
    """Whether it has a marker, or nothing yet but the beginning of one."""
    begun = all(path.name == MARKER or path.name.startswith(f".{MARKER}.") for path in folder.iterdir())
    return begun or read_marker(folder, MARKER, _KIND, _MAX_BYTES) is not None


def _sync(folder: Path) -> None:
    # Waiting for thousands of small files one by one takes longer than writing them; all at once does not.
    if hasattr(os, "sync"):
        os.sync()
        return
    for name, _size in list_files(folder):
        sync_path(folder / name)


_EXPORT = Kind("export", MARKER, _first_foreign, _is_leftover, _sync)

check_export_folder = partial(check_output_folder, kind=_EXPORT)
"""See `check_output_folder`."""
