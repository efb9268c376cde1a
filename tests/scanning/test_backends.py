"""Threads and executors give what processes give, and the options that choose a backend."""

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lagtool.__main__ import run
from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.search import find_pairs
from lagtool.errors import LagtoolError
from lagtool.files.local import LocalStore
from lagtool.files.tree import read_tree
from lagtool.manifest.value import Manifest
from lagtool.model import ScanOptions
from lagtool.probe.threads import in_one_thread
from lagtool.profiles import load_profile
from lagtool.scanning.backends import open_backend
from lagtool.scanning.rows import ProbeContext, probe_chunk
from lagtool.scanning.scan import scan
from lagtool.scanning.verify import verify
from lagtool.scanning.workers import Backend, map_chunks
from tests.benchmarks import model
from tests.benchmarks.planted import draw_planted


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of about 40 drawn eyes, with copies and second views."""
    return draw_planted(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def plain(drawn: Path) -> tuple[Manifest, Likeness]:
    """What one process makes of it."""
    manifest = scan(drawn, jobs=1)
    return manifest, find_pairs(manifest, drawn, jobs=1)


@pytest.fixture(params=["threads", "thread pool", "process pool"])
def backend(request: pytest.FixtureRequest) -> Any:
    """What does the work."""
    if request.param == "threads":
        yield "threads"
    elif request.param == "thread pool":
        with ThreadPoolExecutor(3) as threads:
            yield threads
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
            yield processes


def test_an_backend_gives_what_processes_give(
    drawn: Path, plain: tuple[Manifest, Likeness], backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lagtool.scanning.scan.CHUNK", 8)
    manifest, found = plain
    other = scan(drawn, jobs=3, backend=backend)
    pd.testing.assert_frame_equal(other.samples, manifest.samples)
    assert other.header.content_sha256 == manifest.header.content_sha256
    assert verify(read_tree(drawn), manifest, jobs=2, backend=backend) == verify(read_tree(drawn), manifest, jobs=1)
    alike = find_pairs(manifest, drawn, jobs=2, backend=backend)
    assert len(found.pairs) >= 8
    pd.testing.assert_frame_equal(alike.pairs, found.pairs)
    assert (alike.remarks, alike.looked_for) == (found.remarks, found.looked_for)


def _sum_up(context: int, tasks: Sequence[int]) -> int:
    return context + sum(tasks)


class _Slow(Executor):
    """Works only when it is asked for a result, and counts what waits."""

    def __init__(self) -> None:
        self.waiting = self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        executor = self

        class Late(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                executor.waiting -= 1
                return fn(*args, **kwargs)

        return Late()


def test_only_some_chunks_are_under_way() -> None:
    slow = _Slow()
    parts = list(map_chunks(_sum_up, 1, range(1000), 10, Backend(slow, 2), _sum_up))
    assert parts == [(10, 1 + sum(range(start, start + 10))) for start in range(0, 1000, 10)]
    assert slow.most == 8


def test_what_is_left_early_does_not_go_on(drawn: Path) -> None:
    with open_backend("threads", jobs=2) as backend:
        assert backend is not None
        samples = read_tree(drawn).samples
        context = ProbeContext.of(LocalStore(drawn), load_profile("lag"), ScanOptions())
        parts = map_chunks(probe_chunk, context, samples, 4, backend, probe_chunk)
        next(parts)
        parts.close()
        before = threading.active_count()
    assert threading.active_count() < before


def test_the_limit_of_threads_is_for_all_of_them() -> None:
    import cv2

    before = cv2.getNumThreads()
    inside, leave = threading.Barrier(2), threading.Event()
    seen: list[int] = []

    @in_one_thread
    def work(first: bool) -> None:
        inside.wait()
        if not first:
            leave.wait()  # the other one has left
        seen.append(cv2.getNumThreads())

    cv2.setNumThreads(3)
    try:
        threads = [threading.Thread(target=work, args=(first,)) for first in (True, False)]
        for thread in threads:
            thread.start()
        threads[0].join()
        leave.set()
        threads[1].join()
        assert seen == [1, 1]
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_a_disk_has_the_number_that_this_machine_gives_it(tree: Path) -> None:
    plain = scan(tree, jobs=1)
    context = ProbeContext.of(LocalStore(tree), load_profile("lag"), ScanOptions())
    there = context._replace(device=4711)  # as on a machine that did not make this context
    here, other = (_frame(probe_chunk(part, read_tree(tree).samples)) for part in (context, there))
    assert here["image_device"].nunique() == 1
    assert here["image_device"][0] == plain.samples["image_device"][0] == context.device
    for slot in ("image", "label", "map"):
        assert set(other[f"{slot}_device"].dropna()) == {4711}
        assert other[f"{slot}_device"].isna().equals(here[f"{slot}_device"].isna())
    columns = [name for name in here.columns if not name.endswith("_device")]
    pd.testing.assert_frame_equal(other[columns], here[columns])


def _frame(block: bytes) -> pd.DataFrame:
    from lagtool.manifest.blocks import unpack_rows
    from lagtool.manifest.value import frame_table

    return frame_table(unpack_rows(block))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--backend", "threads", "--scheduler", "tcp://h:1"], "--scheduler is for --backend dask, not for threads"),
        (
            ["--backend", "processes", "--scheduler", "tcp://h:1"],
            "--scheduler is for --backend dask, not for processes",
        ),
        (["--scheduler", "tcp://h:1", "--jobs", "2"], "--jobs is for workers that are started here"),
        (["--backend", "spark"], "spark"),
        (["--backend", "dask"], "--backend dask needs the address of a scheduler"),
    ],
)
@pytest.mark.parametrize("command", ["index", "validate", "duplicates"])
def test_options_that_contradict_each_other(
    tree: Path, capsys: pytest.CaptureFixture[str], command: str, options: list[str], said: str
) -> None:
    assert run([command, str(tree), *options]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", ["index", "validate", "duplicates"])
def test_the_extra_is_named_where_it_is_missing(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("lagtool.scanning.cluster.find_spec", lambda _name: None)
    assert run([command, str(tree), "--scheduler", "tcp://h:1"]) == 2
    said = "lagtool: a Dask cluster needs distributed: pip install 'lagtool[dask]'\n"
    assert capsys.readouterr().err.endswith(said)


def test_what_is_no_backend(tree: Path) -> None:
    with pytest.raises(LagtoolError, match="no such backend: choose one of threads, processes, dask"):
        scan(tree, backend="spark")
    with pytest.raises(LagtoolError, match="int is no backend"):
        scan(tree, backend=4)


def test_the_commands_with_threads(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "m.parquet"
    assert run(["index", str(tree), "-o", str(target), "--backend", "threads"]) == 0
    assert run(["verify", str(tree), str(target), "--backend", "threads", "--jobs", "2"]) == 0
    assert run(["validate", str(tree), "--backend", "threads", "-q"]) == run(["validate", str(tree), "-q"])
    capsys.readouterr()


def test_nobody_waits_for_an_backend_that_is_not_used(tree: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from lagtool.__main__ import run; "
        f"run(['index', {str(tree)!r}, '-o', {str(tmp_path / 'm.parquet')!r}, '-q']); "
        "print([name for name in ('distributed', 'dask', 'tornado') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_says_on_what_the_work_is_done(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    assert run(["validate", str(tree), "--backend", "threads", "--jobs", "2"]) in {0, 1}
    assert "on 2 threads" in terminal.getvalue()


def test_the_model_of_the_page_is_the_model() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
    assert model.render_table() in page
    assert model.render_turns() in page


def test_the_model_waits_for_what_is_slowest() -> None:
    picture = model.Picture("any", 1e6, 1e-3)
    assert model.predict(10**6, picture, model.Place(1, 1e12))[1] == "workers"
    assert model.predict(10**6, picture, model.Place(10**6, 1e8))[1] == "storage"
    assert model.predict(10**6, picture, model.Place(10**6, 1e15))[1] == "client"
    assert model.predict(0, picture, model.PLACES[0])[0] == model.START
