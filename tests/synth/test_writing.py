"""The tree: its bytes, its numbers, its names, and the place it is written to."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lagtool.cli.synth  # noqa: F401 - the command under test
from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.output.folder import put_folder
from lagtool.profiles import Profile, load_profile
from lagtool.synth import count_pictures, write_synthetic_tree, writing
from lagtool.synth.layout import count_samples, plan_samples
from tests.profiles.examples import as_published

LAG = load_profile("lag")
SCALE = 0.001


def digest(root: Path) -> str:
    """Return one hash over the names and bytes of a tree."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        total.update(f"{path.relative_to(root).as_posix()}\n".encode())
        if path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()


def names(root: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in root.glob(pattern))


def test_same_seed_same_bytes_whatever_the_processes(tmp_path: Path) -> None:
    made = {}
    for name, seed, jobs in (("a", 4, 1), ("b", 4, 2), ("c", 5, 1)):
        write_synthetic_tree(tmp_path / name, profile=LAG, scale=SCALE, seed=seed, jobs=jobs)
        made[name] = digest(tmp_path / name)
    assert made["a"] == made["b"]
    assert made["a"] != made["c"]
    assert (tmp_path / "a.synth.json").read_bytes() == (tmp_path / "b.synth.json").read_bytes()


def test_a_hazy_tree_has_no_planted_defects(tmp_path: Path) -> None:
    made = {}
    for name, hazy, jobs in (("a", True, 1), ("b", True, 2), ("c", False, 1)):
        write_synthetic_tree(tmp_path / name, profile=LAG, scale=SCALE, hazy=hazy, jobs=jobs)
        made[name] = digest(tmp_path / name)
    assert made["a"] == made["b"] != made["c"]
    assert json.loads((tmp_path / "a.synth.json").read_text())["hazy"] is True
    with pytest.raises(LagtoolError, match="hazy"):
        write_synthetic_tree(tmp_path / "d", profile=LAG, scale=SCALE, hazy=True, defects=1)


def test_defects_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    profile = load_profile("lag-part1")
    for name in ("a", "b"):
        write_synthetic_tree(tmp_path / name, profile=profile, scale=0.004, seed=2, defects=12)
    assert (tmp_path / "a.truth.json").read_bytes() == (tmp_path / "b.truth.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("lag", [(6882, 3432), (4878, 2392)]),
        ("lag-part1", [(3143, 3143), (1711, 1711)]),
        ("cvpr2019", [(3432, 3432), (2392, 2392)]),
    ],
)
def test_numbers_at_full_scale(name: str, counts: list[tuple[int, int]]) -> None:
    profile = load_profile(name)
    assert count_samples(profile, 1) == counts
    samples = plan_samples(profile, 1, 0)
    for index in (0, 1):
        mine = [sample for sample in samples if sample.class_index == index]
        assert (len(mine), sum(sample.has_map for sample in mine)) == counts[index]
    numbers = [sample.number for sample in samples]
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= 1
    assert numbers[-1] <= len(numbers) * 5849 / 4854 + 1
    assert count_pictures(profile) == sum(map(sum, counts))


@pytest.mark.parametrize("name", ["lag", "lag-part1", "cvpr2019"])
def test_numbers_of_a_small_tree(tmp_path: Path, name: str) -> None:
    profile = load_profile(name)
    done: list[int] = []
    tree = write_synthetic_tree(tmp_path / "t", profile=profile, scale=SCALE, advance=done.append)
    counts = count_samples(profile, SCALE)
    assert sum(done) == count_pictures(profile, SCALE) == tree.images + tree.maps
    ids: list[str] = []
    for spec, (images, maps) in zip(profile.classes, counts, strict=True):
        folder = tmp_path / "t" / spec.name
        assert len(names(folder, "image/*")) == images
        assert len(names(folder, "attention_map/*")) == maps
        assert {path.read_bytes() for path in (folder / "label").iterdir()} == {str(spec.label).encode()}
        stems = [path.stem for path in (folder / "image").iterdir()]
        assert {path.stem for path in (folder / "label").iterdir()} == set(stems)
        assert {path.stem for path in (folder / "attention_map").iterdir()} <= set(stems)
        ids += stems
    assert len(ids) == len(set(ids))
    assert tree.truth_path is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t", "t.synth.json"]


def test_at_least_one_of_each_class() -> None:
    assert count_samples(LAG, 0.00001) == [(1, 1), (1, 1)]


def test_published_names(tmp_path: Path) -> None:
    write_synthetic_tree(tmp_path / "t", profile=as_published(LAG), scale=SCALE)
    images = names(tmp_path / "t", "*/image/*")
    assert all(name.startswith("image") for name in images)
    assert set(names(tmp_path / "t", "*/attention_map/*")) <= set(images)
    numbers = sorted(int(name.removeprefix("image").removesuffix(".jpg")) for name in images)
    assert names(tmp_path / "t", "*/label/*") == [f"{number:04d}.txt" for number in numbers]


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 1000.0])
def test_scale_out_of_range(tmp_path: Path, scale: float) -> None:
    with pytest.raises(LagtoolError, match="scale"):
        write_synthetic_tree(tmp_path / "t", profile=LAG, scale=scale)
    assert not list(tmp_path.iterdir())


def test_profiles_that_cannot_be_followed(tmp_path: Path) -> None:
    uncounted = LAG.model_copy(update={"classes": tuple(c.model_copy(update={"images": None}) for c in LAG.classes)})
    with pytest.raises(LagtoolError, match="no number of images"):
        write_synthetic_tree(tmp_path / "t", profile=uncounted)


def test_a_filled_folder_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "t"
    place.mkdir()
    write_synthetic_tree(place, profile=LAG, scale=SCALE)  # an empty one is fine
    with pytest.raises(LagtoolError, match="not empty"):
        write_synthetic_tree(place, profile=LAG, scale=SCALE)
    before = digest(place)
    write_synthetic_tree(place, profile=LAG, scale=SCALE, seed=9, force=True)
    assert digest(place) != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t", "t.synth.json"]


def test_force_replaces_nothing_but_its_own_trees(tmp_path: Path) -> None:
    place = tmp_path / "t"
    write_synthetic_tree(place, profile=LAG, scale=SCALE)
    # The tree is gone and real data stands in its place; the marker beside it is still there.
    place.rename(tmp_path / "elsewhere")
    (place / "non_glaucoma" / "image").mkdir(parents=True)
    (place / "non_glaucoma" / "image" / "0001.jpg").write_bytes(b"precious")
    with pytest.raises(LagtoolError, match="not a tree that lagtool synth made"):
        write_synthetic_tree(place, profile=LAG, scale=SCALE, force=True)
    for marker in (b"", b"[]", b'{"proof": 1}', b"[" * 100_000):
        (tmp_path / "t.synth.json").write_bytes(marker)
        with pytest.raises(LagtoolError, match="not a tree that lagtool synth made"):
            write_synthetic_tree(place, profile=LAG, scale=SCALE, force=True)
    assert (place / "non_glaucoma" / "image" / "0001.jpg").read_bytes() == b"precious"


def test_links_and_foreign_files_beside_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(LagtoolError, match="cannot be replaced"):
        write_synthetic_tree(tmp_path / "link", profile=LAG, scale=SCALE, force=True)
    (tmp_path / "t.truth.json").write_text("{}")
    with pytest.raises(LagtoolError, match="exists"):
        write_synthetic_tree(tmp_path / "t", profile=LAG, scale=SCALE)
    (tmp_path / "file").write_text("")
    with pytest.raises(LagtoolError, match="not a folder"):
        write_synthetic_tree(tmp_path / "file", profile=LAG, scale=SCALE, force=True)


def test_the_truth_of_an_earlier_tree_goes_with_it(tmp_path: Path) -> None:
    write_synthetic_tree(tmp_path / "t", profile=LAG, scale=SCALE, defects=2)
    assert (tmp_path / "t.truth.json").exists()
    write_synthetic_tree(tmp_path / "t", profile=LAG, scale=SCALE, force=True)
    assert not (tmp_path / "t.truth.json").exists()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, jobs: int, error: type[BaseException]) -> None:
    def interrupt(_done: int) -> None:
        raise error

    with pytest.raises(error):
        write_synthetic_tree(tmp_path / "t", profile=LAG, scale=0.003, jobs=jobs, advance=interrupt)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_replacement_keeps_the_old_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "t"
    write_synthetic_tree(place, profile=LAG, scale=SCALE)
    before = digest(place)

    def fail(*_arguments: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "encode_weights", fail)
    with pytest.raises(LagtoolError, match="No space left"):
        write_synthetic_tree(place, profile=LAG, scale=SCALE, seed=1, force=True, jobs=1)
    assert digest(place) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t", "t.synth.json"]


@pytest.mark.parametrize("before", [True, False])
def test_a_kill_between_two_steps_leaves_a_tree_that_can_be_replaced(
    before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "t"
    write_synthetic_tree(place, profile=LAG, scale=SCALE, defects=2)
    old = digest(place)

    class _KilledError(BaseException):
        pass

    def kill(temporary: Path, root: Path) -> None:
        if not before:
            put_folder(temporary, root)
        raise _KilledError

    with monkeypatch.context() as patch, pytest.raises(_KilledError):
        patch.setattr(writing, "put_folder", kill)
        write_synthetic_tree(place, profile=LAG, scale=SCALE, seed=1, defects=2, force=True)
    assert (digest(place) == old) is before
    assert not (tmp_path / "t.truth.json").exists()  # rather none than another's
    write_synthetic_tree(place, profile=LAG, scale=SCALE, seed=2, force=True)
    write_synthetic_tree(tmp_path / "alone", profile=LAG, scale=SCALE, seed=2)
    assert digest(place) == digest(tmp_path / "alone")
    assert (tmp_path / "t.synth.json").read_bytes() == (tmp_path / "alone.synth.json").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="nothing tells a folder in use from one left behind there")
def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    left, mine = tmp_path / ".t.0123456789ab.tmp", tmp_path / ".t.ba9876543210.tmp"
    for folder, name in ((left, ".lagtool-synth.tmp"), (mine, "notes.md")):
        (folder / "non_glaucoma").mkdir(parents=True)
        (folder / name).write_text("")
    write_synthetic_tree(tmp_path / "t", profile=LAG, scale=SCALE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [mine.name, "t", "t.synth.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends a process at once there")
def test_a_terminated_command_leaves_nothing(tmp_path: Path) -> None:
    code = "import sys, lagtool.cli.synth; from lagtool.__main__ import run; sys.exit(run(sys.argv[1:]))"
    script = tmp_path / "run.py"
    script.write_text(f"if __name__ == '__main__':\n    {code}\n")
    place = tmp_path / "place"
    place.mkdir()
    with subprocess.Popen(
        [sys.executable, script, "synth", str(place / "t"), "--jobs", "2"], stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 30
        while not list(place.glob(".*/*/image/*.jpg")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
    assert not list(place.iterdir())


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "new" / "LAG")
    assert run(["synth", place, "--scale", "0.001", "--seed", "3", "--defects", "2"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "12 images, 5 attention maps, 2 defects listed in" in err
    assert len(json.loads(Path(f"{place}.truth.json").read_text())["defects"]) == 2
    assert run(["synth", place, "--scale", "0.001"]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["synth", place, "--scale", "0.001", "--force", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert run(["synth", place, "--profile", "nonsense"]) == 2
    assert "unknown profile" in capsys.readouterr().err
    assert run(["synth", str(tmp_path / "x"), "--scale", "0"]) == 2
    assert run(["synth", str(tmp_path / "x"), "--scale", "0.001", "--defects", "500"]) == 2
    assert "too few samples" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_another_folder_layout_is_followed(tmp_path: Path) -> None:
    slots = {name: LAG.slots[name] for name in ("image", "label")}
    slots["label"] = slots["label"].model_copy(update={"folder": "truth"})
    profile: Profile = LAG.model_copy(update={"slots": slots})
    tree = write_synthetic_tree(tmp_path / "t", profile=profile, scale=SCALE)
    assert tree.maps == 0
    assert {path.name for path in (tmp_path / "t" / "non_glaucoma").iterdir()} == {"image", "truth"}
