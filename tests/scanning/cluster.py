"""A Dask cluster of processes of their own, as people start it: a scheduler, and workers that are told its address."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def wait_until(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return once something happened; fail when it takes too long."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def workers_of(pid: int) -> list[int]:
    """Return the worker processes that a process started, in any thread of its."""
    started = [
        int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [child for child in started if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


class Cluster:
    """A scheduler and workers of one thread each, until it is closed."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self._file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started = 0
        self._places: list[Path] = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", {})
        wait_until(self._is_up)
        self.address = str(json.loads(self._file.read_text())["address"])
        for _ in range(workers):
            self._start_worker(None)
        wait_until(lambda: all(self._has_joined(place) for place in self._places))

    def add_worker(self, *, packages: Path | None = None) -> None:
        """Start a worker, in a folder of its own; with other packages before the installed ones."""
        self._start_worker(packages)
        wait_until(lambda: self._has_joined(self._places[-1]))

    def _start_worker(self, packages: Path | None) -> None:
        paths = [str(CHECKOUT)] if packages is None else [str(packages), str(CHECKOUT)]
        self.workers.append(self._start("worker", "--nthreads", "1", {"PYTHONPATH": os.pathsep.join(paths)}))
        self._places.append(self.place_of(-1))

    @staticmethod
    def _has_joined(place: Path) -> bool:
        return "Registered to" in (place / "log").read_text()

    def place_of(self, number: int) -> Path:
        """Return the folder that a worker works in."""
        return Path(f"/proc/{self.workers[number].pid}/cwd").resolve()

    def _start(self, kind: str, *arguments: "str | dict[str, str]") -> "subprocess.Popen[bytes]":
        options = [argument for argument in arguments if isinstance(argument, str)]
        environment = {name: value for part in arguments if isinstance(part, dict) for name, value in part.items()}
        place = self.folder / f"{kind}-{self._started}"
        self._started += 1
        place.mkdir()
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options, "--no-dashboard"]
        with (place / "log").open("wb") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", str(self._file)],
                stdout=log,
                stderr=log,
                cwd=place,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT), "TMPDIR": str(place), **environment},
            )

    def _is_up(self) -> bool:
        try:
            return "address" in json.loads(self._file.read_text())
        except (OSError, ValueError):
            return False

    def kill_worker(self, number: int) -> None:
        """Kill the process that does the work; the one above it starts another."""
        for child in workers_of(self.workers[number].pid):
            os.kill(child, 9)

    def close(self) -> None:
        """End all of it, at once."""
        while self.workers:
            self.end_worker()
        self.scheduler.kill()
        self.scheduler.wait()

    def end_worker(self) -> None:
        """End the worker that was added last, for good."""
        process = self.workers.pop()
        started = workers_of(process.pid)
        process.kill()
        process.wait()
        for child in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)
