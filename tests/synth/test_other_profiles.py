"""Synthetic trees for profiles of other datasets: drawn where that is possible, and refused in words where not."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomlkit
from PIL import Image

from lagtool.__main__ import run
from lagtool.profiles import Profile, load_profile
from lagtool.synth import write_synthetic_tree
from lagtool.synth.encoding import encode_regions
from lagtool.synth.scene import SIZE, compose_scene
from tests.profiles.examples import LEAST, documented

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _counted(name: str, counts: list[int], maps: list[int] | None = None) -> None:
    """Write p.toml: a documented profile with other numbers, and small pictures."""
    table = tomlkit.parse(documented(name)).unwrap()
    for at, (spec, images) in enumerate(zip(table["classes"], counts, strict=True)):
        spec.update({"images": images} | ({"maps": maps[at]} if maps else {}))
    for spec in table["slots"].values():
        spec.update({"width": 90, "height": 60} if "width" in spec else {})
    Path("p.toml").write_text(tomlkit.dumps(table))


@pytest.mark.parametrize(
    ("name", "counts", "maps", "first"),
    [
        ("refuge", [4, 3], [4, 2], "Annotation-Training400/Disc_Cup_Masks/Glaucoma/g0004.bmp"),
        ("airogs", [4, 3], None, "NRG/TRAIN000001.jpg"),
        ("clinic", [3, 2, 2], None, "Fundus Photos/G0003.png"),
    ],
)
def test_a_tree_for_a_documented_profile_is_flawless(
    name: str, counts: list[int], maps: list[int] | None, first: str, capsys: Capture
) -> None:
    _counted(name, counts, maps)
    assert run(["synth", "data", "--profile", "p.toml", "--seed", "5"]) == 0
    err = capsys.readouterr().err
    assert err == f"data: 7 images{', 6 disc and cup masks' if maps else ''}\n"
    assert sorted(p.relative_to("data").as_posix() for p in Path("data").rglob("*") if p.is_file())[0] == first
    assert run(["validate", "data", "--profile", "p.toml", "--format", "json", "--fail-on", "warning"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(row["expected"], row["found"]) for row in report["counts"]] == [(n, n) for n in [*counts, *(maps or [])]]
    before = {p: p.read_bytes() for p in Path("data").rglob("*") if p.is_file()}
    assert run(["synth", "data", "--profile", "p.toml", "--seed", "5", "--force", "-q", "-j", "2"]) == 0
    assert before == {p: p.read_bytes() for p in Path("data").rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_every_format_that_is_written_is_that_format(kind: str) -> None:
    suffix = f".{kind.lower()}"
    slots: dict[str, Any] = {
        slot: {"folder": slot, "files": f"{{number}}{suffix}", "format": kind} for slot in ("image", "map")
    }
    slots["image"] |= {"width": 120, "height": 80}
    classes = [{"name": "a", "label": 0, "images": 1, "maps": 1}]
    profile = Profile.model_validate({"name": "p", "classes": classes, "slots": slots})
    write_synthetic_tree(Path("data"), profile=profile)
    for slot, size in (("image", (120, 80)), ("map", (112, 112))):
        with Image.open(next(Path("data", "a", slot).iterdir())) as picture:
            assert (picture.format, picture.size) == (kind, size)


def _refused(capsys: Capture, **changes: Any) -> str:
    table = {**LEAST, "classes": [{**spec, "images": 3} for spec in LEAST["classes"]], **changes}
    Path("p.toml").write_text(tomlkit.dumps(table))
    assert run(["synth", "data", "--profile", "p.toml"]) == 2
    assert not Path("data").exists()
    assert not list(Path.cwd().glob(".*"))
    return capsys.readouterr().err


def test_what_cannot_be_drawn_is_said(capsys: Capture) -> None:
    image = LEAST["slots"]["image"]

    def refuse(**keys: Any) -> str:
        return _refused(capsys, slots={"image": {**image, **keys}})

    assert _refused(capsys, classes=LEAST["classes"]) == (
        "lagtool: profile least gives no number of images for a: add it\n"
    )
    assert refuse(files="{number}.gif", format="GIF") == (
        "lagtool: synth cannot follow profile least: it writes no GIF pictures, as slots.image asks\n"
    )
    assert refuse(modes=["L"]) == (
        "lagtool: synth cannot follow profile least: its pictures of slots.image have the mode RGB, not L\n"
    )


@pytest.mark.parametrize(
    ("name", "different"),
    [("refuge", "other folders"), ("airogs", "other folders"), ("clinic", "other file names")],
)
def test_defects_are_planted_in_trees_like_lag_only(name: str, different: str, capsys: Capture) -> None:
    _counted(name, [3, 3, 3] if name == "clinic" else [3, 3])
    assert run(["synth", "data", "--profile", "p.toml", "--defects", "3"]) == 2
    profile = load_profile("p.toml").name
    assert capsys.readouterr().err == (
        f"lagtool: defects can be planted in trees like LAG's only, and {profile} has {different}: "
        "leave out --defects\n"
    )
    assert not Path("data").exists()


def test_a_mask_lies_on_the_disc_that_was_drawn() -> None:
    spec = Profile.model_validate(tomlkit.parse(documented("refuge")).unwrap()).slots["map"]
    spec = spec.model_copy(update={"width": 2 * SIZE, "height": SIZE, "format": "PNG"})
    for number in range(1, 6):
        scene = compose_scene(3, number, number % 2)
        with Image.open(io.BytesIO(encode_regions(scene, spec))) as picture:
            mask = np.asarray(picture)
        assert mask.shape == (SIZE, 2 * SIZE)
        assert set(np.unique(mask)) == {0, 128, 255}
        y, x = np.nonzero(mask != 255)
        disc = scene.place(np.zeros(2))
        assert np.hypot(x.mean() / 2 - disc[0], y.mean() - disc[1]) < 3
        area = np.pi * scene.eye.disc[0] * scene.eye.disc[1] * scene.view.scale**2
        assert np.count_nonzero(mask != 255) / 2 == pytest.approx(area, rel=0.05)
        assert np.count_nonzero(mask == 0) / np.count_nonzero(mask != 255) == pytest.approx(
            scene.eye.cup_ratio**2, rel=0.15
        )
