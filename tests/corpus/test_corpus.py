"""Every case of the corpus: the right finding or one line, no traceback, nothing in the dataset changed."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from lagtool.__main__ import run
from tests.corpus.case import PATIENCE, Case, complain, prepare
from tests.corpus.run import run_measured
from tests.corpus.table import CASES
from tests.trees import snapshot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made with what Unix lets one make")
QUICK = [case for case in CASES if not case.heavy]


class _HangError(BaseException):
    """Nothing that the program would take for an error of its own."""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _HangError(f"still running after {seconds:g} s")

    timers = (
        (signal.SIGALRM, signal.ITIMER_REAL, seconds * PATIENCE),
        (signal.SIGPROF, signal.ITIMER_PROF, seconds),
    )
    for name, timer, limit in timers:
        signal.signal(name, ring)
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0)


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.title)
def test_in_this_process(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if why := case.needs():
        pytest.skip(why)
    prepare(case, tmp_path)
    before = snapshot(tmp_path / "LAG")
    monkeypatch.chdir(tmp_path)
    with _alarm(case.seconds):
        code = run(list(case.command))
    captured = capsys.readouterr()
    assert complain(case, code, captured.out, captured.err) == []
    assert snapshot(tmp_path / "LAG") == before


@pytest.mark.corpus
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_in_a_process_of_its_own(case: Case, tmp_path: Path) -> None:
    if why := case.needs():
        pytest.skip(why)
    assert run_measured(case, tmp_path, baseline=200).wrong == ()


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len(CASES) >= 150
    assert len({case.group for case in CASES}) >= 4
