"""Orders: chunks of work as they go to a worker of a cluster, with the terms that it has to meet.

A worker imports this module when it gets its first order, and a worker that joins in the middle of a scan is held to
the same terms as those that were there at its beginning.
"""

import pickle
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.reading import PICTURE_LIMIT
from lagtool.text import show

PACKAGES = ("lagtool", "numpy", "simplejpeg", "pillow", "opencv-python-headless", "pyarrow")
"""Packages, by the name that they are installed by, whose versions can alter what comes out."""

Versions = dict[str, str]
Sight = tuple[Store, str, int]
"""A data set, a file below it, and how many bytes that has: what a worker has to see."""

_seen: set[tuple[str, str, int]] = set()


def python_version(words: str) -> str:
    """Return the part of a version of Python that alters what comes out: ``3.11`` of ``3.11.4.final.0``."""
    return ".".join(words.split(".")[:2])


@cache
def own_versions() -> Versions:
    """Return the versions of this process."""
    found = {"python": python_version(sys.version.split()[0])}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def name_differences(here: Versions, there: Versions) -> str:
    """Say which versions differ: ``numpy 2.4.6 (here: 2.3.0)``; empty where none does."""
    return ", ".join(
        f"{name} {there.get(name, 'none')} (here: {known})"
        for name, known in here.items()
        if there.get(name, "none") != known
    )


def pack_order(versions: Versions, sight: Sight | None, work: Any, context: Any, chunk: Sequence[Any]) -> bytes:
    """Return an order as bytes: nothing on the way has to look into it, or be able to."""
    return pickle.dumps((versions, sight, pickle.dumps((work, context, chunk))))


def follow_order(order: bytes) -> Any:
    """Do a chunk of work on a worker, once it is clear that it may.

    Raises:
        LagtoolError: This worker has other versions, or does not see the data set.
    """
    versions, sight, packed = pickle.loads(order)  # noqa: S301 - a cluster runs what its clients send: that is its use
    if differences := name_differences(versions, own_versions()):
        raise LagtoolError(describe_other(f"worker {_name()}", differences))
    if sight is not None and (name := (str(sight[0]), *sight[1:])) not in _seen:
        if wrong := look(sight):
            raise LagtoolError(describe_blind(_name(), sight, wrong))
        _seen.add(name)
    work, context, chunk = pickle.loads(packed)  # noqa: S301
    return work(context, chunk)


def spot(store: Store, path: str | None) -> Sight | None:
    """Return what a worker has to see, from what this process does; None where there is nothing to see."""
    size = None if path is None else store.read(path, PICTURE_LIMIT, head=1).size
    return None if path is None or size is None else (store, path, size)


def look(sight: Sight) -> str:
    """Return what is wrong with what this process sees of a data set; empty where it is right."""
    store, path, size = sight
    seen = store.read(path, PICTURE_LIMIT, head=1).size
    if seen is None:
        return "does not exist" if store.folder is not None and not store.folder.is_dir() else f"has no {path}"
    return "" if seen == size else f"holds another {path} ({seen:,} bytes, here {size:,})"


def describe_blind(worker: str, sight: Sight, wrong: str) -> str:
    """Say that a worker does not see the data set."""
    return f"{show(str(sight[0]))} {wrong} on worker {worker}: every worker needs the data set at the same path"


def describe_other(worker: str, differences: str) -> str:
    """Say that a worker has other versions."""
    return f"{worker} has {differences}: install the same versions everywhere"


def _name() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return "?"
