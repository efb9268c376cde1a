"""Every check once where it finds, and once where it leaves alone."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from lagtool.checks.registry import CHECKS, FAMILIES, choose
from lagtool.checks.runner import Report, Result, Status, validate
from lagtool.duplicates.pairs import record_pairs
from lagtool.errors import LagtoolError
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest
from lagtool.model import Severity
from lagtool.profiles import Profile, load_profile
from tests.checks.test_listed import FOUND as FOUND_IN_SPLITS
from tests.factories import Row, fake_sha256, make_manifest, row, unmatched_file
from tests.test_pairs import likeness

N, S = "non_glaucoma", "suspicious_glaucoma"


def _manifest(
    changes: dict[str, Any] | None = None, unmatched: Iterable[Row] = (), more: Iterable[Row] = ()
) -> Manifest:
    """Twenty flawless samples, one more that ``changes`` spoil, and ``more``."""
    rows = [row(f"{i:04d}", N if i % 2 else S) for i in range(1, 21)]
    rows += [row("0021", N, **(changes or {})), *more]
    return make_manifest(rows, unmatched=unmatched)


def _result(manifest: Manifest, code: str) -> Result:
    (result,) = validate(manifest, select=[code]).results
    return result


def _bad(slot: str, state: str, **columns: Any) -> dict[str, Any]:
    return {f"{slot}_state": state, f"{slot}_message": f"is {state}"} | columns


IMAGE, LABEL, MAP = f"{N}/image/0021.jpg", f"{N}/label/0021.txt", f"{N}/attention_map/0021.jpg"
STATES = {
    "truncated": "1",
    "corrupt": "2",
    "wrong-format": "3",
    "empty": "4",
    "unreadable": "5",
    "bomb": "6",
}

LAG = load_profile("lag").model_dump(exclude_none=True)
MARKED = Profile.model_validate(
    {
        "name": "marked",
        "id": "{class}{number:04}",
        "classes": [{"name": "a", "label": 0, "mark": "n"}, {"name": "b", "label": 1, "mark": "g"}],
        "slots": {"image": {**LAG["slots"]["image"], "files": ["{class}{number:04}.jpg"]}},
    }
)
_IMAGE = {key: value for key, value in LAG["slots"]["image"].items() if key not in ("width", "height")}
SIZELESS = Profile.model_validate({**LAG, "slots": {**LAG["slots"], "image": _IMAGE}})
MASKS = Profile.model_validate({**LAG, "slots": {**LAG["slots"], "map": {**LAG["slots"]["map"], "content": "mask"}}})
_MAP = {key: value for key, value in LAG["slots"]["map"].items() if key not in ("width", "height")}


def _regions(**keys: Any) -> Profile:
    return Profile.model_validate({**LAG, "slots": {**LAG["slots"], "map": {**_MAP, "content": "mask", **keys}}})


REGIONS = _regions(levels=[255, 128, 0], nested=True)
MASK: dict[str, Any] = {
    "map_width": 500,
    "map_height": 500,
    "map_levels": 3,
    "map_areas": "0:1000 128:3000 255:246000",
    "map_borders": "0-128:120 128-255:240",
}


def _marked(key: str, class_name: str) -> Row:
    return row(key, class_name, label=False, map=False, profile=MARKED)


def _pinned(labels: Iterable[int | None] = (None, None), maps: Iterable[int] = (3, 2), **keys: str) -> Profile:
    classes = [
        {"name": name, "label": label, "images": images, "maps": n_maps, "labels": n_labels}
        for label, (name, images, n_labels, n_maps) in enumerate(zip((N, S), (3, 2), labels, maps, strict=True))
    ]
    return Profile.model_validate({**LAG, "classes": classes, **keys})


UNPUBLISHED = Profile.model_validate({**LAG, "classes": [{"name": N, "label": 0}, {"name": S, "label": 1}]})
ROUND = {f"image_field_{side}": at for side, at in (("left", 0.05), ("top", 0.05), ("right", 0.95), ("bottom", 0.95))}
LOOK = {
    **{f"image_{name}_mean": value for name, value in (("red", 150.0), ("green", 90.0), ("blue", 50.0))},
    **{f"image_{name}_std": 40.0 for name in ("red", "green", "blue")},
    **{f"image_{name}": value for name, value in (("brightness", 100.0), ("contrast", 40.0), ("saturation", 0.6))},
    **ROUND,
    "image_field_share": 0.636,
    "image_sharpness": 50.0,
    "image_disc_x": 0.25,
    "image_disc_y": 0.5,
    "image_disc_score": 0.5,
    **{f"map_{name}_{axis}": at for name in ("peak", "centroid") for axis, at in (("x", 0.26), ("y", 0.5))},
    "map_spread": 0.1,
    "map_entropy": 5.0,
    "map_zero_share": 0.1,
}


def _seen(changes: dict[str, Any] | None = None, profile: str | Profile = "lag", **columns: Any) -> Manifest:
    """Thirty samples as a scan measures them, the one numbered 0021 with ``changes``."""
    rows = []
    for i in range(1, 31):
        own = (changes or {}) if i == 21 else {}
        values = {**LOOK, "image_pixels_sha256": fake_sha256(f"pixels {i}"), "map_mean": 15 + i / 64, **columns, **own}
        rows.append(row(f"{i:04d}", N if i % 2 else S, **values))
    return make_manifest(rows, profile=profile)


def _parts(changes: dict[str, Any] | None = None, more: Iterable[Row] = (), **header: Any) -> Manifest:
    """Forty samples in a split without fault, one more in test that ``changes`` spoil, and ``more``."""
    numbers = range(1, 41)
    rows = [row(f"{i:04d}", N if i % 2 else S, split="train" if i // 2 % 3 else "test", group=f"g{i}") for i in numbers]
    rows += [row("0041", N, **{"split": "test", "group": "g41", **(changes or {})}), *more]
    return make_manifest(rows, header=header)


def _shared(train: tuple[int, int, int], test: tuple[int, int, int]) -> Manifest:
    """A split by its numbers of samples of the two classes, and of maps in each."""
    rows: list[Row] = []
    for part, (n0, n1, maps) in (("train", train), ("test", test)):
        for i in range(n0 + n1):
            name = N if i < n0 else S
            rows.append(row(f"{len(rows):04d}", name, split=part, map=i % 2 == 0 if maps < 0 else i < maps))
    return make_manifest(rows)


def _sliced(order: int) -> Manifest:
    rows = [row(f"{i:04d}", name, split="ab"[i * order % 25 > 15]) for name in (N, S) for i in range(25)]
    return make_manifest(rows)


def _folds(numbers: tuple[int, ...]) -> Manifest:
    return make_manifest([row(f"{i:04d}", N if i % 2 else S, fold=numbers[i // 2 % 3]) for i in range(30)])


def _alike(*pairs: tuple[int, int, Relation], manifest: Manifest | None = None, **search: Any) -> Manifest:
    """Samples some of which are alike, by their rows, as a search recorded it."""
    return record_pairs(bare := manifest or make_manifest(3, 2), likeness(bare, *pairs, **search))


NEAR, MIRRORED, TURNED_BY_90, SAME_EYE, PROBABLY = list(Relation)[2:]
RELATIONS = {"LAG605": NEAR, "LAG606": MIRRORED, "LAG607": TURNED_BY_90, "LAG608": SAME_EYE, "LAG612": PROBABLY}


def _link(path: str, where: str) -> Row:
    return unmatched_file(
        path, "extra-file", kind="link-outside" if where == OUTSIDE else "link", detail=f"links {where}"
    )


def _linked(where: str) -> dict[str, Any]:
    state = {OUTSIDE: "link-outside", INSIDE: "link-inside"}.get(where, "not-a-file")
    return _bad("image", state, image_message=f"is a symbolic link {where}: links are not followed")


OUTSIDE, INSIDE, NOTHING = "out of the dataset, to /x", "inside the dataset, to 0001.jpg", "to nothing, to y"
BLANK = {f"image_{name}": 0.5 for name in ("contrast", "red_std", "green_std", "blue_std")}
TURNED = {f"map_{name}_x": 0.74 for name in ("peak", "centroid")}
SAME_PIXELS: dict[str, Any] = {"image_pixels_sha256": fake_sha256("pixels 1")}
ADDED = f"{N}/image/0041.jpg"
PART_ONE = {"ids_sha256": load_profile("lag-part1").ids_sha256}

FOUND: list[tuple[str, Manifest, list[str]]] = [
    ("LAG012", _manifest(unmatched=[unmatched_file("0007.jpg", "extra-file")]), ["0007.jpg"]),
    ("LAG013", _manifest(unmatched=[unmatched_file(f"{N}/Image", "folder", kind="folder")]), [f"{N}/Image"]),
    (
        "LAG014",
        _manifest(unmatched=[unmatched_file("r\u00e9", "extra-file"), unmatched_file("re\u0301", "extra-file")]),
        ["r\u00e9"],
    ),
    ("LAG015", _manifest(unmatched=[_link("more", OUTSIDE)]), ["more"]),
    ("LAG016", _manifest(unmatched=[_link("more", NOTHING), _link("that", INSIDE)]), ["more", "that"]),
    ("LAG108", _manifest(_linked(INSIDE)), [IMAGE]),
    ("LAG109", _manifest(_linked(OUTSIDE)), [IMAGE]),
    ("LAG205", _manifest(_bad("label", "several-values", label_value=None)), [LABEL]),
    ("LAG206", _manifest(_bad("label", "not-text", label_value=None)), [LABEL]),
    ("LAG311", _manifest({"image_orientation": 6}), [IMAGE]),
    ("LAG312", _seen({"image_saturation": 0.0}), [IMAGE]),
    ("LAG313", make_manifest(3, 3, image_mode="L"), [""]),
    ("LAG313", _seen(image_saturation=0.0), [""]),
    ("LAG314", _seen(BLANK), [IMAGE]),
    ("LAG315", _seen({"image_contrast": 3.0}), [IMAGE]),
    ("LAG315", _seen({"image_field_share": 0.04}), [IMAGE]),
    ("LAG316", _seen({"image_brightness": 250.0, "image_sharpness": 5000.0}), [IMAGE]),
    ("LAG317", _manifest({"image_gps": True}), [IMAGE]),
    ("LAG318", _manifest({"image_exif": True}), [IMAGE]),
    ("LAG318", _manifest({"image_xmp": True}), [IMAGE]),
    ("LAG319", _seen({"image_sharpness": 2600.0, "image_field_cut": "left,top,right,bottom"}), [IMAGE]),
    ("LAG319", _seen({"image_sharpness": 2600.0, "image_green_mean": 160.0}), [IMAGE]),
    ("LAG411", _manifest({"map_mode": "CMYK"}), [MAP]),
    ("LAG412", _manifest({"map_max": 0}), [MAP]),
    ("LAG413", _seen({"map_sha256": fake_sha256(f"map {N}/0001")}), [MAP]),
    ("LAG413", _seen({"map_mean": 15 + 1 / 64}), [MAP]),
    ("LAG414", _seen({"map_centroid_x": 0.98, "map_centroid_y": 0.9}), [MAP]),
    ("LAG415", _seen(TURNED), [MAP]),
    ("LAG416", _seen({"map_width": 400}, REGIONS, **MASK), [MAP]),
    ("LAG416", _seen(profile=REGIONS, **{**MASK, "map_width": 250}), [f"{N}/attention_map/0001.jpg"]),  # said once
    ("LAG417", _seen({"map_areas": "0:1 127:3 255:9"}, REGIONS, **MASK), [MAP]),
    ("LAG417", _seen({"map_areas": None, "map_levels": 99}, REGIONS, **MASK), [MAP]),
    ("LAG417", _seen({"map_areas": None, "map_levels": 99}, _regions(), **MASK), [MAP]),
    ("LAG418", _seen({"map_min": 255}, REGIONS, **MASK), [MAP]),
    ("LAG419", _seen({"map_borders": "0-255:120 128-255:240"}, REGIONS, **MASK), [MAP]),
    ("LAG419", _seen({"map_borders": "0-128:120 0-255:240"}, REGIONS, **MASK), [MAP]),  # levels exchanged
    ("LAG505", make_manifest(1711, 3143, profile="lag-part1"), [""]),
    ("LAG506", make_manifest(3143, 1711, header=PART_ONE), [""]),
    ("LAG507", make_manifest(200, 200, 100, 20), [""]),
    ("LAG603", _manifest(SAME_PIXELS, more=[row("0022", S, **SAME_PIXELS)]), [f"{S}/image/0022.jpg"]),
    ("LAG604", _manifest(SAME_PIXELS, more=[row("0022", N, **SAME_PIXELS)]), [f"{N}/image/0022.jpg"]),
    *[(code, _alike((0, 2, r)), [f"{N}/image/0003.jpg"]) for code, r in RELATIONS.items()],
    *[
        (code, _alike((0, 2, r), (1, 4, r)), [f"{S}/image/0005.jpg", f"{N}/image/0003.jpg"])
        for code, r in [*RELATIONS.items()][:1]
    ],
    ("LAG609", _alike(unsearched=(1,)), [f"{N}/image/0002.jpg"]),
    ("LAG610", _alike(*[(i, i + 1, MIRRORED) for i in range(10)], manifest=make_manifest(11, 2)), [""]),
    ("LAG611", _alike((0, 4, SAME_EYE)), [f"{S}/image/0005.jpg"]),
    ("LAG731", _alike((0, 2, MIRRORED), (1, 2, SAME_EYE), manifest=_parts()), [f"{N}/image/0005.jpg"]),
    ("LAG734", _alike(manifest=_parts(), unsearched=(1,)), [f"{N}/image/0003.jpg"]),
    ("LAG701", _parts({"image_sha256": fake_sha256(f"image {N}/0003")}), [ADDED]),
    ("LAG702", _parts({"group": "g3"}), [ADDED]),
    ("LAG703", _parts(_bad("image", "corrupt")), [ADDED]),
    ("LAG703", _parts(more=[row("0042", S, image=False, split="test")]), [""]),
    ("LAG704", _parts({"split": None}), [""]),
    ("LAG705", _parts({"split": "val"}), [""]),
    ("LAG706", _shared((100, 100, -1), (80, 20, -1)), ["", ""]),
    ("LAG707", _shared((100, 100, 200), (50, 50, 20)), ["", ""]),
    ("LAG708", _folds((0, 1, 3)), [""]),
    ("LAG709", _parts(split={"names": ["train", "val", "test"]}), [""]),
    ("LAG710", _parts(more=[row("0042", S, split="test", group="g41")]), [f"{S}/image/0042.jpg"]),
    ("LAG711", _sliced(1), [""]),
    ("LAG001", _manifest(unmatched=[unmatched_file(f"{S}/label", "missing-folder", kind="folder")]), [f"{S}/label"]),
    ("LAG002", _manifest(unmatched=[unmatched_file(f"{S}/label", "unreadable", kind="folder")]), [f"{S}/label"]),
    ("LAG003", _manifest(unmatched=[unmatched_file(f"{S}/label", "link", kind="link")]), [f"{S}/label"]),
    ("LAG004", _manifest(unmatched=[unmatched_file(f"{S}/backup", "folder", kind="folder")]), [f"{S}/backup"]),
    ("LAG005", _manifest(unmatched=[unmatched_file("all", "copy-of-tree", kind="folder")]), ["all"]),
    ("LAG006", _manifest(unmatched=[unmatched_file("a/Thumbs.db"), unmatched_file("b/Thumbs.db")]), [""]),
    (
        "LAG007",
        _manifest(unmatched=[unmatched_file("x.md", "name"), unmatched_file("y.png", "suffix")]),
        ["x.md", "y.png"],
    ),
    ("LAG008", _manifest(unmatched=[unmatched_file("0001 (2).jpg", "copy-name")]), ["0001 (2).jpg"]),
    ("LAG009", _manifest(unmatched=[unmatched_file("Non_Glaucoma", "folder-case", kind="folder")]), ["Non_Glaucoma"]),
    ("LAG010", _manifest(unmatched=[unmatched_file("pipe", "special", kind="other")]), ["pipe"]),
    ("LAG011", _manifest(unmatched=[unmatched_file("README", "extra-file")]), ["README"]),
    ("LAG101", _manifest(more=[row("0022", N, image=False, map=False)]), [f"{N}/label/0022.txt"]),
    ("LAG017", make_manifest(3, 0, profile=UNPUBLISHED), [S]),
    ("LAG017", make_manifest(3, 0), [S]),
    ("LAG102", _manifest(more=[row("0022", N, image=False, label=False)]), [f"{N}/attention_map/0022.jpg"]),
    ("LAG103", _manifest(more=[row("0022", N, label=False)]), [f"{N}/image/0022.jpg"]),
    ("LAG104", _manifest(more=[row("0022", N, map=False)]), [f"{N}/image/0022.jpg"]),
    (
        "LAG105",
        _manifest(unmatched=[unmatched_file(f"{N}/image/1.jpg", "second-file", detail=IMAGE)]),
        [f"{N}/image/1.jpg"],
    ),
    ("LAG106", _manifest(more=[row("0021", S)]), [f"{S}/image/0021.jpg"]),
    ("LAG107", _manifest(_bad("image", "not-a-file")), [IMAGE]),
    ("LAG107", _manifest(_bad("label", "not-a-file")), [LABEL]),
    ("LAG107", _manifest(_bad("map", "not-a-file")), [MAP]),
    ("LAG201", _manifest({"label_value": 1}), [LABEL]),
    ("LAG202", _manifest(_bad("label", "empty", label_value=None)), [LABEL]),
    ("LAG203", _manifest(_bad("label", "invalid", label_value=None)), [LABEL]),
    ("LAG204", _manifest(_bad("label", "unreadable", label_value=None)), [LABEL]),
    *[(f"LAG30{n}", _manifest(_bad("image", state)), [IMAGE]) for state, n in STATES.items()],
    *[(f"LAG40{n}", _manifest(_bad("map", state)), [MAP]) for state, n in STATES.items()],
    ("LAG307", _manifest({"image_width": 480}), [IMAGE]),
    ("LAG308", make_manifest(3, 3, image_width=256, image_height=256), [""]),
    ("LAG308", make_manifest(3, 3, map_width=224, map_height=224), [""]),
    ("LAG309", _manifest({"image_mode": "L"}), [IMAGE]),
    ("LAG310", _manifest({"image_trailer": "1 byte behind the end of the image"}), [IMAGE]),
    ("LAG407", _manifest({"map_width": 500}), [MAP]),
    ("LAG408", _manifest({"map_color": True, "map_mode": "RGB"}), [MAP]),
    ("LAG409", _manifest({"map_min": 127, "map_max": 129}), [MAP]),
    ("LAG410", _manifest({"map_max": 249}), [MAP]),
    ("LAG501", make_manifest(3142, 1711, profile="lag-part1"), [N]),
    ("LAG501", make_manifest(3144, 1710, profile="lag-part1"), [N, S]),
    ("LAG502", make_manifest(3143, 1711, 3143, 1700, profile="lag-part1"), [S]),
    ("LAG503", make_manifest(3143, 1711, profile="lag-part1"), [""]),
    ("LAG504", make_manifest(3143, 1711, profile="lag-part1"), [""]),
    (
        "LAG211",
        make_manifest([_marked("g0001", "b"), _marked("n0002", "b"), _marked("n0003", "a")], profile=MARKED),
        ["b/image/n0002.jpg"],
    ),
    ("LAG511", make_manifest(3, 2, profile=_pinned(labels=[4, 2])), [N]),
    ("LAG018", make_manifest(3, 2, unmatched=[unmatched_file("images/0007.jpg", "unlabeled")]), ["images/0007.jpg"]),
    (
        "LAG019",
        make_manifest(3, 2, unmatched=[unmatched_file("labels.csv", "unused-row", detail="no name")]),
        ["labels.csv"],
    ),
    ("LAG512", make_manifest(3, 2, profile=_pinned(files_sha256="0" * 64)), [""]),
    ("LAG512", make_manifest(3, 2, profile=_pinned(content_sha256="0" * 64)), [""]),
    ("LAG601", _manifest({"image_sha256": fake_sha256(f"image {S}/0002")}), [f"{S}/image/0002.jpg"]),
    ("LAG602", _manifest({"image_sha256": fake_sha256(f"image {N}/0001")}), [IMAGE]),
]

LEFT_ALONE: list[tuple[str, Manifest]] = [
    ("LAG011", _manifest(unmatched=[unmatched_file("0007.jpg", "extra-file")])),  # a picture: said once, by LAG012
    ("LAG012", _manifest(unmatched=[unmatched_file("README", "extra-file"), _link("0007.jpg", INSIDE)])),
    ("LAG013", _manifest(unmatched=[unmatched_file(f"{N}/images", "folder", kind="folder")])),
    (
        "LAG013",
        _manifest(unmatched=[unmatched_file(f"{N}/image/0001.JPG", "second-file", detail=f"{N}/image/0001.jpg")]),
    ),
    ("LAG014", _manifest(unmatched=[unmatched_file("r\u00e9", "extra-file"), unmatched_file("re", "extra-file")])),
    ("LAG015", _manifest(unmatched=[_link("more", INSIDE)])),
    ("LAG016", _manifest(unmatched=[_link("more", OUTSIDE)])),
    ("LAG107", _manifest(_linked(INSIDE))),
    ("LAG107", _manifest(_linked(OUTSIDE))),
    ("LAG108", _manifest(_linked(NOTHING))),
    ("LAG109", _manifest(_linked(INSIDE))),
    ("LAG203", _manifest(_bad("label", "several-values", label_value=None))),
    ("LAG203", _manifest(_bad("label", "not-text", label_value=None))),
    ("LAG205", _manifest(_bad("label", "invalid", label_value=None))),
    ("LAG206", _manifest(_bad("label", "invalid", label_value=None))),
    ("LAG311", _manifest({"image_orientation": 1})),
    ("LAG312", _seen({"image_saturation": 0.09})),
    ("LAG312", _seen({**BLANK, "image_saturation": 0.0})),  # blank: said once, by LAG314
    ("LAG312", _seen(image_saturation=0.0)),  # all of them: a note, LAG313
    ("LAG313", _manifest({"image_mode": "L"})),
    ("LAG314", _seen({"image_contrast": 3.0})),
    ("LAG314", _seen({"image_contrast": 0.5})),  # one luma, but colours
    ("LAG315", _seen({"image_contrast": 12.0})),
    ("LAG315", _seen(BLANK)),
    ("LAG316", _seen({"image_brightness": 250.0})),  # odd in one respect only
    ("LAG316", _seen({"image_brightness": 104.0, "image_sharpness": 60.0})),
    ("LAG317", _manifest({"image_gps": False, "image_exif": True})),
    ("LAG318", _manifest({"image_gps": True, "image_exif": True})),  # said once, by LAG317
    ("LAG319", _seen({"image_sharpness": 2600.0})),  # sharp, but round and red
    ("LAG319", _seen({"image_field_cut": "left,top,right,bottom", "image_blue_mean": 200.0})),  # a blue-gray close-up
    ("LAG319", _seen(image_sharpness=2600.0, image_field_cut="left,top,right,bottom")),  # all of them are that sharp
    ("LAG409", _manifest({"map_max": 0})),  # black: said once, by LAG412
    ("LAG411", _manifest({"map_mode": "RGB"})),
    ("LAG412", _manifest({"map_min": 127, "map_max": 129})),
    ("LAG413", _seen({f"{slot}_sha256": fake_sha256(f"{slot} {N}/0001") for slot in ("image", "map")})),
    ("LAG413", _seen({"map_max": 254, "map_mean": 15 + 1 / 64})),
    ("LAG414", _seen({"map_centroid_x": 0.96})),  # at the rim
    ("LAG414", _seen({"map_centroid_x": 0.98, "map_centroid_y": 0.9, "image_field_top": 0.2})),  # a cut field
    ("LAG415", _seen({**TURNED, "image_disc_score": 0.3})),  # the disc is not trusted
    ("LAG415", _seen({**TURNED, "image_disc_x": 0.45})),  # the disc lies near the middle
    *[(f"LAG{n}", _seen({"map_width": 400, "map_min": 255}, **MASK)) for n in (416, 417, 418, 419)],  # no masks
    ("LAG416", _seen({"map_width": 111}, MASKS)),  # the profile gives masks a size of their own
    ("LAG407", _seen({"map_width": 400}, REGIONS, **MASK)),  # said by LAG416
    ("LAG417", _seen({"map_areas": "0:250000", "map_levels": 1}, REGIONS, **MASK)),
    ("LAG417", _seen(profile=_regions(), **{**MASK, "map_levels": 99, "map_areas": None})),  # soft masks, all of them
    ("LAG419", _seen({"map_borders": "0-128:80 0-255:40 128-255:200"}, REGIONS, **MASK)),  # a notched rim
    ("LAG419", _seen({"map_borders": "0-255:120"}, _regions(levels=[255, 128, 0]), **MASK)),  # nobody said nested
    *[(f"LAG{n}", _seen(TURNED, MASKS, map_min=0, map_max=0)) for n in (408, 412, 413, 414, 415)],
    ("LAG505", make_manifest(30, 60, profile="lag-part1")),  # too few to tell
    ("LAG505", make_manifest(300, 300, profile="lag-part1")),  # balanced, not exchanged
    ("LAG506", make_manifest(3143, 1711, profile="lag-part1", header=PART_ONE)),
    ("LAG507", make_manifest(20, 20, 10, 6)),  # chance
    ("LAG017", make_manifest(3, 1)),
    ("LAG604", _manifest(SAME_PIXELS, more=[row("0022", S, **SAME_PIXELS)])),
    *[(code, _alike(*[(0, 2, r) for r in RELATIONS.values() if r is not mine])) for code, mine in RELATIONS.items()],
    ("LAG608", _alike((0, 4, SAME_EYE))),  # in two classes: LAG611
    ("LAG609", _alike((0, 2, MIRRORED))),
    ("LAG610", _alike(*[(i, i + 1, MIRRORED) for i in range(9)], manifest=make_manifest(11, 2))),
    ("LAG611", _alike((0, 1, SAME_EYE), (0, 4, MIRRORED))),
    ("LAG734", _alike((0, 2, MIRRORED), manifest=_parts())),
    ("LAG731", _alike((0, 3, MIRRORED), (0, 2, Relation.PIXEL_IDENTICAL), manifest=_parts())),
    *[(code, _parts()) for code in ("LAG701", "LAG702", "LAG703", "LAG704", "LAG705", "LAG710", "LAG711")],
    ("LAG706", _shared((100, 100, -1), (27, 23, -1))),
    ("LAG707", _shared((100, 100, 100), (25, 25, 23))),
    ("LAG708", _folds((0, 1, 2))),
    ("LAG709", _parts(split={"names": ["train", "test"]})),
    ("LAG711", _sliced(7)),
    ("LAG101", _manifest(more=[row("0099", N, map=False)])),  # a gap in the numbers is normal
    ("LAG103", make_manifest([row("0001", label=False)], unmatched=[unmatched_file(f"{N}/label", "missing-folder")])),
    ("LAG106", _manifest(more=[row("0021", S, image=False)])),  # an orphan is not a second image
    ("LAG201", _manifest({"label_value": None, "label_state": "empty"})),
    ("LAG307", make_manifest(3, 3, image_width=256, image_height=256)),  # resized alike: a note, LAG308
    ("LAG307", _manifest(_bad("image", "corrupt", image_width=None))),  # damaged: said once, by LAG302
    ("LAG308", _manifest({"image_width": 480})),
    ("LAG408", _manifest({"map_color": False, "map_mode": "RGB"})),  # gray saved with three channels
    ("LAG409", _manifest({"map_min": 0, "map_max": 3})),
    ("LAG410", _manifest({"map_max": 250})),
    ("LAG410", _manifest({"map_min": 0, "map_max": 0})),  # constant: said once, by LAG409
    ("LAG410", _manifest({"map_color": True, "map_max": 100})),  # coloured: said once, by LAG408
    ("LAG501", make_manifest(3143, 1711, profile="lag-part1")),
    ("LAG502", make_manifest(6882, 4878, 3432, 2392, profile="lag")),
    (
        "LAG001",
        make_manifest(
            3, 2, 0, 0, profile=_pinned(maps=[0, 0]), unmatched=[unmatched_file(f"{S}/attention_map", "missing-folder")]
        ),
    ),
    ("LAG211", make_manifest([_marked("g0001", "b"), _marked("n0002", "a")], profile=MARKED)),
    (
        "LAG307",
        make_manifest([row(f"{i:04d}", profile=SIZELESS, image_width=500 + i) for i in range(9)], profile=SIZELESS),
    ),
    ("LAG409", make_manifest([row("0001", profile=MASKS, map_min=255)], profile=MASKS)),
    ("LAG410", make_manifest([row("0001", profile=MASKS, map_max=2)], profile=MASKS)),
    ("LAG511", make_manifest(3, 2, profile=_pinned(labels=[3, 2]))),
    ("LAG602", _manifest({"image_sha256": None, "image_state": "unreadable"})),
]


@pytest.mark.parametrize(("code", "manifest", "paths"), FOUND, ids=[f"{c}-{i}" for i, (c, *_) in enumerate(FOUND)])
def test_finds(code: str, manifest: Manifest, paths: list[str]) -> None:
    result = _result(manifest, code)
    assert [finding.path for finding in result.findings] == paths
    assert result.status is STATUSES[result.check.severity]
    for finding in result.findings:
        assert finding.code == code
        assert finding.message
        assert "<NA>" not in finding.message


FOUND_IN_MARKS = {"LAG714", "LAG733", *(f"LAG80{n}" for n in range(1, 7))}  # tests/curation
STATUSES = {Severity.ERROR: Status.FAIL, Severity.WARNING: Status.WARN, Severity.NOTE: Status.NOTE}


@pytest.mark.parametrize("code", [check.code for check in CHECKS])
def test_every_check_is_shown_to_find(code: str) -> None:
    assert code in {found for found, *_ in FOUND} | set(FOUND_IN_SPLITS) | FOUND_IN_MARKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_leaves_a_flawless_data_set_alone(check: Any) -> None:
    manifest = make_manifest(6882, 4878, 3432, 2392) if check.family == "counts" else _manifest()
    result = _result(manifest, check.code)
    if check.name == "complete-release":
        assert result.findings[0].message == "lag is complete: 11,760 images, 5,824 attention maps"
    else:
        assert result.findings == ()


@pytest.mark.parametrize(("code", "manifest"), LEFT_ALONE, ids=[f"{c}-{i}" for i, (c, _) in enumerate(LEFT_ALONE)])
def test_leaves_near_misses_alone(code: str, manifest: Manifest) -> None:
    assert _result(manifest, code).findings == ()


@pytest.mark.parametrize("code", [*RELATIONS, "LAG731", "LAG732"])
def test_where_an_image_was_not_searched_none_found_is_no_pass(code: str) -> None:
    whole, partly = (_result(_alike(manifest=_parts(), unsearched=rows), code) for rows in ((), (0, 1)))
    assert (whole.status, whole.reason) == (Status.PASS, "")
    assert partly.status is Status.NOT_APPLICABLE
    assert re.fullmatch(r"none found, but 2 of [0-9]+ (images|samples) not searched", partly.reason)
    relation = RELATIONS.get(code, SAME_EYE if code == "LAG732" else NEAR)
    found = _result(_alike((1, 3, relation), manifest=_parts(), unsearched=(0,)), code)
    severity = next(check.severity for check in CHECKS if check.code == code)
    assert (found.status, len(found.findings)) == (STATUSES[severity], 1)


def test_a_spoilt_sample_is_reported_once() -> None:
    for code, manifest, _ in FOUND:
        # Those about all samples, those of names that exist in two forms, and those of splits say it beside others.
        if code not in ("LAG014", "LAG308", "LAG610") and not code.startswith(("LAG5", "LAG7")):
            codes = {finding.code for finding in validate(manifest, ignore=["counts"]).findings}
            assert codes <= {code}, code


def test_missing_maps_are_normal_where_half_have_none() -> None:
    result = _result(make_manifest(20, 20, 10, 10), "LAG104")
    assert (result.status, result.reason) == (
        Status.NOT_APPLICABLE,
        "in no class do 90 % of the images have a map",
    )


def test_part_one_by_fingerprint_is_good_news() -> None:
    manifest = make_manifest(3143, 1711, profile="lag-part1")
    published = load_profile("lag-part1").ids_sha256
    same = make_manifest(3143, 1711, profile="lag-part1", header={"ids_sha256": published})
    assert _result(same, "LAG503").findings[0].message == (
        "lag-part1 is complete: 4,854 images, 4,854 attention maps; ids and labels are those of the release"
    )
    assert _result(same, "LAG504").status is Status.PASS
    assert "release" not in _result(manifest, "LAG503").findings[0].message
    assert not validate(same).fails(Severity.WARNING)


def test_an_empty_data_set_crashes_no_check() -> None:
    report = validate(make_manifest([]))
    assert len(report.results) == len(CHECKS)
    assert report.fails()


def _codes(report: Report) -> set[str]:
    return {result.check.code for result in report.results}


def test_select_and_ignore_take_codes_beginnings_names_and_families() -> None:
    manifest = _manifest()
    labels = {check.code for check in CHECKS if check.family == "labels"}
    assert _codes(validate(manifest, select=["LAG20", "orphan-map"])) == {"LAG102", *labels} - {"LAG211"}
    left = ["LAG201", "label-empty", "LAG205", "LAG206", "LAG211"]
    assert _codes(validate(manifest, select=["labels"], ignore=left)) == labels - {*left, "LAG202"}
    with pytest.raises(LagtoolError, match="no check, name or family is called 'orphan-mop'; did you mean orphan-map"):
        validate(manifest, select=["orphan-mop"])


def test_the_table_is_in_order_and_explained() -> None:
    codes = [check.code for check in CHECKS]
    assert codes == sorted(set(codes))
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.family in FAMILIES
        for part in ("Why it matters:", "How to fix:", "Example:"):
            assert part in check.explanation, check.code
    assert choose(["tree"]) == {code for code in codes if code.startswith("LAG0")}


@pytest.mark.parametrize("code", RELATIONS)
def test_where_nobody_looked_it_is_said(code: str) -> None:
    result = _result(make_manifest(3, 2), code)
    assert result.status is Status.NOT_APPLICABLE
    assert result.reason.startswith("not looked for: 'lagtool duplicates")
    result = _result(_alike(without=(RELATIONS[code],)), code)
    assert (result.status, result.reason) == (Status.NOT_APPLICABLE, "not looked for: was not asked for")


def test_a_pair_across_classes_says_so() -> None:
    first, second = _result(_alike((0, 2, NEAR), (1, 4, NEAR)), "LAG605").findings
    assert (
        first.message
        == f"is a near-duplicate of {N}/image/0002.jpg (score 0.88; scale 1.00), which stands in another class"
    )
    assert second.message == f"is a near-duplicate of {N}/image/0001.jpg (score 0.88)"
    assert second.related == (f"{N}/image/0001.jpg",)
