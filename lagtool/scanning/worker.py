"""A worker process: calls come in through its standard input as pickles, answers leave by its standard output.

Started by `lagtool.scanning.processes` only. It ends when its parent does, whatever it is doing.
"""

import gc
import os
import pickle
import sys
import threading
import traceback
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

IDLE_SECONDS = 20.0
"""How long a worker waits for the next executor."""


def serve() -> None:
    """Answer calls until the parent closes the input, or leaves the worker alone for long."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    gc.set_threshold(100_000, 50, 50)  # rows hold no cycles
    import lagtool.scanning.rows  # noqa: F401 - what decodes pictures, while the parent imports what it needs itself

    gc.freeze()
    calls: SimpleQueue[tuple[Any, Any, Any] | None] = SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, calls), daemon=True).start()
    _send(answers, None)  # ready
    context, used = None, False
    answer: tuple[Any, Exception | None]
    while True:
        try:
            call = calls.get(timeout=None if used else IDLE_SECONDS)
        except Empty:
            os._exit(0)  # at once: the parent must not find a worker that is about to end
        if call is None:  # its executor is done
            context, used = None, False
            continue
        work, begin, chunk = call
        if work is None:
            context, used = begin, True
            continue
        try:
            answer = (work(context, chunk), None)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            error.add_note(traceback.format_exc())
            answer = (None, error)
        _send(answers, answer)


def _receive(source: BinaryIO, calls: "SimpleQueue[tuple[Any, Any, Any] | None]") -> None:
    try:
        while True:
            calls.put(pickle.load(source))  # noqa: S301 - from the process that started this one
    except (EOFError, pickle.UnpicklingError):
        os._exit(0)  # the parent ended, or has no use for it


def _send(target: BinaryIO, answer: Any) -> None:
    try:
        pickle.dump(answer, target)
        target.flush()
    except BrokenPipeError:
        os._exit(0)
