"""Each call that writes fails once: no space, a broken disk, no quota, no right; by ``strace``, which must be there.

A command is watched first; each call of its main thread that makes, fills, syncs, renames or links something among the
outputs or temporary files is then made to fail in a run of its own.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.campaigns.commands import COMMANDS, Command, Ground
from tests.campaigns.kills import Launcher, Tally, prepare

ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EACCES")
_CALLS = (
    "openat",
    *("write", "pwrite64", "writev", "copy_file_range", "sendfile", "ftruncate", "fsync", "fdatasync"),
    *("rename", "renameat", "renameat2", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat"),
)
_LINE = re.compile(r"(?P<thread>[0-9]+) +(?P<call>[a-z0-9_]+)\((?P<rest>.*)")


class Site(NamedTuple):
    """One call of the main thread: its name, which of that name it is, and how strace writes it."""

    call: str
    number: int
    line: str


class Failed(NamedTuple):
    """How a run with a fault ended: exit code, stderr, and the call that failed, empty where none did."""

    code: int
    said: str
    injected: str


def _trace(ground: Ground, arguments: Sequence[str], *options: str) -> Failed:
    log = ground.folder / "strace.log"
    command = ["strace", "-f", "-y", "-qq", "-s", "0", "-o", str(log), "-e", f"trace={','.join(_CALLS)}", *options]
    done = subprocess.run(
        [*command, sys.executable, "-m", "lagtool", *arguments],
        cwd=ground.folder,
        env=ground.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        timeout=300,
    )
    failed = [line for line in log.read_text(errors="replace").splitlines() if "(INJECTED)" in line]
    return Failed(done.returncode, done.stderr, failed[0] if failed else "")


def find_sites(ground: Ground, arguments: Sequence[str]) -> list[Site]:
    """Return the calls of a command that write among the outputs or temporary files."""
    done = _trace(ground, arguments)
    assert done.code in (0, 1), done
    return list(_read_sites(ground, (ground.folder / "strace.log").read_text(errors="replace")))


def _read_sites(ground: Ground, log: str) -> Iterator[Site]:
    seen: Counter[str] = Counter()
    main = log.partition(" ")[0]
    for line in log.splitlines():
        found = _LINE.match(line)
        if found is None or found["thread"] != main:
            continue
        seen[found["call"]] += 1
        rest = found["rest"]
        ours = str(ground.outputs) in rest or str(ground.temporary) in rest
        writes = found["call"] != "openat" or any(flag in rest for flag in ("O_WRONLY", "O_RDWR", "O_CREAT"))
        if ours and writes:
            yield Site(found["call"], seen[found["call"]], rest)


def fail_all(
    folder: Path, *, commands: Sequence[Command] = COMMANDS, most: int = 40, errors: Sequence[str] = ERRORS
) -> tuple[Tally, Tally]:
    """Let calls fail, at most about ``most`` times per command; return outcomes by command, and by error and call.

    Of a command with few calls each fails with every error; of one with many each with one of them, in turn.
    """
    by_command: Tally = Counter()
    by_call: Tally = Counter()
    ground = Ground(folder, samples=2)
    for command in commands:
        with Launcher(ground) as launcher:
            prepare(ground, launcher, command)
        ground.lay_out(command, "old")
        arguments = ground.command(command, "new")
        sites = find_sites(ground, arguments)
        assert sites, f"{command.name} writes nothing"
        plan = [(site, error) for site in sites for error in errors]
        if len(plan) > most:
            step = max(1, len(sites) // most)
            plan = [(site, errors[turn % len(errors)]) for turn, site in enumerate(sites[::step])]
        for site, error in plan:
            ground.lay_out(command, "old")
            done = _trace(ground, arguments, "-e", f"inject={site.call}:error={error}:when={site.number}")
            outcome = _judge(ground, command, done)
            by_command[command.name, outcome] += 1
            by_call[f"{error} {site.call}", outcome] += 1
            if "WRONG" in outcome:
                words = f"{command.name}: {error} {site}: {outcome}: {done.code} {done.said}"
                print(words, file=sys.stderr, flush=True)
    return by_command, by_call


def _judge(ground: Ground, command: Command, done: Failed) -> str:
    """Say in words how a run came out."""
    if not any(str(place) in done.injected for place in (ground.outputs, ground.temporary)):
        return "not reached"  # calls that only load libraries are not the same in every run
    state = ground.state(command)
    if "Traceback" in done.said:
        return f"WRONG: traceback, {state}"
    if done.code in (0, 1):
        return "no matter: whole new output" if state == "new" else f"WRONG: exit {done.code}, {state}"
    lines = done.said.strip().splitlines()
    clear = done.code == 2 and lines and lines[-1].startswith("lagtool: ") and len(lines[-1]) > 20
    named = bool(lines) and any(word in lines[-1] for word in (command.output, "outputs", "TMPDIR"))
    litter = ground.litter(command)
    if not clear:
        return f"WRONG: exit {done.code} without a clear line"
    if state != "old" and not (state == "new" and command.beside):
        return f"WRONG: error, and the output is {state}"
    if litter:
        return f"WRONG: error, and {litter[0]} is left"
    return "clear error, old output" if named else "WRONG: the error does not name the output"
