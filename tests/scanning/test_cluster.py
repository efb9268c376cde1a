"""Dask for real: processes of a cluster that are killed, are missing, are others, or do not see the dataset."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pytest

from lagtool.__main__ import run
from lagtool.duplicates.search import find_pairs
from lagtool.errors import LagtoolError
from lagtool.files.local import LocalStore
from lagtool.files.tree import read_tree
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.scanning.backends import open_backend
from lagtool.scanning.cluster import ClusterBackend, own_versions
from lagtool.scanning.partial import Partial
from lagtool.scanning.scan import scan
from lagtool.scanning.verify import verify
from lagtool.scanning.workers import map_chunks
from tests.benchmarks.planted import draw_planted
from tests.benchmarks.scaling import link_tree
from tests.scanning.cluster import Cluster, wait_until
from tests.trees import CLASSES, jpeg, write, write_tree

distributed = pytest.importorskip("distributed", reason="distributed is not installed: pip install 'lagtool[dask]'")

pytestmark = [
    pytest.mark.dask,
    # What its loops and sockets leave to the garbage collector when a cluster ends is not ours.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 2)
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of 2,400 samples, a few small pictures under many names."""
    folder = tmp_path_factory.mktemp("many")
    for number, home in enumerate((folder / "FEW" / name for name in CLASSES), 1):
        for slot in ("image", "attention_map"):
            write(home / slot / f"{number:04d}.jpg", jpeg(number, 80, 80, gray=slot != "image"))
        write(home / "label" / f"{number:04d}.txt", str(number - 1).encode())
    link_tree(folder / "FEW", folder / "LAG", 2_400)
    return folder / "LAG"


@pytest.fixture(scope="module")
def plain(many: Path) -> Manifest:
    """What processes of this machine make of it."""
    return scan(many, jobs=2)


def _without_clocks(manifest: Manifest, target: Path) -> bytes:
    header = manifest.header.model_copy(update={"created": "", "scan_started_ns": 0})
    Manifest(manifest.samples, manifest.unmatched, header).write(target)
    return target.read_bytes()


def _assert_same(here: Manifest, there: Manifest, folder: Path) -> None:
    pd.testing.assert_frame_equal(here.samples, there.samples)
    pd.testing.assert_frame_equal(here.unmatched, there.unmatched)
    assert here.header.content_sha256 == there.header.content_sha256
    for name in ("m.parquet", "m.csv"):
        assert _without_clocks(here, folder / name) == _without_clocks(there, folder / name)


def test_all_backends_give_the_same_bytes(many: Path, plain: Manifest, cluster: Cluster, tmp_path: Path) -> None:
    with distributed.Client(cluster.address, set_as_default=False) as client:
        _assert_same(scan(many, backend=client), plain, tmp_path)
    with open_backend(scheduler=cluster.address) as backend:
        _assert_same(scan(many, backend=backend), plain, tmp_path)
        assert backend is not None
        assert backend.describe() == "on 2 workers"
        assert verify(read_tree(many), plain, backend=backend) == verify(read_tree(many), plain)
    _assert_same(scan(many, backend="threads", jobs=2), plain, tmp_path)


def test_what_is_alike_is_found_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    draw_planted(tmp_path)
    manifest = scan(tmp_path / "LAG", jobs=1)
    here = find_pairs(manifest, tmp_path / "LAG", jobs=1)
    with open_backend(scheduler=cluster.address) as backend:
        there = find_pairs(manifest, tmp_path / "LAG", jobs=1, backend=backend)
    assert len(here.pairs) >= 8
    pd.testing.assert_frame_equal(there.pairs, here.pairs)


def test_only_some_chunks_are_under_way(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    real, sent = distributed.Client.submit, [0]

    def submit(*args: object, **kwargs: object) -> object:
        sent[0] += 1
        return real(*args, **kwargs)

    monkeypatch.setattr(distributed.Client, "submit", submit)
    tasks, done, most = range(4_000), 0, 0
    with open_backend(scheduler=cluster.address) as backend:
        assert isinstance(backend, ClusterBackend)
        for number, part in map_chunks(_double, 0, tasks, 10, backend, _double):
            assert part == [2 * task for task in tasks[done : done + number]]
            done += number
            most = max(most, sent[0] * number - done)
    assert done == 4_000
    assert most <= 2 * 4 * 40  # workers, chunks for each, tasks in a chunk


def _double(context: int, tasks: Sequence[int]) -> list[int]:
    return [context + 2 * task for task in tasks]


def test_what_a_killed_worker_had_is_done_again(many: Path, plain: Manifest, cluster: Cluster, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill(_done: int) -> None:
        if not killed and backend is not None and backend.describe() == "on 2 workers":
            cluster.kill_worker(0)
            killed.append(1)

    with open_backend(scheduler=cluster.address) as backend:
        done = scan(many, backend=backend, advance=kill)
    assert killed
    _assert_same(done, plain, tmp_path)


def _die_at_seven(context: str, tasks: Sequence[int]) -> list[str]:
    if 7 in tasks:
        os._exit(9)
    return [f"{context}{task}" for task in tasks]


def _name_culprit(context: str, tasks: Sequence[int]) -> list[str]:
    return [f"{context}{task} crashed" for task in tasks]


def test_what_kills_every_worker_is_named_and_nothing_else_is_lost(cluster: Cluster) -> None:
    with open_backend(scheduler=cluster.address) as backend:
        assert backend is not None
        chunks = list(map_chunks(_die_at_seven, "t", list(range(40)), 4, backend, _name_culprit))
    assert [name for _, chunk in chunks for name in chunk] == [
        "t7 crashed" if number == 7 else f"t{number}" for number in range(40)
    ]


def test_a_scheduler_that_is_killed_costs_a_line_and_what_was_done_is_kept(
    many: Path, plain: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Cluster(tmp_path, 1)
    real = Partial.add

    def add(partial: Partial, block: bytes) -> None:
        real(partial, block)
        cluster.scheduler.kill()

    target = tmp_path / "m.parquet"
    with monkeypatch.context() as patched:
        patched.setattr(Partial, "add", add)
        try:
            assert run(["index", str(many), "-o", str(target), "--scheduler", cluster.address]) == 2
        finally:
            cluster.close()
    said = f"the Dask scheduler at {cluster.address} is gone: start it again, and run the same command once more"
    assert capsys.readouterr().err == f"lagtool: {said}\n"
    assert not target.exists()
    assert run(["index", str(many), "-o", str(target), "--backend", "threads"]) == 0
    assert "resumed: " in capsys.readouterr().err
    assert read_manifest(target).header.content_sha256 == plain.header.content_sha256


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://h", "tcp://127.0.0.1:nonsense", ""])
def test_no_scheduler_there(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr("lagtool.scanning.cluster.CONNECT_SECONDS", 1)
    started = time.monotonic()
    assert run(["validate", str(tree), "--scheduler", address]) == 2
    assert time.monotonic() - started < 10
    err = capsys.readouterr().err
    assert err.startswith("lagtool: no Dask scheduler answers at ")
    assert len(err.splitlines()) == 1


@contextmanager
def _listening(said: bytes) -> Iterator[str]:
    """Accept connections, say something to each, and nothing more."""
    accepted: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                accepted.append(connection)
                connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for connection in accepted:
        connection.close()


@pytest.mark.parametrize(
    "said", [b"", b"\0" * 65536, b"SSH-2.0-OpenSSH_9.6p1 Ubuntu\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
def test_what_answers_is_no_scheduler(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("lagtool.scanning.cluster.CONNECT_SECONDS", 1)
    with _listening(said) as address:
        assert run(["validate", str(tree), "--scheduler", address]) == 2
        err = capsys.readouterr().err
        said_of_it = f"no Dask scheduler answers at {address}: give the address that 'dask scheduler' printed"
        assert err == f"lagtool: {said_of_it}\n"


def test_a_scheduler_that_loses_its_workers(
    many: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lagtool.scanning.cluster.START_SECONDS", 0.5)
    monkeypatch.setattr("lagtool.scanning.cluster.PATIENCE_SECONDS", 3.0)
    cluster = Cluster(tmp_path, 1)

    def end(done: int) -> None:
        if done and cluster.workers:
            cluster.end_worker()

    try:
        lost = f"{cluster.address} has lost all its workers: start some, and run"
        with open_backend(scheduler=cluster.address) as backend, pytest.raises(LagtoolError, match=lost):
            scan(many, backend=backend, advance=end)
        assert run(["validate", str(many), "--scheduler", cluster.address]) == 2
    finally:
        cluster.close()
    assert f"{cluster.address} has no workers: start some" in capsys.readouterr().err


def test_workers_that_see_no_data_set_or_another_one(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The folder that a process works in has the same name for all of them, and is another one for each.
    root, path = "/proc/self/cwd/LAG", "non_glaucoma/image/0001.jpg"
    write_tree(tmp_path / "LAG")
    monkeypatch.chdir(tmp_path)
    with open_backend(scheduler=cluster.address) as backend:
        assert backend is not None
        backend.look_for(LocalStore(root), path)
        with pytest.raises(LagtoolError, match=r"^/proc/self/cwd/LAG does not exist on worker tcp://127.0.0.1:\d+: ev"):
            list(map_chunks(_double, 0, range(40), 10, backend, _double))
        for number in range(2):
            write(cluster.place_of(number) / "LAG" / path, b"another")
        with pytest.raises(LagtoolError, match=r"LAG holds another non_glaucoma/image/0001.jpg \(7 bytes, here "):
            list(map_chunks(_double, 0, range(40), 10, backend, _double))


def test_a_worker_of_another_version_is_named_also_when_it_comes_later(
    many: Path, plain: Manifest, cluster: Cluster, tmp_path: Path
) -> None:
    write(tmp_path / "lagtool-0.0.1.dist-info" / "METADATA", b"Metadata-Version: 2.1\nName: lagtool\nVersion: 0.0.1\n")
    here = own_versions()["lagtool"]
    said = rf"^worker tcp://127.0.0.1:\d+ has lagtool 0.0.1 \(here: {here}\): install the same versions everywhere$"
    with open_backend(scheduler=cluster.address) as backend:
        assert isinstance(backend, ClusterBackend)
        backend.look_for(LocalStore(many), None)  # all are alike
        cluster.add_worker(packages=tmp_path)
        try:
            wait_until(lambda: backend.count_threads(again=True) == 3)
            with pytest.raises(LagtoolError, match=said):
                list(map_chunks(_double, 0, range(4_000), 10, backend, _double))
            with open_backend(scheduler=cluster.address) as again, pytest.raises(LagtoolError, match=said):
                scan(many, backend=again)
        finally:
            cluster.end_worker()
            wait_until(lambda: backend.count_threads(again=True) == 2)
        assert scan(many, backend=backend).header.content_sha256 == plain.header.content_sha256


def test_interrupted_the_cluster_goes_on(many: Path, cluster: Cluster) -> None:
    def interrupt(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with open_backend(scheduler=cluster.address) as backend:
        with pytest.raises(KeyboardInterrupt):
            scan(many, backend=backend, advance=interrupt)
        assert len(scan(many, backend=backend).samples) == 2_400
