"""Thumbnails: small, in their place, of every intact picture, and of nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lagtool.reporting.html import thumbnails
from lagtool.reporting.html.thumbnails import SIDE, make_thumbnails
from lagtool.reporting.html.writing import write_report
from lagtool.scanning.scan import scan
from tests.trees import attention_map, jpeg, snapshot, write, write_tree


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A tree of pictures of many kinds; what comes of each stands in the test below."""
    root = write_tree(tmp_path / "LAG", 6, 1)
    image, heat = root / "non_glaucoma" / "image", root / "non_glaucoma" / "attention_map"
    write(image / "0002.jpg", jpeg(2)[:-300])
    write(image / "0003.jpg", jpeg(3, 1600, 900))
    write(image / "0004.jpg", jpeg(4, 40, 30, gray=True))
    (heat / "0005.jpg").unlink()
    write(heat / "0006.jpg", jpeg(6, 600, 300))
    return root


def test_what_comes_of_each_picture(odd: Path, tmp_path: Path) -> None:
    manifest = scan(odd)
    write(odd / "non_glaucoma" / "image" / "0001.jpg", jpeg(99))
    (odd / "suspicious_glaucoma" / "attention_map" / "0007.jpg").unlink()
    before = snapshot(odd)
    done: list[int] = []
    images, maps = make_thumbnails(manifest, odd, tmp_path / "out", advance=done.append)
    assert (images, maps, sum(done)) == ("3211111", "1111012", 7)
    assert snapshot(odd) == before
    made = _files(tmp_path / "out")
    names = [*(f"{n}.jpg" for n in (2, 3, 4, 5, 6)), *(f"{n}.png" for n in (0, 1, 2, 3, 5))]
    assert sorted(made) == sorted(f"thumbnails/0000/000000{name}" for name in names)
    sizes = {name: _size(tmp_path / "out" / name) for name in made}
    assert sizes["thumbnails/0000/0000002.jpg"] == (SIDE, 144)
    assert sizes["thumbnails/0000/0000003.jpg"] == (40, 30)
    assert sizes["thumbnails/0000/0000004.jpg"] == (250, 250)
    assert max(max(size) for size in sizes.values()) <= SIDE


def test_a_map_lies_on_its_image_by_opacity(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "LAG", 1, 1)
    write(root / "non_glaucoma" / "attention_map" / "0001.jpg", attention_map(1))
    make_thumbnails(scan(root), root, tmp_path / "out", advance=lambda _: None)
    with Image.open(tmp_path / "out/thumbnails/0000/0000000.png") as overlay:
        opacity = np.asarray(overlay.convert("RGBA"))[..., 3]
    with Image.open(root / "non_glaucoma/attention_map/0001.jpg") as level:
        levels = np.asarray(level)
    assert opacity.shape == levels.shape
    assert opacity[levels < 16].max() == 0
    assert opacity[levels >= 240].min() == 230
    assert np.corrcoef(opacity.ravel(), levels.ravel())[0, 1] > 0.98


def test_any_number_of_processes_makes_the_same(odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = scan(odd)
    alone = make_thumbnails(manifest, odd, tmp_path / "one", jobs=1, advance=lambda _: None)
    monkeypatch.setattr(thumbnails, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(thumbnails, "_CHUNK", 2)
    together = make_thumbnails(manifest, odd, tmp_path / "two", jobs=2, advance=lambda _: None)
    assert alone == together
    assert _files(tmp_path / "one") == _files(tmp_path / "two")


def test_a_link_in_the_place_of_a_picture_is_not_followed(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "LAG", 1, 1)
    manifest = scan(root)
    image = root / "non_glaucoma" / "image" / "0001.jpg"
    outside = write(tmp_path / "outside.jpg", image.read_bytes())
    image.unlink()
    image.symlink_to(outside)
    images, _ = make_thumbnails(manifest, root, tmp_path / "out", advance=lambda _: None)
    assert images == "21"


def test_no_pixels_leave_the_data_set_unless_asked_for(odd: Path, tmp_path: Path) -> None:
    page = write_report(scan(odd), tmp_path / "plain", root=odd)
    assert sorted(_files(page.parent)) == ["findings.csv", "index.html", "lagtool-report.json"]
    html = page.read_text()
    assert "data:image" not in html
    assert "<img" not in html
