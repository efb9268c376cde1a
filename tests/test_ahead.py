"""A scan that is begun ahead gives what a scan gives, and ends when it is told to."""

import threading
from pathlib import Path

import pytest

from lagtool.ahead import Ahead, begin_scan
from lagtool.depth import Depth
from lagtool.errors import LagtoolError
from lagtool.profile import load_profile
from lagtool.scanner import scan
from lagtool.synth import write_synthetic_tree
from lagtool.tree import Tree, read_tree


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A tree of 235 samples, enough for processes."""
    root = tmp_path_factory.mktemp("drawn") / "LAG"
    write_synthetic_tree(root, profile=load_profile("lag"), scale=0.02)
    return read_tree(root)


@pytest.mark.parametrize("quick", [False, True])
def test_it_gives_what_a_scan_gives(drawn: Tree, quick: bool) -> None:
    depth = Depth(quick=quick)
    with Ahead(drawn, depth, 2) as ahead:
        done = scan(drawn, depth=depth, ahead=ahead)
    plain = scan(drawn, depth=depth, jobs=1)
    assert done.samples.equals(plain.samples)
    assert done.header.content_sha256 == plain.header.content_sha256
    assert done.header.scan_started_ns == ahead.started_ns


@pytest.mark.usefixtures("later")
def test_where_a_part_is_known_it_is_of_no_use(drawn: Tree) -> None:
    earlier = scan(drawn, jobs=1)
    seen: list[int] = []
    with Ahead(drawn, Depth(), 2) as ahead:
        again = scan(drawn, earlier=earlier, ahead=ahead, notice=lambda reused: seen.append(reused.earlier))
    assert again.samples.equals(earlier.samples)
    assert seen == [len(drawn.samples)]


def test_closed_it_leaves_no_thread_and_no_worker(drawn: Tree) -> None:
    before = threading.active_count()
    with Ahead(drawn, Depth(), 2) as ahead:
        next(iter(ahead))
    assert threading.active_count() == before


def test_what_goes_wrong_is_said_where_the_rows_are_taken(drawn: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LagtoolError("no processes to be had")

    monkeypatch.setattr("lagtool.workers._pool", fail)
    with Ahead(drawn, Depth(), 2) as ahead, pytest.raises(LagtoolError, match="no processes to be had"):
        scan(drawn, ahead=ahead)


def test_it_is_begun_only_where_processes_are_worth_it(drawn: Tree, tree: Path) -> None:
    assert begin_scan(read_tree(tree), Depth(), 2) is None
    assert begin_scan(drawn, Depth(), 1) is None
    begun = begin_scan(drawn, Depth(), 2)
    assert begun is not None
    begun.close()
