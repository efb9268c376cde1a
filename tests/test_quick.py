"""A quick scan: names, sizes, headers and labels; it says nothing that takes decoding, and says that it does not."""

import io
from pathlib import Path

import pytest
from PIL import Image

from lagtool.__main__ import run
from lagtool.checks.runner import Status, validate
from lagtool.manifest.changes import compare
from lagtool.manifest.value import read_manifest
from lagtool.model import ScanOptions
from lagtool.scanning.scan import scan
from tests.trees import jpeg, write, write_tree

QUICK = ScanOptions(quick=True)
IMAGE = "non_glaucoma/image"


def test_what_a_quick_scan_knows_is_what_a_full_one_says(tree: Path) -> None:
    full, quick = scan(tree).samples, scan(tree, options=QUICK).samples
    assert quick["image_state"].tolist() == quick["map_state"].tolist() == ["unread"] * 5
    assert quick["label_state"].tolist() == ["ok"] * 5
    for name in quick.columns:
        if not name.endswith("_state") and quick[name].notna().any():
            assert quick[name].equals(full[name]), name
    known = {name for name in quick.columns if quick[name].notna().any()}
    assert {"image_width", "image_height", "image_mode", "image_format", "image_quality", "label_value"} <= known
    assert not {name for name in known if name.endswith("sha256")} | (known & {"image_phash", "map_max"})


def test_damage_that_the_header_tells_is_found(tree: Path) -> None:
    write(tree / IMAGE / "0001.jpg", b"<html></html>")
    write(tree / IMAGE / "0002.jpg", b"")
    whole = jpeg(3)
    at = whole.index(b"\xff\xc0") + 5
    write(tree / IMAGE / "0003.jpg", whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :])
    states = scan(tree, options=QUICK).samples["image_state"].tolist()
    assert states == ["wrong-format", "empty", "bomb", "unread", "unread"]


def test_a_header_longer_than_what_is_read_first(tree: Path) -> None:
    picture = Image.new("RGB", (500, 500))
    exif = Image.Exif()
    exif[0x010E] = "x" * 20_000
    for number, form in ((1, "exif"), (2, "icc_profile")):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", **{form: exif.tobytes() if form == "exif" else b"p" * 200_000})
        write(tree / IMAGE / f"{number:04d}.jpg", buffer.getvalue())
    samples = scan(tree, options=QUICK).samples
    assert samples["image_width"].tolist() == [500] * 5
    assert samples["image_exif"].tolist() == [True, False, False, False, False]
    assert samples["image_icc"].tolist() == [False, True, False, False, False]


def test_checks_that_take_decoding_do_not_pass(tree: Path) -> None:
    write(tree / IMAGE / "0001.jpg", jpeg(1)[:20_000])  # cut off, which nobody has looked at
    write(tree / IMAGE / "0002.jpg", jpeg(2, 480))
    status = {result.check.name: result.status for result in validate(scan(tree, options=QUICK)).results}
    for name in (
        *("image-truncated", "image-corrupt", "map-truncated", "map-constant", "trailing-data"),
        *("image-gray", "image-blank", "image-nearly-blank", "odd-one-out"),
        *("map-colored", "map-low-maximum", "map-blank", "map-identical", "map-outside-field", "map-mirrored"),
        *(f"{what}-{where}" for what in ("identical", "same-pixels") for where in ("within-class", "across-classes")),
    ):
        assert status[name] is Status.NOT_APPLICABLE, name
    assert status["image-size"] is Status.WARN
    assert status["label-invalid"] is Status.PASS


@pytest.mark.usefixtures("later")
def test_a_quick_manifest_and_a_full_one_do_not_mix(tree: Path) -> None:
    full, quick = scan(tree), scan(tree, options=QUICK)
    for earlier, options in (
        (quick, ScanOptions()),
        (full, QUICK),
        (full, ScanOptions(max_pixels=10)),
    ):
        seen: list[int] = []
        fresh = scan(tree, options=options)
        assert scan(tree, options=options, earlier=earlier, advance=seen.append).samples.equals(fresh.samples)
        assert seen[0] == 0


def test_the_limit_of_pixels_can_be_set(tree: Path, tmp_path: Path) -> None:
    target = str(tmp_path / "m.parquet")
    assert run(["index", str(tree), "-o", target, "-q", "--max-pixels", "249999"]) == 0
    manifest = read_manifest(target)
    assert manifest.samples["image_state"].tolist() == ["bomb"] * 5
    assert manifest.samples["map_state"].tolist() == ["ok"] * 5
    assert "more than the 249,999" in manifest.samples["image_message"].iloc[0]
    assert run(["index", str(tree), "-o", target, "-q", "-u", "--max-pixels", "250000"]) == 0
    assert read_manifest(target).samples["image_state"].tolist() == ["ok"] * 5


@pytest.mark.parametrize("command", [["verify", "LAG", "m.parquet"], ["verify", "--sums", "m.parquet"]])
def test_nothing_is_proved_by_a_quick_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    write_tree(tmp_path / "LAG", 1, 1)
    monkeypatch.chdir(tmp_path)
    assert run(["index", "LAG", "-o", "m.parquet", "-q", "--quick"]) == 0
    assert run(command) == 2
    assert "holds no sha256 (indexed with --quick)" in capsys.readouterr().err
    assert run(["split", "m.parquet", "-o", "split"]) == 2
    assert "not known by content" in capsys.readouterr().err


def test_a_quick_update_tells_files_of_another_size_or_time(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "m.parquet"
    assert run(["index", str(tree), "-o", str(target), "--quick", "-q"]) == 0
    earlier = read_manifest(target)
    image = next(path for path in sorted(tree.rglob("*.jpg")) if path.parent.name == "image")
    image.write_bytes(image.read_bytes() + b"\0")
    changes = compare(earlier, scan(tree, options=ScanOptions(quick=True)))
    assert changes.changed == [image.relative_to(tree).as_posix()]
    (label := next(tree.rglob("*.txt"))).unlink()
    label.mkdir()  # of which neither size nor content is known
    changes = compare(earlier, scan(tree))
    assert label.relative_to(tree).as_posix() in changes.changed + changes.removed
    assert (changes.added, changes.removed) == ([], [])
