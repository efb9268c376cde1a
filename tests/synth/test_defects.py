"""Each planted defect is what it says, and the list of expected findings is what the checks find."""

import json
import stat
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image

from lagtool.checks.registry import CHECKS
from lagtool.checks.runner import validate
from lagtool.errors import LagtoolError
from lagtool.profiles import Profile, load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree
from lagtool.synth.defects import KINDS
from tests.profiles.examples import as_published

Places = dict[str, list[Path]]
PER_KIND = 4  # enough for each kind to take its turns


def small(name: str, images: int, maps: int) -> Profile:
    """Return a built-in profile with small numbers, so that a whole dataset is quick to make."""
    profile = load_profile(name)
    classes = tuple(c.model_copy(update={"images": images, "maps": maps}) for c in profile.classes)
    return profile.model_copy(update={"classes": classes, "ids_sha256": None})


def read_truth(root: Path) -> dict[str, Any]:
    return json.loads(root.with_name(f"{root.name}.truth.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Places]:
    root = tmp_path_factory.mktemp("synth") / "LAG"
    profile = small("lag-part1", 200, 200)
    write_synthetic_tree(root, profile=profile, seed=11, defects=PER_KIND * len(KINDS), jobs=1)
    places: Places = defaultdict(list)
    for defect in read_truth(root)["defects"]:
        places[defect["code"]].append(root / defect["path"])
    return root, places


def test_every_kind_is_planted_in_turn(planted: tuple[Path, Places]) -> None:
    _, places = planted
    assert set(places) == {kind.code for kind in KINDS}
    assert all(len(found) >= PER_KIND for code, found in places.items() if code != "LAG104")


def test_kinds_are_checks() -> None:
    assert {(kind.code, kind.name) for kind in KINDS} <= {(check.code, check.name) for check in CHECKS}


@pytest.mark.parametrize(
    ("name", "published", "scale"), [("lag-part1", False, 1.0), ("lag", True, 1.0), ("cvpr2019", False, 0.5)]
)
def test_the_checks_find_what_is_expected_and_nothing_else(
    tmp_path: Path, name: str, published: bool, scale: float
) -> None:
    images = 70 if scale == 1 else 280
    half = small(name, images, images // 2 if name == "lag" else images)
    half = as_published(half) if published else half
    write_synthetic_tree(tmp_path / "t", profile=half, scale=scale, seed=3, defects=2 * len(KINDS))
    truth = read_truth(tmp_path / "t")
    expected = [(finding["code"], finding["path"]) for finding in truth["expected"]]
    assert expected == sorted(set(expected))
    counted = any(code.startswith("LAG5") for code, _ in expected)
    assert counted == (scale == 1)
    report = validate(scan(tmp_path / "t", profile=half), ignore=[] if counted else ["counts"])
    assert sorted((finding.code, finding.path) for finding in report.findings) == expected


def test_too_many_defects(tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match="too few samples"):
        write_synthetic_tree(tmp_path / "t", profile=small("lag", 5, 3), defects=50)
    assert not list(tmp_path.iterdir())


def fails(path: Path) -> bool:
    try:
        simplejpeg.decode_jpeg(path.read_bytes(), strict=True)
    except ValueError:
        return True
    return False


def test_tree_defects(planted: tuple[Path, Places]) -> None:
    root, places = planted
    assert all(path.is_dir() and path.parent.parent == root and any(path.iterdir()) for path in places["LAG004"])
    assert all(list(path.glob("non_glaucoma/image/*.jpg")) for path in places["LAG005"])
    assert {path.name for path in root.rglob("*")} >= {"Thumbs.db", ".DS_Store", "._0001.jpg"}
    assert {path.suffix for path in places["LAG007"]} == {".jpg", ".md"}
    for path in places["LAG008"]:
        assert path.read_bytes() == path.with_name(f"{path.name[:4]}.jpg").read_bytes()


def test_pairing_defects(planted: tuple[Path, Places]) -> None:
    _, places = planted

    def beside(path: Path, slot: str) -> Path:
        return path.parent.parent / slot / f"{path.stem}{'.txt' if slot == 'label' else '.jpg'}"

    assert all(path.exists() and not beside(path, "image").exists() for path in places["LAG101"] + places["LAG102"])
    assert not any(beside(path, "label").exists() for path in places["LAG102"] + places["LAG103"])
    assert not any(beside(path, "attention_map").exists() for path in places["LAG104"])
    profile = load_profile("lag")
    for path in places["LAG105"]:
        key = profile.key("image", path.name)
        assert path.is_file()
        assert path.read_bytes() != path.with_name(f"{key}.jpg").read_bytes()
    for path in places["LAG106"]:
        assert path.parts[-3] == "suspicious_glaucoma"
        assert (path.parents[2] / "non_glaucoma" / "image" / path.name).is_file()
        assert (path.parents[2] / "non_glaucoma" / "label" / f"{path.stem}.txt").read_text() == "0"
    kinds = {stat.S_IFMT(path.lstat().st_mode) for path in places["LAG107"]}
    assert kinds == {stat.S_IFDIR, stat.S_IFIFO, stat.S_IFLNK}
    assert not any(path.exists() for path in places["LAG107"] if path.is_symlink())
    for path in places["LAG108"]:
        assert path.is_symlink()
        assert path.resolve().parent == path.parent.resolve()
        assert path.resolve().is_file()


def test_links_lead_where_it_is_said(planted: tuple[Path, Places]) -> None:
    root, places = planted
    for path in places["LAG109"] + places["LAG015"]:
        assert path.is_symlink()
        assert path.resolve() == root.resolve().parent / "elsewhere" / "0001.jpg"
    assert {path.exists() for path in places["LAG016"]} == {True, False}
    assert all(path.resolve().is_relative_to(root.resolve()) for path in places["LAG016"])


def test_twins_are_two_files_of_like_names(planted: tuple[Path, Places]) -> None:
    root, places = planted
    names = {path.name for path in root.iterdir()}
    for path in places["LAG013"]:
        assert {path.name, path.name.capitalize()} <= names
    for path in places["LAG014"]:
        decomposed = unicodedata.normalize("NFD", path.name)
        assert decomposed != path.name
        assert decomposed in names


def test_label_defects(planted: tuple[Path, Places]) -> None:
    _, places = planted
    for path in places["LAG201"]:
        assert path.read_text() == ("1" if path.parts[-3] == "non_glaucoma" else "0")
    assert {path.read_bytes().strip() for path in places["LAG202"]} == {b""}
    assert {path.read_text(encoding="utf-8") for path in places["LAG203"]} == {"2", "yes", "１"}
    assert {path.read_bytes() for path in places["LAG205"]} == {b"0 1", b"0\r\n1", b"0,1"}
    assert {path.read_bytes()[:2] for path in places["LAG206"]} == {b"0\0", b"\xff\xd8"}
    assert all(path.stat().st_size > 4096 for path in places["LAG204"])


@pytest.mark.parametrize("family", ["LAG3", "LAG4"])
def test_damaged_pictures(planted: tuple[Path, Places], family: str) -> None:
    _, places = planted
    for path in places[f"{family}01"] + places[f"{family}02"]:
        assert fails(path)
    assert not any(path.read_bytes().endswith(b"\xff\xd9") for path in places[f"{family}01"])
    assert all(path.read_bytes().endswith(b"\xff\xd9") for path in places[f"{family}02"])
    starts = {path.read_bytes()[:8] for path in places[f"{family}03"]}
    assert starts == {b"\x89PNG\r\n\x1a\n", b"version ", b"<!DOCTYP"}
    assert all(path.stat().st_size == 0 for path in places[f"{family}04"])
    assert all(path.stat().st_size > 64 << 20 for path in places[f"{family}05"])
    for path in places[f"{family}06"]:
        assert simplejpeg.decode_jpeg_header(path.read_bytes(), strict=False)[:2] == (30_000, 30_000)


def test_unlike_images(planted: tuple[Path, Places]) -> None:
    _, places = planted
    for path in places["LAG307"]:
        assert simplejpeg.decode_jpeg_header(path.read_bytes())[:2] == (500, 480)  # height, width
    for path in places["LAG309"]:
        assert simplejpeg.decode_jpeg_header(path.read_bytes())[2].lower() == "gray"
    trailers = [path.read_bytes().partition(b"\xff\xd9")[2] for path in places["LAG310"]]
    assert any(len(trailer) == 1024 for trailer in trailers)
    assert any(trailer.startswith(b"\xff\xd8") for trailer in trailers)
    assert not any(fails(path) for code in ("LAG307", "LAG309", "LAG310") for path in places[code])


def test_images_that_show_something_else(planted: tuple[Path, Places]) -> None:
    _, places = planted

    def pictures(code: str) -> list[Any]:
        return [simplejpeg.decode_jpeg(path.read_bytes()) for path in places[code]]

    for pixels in pictures("LAG312"):
        assert pixels.shape == (500, 500, 3)
        assert np.ptp(pixels, axis=2).max() == 0
    assert all(pixels.std(axis=(0, 1)).max() < 1 for pixels in pictures("LAG314"))
    assert all(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).std() < 5 or pixels.max() > 80 for pixels in pictures("LAG315"))
    assert all(pixels[0, 0].min() > 200 for pixels in pictures("LAG316"))  # the dark round the field, in negative
    brightness = [pixels.mean() for pixels in pictures("LAG319")]
    assert max(brightness) > 200  # a page
    assert any(125 < level < 130 for level in brightness)  # noise


def test_what_lies_beside_the_pixels(planted: tuple[Path, Places]) -> None:
    _, places = planted

    def exif(path: Path) -> Any:
        with Image.open(path) as image:
            return image.getexif()

    assert {exif(path)[0x0112] for path in places["LAG311"]} == {3, 6, 8}
    assert all(exif(path).get_ifd(0x8825)[1] == "S" for path in places["LAG317"])
    data = [path.read_bytes() for path in places["LAG318"]]
    assert {b"Exif\0\0" in found for found in data} == {True, False}
    assert all((b"Exif\0\0" in found) != (b"http://ns.adobe.com/xap/" in found) for found in data)


def _levels(path: Path) -> Any:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_maps_that_do_not_belong(planted: tuple[Path, Places]) -> None:
    _, places = planted
    for path in places["LAG413"]:
        pixels = _levels(path)
        others = [p for p in path.parent.iterdir() if p.is_file() and 0 < p.stat().st_size < 10_000 and p != path]
        maps = [found for p in others if (found := _levels(p)) is not None]
        assert sum(np.array_equal(pixels, found) for found in maps) == 1
    corners = set()
    for path in places["LAG414"]:
        moments = cv2.moments(_levels(path))
        corners.add((round(moments["m10"] / moments["m00"] / 112), round(moments["m01"] / moments["m00"] / 112)))
    assert corners == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert len({path.read_bytes() for path in places["LAG414"] + places["LAG415"]}) == len(
        places["LAG414"] + places["LAG415"]
    )


def test_unlike_maps(planted: tuple[Path, Places]) -> None:
    _, places = planted

    def levels(code: str) -> list[Any]:
        return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in places[code]]

    assert all(found.shape == (500, 500) and found.max() >= 250 for found in levels("LAG407"))
    for found in levels("LAG408"):
        assert found.shape == (112, 112, 3)
        assert np.ptp(found.astype(int), axis=2).max() > 100
    assert {(int(found.min()), int(found.max())) for found in levels("LAG409")} == {(24, 24), (128, 128)}
    assert {(int(found.min()), int(found.max())) for found in levels("LAG412")} == {(0, 0)}
    for path in places["LAG411"]:
        with Image.open(path) as image:
            assert image.mode == "CMYK"
    assert all(110 <= found.max() <= 130 for found in levels("LAG410"))


def test_copies(planted: tuple[Path, Places]) -> None:
    root, places = planted

    def twins(path: Path, folder: str) -> list[Path]:
        files = [p for p in (root / folder / "image").iterdir() if p.is_file() and not p.is_symlink()]
        same = [p for p in files if p.stat().st_size == path.stat().st_size and p.read_bytes() == path.read_bytes()]
        return [p for p in same if p != path and len(p.stem) == 4]

    assert all(len(twins(path, "non_glaucoma")) == 1 for path in places["LAG601"])
    for path in places["LAG602"]:
        [twin] = twins(path, path.parts[-3])
        assert twin.name < path.name

    def same_pixels(path: Path, folder: str) -> list[Path]:
        pixels = simplejpeg.decode_jpeg(path.read_bytes())
        size = path.stat().st_size
        files = [p for p in (root / folder / "image").glob("????.jpg") if p.is_file() and not p.is_symlink()]
        near = [p for p in files if p != path and 0 < size - p.stat().st_size < 64 and not fails(p)]
        return [p for p in near if np.array_equal(simplejpeg.decode_jpeg(p.read_bytes()), pixels)]

    assert all(len(same_pixels(path, "non_glaucoma")) == 1 for path in places["LAG603"])
    assert all(len(same_pixels(path, path.parts[-3])) == 1 for path in places["LAG604"])
