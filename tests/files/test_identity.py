"""The same tree gives the same manifest, findings and verdict, wherever it lies."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.files.tree import read_tree
from lagtool.model import ScanOptions
from lagtool.scanning import scan as scanning
from lagtool.scanning.scan import scan
from lagtool.scanning.verify import Expected, check_files, verify
from tests.files.conftest import KINDS
from tests.files.places import files_of, put, shared, write_tar, write_zip

Place = Callable[[str], str]


@pytest.mark.parametrize("options", [ScanOptions(), ScanOptions(quick=True)], ids=["full", "quick"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_manifest_is_that_of_the_folder(kind: str, options: ScanOptions, damaged: Path, place: Place) -> None:
    here, there = scan(damaged, options=options), scan(place(kind), options=options)
    assert shared(there).equals(shared(here))
    assert there.unmatched.equals(here.unmatched)
    clocks = {"created": "", "scan_started_ns": None}
    assert there.header.model_copy(update=clocks) == here.header.model_copy(update=clocks)
    assert here.header.root_name == "LAG"


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "s3"])
def test_workers_find_the_same(kind: str, damaged: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "WORTH_PROCESSES", 1)
    monkeypatch.setattr(scanning, "CHUNK", 3)
    assert shared(scan(place(kind), jobs=2)).equals(shared(scan(damaged, jobs=1)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_is_proved_and_every_change_found(kind: str, damaged: Path, place: Place) -> None:
    known = scan(damaged)
    assert verify(read_tree(place(kind), known.profile), known).holds
    (damaged / "non_glaucoma/label/0001.txt").write_bytes(b"1")
    (damaged / "non_glaucoma/image/0004.jpg").unlink()
    found = verify(read_tree(place(kind), known.profile), known)
    assert (found.changed, found.missing) == (["non_glaucoma/label/0001.txt"], ["non_glaucoma/image/0004.jpg"])


def test_a_file_that_goes_between_listing_and_proof_is_missing(s3: str, tree: Path) -> None:
    store = read_tree(put(s3, files_of(tree))).store
    gone = Expected("non_glaucoma/image/9999.jpg", "0" * 64, 100)
    assert check_files(store, [gone]) == [("missing", "")]


@pytest.mark.parametrize("kind", ["tar", "s3"])
def test_commands_say_the_same(
    kind: str, damaged: Path, place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = place(kind)
    for command in (["validate"], ["stats"], ["duplicates", "--relations", "identical"]):
        said = []
        for where in (str(damaged), source):
            code = run([command[0], where, *command[1:], "--quiet", "--no-config"])
            said.append((code, capsys.readouterr().out))
        assert said[0] == said[1], command
    for name, where in (("here", str(damaged)), ("there", source)):
        out = str(tmp_path / name)
        relations = ["--relations", "copies", "--ratios", "60/40", "--names", "train,test"]
        assert run(["split", where, "-o", out, *relations, "--quiet", "--no-config"]) == 0
    for name in ("train.txt", "test.csv"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


@pytest.mark.parametrize("kind", ["zip", "s3"])
def test_an_export_holds_the_bytes_of_the_folder(kind: str, damaged: Path, place: Place, tmp_path: Path) -> None:
    source = place(kind)
    for name, where in (("here", str(damaged)), ("there", source)):
        arguments = ["export", where, "--to", "imagefolder", "--mode", "copy", "-o", str(tmp_path / name)]
        assert run([*arguments, "--quiet", "--no-config"]) == 0
    here, there = files_of(tmp_path / "here"), files_of(tmp_path / "there")
    pictures = {name.removeprefix("here"): data for name, data in here.items() if name.endswith(".jpg")}
    assert pictures == {name.removeprefix("there"): data for name, data in there.items() if name.endswith(".jpg")}
    assert pictures


def test_no_link_can_lead_into_an_archive(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = place("zip")
    arguments = ["export", source, "--to", "imagefolder", "--quiet", "--no-config"]
    assert run([*arguments, "--mode", "link", "-o", str(tmp_path / "out")]) == 2
    assert "use --mode auto or copy" in capsys.readouterr().err
    assert run(["export", source, "--to", "huggingface", "--in-place", "--quiet", "--no-config"]) == 2
    assert "is no folder on this disk to write into" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "source"),
    [("zip", "zip://LAG::{}"), ("tar", "tar://LAG::{}"), ("tar.gz", "tar://LAG::{}"), ("zip", "zip://::file://{}")],
)
def test_an_archive_may_be_named_in_a_chain(kind: str, source: str, damaged: Path, place: Place) -> None:
    manifest = scan(source.format(place(kind)))
    assert shared(manifest).equals(shared(scan(damaged)))
    assert manifest.header.root_name == "LAG"


@pytest.mark.parametrize("name", ["LAG.zip", "LAG.tar", "LAG.tar.gz"])
def test_an_archive_may_lie_behind_a_url(name: str, damaged: Path, s3: str, tmp_path: Path) -> None:
    write_it = write_zip if name.endswith("zip") else write_tar
    packed = write_it(tmp_path / name, files_of(damaged)).read_bytes()
    put(s3, {name: packed})
    manifest = scan(f"{s3}/{name}")
    assert shared(manifest).equals(shared(scan(damaged)))


def test_an_archive_without_a_top_folder_is_named_after_itself(damaged: Path, tmp_path: Path) -> None:
    files = {name.removeprefix("LAG/"): data for name, data in files_of(damaged).items()}
    manifest = scan(write_zip(tmp_path / "ours.zip", files))
    assert manifest.header.root_name == "ours"
    assert shared(manifest).equals(shared(scan(damaged)))


def test_nothing_is_unpacked(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = place("zip")
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv("TMPDIR", str(out))
    before = sorted(tmp_path.rglob("*"))
    assert run(["index", source, "-o", str(out / "m.parquet"), "--quiet", "--no-config"]) == 0
    assert sorted(set(tmp_path.rglob("*")) - set(before)) == [out / "m.parquet"]


def test_the_archive_itself_is_never_overwritten(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    source = place("zip")
    before = Path(source).read_bytes()
    assert run(["validate", source, "-o", source, "--force", "--quiet", "--no-config"]) == 2
    assert "lies inside the dataset" in capsys.readouterr().err
    assert Path(source).read_bytes() == before


def test_a_folder_called_like_an_archive_is_a_folder(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(tree, tmp_path / "odd.zip")
    assert len(scan(tmp_path / "odd.zip").samples) == 5
