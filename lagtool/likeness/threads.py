"""Threads: none beside the one that works, where processes fill the cores already."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

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
        before = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            with threadpool_limits(1):
                return work(*args, **kwargs)
        finally:
            cv2.setNumThreads(before)

    return run
