"""Seconds and peak memory of a command with all the processes that it starts."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LAGTOOL = [sys.executable, "-m", "lagtool"]
_PROC = Path("/proc")
_INTERVAL = 0.05


@dataclass(frozen=True, slots=True)
class Measure:
    """One run of a command.

    Attributes:
        seconds: Wall time: of the whole command, or what the command itself printed (see `run`).
        peak: Most bytes that the command and all its descendants held at one time (PSS: shared pages count once);
            None where it was not watched.
        parent: Most bytes that the first process alone held.
    """

    seconds: float
    peak: int | None = None
    parent: int | None = None


class CommandFailed(Exception):
    """The command did not end with exit code 0."""


def run(command: Sequence[str], *, watch: bool = False, own_clock: bool = False, cwd: Path | None = None) -> Measure:
    """Run ``command`` to its end.

    Args:
        command: Program and arguments.
        watch: Whether to sample the memory meanwhile; that takes some of the machine, so such a run is a bad timing.
        own_clock: Whether the command prints ``{"seconds": ...}`` last, which then counts in place of the wall time.
        cwd: Where to run it.

    Raises:
        CommandFailed: It ended with another exit code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)
    watcher = _Watcher(process.pid) if watch and (_PROC / "self" / "smaps_rollup").exists() else None
    if watcher:
        watcher.start()
    out, err = process.communicate()
    seconds = time.perf_counter() - started
    if watcher:
        watcher.stop()
    if process.returncode != 0:
        last = (err.strip() or out.strip() or "no message").splitlines()[-1]
        raise CommandFailed(f"exit code {process.returncode}: {last}")
    if own_clock:
        seconds = float(json.loads(out.strip().splitlines()[-1])["seconds"])
    return Measure(seconds, watcher.peak if watcher else None, watcher.parent if watcher else None)


def median(measures: Sequence[Measure]) -> float:
    """Return the median of the seconds."""
    return statistics.median(measure.seconds for measure in measures)


def megabytes(size: int | None) -> str:
    """Return ``size`` in MB, for a table."""
    return "–" if size is None else f"{size / 1e6:,.0f} MB"


def processor_seconds(pid: int) -> float:
    """Return the seconds of processors that a process and its descendants used, ended ones included; 0 off Linux."""
    if not _PROC.is_dir():
        return 0.0
    ticks = 0
    for member in _family(pid):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, (_PROC / str(member) / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def read_peak(pid: int) -> int:
    """Return the most bytes (resident) that a process held so far; 0 where it ended, or off Linux.

    `os.wait4` and ``getrusage`` will not do: they count what the process that started it held.
    """
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


@contextlib.contextmanager
def watch_memory() -> Iterator[Callable[[], int | None]]:
    """Sample the memory of this process and its descendants; yield a function that tells the peak in bytes (PSS)."""
    watcher = _Watcher(os.getpid()) if (_PROC / "self" / "smaps_rollup").exists() else None
    if watcher:
        watcher.start()
    try:
        yield lambda: watcher.peak if watcher else None
    finally:
        if watcher:
            watcher.stop()


class _Watcher(threading.Thread):
    """Samples the proportional set sizes of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.parent = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_INTERVAL):
            sizes = {pid: _read_pss(pid) for pid in _family(self._pid)}
            self.peak = max(self.peak, sum(sizes.values()))
            self.parent = max(self.parent, sizes.get(self._pid, 0))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _family(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                # The name in brackets may hold anything: count from behind it.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue  # ended meanwhile
    family = [pid]
    for member in family:
        family.extend(child for child, parent in parents.items() if parent == member)
    return family


def _read_pss(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
