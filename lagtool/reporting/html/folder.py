"""The folder of a report: which files are its own, so that only an earlier report is ever replaced."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from lagtool import __version__
from lagtool.output.folder import Kind, check_output_folder, output_folder, read_marker
from lagtool.output.writing import sync_path

PAGE, CSV, MARKER = "index.html", "findings.csv", "lagtool-report.json"
_TOP = {PAGE, CSV, MARKER}
_KIND = "lagtool report"
_THUMBNAIL = re.compile(r"thumbnails/[0-9]{4}/[0-9]{7}\.(?:jpg|png)")
_FOLDERS = re.compile(r"thumbnails(?:/[0-9]{4})?")


@contextmanager
def report_folder(folder: Path, *, force: bool, data_root: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder to write into, which is put in the place of ``folder`` when the block ends well.

    When it does not, nothing of it stays, and what was there before is untouched.

    Raises:
        LagtoolError: The place is taken or cannot be written into.
    """
    with output_folder(folder, _REPORT, force=force, data_root=data_root) as made:
        yield made
        said = {"kind": _KIND, "tool_version": __version__}
        (made / MARKER).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def _first_foreign(folder: Path) -> str:
    """Return the path of something that no report has written, or empty: all of it is a report's."""
    found = [path for path in sorted(folder.rglob("*")) if not _is_ours(folder, path)]
    if found:
        return found[0].relative_to(folder).as_posix()
    return "" if read_marker(folder, MARKER, _KIND) is not None else f"no {MARKER}"


def _is_ours(folder: Path, path: Path) -> bool:
    name = path.relative_to(folder).as_posix()
    if path.is_symlink():
        return False
    if path.is_dir():
        return _FOLDERS.fullmatch(name) is not None
    return name in _TOP or _THUMBNAIL.fullmatch(name) is not None


def _is_leftover(folder: Path) -> bool:
    return all(_is_ours(folder, inner) for inner in folder.rglob("*"))


def _sync(folder: Path) -> None:
    # Thumbnails are not waited for one by one: that takes longer than making them, and they can be made again.
    for name in sorted(_TOP):
        sync_path(folder / name)


_REPORT = Kind("report", MARKER, _first_foreign, _is_leftover, _sync)

check_report_folder = partial(check_output_folder, kind=_REPORT)
"""See `check_output_folder`."""
