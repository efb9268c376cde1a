"""What is fuzzed: a reader, with seeds to begin from, and what must be true of whatever it returns."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from lagtool.errors import LagtoolError

Reader = Callable[[bytes], None]
LARGEST = 1 << 16
"""Bytes of an input at most."""


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes:
        name: What it is called on the command line.
        about: What is read.
        seeds: Makes the inputs to begin from.
        open: Given an empty folder to write in, yields the function that reads one input. It raises `LagtoolError`
            where that is refused, `AssertionError` where what it returns breaks a law, and anything else for a bug.
    """

    name: str
    about: str
    seeds: Callable[[], list[bytes]]
    open: Callable[[Path], AbstractContextManager[Reader]]


def attempt(reader: Reader, data: bytes) -> bool:
    """Read one input; return whether it was taken. What is refused must be refused in one line of words."""
    try:
        reader(data)
    except LagtoolError as error:
        message = " ".join(str(error).split())
        # What is printed is one line of at most a screen, and nothing in it can steer a terminal.
        assert message.strip(), "an error without words"
        assert message.isprintable(), f"not fit to be shown: {message!r}"
        assert len(message) < 2_000, f"too long: {message[:300]!r}"
        return False
    return True


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` where the block takes more of the processor; who stops or slows the process is no fault."""

    def ring(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"takes longer than {seconds} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


SEAL = "0" * 64
"""The digest of everything, in `unsealed`."""


@contextmanager
def unsealed(*places: str) -> Iterator[None]:
    """Let the digests that these functions make be all the same: a changed file is judged by what it says."""
    with ExitStack() as stack:
        for place in places:
            stack.enter_context(patch(place, lambda *_: SEAL))
        yield
