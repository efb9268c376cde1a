"""Every check once where it finds, and once where it leaves alone."""

from collections.abc import Iterable
from typing import Any

import pytest

from lagtool.checks.registry import CHECKS, FAMILIES, choose
from lagtool.checks.runner import Report, Result, Status, validate
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest
from lagtool.model import Severity
from lagtool.profile import Profile, load_profile
from tests.factories import Row, fake_sha256, make_manifest, row, stray

N, S = "non_glaucoma", "suspicious_glaucoma"


def _manifest(changes: dict[str, Any] | None = None, strays: Iterable[Row] = (), more: Iterable[Row] = ()) -> Manifest:
    """Twenty flawless samples, one more that ``changes`` spoil, and ``more``."""
    rows = [row(f"{i:04d}", N if i % 2 else S) for i in range(1, 21)]
    rows += [row("0021", N, **(changes or {})), *more]
    return make_manifest(rows, strays=strays)


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
        "classes": [{"name": "a", "label": 0, "mark": "n"}, {"name": "b", "label": 1, "mark": "g"}],
        "slots": {"image": {**LAG["slots"]["image"], "pattern": "(?P<id>(?P<class>[gn])[0-9]{4})"}},
    }
)
_IMAGE = {key: value for key, value in LAG["slots"]["image"].items() if key not in ("width", "height")}
SIZELESS = Profile.model_validate({**LAG, "slots": {**LAG["slots"], "image": _IMAGE}})
MASKS = Profile.model_validate({**LAG, "slots": {**LAG["slots"], "map": {**LAG["slots"]["map"], "content": "mask"}}})


def _marked(key: str, class_name: str) -> Row:
    return row(key, class_name, label=False, map=False, profile=MARKED)


def _pinned(labels: Iterable[int | None] = (None, None), maps: Iterable[int] = (3, 2), **keys: str) -> Profile:
    classes = [
        {"name": name, "label": label, "images": images, "maps": n_maps, "labels": n_labels}
        for label, (name, images, n_labels, n_maps) in enumerate(zip((N, S), (3, 2), labels, maps, strict=True))
    ]
    return Profile.model_validate({**LAG, "classes": classes, **keys})


FOUND: list[tuple[str, Manifest, list[str]]] = [
    ("LAG001", _manifest(strays=[stray(f"{S}/label", "missing-folder", kind="folder")]), [f"{S}/label"]),
    ("LAG002", _manifest(strays=[stray(f"{S}/label", "unreadable", kind="folder")]), [f"{S}/label"]),
    ("LAG003", _manifest(strays=[stray(f"{S}/label", "link", kind="link")]), [f"{S}/label"]),
    ("LAG004", _manifest(strays=[stray(f"{S}/backup", "folder", kind="folder")]), [f"{S}/backup"]),
    ("LAG005", _manifest(strays=[stray("all", "copy-of-tree", kind="folder")]), ["all"]),
    ("LAG006", _manifest(strays=[stray("a/Thumbs.db"), stray("b/Thumbs.db")]), [""]),
    ("LAG007", _manifest(strays=[stray("x.md", "name"), stray("y.png", "suffix")]), ["x.md", "y.png"]),
    ("LAG008", _manifest(strays=[stray("0001 (2).jpg", "copy-name")]), ["0001 (2).jpg"]),
    ("LAG009", _manifest(strays=[stray("Non_Glaucoma", "folder-case", kind="folder")]), ["Non_Glaucoma"]),
    ("LAG010", _manifest(strays=[stray("pipe", "special", kind="other")]), ["pipe"]),
    ("LAG011", _manifest(strays=[stray("README", "extra-file")]), ["README"]),
    ("LAG101", _manifest(more=[row("0022", N, image=False, map=False)]), [f"{N}/label/0022.txt"]),
    ("LAG102", _manifest(more=[row("0022", N, image=False, label=False)]), [f"{N}/attention_map/0022.jpg"]),
    ("LAG103", _manifest(more=[row("0022", N, label=False)]), [f"{N}/image/0022.jpg"]),
    ("LAG104", _manifest(more=[row("0022", N, map=False)]), [f"{N}/image/0022.jpg"]),
    ("LAG105", _manifest(strays=[stray(f"{N}/image/1.jpg", "second-file", detail=IMAGE)]), [f"{N}/image/1.jpg"]),
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
    ("LAG211", make_manifest([_marked("g0001", "b"), _marked("n0002", "b")], profile=MARKED), ["b/image/n0002.jpg"]),
    ("LAG511", make_manifest(3, 2, profile=_pinned(labels=[4, 2])), [N]),
    ("LAG512", make_manifest(3, 2, profile=_pinned(files_sha256="0" * 64)), [""]),
    ("LAG512", make_manifest(3, 2, profile=_pinned(content_sha256="0" * 64)), [""]),
    ("LAG601", _manifest({"image_sha256": fake_sha256(f"image {S}/0002")}), [f"{S}/image/0002.jpg"]),
    ("LAG602", _manifest({"image_sha256": fake_sha256(f"image {N}/0001")}), [IMAGE]),
]

LEFT_ALONE: list[tuple[str, Manifest]] = [
    ("LAG101", _manifest(more=[row("0099", N, map=False)])),  # a gap in the numbers is normal
    ("LAG103", make_manifest([row("0001", label=False)], strays=[stray(f"{N}/label", "missing-folder")])),
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
        make_manifest(3, 2, 0, 0, profile=_pinned(maps=[0, 0]), strays=[stray(f"{S}/attention_map", "missing-folder")]),
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
    assert result.status is (Status.NOTED if result.check.severity is Severity.NOTE else Status.FAIL)
    for finding in result.findings:
        assert finding.code == code
        assert finding.message
        assert "<NA>" not in finding.message


@pytest.mark.parametrize("code", [check.code for check in CHECKS])
def test_every_check_is_shown_to_find(code: str) -> None:
    assert code in {found for found, *_ in FOUND}


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


def test_a_spoilt_sample_is_reported_once() -> None:
    for code, manifest, _ in FOUND:
        if code != "LAG308" and not code.startswith("LAG5"):
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
    assert _codes(validate(manifest, select=["LAG20", "orphan-map"])) == {
        "LAG102",
        "LAG201",
        "LAG202",
        "LAG203",
        "LAG204",
    }
    assert _codes(validate(manifest, select=["labels"], ignore=["LAG201", "label-empty", "LAG211"])) == {
        "LAG203",
        "LAG204",
    }
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
