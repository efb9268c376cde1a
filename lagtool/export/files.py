"""Files of samples in the folder of an export: linked, cloned, copied, or made anew.

Workers import this module: nothing that takes long to import is imported here.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lagtool.errors import LagtoolError
from lagtool.export.job import Job
from lagtool.export.options import Maps, Mode
from lagtool.export.pictures import (
    Task,
    Wanted,
    list_tasks,
    make_sample,
    make_upright,
    map_tasks,
    read_proven,
    suffix_of,
)
from lagtool.files import open_store
from lagtool.text import show

try:
    import fcntl
except ImportError:  # Windows has no clones of this kind
    fcntl = None  # type: ignore[assignment]

_FICLONE = 0x40049409  # of <linux/fs.h>: give a file the blocks of another, to be copied when one of them changes
_TRIAL = "lagtool-trial"


class Place(NamedTuple):
    """Where files go, and how."""

    wanted: Wanted
    folder: str
    mode: Mode


class Entry(NamedTuple):
    """One sample, and the paths of its files in the export, POSIX; None: it has no map there."""

    task: Task
    image: str
    map: str | None


def list_entries(job: Job, images: Sequence[str], maps: Sequence[str]) -> list[Entry]:
    """Return the files of all samples, given their paths without suffix, and make the folders that they lie in."""
    tasks = list_tasks(job.plan.samples, job.maps)
    resized = job.maps is Maps.RESIZED
    entries = [
        Entry(
            task,
            image + (suffix_of(task.image) if job.options.size is None else ".jpg"),
            None if task.map is None else place + (".png" if resized else suffix_of(task.map)),
        )
        for task, image, place in zip(tasks, images, maps, strict=True)
    ]
    paths = [path for entry in entries for path in (entry.image, entry.map) if path is not None]
    for folder in sorted({path.rpartition("/")[0] for path in paths}):
        (job.folder / folder).mkdir(parents=True, exist_ok=True)
    return entries


def place_files(job: Job, entries: Sequence[Entry]) -> Mode:
    """Put the files of all samples into the export and return how.

    Raises:
        LagtoolError: A file is not the one that was indexed, or the way asked for is not possible there.
    """
    wanted = job.wanted
    unchanged = job.options.size is None or job.maps is Maps.AS_IS
    mode = _mode_for(job, wanted, entries[0].task.image) if unchanged else Mode.COPY
    place = Place(wanted, str(job.folder.resolve()), mode)
    for done, _ in map_tasks(_place_chunk, place, entries, job.processes):
        job.advance(done)
    return mode


def _mode_for(job: Job, wanted: Wanted, image: str) -> Mode:
    folder, mode = wanted.root.folder, job.options.mode
    if folder is not None:
        return choose_mode(mode, folder / image, job.folder)
    if mode not in (Mode.AUTO, Mode.COPY):
        raise LagtoolError(f"no {mode.value} to {show(str(wanted.root))} can be made: use --mode auto or copy")
    return Mode.COPY


def choose_mode(mode: Mode, source: Path, folder: Path) -> Mode:
    """Return a way to bring files like ``source`` into ``folder`` that works: the one asked for, or the cheapest.

    `Mode.AUTO` takes clones, which share their blocks with the dataset until one side changes, then symbolic links,
    then copies. Never hard links: they change the inodes of the dataset, which is then read again by an update.

    Raises:
        LagtoolError: The way asked for is not possible there.
    """
    trials = (Mode.REFLINK, Mode.LINK, Mode.COPY) if mode is Mode.AUTO else (mode,)
    for trial in trials:
        if trial is Mode.COPY:
            break
        target = folder / _TRIAL
        try:
            _bring(trial, str(source), str(target))
        except (OSError, NotImplementedError) as error:
            if mode is not Mode.AUTO:
                reason = getattr(error, "strerror", None) or error
                raise LagtoolError(
                    f"no {mode.value} from {show(source)} can be made in {show(folder.parent)} ({reason}): use --mode "
                    "auto, link or copy"
                ) from None
        else:
            return trial
        finally:
            target.unlink(missing_ok=True)
    return Mode.COPY


def _place_chunk(place: Place, entries: Sequence[Entry]) -> None:
    wanted = place.wanted
    for task, image, map_place in entries:
        change_image, change_map = wanted.size is not None, wanted.maps is Maps.RESIZED and task.map is not None
        made = make_sample(wanted, task) if change_image or change_map else None
        if made is not None and change_image:
            _write(place, image, made.image)
        else:
            _place(place, task.image, task.image_sha256, image)
        if task.map is None or map_place is None:
            continue
        if made is not None and made.map is not None and change_map:
            _write(place, map_place, made.map)
        else:
            _place(place, task.map, task.map_sha256 or "", map_place)


def _place(place: Place, source: str, sha256: str, target: str) -> None:
    """Bring a file into the export by the mode of ``place``; one that some readers would turn is written anew."""
    root, folder = place.wanted.root, place.folder
    if place.mode in (Mode.COPY, Mode.LINK):
        data = read_proven(root, source, sha256)
        made = make_upright(data)
        if place.mode is Mode.COPY or made is not data:
            _write(place, target, made)
        else:
            os.symlink(f"{root}/{source}", f"{folder}/{target}")  # noqa: PTH211 - a str will do
        return
    _bring(place.mode, f"{root}/{source}", f"{folder}/{target}")
    try:
        data = read_proven(open_store(folder), target, sha256)  # what came, whatever lies there now
    except LagtoolError:
        read_proven(root, source, sha256)  # names the file of the dataset
        raise
    if (made := make_upright(data)) is not data:
        os.unlink(f"{folder}/{target}")  # noqa: PTH108 - a str will do
        _write(place, target, made)


def _bring(mode: Mode, source: str, target: str) -> None:
    if mode is Mode.LINK:
        os.symlink(source, target)  # noqa: PTH211 - a str will do
    elif mode is Mode.HARDLINK:
        os.link(source, target, follow_symlinks=False)
    elif fcntl is None:
        raise NotImplementedError("this system has no clones of files")
    else:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK
        reading = os.open(source, flags)
        try:
            with open(target, "xb") as file:  # noqa: PTH123 - a str will do
                fcntl.ioctl(file.fileno(), _FICLONE, reading)
        finally:
            os.close(reading)


def _write(place: Place, target: str, data: bytes) -> None:
    with open(f"{place.folder}/{target}", "xb") as file:  # noqa: PTH123 - a str will do
        file.write(data)
