"""State of the whole process, which belongs to the program around lagtool: changed only while lagtool works."""

import functools
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


class _Held:
    """A change of the process's state that lasts from the first thread that enters to the last that leaves.

    Each thread that saved and restored the state by itself would in the end put back what another one had changed.
    """

    def __init__(self, change: Callable[[], AbstractContextManager[object]]) -> None:
        self._change = change
        self._lock = threading.Condition()
        self._inside = 0
        self._held: AbstractContextManager[object] | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._held = self._change()
                self._held.__enter__()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside and self._held is not None:
                    self._held.__exit__(None, None, None)
                    self._lock.notify_all()

    @contextmanager
    def kept_out(self) -> Iterator[None]:
        """Wait until no thread is inside, and let none in; not to be entered by a thread that is inside."""
        with self._lock:
            self._lock.wait_for(lambda: not self._inside)
            yield


@contextmanager
def _opencv_alone() -> Iterator[None]:
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


@contextmanager
def _all_alone() -> Iterator[None]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), without_opencv_threads():
        yield


without_warnings = _Held(lambda: warnings.catch_warnings(action="ignore"))
"""A context in which Python's warnings are not shown, and are no errors either, whatever the program's filters say."""


@contextmanager
def warnings_raised() -> Iterator[None]:
    """Make errors of Python's warnings, for a moment in which no thread is `without_warnings`."""
    with without_warnings.kept_out(), warnings.catch_warnings(action="error"):
        yield


without_opencv_threads = _Held(_opencv_alone)
"""A context in which OpenCV starts no threads: processes or threads of our own fill the cores already."""

_without_threads = _Held(_all_alone)


def in_one_thread(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return ``work`` so that OpenCV and the linear algebra below numpy start no threads in it.

    Threads of several processes that wait for each other's cores cost more than they bring, and on small matrices they
    bring nothing at all.
    """

    @functools.wraps(work)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _without_threads():
            return work(*args, **kwargs)

    return run
