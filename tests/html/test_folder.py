"""The folder of a report is there whole or not at all, and nothing but an earlier report is ever replaced."""

import os
from pathlib import Path

import pytest

from lagtool.errors import LagtoolError
from lagtool.reporting.html.folder import check_report_folder, report_folder


def _write(folder: Path, text: str, *, force: bool = False) -> None:
    with report_folder(folder, force=force) as made:
        (made / "index.html").write_text(text)
        (made / "thumbnails" / "0000").mkdir(parents=True)
        (made / "thumbnails" / "0000" / "0000001.jpg").write_bytes(b"x")


def test_a_report_is_replaced_with_force_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    _write(folder, "one")
    with pytest.raises(LagtoolError, match="holds a report: use --force"):
        _write(folder, "two")
    assert (folder / "index.html").read_text() == "one"
    _write(folder, "two", force=True)
    assert (folder / "index.html").read_text() == "two"
    assert [path.name for path in folder.parent.iterdir()] == ["report"]


@pytest.mark.parametrize(
    "name", ["curation.csv", "thumbnails/0000/mine.jpg", "thumbnails/notes.txt", "index.html/x", "sub/0000001.jpg"]
)
def test_what_others_put_into_the_folder_is_never_replaced(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    _write(folder, "one")
    if name.startswith("index.html"):
        (folder / "index.html").unlink()
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("mine")
    with pytest.raises(LagtoolError, match="which is not of an earlier report"):
        _write(folder, "two", force=True)
    assert (folder / name).read_text() == "mine"


def test_a_folder_without_the_mark_of_a_report_is_not_one(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("a site")
    with pytest.raises(LagtoolError, match=r"holds no lagtool-report\.json"):
        _write(folder, "two", force=True)
    (folder / "lagtool-report.json").write_text("[" * 100_000)
    with pytest.raises(LagtoolError, match="not of an earlier report"):
        _write(folder, "two", force=True)


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    _write(tmp_path / "report", "one")
    assert (tmp_path / "report" / "index.html").read_text() == "one"


def test_links_and_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("")
    for name, words in (("link", "symbolic link"), ("file", "not a folder"), ("real/..", "no name of its own")):
        with pytest.raises(LagtoolError, match=words):
            check_report_folder(tmp_path / name, force=True)
    _write(tmp_path / "report", "one")
    (tmp_path / "report" / "findings.csv").symlink_to(tmp_path / "file")
    with pytest.raises(LagtoolError, match=r"findings\.csv, which is not of an earlier report"):
        check_report_folder(tmp_path / "report", force=True)


def test_the_data_set_is_never_written_into(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    root.mkdir()
    for folder in (root, root / "report", root / "a" / ".." / "b"):
        with pytest.raises(LagtoolError, match="lies inside the dataset"):
            check_report_folder(folder, force=True, data_root=root)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_was_interrupted_leaves_nothing_and_the_earlier_report(error: type[BaseException], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    for before in ([], ["report"]):
        with pytest.raises(error), report_folder(folder, force=True) as made:
            (made / "index.html").write_text("half")
            raise error
        assert [path.name for path in tmp_path.iterdir()] == before
        if not before:
            _write(folder, "one")
    assert (folder / "index.html").read_text() == "one"


def test_what_comes_in_the_way_meanwhile_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    with pytest.raises(LagtoolError, match=r"notes\.txt"), report_folder(folder, force=True):
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="nothing tells a folder in use from one left behind there")
def test_leftovers_of_a_killed_run_go_but_those_in_use_and_of_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    left, other = tmp_path / ".report.0123456789ab.tmp", tmp_path / ".report.ba9876543210.tmp"
    for place in (left, other):
        place.mkdir()
        (place / "index.html").write_text("half")
    (other / "mine.txt").write_text("mine")
    with pytest.raises(LagtoolError, match="holds a report"), report_folder(folder, force=False) as used:
        _write(folder, "by another run meanwhile")
        assert used.is_dir()
    assert (folder / "index.html").read_text() == "by another run meanwhile"
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, "report"]
