"""`lagtool diff`: how a copy in any layout differs from a release."""

import json
from pathlib import Path

import pytest

import lagtool
from lagtool.__main__ import run
from lagtool.manifest.copies import KINDS, CopyDifferences, compare_copies
from lagtool.manifest.value import Manifest
from lagtool.reporting.copies import render_copies, render_copies_json, render_copies_markdown
from tests.cli.refusal import refused
from tests.profiles.copies import SAMPLES, picture, write_copy
from tests.trees import write

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return lagtool.scan(write_copy(tmp_path_factory.mktemp("r") / "LAG", "release"), jobs=1)


def _against(release: Manifest, root: Path, profile: str = "auto") -> CopyDifferences:
    return compare_copies(release, lagtool.scan(root, profile=profile, jobs=1))


def _names(found: CopyDifferences) -> dict[str, list[tuple[str, str]]]:
    return {kind: [(one.first, one.second) for one in found.select(kind)] for kind in KINDS if found.select(kind)}


@pytest.mark.parametrize(
    "layout", ["release", "kaggle", "split-folders", "split-class", "cyclegan", "flat+csv", "lists"]
)
def test_layouts_of_one_copy_do_not_differ(layout: str, release: Manifest, tmp_path: Path) -> None:
    found = _against(release, write_copy(tmp_path, layout))
    assert (found.same, found.differences, found.inverted, found.ids_lost) == (len(SAMPLES), (), False, False)
    assert "The same ids, pictures and labels." in render_copies(found)


def test_each_kind_of_difference(release: Manifest, tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    (root / "train" / "ng.0001.jpg").unlink()  # missing
    (root / "train" / "g.0002.jpg").rename(root / "train" / "ng.0002.jpg")  # relabelled
    write(root / "test" / "ng.0004.jpg", picture(77, 64, 64))  # changed
    (root / "train" / "ng.0006.jpg").rename(root / "train" / "ng.0600.jpg")  # renamed
    write(root / "train" / "g.0099.jpg", picture(78, 64, 64))  # extra
    data = (root / "train" / "ng.0007.jpg").read_bytes()
    write(root / "train" / "ng.0007.jpg", data[:2] + b"\xff\xfe\x00\x04hi" + data[2:])  # rewritten: a comment
    found = _against(release, root)
    assert _names(found) == {
        "missing": [("non_glaucoma/0001", "")],
        "extra": [("", "suspicious_glaucoma/0099")],
        "renamed": [("non_glaucoma/0006", "non_glaucoma/0600")],
        "changed": [("non_glaucoma/0004", "non_glaucoma/0004")],
        "rewritten": [("non_glaucoma/0007", "non_glaucoma/0007")],
        "relabelled": [("suspicious_glaucoma/0002", "non_glaucoma/0002")],
    }
    assert (found.same, found.inverted, found.ids_lost, found.all_changed) == (5, False, False, False)
    text = render_copies(found)
    assert "  missing           1" in text
    assert "renamed: the same picture under another id\n  non_glaucoma/0006 -> non_glaucoma/0600" in text
    document = json.loads(render_copies_json(found))
    assert document["counts"] == dict.fromkeys(KINDS, 1)
    assert {"kind": "missing", "first": "non_glaucoma/0001", "second": ""} in document["differences"]
    assert "| non_glaucoma/0006 | non_glaucoma/0600 |" in render_copies_markdown(found)


def test_a_copy_that_misses_some_is_incomplete(release: Manifest, tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    for name in ("train/ng.0001.jpg", "test/g.0009.jpg"):
        (root / name).unlink()
    assert "Incomplete: 2 images missing, and nothing else differs." in render_copies(_against(release, root))


def test_exchanged_pictures_are_renamed_not_changed(release: Manifest, tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    one, other = root / "train" / "ng.0001.jpg", root / "train" / "ng.0006.jpg"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert _names(_against(release, root)) == {
        "renamed": [("non_glaucoma/0001", "non_glaucoma/0006"), ("non_glaucoma/0006", "non_glaucoma/0001")]
    }


def test_an_inverted_class_index_is_one_sentence(release: Manifest, tmp_path: Path) -> None:
    root = write_copy(tmp_path, "flat+csv")
    rows = "".join(f"{s.id}.jpg,{1 - s.label}\n" for s in SAMPLES)
    write(root / "labels.csv", f"filename,label\n{rows}".encode())
    found = _against(release, root)
    assert found.inverted
    assert found.counts["relabelled"] == len(SAMPLES)
    text = render_copies(found)
    assert "Class index inverted: every sample has the label of the other class." in text
    assert "->" not in text


def test_lost_ids_are_found_by_content(release: Manifest, tmp_path: Path) -> None:
    from lagtool.scanning.draft import draft_profile
    from lagtool.scanning.trees import open_tree

    root = write_copy(tmp_path, "renamed")
    found = compare_copies(release, lagtool.scan(open_tree(root, draft_profile(root, "p").profile), jobs=1))
    assert (found.ids_lost, found.counts["renamed"], len(found.differences)) == (True, len(SAMPLES), len(SAMPLES))
    assert "Ids lost: the pictures are the same, and known by their bytes only." in render_copies(found)


def test_a_copy_encoded_anew_is_told_by_ids(release: Manifest, tmp_path: Path) -> None:
    root = write_copy(tmp_path, "kaggle")
    for path in root.rglob("*.jpg"):
        write(path, picture(1000 + int(path.stem.rpartition(".")[2]), 32, 32))
    found = _against(release, root)
    assert (found.all_changed, found.counts["changed"]) == (True, len(SAMPLES))
    assert "No picture is the same" in render_copies(found)


def test_copies_of_one_picture_are_matched_by_their_ids(tmp_path: Path) -> None:
    for name in ("a", "b"):
        root = write_copy(tmp_path / name, "release")
        write(root / "non_glaucoma" / "image" / "0004.jpg", picture(1, 64, 64))  # that of 0001
    one, other = (lagtool.scan(tmp_path / name, jobs=1) for name in ("a", "b"))
    assert compare_copies(one, other).differences == ()


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    first, second = (str(write_copy(tmp_path / name, name)) for name in ("release", "kaggle"))
    file = str(tmp_path / "m.parquet")
    assert run(["index", first, "-o", file, "--jobs", "1", "-q"]) == 0
    assert run(["diff", file, second, "-q"]) == 0
    Path(second, "train/ng.0001.jpg").unlink()
    capsys.readouterr()
    assert run(["diff", file, second, "-q", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["counts"]["missing"] == 1
    out = str(tmp_path / "d.md")
    assert run(["diff", file, second, "-q", "--format", "markdown", "-o", out]) == 1
    assert "| missing | 1 |" in Path(out).read_text()
    assert run(["diff", file, second, "-q", "-o", out]) == 2
    quick = str(tmp_path / "q.parquet")
    assert run(["index", second, "-o", quick, "--quick", "-q"]) == 0
    capsys.readouterr()
    assert run(["diff", file, quick, "-q"]) == 1
    assert "Only ids and labels are compared" in capsys.readouterr().out


def test_diff_writes_into_neither_dataset(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "manifest.parquet"
    assert run(["index", str(tree), "-o", str(other), "-q"]) == 0
    for sources in ((str(tree), str(other)), (str(other), str(tree))):
        line = refused(capsys, "diff", *sources, "-o", str(tree / "diff.txt"), "-q")
        assert "lies inside the dataset, where no output belongs" in line
    assert not (tree / "diff.txt").exists()
