"""The program around lagtool keeps its state: warnings, threads of OpenCV, logging, limits, environment, signals."""

import subprocess
import sys
import threading
import warnings
from pathlib import Path

import cv2

from lagtool.probe.threads import warnings_raised, without_opencv_threads, without_warnings
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree

_PROBE = """
import gc, importlib, locale, logging, os, pkgutil, signal, socket, sys, threading, warnings
import cv2, numpy, pandas, PIL.Image, PIL.ImageFile
cv2.setNumThreads(3)

def state():
    return (
        cv2.getNumThreads(), PIL.Image.MAX_IMAGE_PIXELS, PIL.ImageFile.LOAD_TRUNCATED_IMAGES, dict(os.environ),
        warnings.filters[:], logging.root.level, logging.root.handlers[:], numpy.get_printoptions(), numpy.geterr(),
        [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)], locale.setlocale(locale.LC_ALL),
        gc.get_threshold(), gc.get_freeze_count(), sys.getrecursionlimit(), sys.excepthook, sys.stdout, sys.stderr,
        pandas.get_option("display.max_rows"),
        socket.getdefaulttimeout(), threading.excepthook, os.getcwd(),
    )

import pyarrow, scipy.ndimage, scipy.special, scipy.optimize, simplejpeg  # whatever these change is theirs
before = state()
import lagtool
for module in pkgutil.walk_packages(lagtool.__path__, "lagtool."):
    if not module.name.endswith((".__main__", ".torch", ".backends", ".cluster", ".connecting")):
        importlib.import_module(module.name)
for number, (one, other) in enumerate(zip(before, state())):
    assert one == other, (number, one, other)
"""


def test_importing_every_module_changes_nothing_of_the_program_around_it() -> None:
    done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_drawing_and_scanning_in_this_process_give_back_the_threads_of_opencv(tmp_path: Path) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        write_synthetic_tree(tmp_path / "LAG", profile=load_profile("lag-part1"), scale=0.001, jobs=1)
        scan(tmp_path / "LAG", jobs=1)
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_threads_that_overlap_leave_the_filters_of_warnings_as_they_were() -> None:
    filters, steps = warnings.filters[:], threading.Barrier(2)
    shown: list[bool] = []

    def first() -> None:
        with without_warnings():
            steps.wait()  # both are inside
            steps.wait()
        steps.wait()  # the first has left before the second

    def second() -> None:
        steps.wait()
        with without_warnings():
            steps.wait()
            steps.wait()
            with warnings.catch_warnings(record=True) as caught:
                warnings.warn("not to be seen", stacklevel=1)
            shown.append(bool(caught))

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown == [False]
    assert warnings.filters[:] == filters


def test_warnings_become_errors_only_while_no_thread_is_kept_from_them() -> None:
    inside, leave, raised = threading.Event(), threading.Event(), threading.Event()

    def quiet() -> None:
        with without_warnings():
            inside.set()
            leave.wait()

    def strict() -> None:
        with warnings_raised():
            raised.set()

    threads = [threading.Thread(target=work) for work in (quiet, strict)]
    threads[0].start()
    inside.wait()
    threads[1].start()
    assert not raised.wait(0.05)
    leave.set()
    assert raised.wait(10)
    for thread in threads:
        thread.join()


def test_opencv_has_one_thread_until_the_last_leaves() -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(4)
    try:
        with without_opencv_threads():
            with without_opencv_threads():
                assert cv2.getNumThreads() == 1
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(before)
