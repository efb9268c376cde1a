"""One process of a run: reads inputs until the time is over, or one breaks it. `tests.fuzz.__main__` starts it."""

import contextlib
import hashlib
import importlib.util
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

KINDS = ("auto", "atheris", "random")
_ROOM = 4 << 30  # of address space beside the limit of memory: libraries reserve much that they never use

_HUNG = 900  # seconds by the clock, for what no longer uses the processor


def main() -> None:
    """Fuzz: TARGET ENGINE CORPUS BROKEN SECONDS MEMORY_MB SECONDS_PER_INPUT SEED."""
    name, kind, corpus, broken, *numbers = sys.argv[1:]
    seconds, memory, each, seed = map(int, numbers)
    resource.setrlimit(resource.RLIMIT_AS, ((memory << 20) + _ROOM, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    there = importlib.util.find_spec("atheris") is not None
    if kind == "atheris" or (kind == "auto" and there):
        _run_atheris(name, Path(corpus), Path(broken), seconds, memory, each, seed)
    else:
        _run_random(name, Path(corpus), Path(broken), seconds, memory, each, seed)


def _scratch() -> "tempfile.TemporaryDirectory[str]":
    shared = Path("/dev/shm")  # files that never reach a disk
    return tempfile.TemporaryDirectory(prefix="lagtool-fuzz-", dir=shared if shared.is_dir() else None)


def _run_atheris(name: str, corpus: Path, broken: Path, seconds: int, memory: int, each: int, seed: int) -> None:
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["lagtool", "tomllib", "json.decoder", "csv"]):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.mutation import mutate_json
    from tests.fuzz.target import LARGEST, attempt, limited

    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(TARGETS[name].open(Path(stack.enter_context(_scratch()))))

        def one(data: bytes) -> None:
            with limited(each):
                attempt(reader, data)

        arguments = [
            *("tests.fuzz", str(corpus), f"-max_total_time={seconds}", f"-rss_limit_mb={memory}", f"-timeout={_HUNG}"),
            *(f"-artifact_prefix={broken}/", f"-max_len={LARGEST}", "-print_final_stats=1", f"-seed={seed}"),
            *("-reload=0", "-verbosity=1"),
        ]

        def change(data: bytes, largest: int, chance: int) -> bytes:
            rng = random.Random(chance)
            made = mutate_json(bytes(data), rng) if rng.random() < 0.5 else None
            return (made or atheris.Mutate(data, largest))[:largest]

        atheris.Setup(arguments, one, custom_mutator=change)
        atheris.Fuzz()


def _run_random(name: str, corpus: Path, broken: Path, seconds: int, memory: int, each: int, seed: int) -> None:
    """Change what is in the corpus at random; nothing is learnt of it, so nothing is added."""
    from tests.fuzz.mutation import mutate
    from tests.fuzz.target import attempt, limited
    from tests.fuzz.targets import TARGETS

    seeds = [path.read_bytes() for path in sorted(corpus.iterdir())]
    rng = random.Random(f"{name} {seed}")
    executions = 0
    data = b""
    end = time.monotonic() + seconds
    try:
        with _scratch() as folder, TARGETS[name].open(Path(folder)) as reader:
            while time.monotonic() < end:
                data = seeds[executions] if executions < len(seeds) else mutate(seeds, rng)
                executions += 1
                with limited(each):
                    attempt(reader, data)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
                assert peak <= memory, f"{peak:,} MB of memory"
    except BaseException:
        (broken / f"crash-{hashlib.sha1(data).hexdigest()}").write_bytes(data)
        raise
    finally:
        print(
            f"executions: {executions}\nstat::peak_rss_mb: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}"
        )


if __name__ == "__main__":
    main()
