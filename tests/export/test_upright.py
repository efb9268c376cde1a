"""Orientation in the metadata of a picture: every reader shows image and map as they are stored, and so alike."""

import io
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

import lagtool
from lagtool.checks.runner import validate
from lagtool.errors import LagtoolError
from lagtool.export.in_place import write_in_place
from lagtool.export.options import Maps
from lagtool.export.pictures import make_upright
from lagtool.export.writing import write_export
from lagtool.probe.picture import decode
from lagtool.training import SampleSet
from tests.trees import jpeg, write, write_tree

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{}</rdf:RDF></x:xmpmeta>'
)
ATTRIBUTE = XMP.format(' tiff:Orientation="6"/>')
ELEMENT = XMP.format("><tiff:Orientation>8</tiff:Orientation></rdf:Description>")
WIDE = jpeg(7, 300, 200)


def _turned(kind: str = "JPEG", exif: int = 0, xmp: str = "") -> bytes:
    """A picture of 300 x 200 pixels whose metadata state an orientation; a JPEG keeps its pixels to the byte."""
    options: dict[str, Any] = {}
    if exif:
        block = Image.Exif()
        block[0x010F], block[0x0112] = "camera", exif
        options["exif"] = block
    if xmp and kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp)
    elif xmp:
        options["xmp"] = xmp.encode()
    file = io.BytesIO()
    Image.open(io.BytesIO(WIDE)).save(file, kind, **options)
    return file.getvalue()


def _sizes(data: bytes) -> set[tuple[int, int]]:
    """Return the sizes that readers see: Pillow as stored and turned, OpenCV, and lagtool."""
    seen: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    ours = decode(data, None)
    with Image.open(io.BytesIO(data)) as image:
        turned = ImageOps.exif_transpose(image)
        return {image.size, turned.size, (seen.shape[1], seen.shape[0]), (ours.width or 0, ours.height or 0)}


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(("exif", "xmp"), [(6, ""), (8, ATTRIBUTE), (5, ELEMENT), (0, ATTRIBUTE), (0, ELEMENT)])
def test_all_readers_agree_and_no_pixel_changes(kind: str, exif: int, xmp: str) -> None:
    data = _turned(kind, exif, xmp)
    assert len(_sizes(data)) == 2
    made = make_upright(data)
    assert _sizes(made) == {(300, 200)}
    before, after = decode(data, None).pixels, decode(made, None).pixels
    assert np.array_equal(np.asarray(before), np.asarray(after))
    assert make_upright(made) is made
    if kind == "JPEG":
        assert len(made) == len(data)
        assert exif == 0 or Image.open(io.BytesIO(made)).getexif()[0x010F] == "camera"


@pytest.mark.parametrize("data", [WIDE, _turned(exif=1), _turned("PNG"), _turned("PNG", 1), b"", b"\xff\xd8\xff", b"x"])
def test_what_states_no_turn_stays_to_the_byte(data: bytes) -> None:
    assert make_upright(data) is data


@given(st.data())
def test_damaged_metadata_never_raises(data: st.DataObject) -> None:
    turned = bytearray(_turned(exif=6, xmp=ATTRIBUTE))
    for _ in range(data.draw(st.integers(1, 8))):
        turned[data.draw(st.integers(2, 400))] = data.draw(st.integers(0, 255))
    make_upright(bytes(turned))


def _tree(root: Path) -> lagtool.Manifest:
    """A tree with an image turned by Exif, one by XMP, and a map turned by Exif."""
    write_tree(root, 4, 3)
    images = root / "non_glaucoma" / "image"
    write(images / "0001.jpg", _turned(exif=6))
    write(images / "0002.jpg", _turned(xmp=ATTRIBUTE))
    write(root / "non_glaucoma" / "attention_map" / "0003.jpg", _turned(exif=3))
    return lagtool.scan(root)


def test_validate_finds_both_kinds(tmp_path: Path) -> None:
    manifest = _tree(tmp_path / "LAG")
    assert manifest.samples["image_orientation"].fillna(0).tolist()[:3] == [6, 6, 0]
    found = {f.path: f.message for f in validate(manifest).findings if f.code == "LAG311"}
    assert found == {
        f"non_glaucoma/image/000{i}.jpg": "has orientation 6: to be turned by 90 degrees to the right" for i in (1, 2)
    }


@pytest.mark.parametrize("mode", ["auto", "link", "hardlink", "copy"])
@pytest.mark.parametrize(("to", "place"), [("imagefolder", "all/non_glaucoma"), ("huggingface", "all/images")])
def test_exported_folders(to: str, place: str, mode: str, tmp_path: Path) -> None:
    root, out = tmp_path / "LAG", tmp_path / "out"
    manifest = _tree(root)
    before = {path: path.read_bytes() for path in root.rglob("*.jpg")}
    export = write_export(manifest, root, to, out, mode=mode)
    for name in ("0001", "0002"):
        assert _sizes((out / place / f"{name}.jpg").read_bytes()) == {(300, 200)}
    maps = [path for path in out.rglob("0003.jpg") if "attention_map" in path.parts]
    assert [make_upright(data) is data for data in (path.read_bytes() for path in maps)] == [True]
    assert (out / place / "0004.jpg").read_bytes() == before[root / "non_glaucoma" / "image" / "0004.jpg"]
    assert {path: path.read_bytes() for path in root.rglob("*.jpg")} == before
    remark = "2 images with an orientation in Exif or XMP: exported as the pixels are stored, set to upright"
    assert any(said.startswith(remark) for said in export.plan.remarks)
    assert remark in (out / "README.md").read_text()


def test_other_exports_and_loading(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    manifest = _tree(root)
    write_export(manifest, root, "webdataset", tmp_path / "tars")
    with tarfile.open(tmp_path / "tars" / "all-000000.tar") as tar:
        for name in ("0001.image.jpg", "0002.image.jpg"):
            member = tar.extractfile(name)
            assert member is not None
            assert _sizes(member.read()) == {(300, 200)}
    said = write_export(manifest, root, "csv", tmp_path / "list").plan.remarks
    assert any("some readers turn these images, but not their maps" in remark for remark in said)
    sample = SampleSet(manifest, root)[0]
    assert sample.image.shape == (200, 300, 3)
    assert sample.map is not None
    assert sample.map.shape == (200, 300)


def test_in_place_does_not_let_image_and_map_part(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    manifest = _tree(root)
    with pytest.raises(LagtoolError, match="2 images with an orientation in Exif or XMP: datasets would turn"):
        write_in_place(manifest, root)
    assert not (root / "metadata.parquet").exists()
    write_in_place(manifest, root, maps=Maps.NONE)
