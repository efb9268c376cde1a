"""Photographs of something else among drawn eyes, as files."""

import io
from pathlib import Path

import pytest
from PIL import Image

from lagtool.checks.runner import validate
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_a_photograph_of_something_else_is_found_once(name: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    root = tmp_path / "LAG"
    write_synthetic_tree(root, profile=load_profile("lag-part1"), scale=0.006, seed=5)
    assert not validate(scan(root), select=["LAG316", "LAG319"]).findings
    path = sorted((root / "non_glaucoma" / "image").iterdir())[3]
    file = io.BytesIO()
    Image.fromarray(datasets.load_sample_image(name)).resize((500, 500)).save(file, "JPEG", quality=90)
    path.write_bytes(file.getvalue())
    (finding,) = validate(scan(root), select=["LAG316", "LAG319"]).findings
    assert (finding.code, finding.path) == ("LAG319", path.relative_to(root).as_posix())
    assert "fills the picture to all four sides" in finding.message
