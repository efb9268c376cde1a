"""Masks as files: what a spoilt drawing of disc and cup is told by, and that drawn ones are left alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from lagtool.checks.runner import validate
from lagtool.probe.facts import measure_map
from lagtool.profiles import Profile, load_profile
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree

Levels = NDArray[np.uint8]
SIZE = 500


def _profile(**keys: object) -> Profile:
    lag = load_profile("lag-part1").model_dump(mode="json", exclude_none=True)
    lag.pop("ids_sha256", None)
    mask = {"folder": "mask", "files": "{number:04}.bmp", "format": "BMP"}
    slots = {"image": {**lag["slots"]["image"], "width": SIZE, "height": SIZE}, "label": lag["slots"]["label"]}
    slots["map"] = {**mask, "content": "mask", "levels": [255, 128, 0], "nested": True, **keys}
    return Profile.model_validate({**lag, "name": "masks", "slots": slots})


def _disc(cup: tuple[int, int] = (120, 120), size: int = SIZE) -> Levels:
    drawn = np.full((size, size), 255, np.uint8)
    cv2.circle(drawn, (120, 120), 50, 128, -1)
    cv2.circle(drawn, cup, 20, 0, -1)
    return drawn


def _blurred() -> Levels:
    return np.asarray(cv2.resize(cv2.resize(_disc(), (125, 125), interpolation=cv2.INTER_AREA), (SIZE, SIZE)), np.uint8)


SPOILT: dict[str, tuple[Levels, dict[str, str]]] = {
    "0": (_disc(), {}),
    "cup at the rim of the disc": (_disc((149, 120)), {}),
    "cup outside": (
        _disc((30, 30)),
        {"LAG419": "has 100% of the edge of level 0 at level 255: it lies outside its region"},
    ),
    "levels exchanged": (
        np.where(_disc() == 255, 255, 128 - _disc()).astype(np.uint8),
        {"LAG419": "has 100% of the edge of level 255 at level 0: it lies outside its region"},
    ),
    "all background": (np.full((SIZE, SIZE), 255, np.uint8), {"LAG418": "is 255 everywhere: it marks nothing"}),
    "another size": (_disc(size=SIZE + 16), {"LAG416": f"is {SIZE + 16} x {SIZE + 16}, its image {SIZE} x {SIZE}"}),
    "other levels": (
        _disc() // 64,
        {"LAG417": "has level 2 in 6,588 pixels, level 3 in 242,155 pixels, expected 0, 128 or 255 only"},
    ),
    "levels mixed": (_blurred(), {"LAG417": "gray levels, expected 0, 128 or 255 only"}),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("masks") / "LAG"
    write_synthetic_tree(root, profile=_profile(), scale=0.004, seed=3)
    return root


def test_drawn_masks_are_left_alone(drawn: Path) -> None:
    report = validate(scan(drawn, profile=_profile()), select=["LAG4"])
    assert [finding.message for finding in report.findings] == []
    assert {r.check.code for r in report.results if r.status.value == "pass"} >= {f"LAG{n}" for n in range(416, 420)}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_mask_is_found_by_its_check_alone(name: str, drawn: Path) -> None:
    path = sorted((drawn / "non_glaucoma" / "mask").glob("*.bmp"))[2]
    before = path.read_bytes()
    levels, expected = SPOILT[name]
    try:
        cv2.imwrite(str(path), levels)
        found = {f.code: f for f in validate(scan(drawn, profile=_profile()), select=["LAG4"]).findings}
    finally:
        path.write_bytes(before)
    assert set(found) == set(expected)
    for code, words in expected.items():
        assert words in found[code].message
        assert found[code].path == path.relative_to(drawn).as_posix()


def test_facts_of_regions_are_exact() -> None:
    levels = np.array([[7, 7, 9], [7, 9, 9], [250, 250, 9]], np.uint8)
    facts = measure_map(levels)
    assert (facts.levels, facts.areas, facts.borders) == (3, "7:3 9:4 250:2", "7-9:3 7-250:1 9-250:2")
    assert measure_map(np.full((3, 3), 5, np.uint8))[-3:] == (1, "5:9", None)
    many = measure_map(np.arange(25, dtype=np.uint8).reshape(5, 5))
    assert (many.levels, many.areas, many.borders) == (25, None, None)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"content": "attention"}, "for masks"),
        ({"levels": [0, 0], "nested": False}, "names a level twice"),
        ({"levels": [], "nested": True}, "names no levels"),
        ({"levels": [256]}, "less than or equal to 255"),
    ],
)
def test_keys_that_contradict_each_other(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _profile(**keys)
