"""A revision: what one lab left out or relabelled, applied by another to its own copy."""

from pathlib import Path

import pytest

import lagtool
from lagtool.__main__ import run
from lagtool.curation.apply import excluded
from lagtool.curation.read import read_curation
from lagtool.manifest.value import Manifest, read_manifest
from tests.profiles.copies import SAMPLES, picture, write_copy
from tests.trees import write

Capture = pytest.CaptureFixture[str]
MARKS = """class,id,action,value,note
non_glaucoma,0001,exclude,,not an eye
suspicious_glaucoma,0002,relabel,non_glaucoma,"=looks healthy, agreed"
non_glaucoma,0004,exclude,,
non_glaucoma,0006,keep-together,patient-7,private
non_glaucoma,0007,accept,LAG301,
"""


@pytest.fixture
def revision(tmp_path: Path, capsys: Capture) -> Path:
    root = write_copy(tmp_path / "LAG", "release")
    write(tmp_path / "marks.csv", MARKS.encode())
    arguments = ["export", str(root), "--to", "revision", "--curation", str(tmp_path / "marks.csv")]
    assert run([*arguments, "-o", str(tmp_path / "out")]) == 0
    assert "3 marks (2 exclude, 1 relabel) in revision.csv, 1 without a reason" in capsys.readouterr().err
    return tmp_path / "out" / "revision.csv"


def _curated(manifest: Manifest) -> tuple[set[str], dict[str, str]]:
    samples = manifest.samples
    moved = samples[samples["curated_class"].notna()]
    return set(samples["id"][excluded(samples)]), dict(zip(moved["id"], moved["curated_class"], strict=True))


def test_only_what_was_left_out_or_relabelled_is_in_it(revision: Path) -> None:
    marks = read_curation(revision).marks
    assert [(mark.sample, mark.action.value, mark.note) for mark in marks] == [
        ("non_glaucoma/0001", "exclude", "not an eye"),
        ("non_glaucoma/0004", "exclude", ""),
        ("suspicious_glaucoma/0002", "relabel", "=looks healthy, agreed"),
    ]
    assert all(len(mark.image_sha256) == 64 for mark in marks)
    assert {path.suffix for path in revision.parent.iterdir()} <= {".csv", ".md", ".txt", ".json"}
    assert "patient-7" not in revision.read_text()


@pytest.mark.parametrize("layout", ["release", "kaggle", "split-class", "cyclegan", "flat+csv"])
def test_another_lab_applies_it_to_its_own_copy(layout: str, revision: Path, tmp_path: Path) -> None:
    other = write_copy(tmp_path / "theirs", layout)
    manifest = lagtool.scan(other, jobs=1)
    done = lagtool.apply_curation(manifest, lagtool.read_curation(revision))
    assert _curated(done) == ({"0001", "0004"}, {"0002": "non_glaucoma"})
    assert done.header.curation is not None
    assert (done.header.curation.unknown, done.header.curation.stale) == (0, 0)


def test_another_picture_under_the_same_id_is_left_alone(revision: Path, tmp_path: Path) -> None:
    other = write_copy(tmp_path / "theirs", "kaggle")
    write(other / "train" / "ng.0001.jpg", picture(99, 64, 64))
    done = lagtool.apply_curation(lagtool.scan(other, jobs=1), lagtool.read_curation(revision))
    assert _curated(done)[0] == {"0004"}
    assert done.header.curation is not None
    assert done.header.curation.stale == 1


def test_a_copy_with_other_ids_is_found_by_its_pictures(revision: Path, tmp_path: Path, capsys: Capture) -> None:
    other = write_copy(tmp_path / "theirs", "renamed")
    profile = tmp_path / "theirs.toml"
    profile.write_text(
        """name = "renamed"
id = "{name}"
splits = { train = "train", val = "val", test = "test" }
classes = [
    { name = "non_glaucoma", label = 0, folder = "HE" }, { name = "suspicious_glaucoma", label = 1, folder = "GL" },
]
[slots.image]
folder = "{split}/{class}"
files = "{name}.jpg"
""".replace("\n    {", "{").replace(",\n]", "]")
    )
    file = str(tmp_path / "m.parquet")
    arguments = ["index", str(other), "-o", file, "--profile", str(profile), "--curation", str(revision), "--jobs", "1"]
    assert run(arguments) == 0
    capsys.readouterr()
    names = {s.number: s for s in SAMPLES}
    ids = {n: f"LAG_{names[n].split}_{('he', 'gl')[names[n].label]}_{n:04d}" for n in (1, 2, 4)}
    assert _curated(read_manifest(file)) == ({ids[1], ids[4]}, {ids[2]: "non_glaucoma"})


def test_without_marks_it_is_empty_and_says_so(tmp_path: Path, capsys: Capture) -> None:
    root = write_copy(tmp_path / "LAG", "release")
    assert run(["export", str(root), "--to", "revision", "-o", str(tmp_path / "out")]) == 0
    assert "no mark in revision.csv" in capsys.readouterr().err
    assert (tmp_path / "out" / "revision.csv").read_text() == "class,id,action,value,note,image_sha256\n"
