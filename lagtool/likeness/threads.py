"""Threads: none beside the one that works, where processes fill the cores already."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import cv2
from threadpoolctl import threadpool_limits

Given = ParamSpec("Given")
Result = TypeVar("Result")


def in_one_thread(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return ``work`` so that OpenCV and the linear algebra below numpy start no threads in it.

    Threads of several processes that wait for each other's cores cost more than they bring, and on small matrices they
    bring nothing at all.
    """

    @functools.wraps(work)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _alone():
            return work(*args, **kwargs)

    return run


_lock = threading.Lock()
_inside: list[tuple[int, Any]] = []  # what to return to, as often as there are threads inside: the limits are global


@contextmanager
def _alone() -> Iterator[None]:
    with _lock:
        _inside.append(_inside[0] if _inside else (cv2.getNumThreads(), threadpool_limits(1)))
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        with _lock:
            before, limits = _inside.pop()
            if not _inside:
                cv2.setNumThreads(before)
                limits.restore_original_limits()
