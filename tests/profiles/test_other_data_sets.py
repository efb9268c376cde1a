"""Other datasets of this shape, by the profiles that the documentation shows, through the command line."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lagtool.__main__ import run
from lagtool.manifest.value import read_manifest
from tests.profiles.examples import documented
from tests.trees import jpeg, write

Capture = pytest.CaptureFixture[str]


def _pixels(seed: int, width: int, height: int) -> Any:
    """Return a smooth colour picture, another one for each seed."""
    small = np.random.default_rng(seed).integers(40, 220, (5, 6, 3)).astype(np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _encoded(pixels: Any, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def _disc_mask(seed: int, width: int, height: int) -> bytes:
    """Return an 8-bit BMP: 0 in the cup, 128 in the rest of the disc, 255 elsewhere."""
    mask = np.full((height, width), 255, np.uint8)
    cv2.circle(mask, (width // 3 + 9 * seed, height // 2), height // 10, (128,), -1)
    cv2.circle(mask, (width // 3 + 9 * seed, height // 2), height // 20, (0,), -1)
    return _encoded(mask, "BMP")


def _refuge(root: Path) -> None:
    for folder, stems in (("Non-Glaucoma", ("n0001", "n0002", "n0360")), ("Glaucoma", ("g0001", "g0040"))):
        for number, stem in enumerate(stems, 10 * len(stems)):
            picture = _encoded(_pixels(number, 2124, 2056), "JPEG")
            write(root / "Training400" / folder / f"{stem}.jpg", picture)
            mask = _disc_mask(number, 2124, 2056)
            write(root / "Annotation-Training400" / "Disc_Cup_Masks" / folder / f"{stem}.bmp", mask)


def _airogs(root: Path) -> None:
    sizes = ((640, 480), (511, 513), (1200, 900), (300, 300), (456, 123), (256, 256))
    for number, (width, height) in enumerate(sizes):
        folder, kind = "RG" if number in (1, 4) else "NRG", "PNG" if number == 3 else "JPEG"
        suffix = {0: "jpg", 1: "JPG", 2: "jpeg", 3: "png"}.get(number, "jpg")
        picture = _encoded(_pixels(number, width, height), kind)
        write(root / folder / f"TRAIN{number:06d}.{suffix}", picture)


def _clinic(root: Path) -> None:
    words = {"N": b"normal", "S": b"suspect\r\n", "G": b"\xef\xbb\xbfGlaucoma "}
    for number, mark in enumerate("NNNNSSGGG"):
        name = f"{mark.lower() if number % 2 else mark}-{number}"
        kind, suffix = ("TIFF", "tif") if number == 5 else ("PNG", "png")
        write(root / "Fundus Photos" / f"{name}.{suffix}", _encoded(_pixels(number, 200, 150), kind))
        write(root / "labels" / f"{mark}{number:04d}.txt", words[mark])


SETS = {"refuge": _refuge, "airogs": _airogs, "clinic": _clinic}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with a small tree ``data`` and the documented profile ``p.toml`` each."""
    made = {}
    for name, make in SETS.items():
        made[name] = tmp_path_factory.mktemp(name)
        make(made[name] / "data")
        (made[name] / "p.toml").write_text(documented(name), encoding="utf-8")
    return made


@pytest.fixture(params=SETS)
def place(request: pytest.FixtureRequest, places: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(places[request.param])
    yield places[request.param]
    for path in places[request.param].glob("out*"):
        path.unlink()


@pytest.fixture
def name(place: Path) -> str:
    """Which of the datasets `place` holds."""
    return next(name for name in SETS if place.name.startswith(name))


def _validate(capsys: Capture, source: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run(["validate", source, "--format", "json", *arguments])
    captured = capsys.readouterr()
    assert captured.err == ""
    return code, json.loads(captured.out)


def test_the_documented_profiles_are_fine(place: Path, capsys: Capture) -> None:
    assert run(["profile", "check", "p.toml"]) == 0
    assert capsys.readouterr().out == "p.toml: valid, nothing to remark\n"


def test_a_flawless_copy_passes(place: Path, capsys: Capture) -> None:
    code, report = _validate(capsys, "data", "--profile", "p.toml", "--ignore", "counts", "--fail-on", "note")
    assert (code, report["findings"]) == (0, [])
    judged = {check["code"] for check in report["checks"] if check["status"] == "pass"}
    assert {"LAG001", "LAG007", "LAG105", "LAG302", "LAG601"} <= judged


def test_the_published_numbers_are_asked_for_where_there_are_any(places: dict[str, Path], capsys: Capture) -> None:
    code, report = _validate(capsys, str(places["refuge"] / "data"), "--profile", str(places["refuge"] / "p.toml"))
    assert code == 1
    assert [(f["code"], f["path"], f["message"]) for f in report["findings"]] == [
        ("LAG501", "", "non_glaucoma: 3 images: 357 fewer than refuge-train's 360"),
        ("LAG501", "", "glaucoma: 2 images: 38 fewer than refuge-train's 40"),
        ("LAG502", "", "non_glaucoma: 3 disc and cup masks: 357 fewer than refuge-train's 360"),
        ("LAG502", "", "glaucoma: 2 disc and cup masks: 38 fewer than refuge-train's 40"),
    ]
    assert _validate(capsys, str(places["airogs"] / "data"), "--profile", str(places["airogs"] / "p.toml"))[0] == 0


INDEXED = {
    "refuge": "5 samples, 0 unmatched files\n  5 images, 5 disc and cup masks; profile: refuge-train\n",
    "airogs": "6 samples, 0 unmatched files\n  6 images; profile: airogs-sorted\n",
    "clinic": "9 samples, 0 unmatched files\n  9 images, 9 label files; profile: clinic\n",
}
IDS = {
    "refuge": ["n0001", "n0002", "n0360", "g0001", "g0040"],
    "airogs": ["TRAIN000000", "TRAIN000002", "TRAIN000003", "TRAIN000005", "TRAIN000001", "TRAIN000004"],
    "clinic": ["0000", "0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"],
}
LABELS = {"refuge": [0, 0, 0, 1, 1], "airogs": [0, 0, 0, 0, 1, 1], "clinic": [0, 0, 0, 0, 1, 1, 2, 2, 2]}


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_a_manifest_carries_its_profile(suffix: str, name: str, capsys: Capture) -> None:
    assert run(["index", "data", "--profile", "p.toml", "-o", f"out{suffix}"]) == 0
    assert capsys.readouterr().err == f"out{suffix}: {INDEXED[name]}"
    manifest = read_manifest(f"out{suffix}")
    assert manifest.samples["id"].tolist() == IDS[name]
    assert manifest.samples["label"].tolist() == LABELS[name]
    assert manifest.samples["image_state"].tolist() == ["ok"] * len(IDS[name])
    if name == "clinic":
        assert manifest.samples["label_value"].tolist() == LABELS[name]
    tree = _validate(capsys, "data", "--profile", "p.toml")
    assert _validate(capsys, f"out{suffix}") == tree
    assert run(["index", "data", "--profile", "p.toml", "-o", f"out{suffix}", "--update"]) == 0
    assert "0 added, 0 changed, 0 removed" in capsys.readouterr().err
    assert run(["verify", "data", f"out{suffix}"]) == 0
    assert capsys.readouterr().out


def test_stats_know_what_there_is_and_no_more(name: str, capsys: Capture) -> None:
    for output_format in ("text", "markdown", "csv"):
        assert run(["stats", "data", "--profile", "p.toml", "--format", output_format]) == 0
        out = capsys.readouterr().out
        # Nothing of LAG's own is said about another dataset.
        assert not re.search(r"attention|suspicious|112 x|published size|500 x 500", out, re.IGNORECASE), out
        assert ("isc and cup masks" in out) == (name == "refuge" and output_format != "csv")
        assert ("abel files" in out) == (name == "clinic" and output_format != "csv")
    assert run(["stats", "data", "--profile", "p.toml", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    found = {
        row["class"]: int(row["value"])
        for row in rows
        if row["section"] == "counts" and row["measure"] == "found" and row["slot"] == "image"
    }
    assert (
        found
        == {
            "refuge": {"non_glaucoma": 3, "glaucoma": 2, "(all)": 5},
            "airogs": {"NRG": 4, "RG": 2, "(all)": 6},
            "clinic": {"normal": 4, "suspect": 2, "glaucoma": 3, "(all)": 9},
        }[name]
    )


def test_a_split_of_them(name: str, tmp_path: Path, capsys: Capture) -> None:
    assert run(["split", "data", "--profile", "p.toml", "-o", str(tmp_path / "s"), "--ratios", "50/50"]) == 0
    out = capsys.readouterr().out
    assert ("with map" in out) == (name == "refuge")
    assert read_manifest(tmp_path / "s" / "manifest.parquet").samples["split"].notna().all()
    listed = [line for part in ("train", "test") for line in (tmp_path / "s" / f"{part}.txt").read_text().splitlines()]
    assert sorted(listed) == sorted(p.relative_to("data").as_posix() for p in _images(name))


def _images(name: str) -> Iterator[Path]:
    pattern = {"refuge": "Training400/*/*", "airogs": "*/*", "clinic": "Fundus Photos/*"}[name]
    return Path("data").glob(pattern)


def test_a_pinned_copy_of_them(place: Path, capsys: Capture) -> None:
    assert run(["profile", "new", "data", "--profile", "p.toml", "-o", "out.toml"]) == 0
    assert run(["profile", "check", "out.toml"]) == 0
    assert "extends" not in Path("out.toml").read_text()
    assert "[slots.image]" in Path("out.toml").read_text()
    capsys.readouterr()
    code, report = _validate(capsys, "data", "--profile", "out.toml", "--fail-on", "warning")
    assert (code, [f["code"] for f in report["findings"]]) == (0, ["LAG503"])
    one, other = sorted(p for p in _images(next(n for n in SETS if place.name.startswith(n))) if p.suffix != ".tif")[:2]
    contents = one.read_bytes(), other.read_bytes()
    try:
        one.write_bytes(contents[1])
        other.write_bytes(contents[0])
        code, report = _validate(capsys, "data", "--profile", "out.toml")
    finally:
        one.write_bytes(contents[0])
        other.write_bytes(contents[1])
    assert code == 1
    assert "LAG512" in {f["code"] for f in report["findings"]}


DEFECTS: list[tuple[str, str, bytes | None, str, str]] = [
    ("refuge", "Training400/Non-Glaucoma/g0002.jpg", jpeg(1, 2124, 2056), "LAG211",
     "named like one of glaucoma, but lies in non_glaucoma"),
    ("refuge", "Training400/Glaucoma/g0001.jpg", jpeg(1, 200, 100), "LAG307", "is 200 x 100, expected 2124 x 2056"),
    ("refuge", "Training400/Glaucoma/g41.jpg", b"x", "LAG007", "name fits no template; not counted"),
    ("refuge", "Annotation-Training400/Disc_Cup_Masks/Glaucoma/g0001.bmp", jpeg(1, 2124, 2056, gray=True), "LAG403",
     "holds a JPEG picture, not BMP"),
    ("refuge", "Annotation-Training400/Disc_Cup_Masks/Glaucoma/g0003.bmp", _disc_mask(1, 2124, 2056), "LAG102",
     "disc and cup mask without an image"),
    ("airogs", "RG/TRAIN000000.jpg", jpeg(1, 80, 60), "LAG106", "id TRAIN000000 is also in NRG/TRAIN000000.jpg"),
    ("airogs", "RG/TRAIN000001.png", b"x", "LAG105", "competes with RG/TRAIN000001.JPG, which was taken"),
    ("airogs", "RG/TRAIN000009.jpg", jpeg(2, 90, 90, gray=True), "LAG309", "is L, expected RGB"),
    ("airogs", "RG/TRAIN000009.tif", b"x", "LAG007", "suffix is not one of a sample's; not counted"),
    ("clinic", "labels/N0000.txt", b"Normal", "LAG203",
     "holds Normal, expected normal or suspect or glaucoma or Glaucoma"),
    ("clinic", "labels/G0006.txt", b"suspect", "LAG201", "states 1, but its folder stands for 2"),
    ("clinic", "Fundus Photos/X-0001.png", b"x", "LAG007", "name fits no template; not counted"),
    ("clinic", "labels/S0004.txt", None, "LAG103", "image without a label file"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "path", "content", "code", "message"), DEFECTS, ids=[f"{d[0]}-{d[3]}" for d in DEFECTS]
)
def test_what_is_wrong_is_found(
    name: str, path: str, content: bytes | None, code: str, message: str, places: dict[str, Path], capsys: Capture
) -> None:
    target = places[name] / "data" / path
    before = target.read_bytes() if target.exists() else None
    try:
        if content is None:
            target.unlink()
        else:
            write(target, content)
        _, report = _validate(
            capsys, str(places[name] / "data"), "--profile", str(places[name] / "p.toml"), "--select", code
        )
    finally:
        if before is None:
            target.unlink()
        else:
            target.write_bytes(before)
    assert [finding["message"] for finding in report["findings"]] == [message]


def test_the_masks_of_refuge_are_not_judged_as_attention(places: dict[str, Path], capsys: Capture) -> None:
    _, report = _validate(capsys, str(places["refuge"] / "data"), "--profile", str(places["refuge"] / "p.toml"))
    reasons = {
        check["code"]: check["reason"] for check in report["checks"] if check["code"] in ("LAG408", "LAG409", "LAG410")
    }
    assert set(reasons.values()) == {"the maps are masks: see the checks mask-*"}


def test_without_their_profile_they_are_refused_with_the_remedy(place: Path, capsys: Capture) -> None:
    assert run(["validate", "data"]) == 2
    error = capsys.readouterr().err
    assert error.endswith(
        "another dataset needs a profile (--profile FILE): 'lagtool profile draft FOLDER' proposes one\n"
    )
    assert error.count("\n") == 1
