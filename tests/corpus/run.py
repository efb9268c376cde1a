"""Running a case: in this process, or in one of its own that is measured."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.meter import read_peak
from tests.corpus.case import PATIENCE, Case, complain, prepare
from tests.trees import snapshot

_ROOM = 12 << 30
"""Address space of a measured process: a case that asks for more fails instead of taking the machine with it."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case: what was wrong, seconds of processors, and MB (resident) of its largest process."""

    wrong: tuple[str, ...]
    seconds: float
    megabytes: float
    hung: bool = False


def run_measured(case: Case, place: Path, *, baseline: float = 0.0) -> Outcome:
    """Run a case in a process of its own, under a limit of time and memory, and judge its answer.

    Args:
        case: The case.
        place: An empty folder.
        baseline: What the command takes on sound input, in MB; the limit of memory is on what it takes beyond.
    """
    prepare(case, place)
    before = snapshot(place / "LAG")
    code, out, err, seconds, peak = execute(case.command, place, case.seconds * PATIENCE)
    if code is None:
        return Outcome((f"still running after {case.seconds * PATIENCE:g} s",), seconds, peak, hung=True)
    wrong = complain(case, code, out, err)
    if snapshot(place / "LAG") != before:
        wrong.append("the dataset was changed")
    if seconds > case.seconds:
        wrong.append(f"{seconds:.1f} s of processors")
    if peak > baseline + case.megabytes:
        wrong.append(f"{peak:,.0f} MB, {baseline:,.0f} on sound input")
    return Outcome(tuple(wrong), seconds, peak)


def execute(command: Sequence[str], place: Path, limit: float) -> tuple[int | None, str, str, float, float]:
    """Return exit code (None: killed at the limit), stdout, stderr, processor seconds, MB of the largest process."""
    outputs = [place / ".stdout", place / ".stderr"]
    started = time.perf_counter()
    with outputs[0].open("wb") as out, outputs[1].open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "lagtool", *command],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            env=environment(),
        )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_ROOM, _ROOM))
        status, seconds, peak = _wait(process.pid, started + limit)
    process.returncode = 0  # it was waited for
    texts = [path.read_bytes().decode("utf-8", "surrogateescape") for path in outputs]
    code = None if status is None else os.waitstatus_to_exitcode(status)
    return code, texts[0], texts[1], seconds, peak


def environment() -> dict[str, str]:
    """Return the environment that cases run in: no settings of the user, UTF-8 whatever the machine has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAGTOOL_")}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1", "COLUMNS": "80", "NO_COLOR": "1"}


def _wait(pid: int, deadline: float) -> tuple[int | None, float, float]:
    """Return status (None: killed at the deadline), seconds of processors, and MB at the most."""
    peak, killed = 0.0, False
    while True:
        peak = max(peak, read_peak(pid) / (1 << 20))
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return None if killed else status, usage.ru_utime + usage.ru_stime, peak
        if time.perf_counter() > deadline and not killed:
            os.killpg(pid, signal.SIGKILL)
            killed = True
        time.sleep(0.005)
