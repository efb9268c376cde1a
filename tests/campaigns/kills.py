"""kill -9 at random moments of every command that writes: the old output is there, or the whole new one."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.campaigns.commands import COMMANDS, Command, Ground

_ORPHANS = 5.0
_BAD = ("WRONG", "(wrong)", "not mended", "not cleaned", "orphans")
Tally = Counter[tuple[str, str]]


def list_bad(table: Tally) -> dict[tuple[str, str], int]:
    """Return the outcomes of a campaign that must not be."""
    return {key: number for key, number in table.items() if number and any(word in key[1] for word in _BAD)}


class Ended(NamedTuple):
    """How a run ended: exit code (negative: by that signal), what it said, seconds, processes that outlived it."""

    code: int
    said: str
    seconds: float
    orphans: int


class Launcher:
    """Runs ``lagtool`` with everything imported already; see `tests.campaigns.launcher`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ground.environment,
        )
        assert self._read() == "ready"

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(
        self, arguments: Sequence[str], *, after: float | None = None, number: signal.Signals = signal.SIGKILL
    ) -> Ended:
        """Run a command, and send it a signal ``after`` so many seconds."""
        errors = self._ground.folder / "stderr"
        request = {
            "arguments": list(arguments),
            "folder": str(self._ground.folder),
            "environment": self._ground.environment,
            "stderr": str(errors),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        child = int(self._read())
        begin = time.monotonic()
        if after is not None:
            time.sleep(after)
            if not _is_ended(child):
                os.kill(child, number)
        code = int(self._read())
        seconds = time.monotonic() - begin
        return Ended(code, errors.read_text(errors="replace"), seconds, _end_session(child))

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _is_ended(child: int) -> bool:
    """Whether a process is no more; nobody else takes its number while the launcher has not waited for it."""
    try:
        return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def _end_session(leader: int) -> int:
    """Wait until all processes of a session have ended; return how many had to be ended."""
    end = time.monotonic() + _ORPHANS
    while (left := _session(leader)) and time.monotonic() < end:
        time.sleep(0.02)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return len(left)


def prepare(ground: Ground, launcher: Launcher, command: Command) -> float:
    """Make the old and the new output of a command, twice, to be sure that both are always the same.

    Returns the seconds that making the new one over the old one takes.
    """
    seconds = 0.0
    for state in ("old", "new"):
        ground.clear()
        for again in (False, True):
            if again and command.adds:
                ground.clear()
            done = launcher.run(ground.command(command, state))
            assert done.code in (0, 1), f"{command.name}: {done}"
            assert not ground.litter(command), f"{command.name}: {ground.litter(command)}"
            if again:
                assert ground.state(command) == state, f"{command.name}: the same data give another output"
            ground.keep(command, state)
        if command.adds and state == "new":
            ground.lay_out(command, "old")
            launcher.run(ground.command(command, state))
            ground.keep(command, state)
        seconds = done.seconds
    return seconds


def kill_all(folder: Path, number: int, *, seed: int = 0, commands: Sequence[Command] = COMMANDS) -> Tally:
    """Kill ``number`` runs in all; return how often each command came to each outcome."""
    rng = random.Random(seed)
    tally: Tally = Counter()
    ground = Ground(folder)
    with Launcher(ground) as launcher:
        seconds = {command.name: prepare(ground, launcher, command) for command in commands}
        for turn in range(number):
            command = commands[turn % len(commands)]
            before = "none" if turn // len(commands) % 4 == 3 and not command.adds else "old"
            ground.lay_out(command, before)
            done = launcher.run(ground.command(command, "new"), after=rng.uniform(0, seconds[command.name] * 1.1))
            tally[command.name, "runs"] += 1
            tally[command.name, "killed" if done.code == -signal.SIGKILL else "ended"] += 1
            found = ground.state(command)
            wrong = found != "new" if done.code != -signal.SIGKILL else found not in (before, "new")
            tally[command.name, f"{found if found != before else 'as before'}{' (wrong)' if wrong else ''}"] += 1
            tally[command.name, "orphans"] += done.orphans
            litter = ground.litter(command)
            tally[command.name, "left something"] += bool(litter)
            if wrong:
                print(f"{command.name}: {before} became {found}: {sorted(ground.outputs.iterdir())}", file=sys.stderr)
            if litter or wrong or rng.random() < 0.1:
                again = launcher.run(ground.command(command, "new"))
                if again.code not in (0, 1) or ground.state(command) != "new":
                    tally[command.name, "not mended by the next run"] += 1
                    print(f"{command.name}: next run: {again}, {ground.state(command)}", file=sys.stderr)
                elif left := ground.litter(command):
                    tally[command.name, "not cleaned by the next run"] += 1
                    print(f"{command.name}: of {litter} stays {left}", file=sys.stderr)
    return tally
