"""Worker processes of this machine as an executor that survives the death of any of them.

`concurrent.futures.ProcessPoolExecutor` gives up all its calls when one process dies, imports the caller's main module
into each, and takes Python files of the current folder for modules. These workers are plain child processes that speak
through pipes: nothing is shared, a death costs the one call that was under way, and the end of the parent ends them.
"""

import atexit
import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import lagtool
from lagtool.errors import LagtoolError

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from lagtool.scanning.worker import serve; serve()"
_NOT_STARTED = "cannot start worker processes: try with one process (--jobs 1, or jobs=1)"
_KILL_SECONDS = 5.0


class WorkerDiedError(Exception):
    """The process that did a call died of it, or was killed."""


def _environment() -> dict[str, str]:
    """Return the variables that a worker started with or would start with, but for the one that importing cv2 sets."""
    return {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}


class _Worker:
    """One child process. Used by one thread at a time."""

    def __init__(self) -> None:
        self._environment = _environment()
        # In a session of its own: Ctrl-C in a terminal is for the parent to handle.
        flag = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # on Windows
        # -P: Python files of the current folder are no modules. An empty entry of the path means that folder.
        paths = [*(str(path) for path in sys.path if path), str(Path(lagtool.__file__).parents[1])]
        flags = ["-P", *(["-B"] if sys.dont_write_bytecode else []), "-X", f"utf8={sys.flags.utf8_mode}"]
        try:
            self._process = subprocess.Popen(
                [sys.executable, *flags, "-c", _BOOT, json.dumps(paths)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                creationflags=flag,
            )
        except OSError:
            raise LagtoolError(_NOT_STARTED) from None
        self._ready = False
        _living.add(self)

    def begin(self, context: Any) -> None:
        """Give it what all calls need.

        Raises:
            LagtoolError: It did not start.
        """
        try:
            if not self._ready:
                self._receive()
                self._ready = True
            self._send((None, context, None))
        except WorkerDiedError:
            self.kill()  # nothing was asked of it yet: no file is to blame
            raise LagtoolError(_NOT_STARTED) from None

    def call(self, work: Callable[..., Any], chunk: Any) -> Any:
        """Return ``work(context, chunk)``.

        Raises:
            WorkerDiedError: It died.
            Exception: What ``work`` raises.
        """
        self._send((work, None, chunk))
        answer, error = self._receive()
        if error is not None:
            raise error
        return answer

    def leave(self) -> bool:
        """Take its context away; return whether it lives, and can be used again."""
        with suppress(WorkerDiedError):
            self._send(None)
        return self._process.poll() is None

    def is_usable(self) -> bool:
        """Whether it lives, in the environment of this moment."""
        return self._process.poll() is None and self._environment == _environment()

    def kill(self) -> None:
        """End it at once, also where it is stopped or waits for something that never comes."""
        _living.discard(self)
        self._process.kill()
        self._close()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError, ValueError):
                assert pipe is not None
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILL_SECONDS)

    def _send(self, message: Any) -> None:
        packed = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)  # whole, before any of it is on its way
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(packed)
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise WorkerDiedError from None

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        try:
            return pickle.load(self._process.stdout)  # noqa: S301 - from a process that this one started
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            raise WorkerDiedError from None


_living: "WeakSet[_Worker]" = WeakSet()
_idle: list[_Worker] = []
_lock = threading.Lock()


def start_idle(number: int) -> None:
    """Start workers for the next executor: they import what they need while the caller does."""
    with suppress(LagtoolError), _lock:
        _drop_unusable()
        _idle.extend(_Worker() for _ in range(number - len(_idle)))


def _drop_unusable() -> None:
    """Forget idle workers that ended by themselves, or started with other variables."""
    for worker in [worker for worker in _idle if not worker.is_usable()]:
        _idle.remove(worker)
        worker.kill()


@atexit.register
def kill_workers() -> None:
    """Kill all workers: the end of the parent ends them too, but for one that is stopped."""
    for worker in list(_living):
        worker.kill()
    _idle.clear()


class ProcessExecutor(Executor):
    """Up to ``number`` processes; calls are ``submit(work, chunk)`` and return ``work(context, chunk)``.

    A call whose process dies raises `WorkerDiedError`; the others go on. Left by ``with`` after an exception, it kills
    what is under way; else its processes wait a while for the next executor.
    """

    def __init__(self, number: int, context: Any) -> None:
        """``context`` is given to each process once."""
        self._context = context
        self._threads = ThreadPoolExecutor(number, thread_name_prefix="lagtool")
        self._free: list[_Worker] = []
        self._all: list[_Worker] = []
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Hand a call to a process; ``fn`` is a function of a module."""
        assert len(args) == 1 and not kwargs
        return self._threads.submit(self._call, fn, args[0])

    def _call(self, work: Callable[..., Any], chunk: Any) -> Any:
        worker = self._take()
        try:
            answer = worker.call(work, chunk)
        except WorkerDiedError:
            with _lock:
                self._all.remove(worker)
            worker.kill()
            raise
        except BaseException:
            self._free.append(worker)
            raise
        self._free.append(worker)
        return answer

    def _take(self) -> _Worker:
        with _lock:
            if self._closed:
                raise WorkerDiedError
            if self._free:
                return self._free.pop()
            _drop_unusable()
            worker = _idle.pop(0) if _idle else _Worker()
            self._all.append(worker)
        worker.begin(self._context)
        return worker

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End when all calls are done; with ``cancel_futures``, at once."""
        if cancel_futures:
            with _lock:
                self._closed = True
                workers = list(self._all)
            for worker in workers:
                worker.kill()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        if not cancel_futures:
            living = [worker for worker in self._free if worker.leave()]
            with _lock:
                _idle.extend(living)
        self._free, self._all = [], []

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Shut down: at once, where the block raised."""
        self.shutdown(cancel_futures=kind is not None)
