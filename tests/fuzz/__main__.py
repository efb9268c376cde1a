"""``python -m tests.fuzz TARGET --minutes N``: fuzz one reader, or all of them one after the other.

Coverage-guided by atheris where that is installed (``pip install atheris``), else by changes at random. Inputs that
reached something new stay in CORPUS/TARGET, those that broke something in CORPUS/TARGET.broken. Each run works in
processes of its own: a crash ends one of them, and the next goes on with the corpus until the time is over.
"""

import argparse
import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.backend import KINDS
from tests.fuzz.targets import TARGETS

_EXECUTIONS = re.compile(r"stat::number_of_executed_units: +([0-9]+)|executions: ([0-9]+)")
_PEAK = re.compile(r"stat::peak_rss_mb: +([0-9]+)")


def main() -> int:
    """Parse, fuzz, and print one line per target; 1 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("target", nargs="?", choices=[*TARGETS, "all"], help="without: list the targets")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "lagtool-fuzz")
    parser.add_argument("--backend", choices=KINDS, default=KINDS[0])
    parser.add_argument("--memory", type=int, default=2_048, metavar="MB")
    parser.add_argument("--seconds", type=int, default=10, help="for one input")
    parser.add_argument("--keep-going", type=int, default=20, metavar="N", help="end a target after N breaks")
    given = parser.parse_args()
    if given.target is None:
        for name, target in TARGETS.items():
            print(f"{name:<18} {target.about}")
        return 0
    names = list(TARGETS) if given.target == "all" else [given.target]
    broken = [name for name in names if _fuzz(name, given)]
    return int(bool(broken))


def _fuzz(name: str, given: argparse.Namespace) -> bool:
    corpus, broken = given.corpus / name, given.corpus / f"{name}.broken"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in TARGETS[name].seeds():
        (corpus / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    begin, used = time.monotonic(), sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    executions = breaks = peak = runs = 0
    while (left := given.minutes * 60 - (time.monotonic() - begin)) > 1 and breaks < given.keep_going:
        runs += 1
        broken.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.fuzz.backend", name, given.backend, str(corpus), str(broken)]
        command += [str(int(left) or 1), str(given.memory), str(given.seconds), str(runs)]
        with (given.corpus / f"{name}.log").open("ab") as log:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            log.write(done.stdout)
        text = done.stdout.decode(errors="replace")
        executions += sum(int(a or b) for a, b in _EXECUTIONS.findall(text))
        peak = max(peak, *map(int, _PEAK.findall(text)), 0)
        breaks += done.returncode != 0
        if done.returncode:
            print("\n".join(text.splitlines()[-40:]), file=sys.stderr, flush=True)
    minutes = (time.monotonic() - begin) / 60
    spent = (sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - used) / 60  # less, where others had the machine
    said = {"target": name, "minutes": round(minutes, 1), "cpu_minutes": round(spent, 1), "executions": executions}
    said["broken"] = breaks
    said |= {"inputs": len(list(corpus.iterdir())), "peak_mb": peak}
    with (given.corpus / "results.jsonl").open("a") as file:
        file.write(json.dumps(said) + "\n")
    print(
        f"{name}: {minutes:.1f} min ({spent:.1f} of CPU), {executions:,} executions, {breaks} broke, "
        f"{said['inputs']:,} inputs kept, at most {peak:,} MB",
        flush=True,
    )
    return breaks > 0


if __name__ == "__main__":
    sys.exit(main())
