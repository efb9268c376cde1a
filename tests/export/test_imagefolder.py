"""ImageFolder: read as readers of such folders do, every byte or pixel and label held against the manifest."""

import csv
from pathlib import Path

import numpy as np
import pytest

from lagtool.errors import LagtoolError
from lagtool.export.files import choose_mode
from lagtool.export.options import Mode
from lagtool.export.pictures import fit, stretch
from lagtool.export.plan import folder_numbers, number_class_folders, plan_export
from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest
from lagtool.profiles import Profile, load_profile
from lagtool.scanning.scan import scan
from tests.export.data import PARTS, contents, expected, pixels, sha256
from tests.factories import make_manifest
from tests.factories import row as sample
from tests.trees import write_tree


def _read(folder: Path) -> list[tuple[Path, int]]:
    """Read a part as torchvision's ImageFolder does: classes by sorted name, all files below each, links followed."""
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return [(path, number) for number, name in enumerate(classes) for path in sorted((folder / name).rglob("*.jpg"))]


@pytest.mark.parametrize("mode", ["auto", "link", "hardlink", "copy"])
def test_every_byte_and_label_is_that_of_the_manifest(mode: str, tmp_path: Path, root: Path, split: Manifest) -> None:
    out = tmp_path / "export"
    export = write_export(split, root, "imagefolder", out, mode=mode)
    known = expected(split)
    found = {path.stem: (part, path, label) for part in PARTS for path, label in _read(out / part)}
    assert sorted(found) == sorted(known.index)
    for name, (part, path, label) in found.items():
        row = known.loc[name]
        assert (part, label) == (row["split"], row["label"])
        assert sha256(path.read_bytes()) == row["image_sha256"]
    maps = {path.stem: path for path in sorted((out / "attention_map").rglob("*.jpg"))}
    assert sorted(maps) == sorted(known.index[known["map_path"].notna()])
    assert all(sha256(path.read_bytes()) == known.loc[name, "map_sha256"] for name, path in maps.items())
    with (out / "samples.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(out / row["file"]).is_file() for row in rows] == [True] * len(known)
    assert {row["id"]: row["part"] for row in rows} == known["split"].to_dict()
    kinds = {"link": [True, 2], "hardlink": [False, 2], "copy": [False, 1]}
    if mode in kinds:
        image = out / rows[0]["file"]
        assert [image.is_symlink(), (root / rows[0]["image"]).stat().st_nlink + image.is_symlink()] == kinds[mode]
    assert export.mode == (mode if mode != "auto" else export.mode)


def test_torchvision_reads_it(tmp_path: Path, root: Path, split: Manifest) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    write_export(split, root, "imagefolder", tmp_path / "export")
    known = expected(split)
    for part in PARTS:
        data = datasets.ImageFolder(str(tmp_path / "export" / part))
        assert data.class_to_idx == {"non_glaucoma": 0, "suspicious_glaucoma": 1}
        assert {Path(path).stem: label for path, label in data.samples} == known["label"][
            known["split"].eq(part)
        ].to_dict()


@pytest.mark.parametrize("size", [None, 60])
def test_resized_images_and_maps_lie_on_each_other(
    size: int | None, tmp_path: Path, root: Path, split: Manifest
) -> None:
    out = tmp_path / "export"
    write_export(split, root, "imagefolder", out, size=size, maps="resized")
    for name, row in expected(split).iterrows():
        place = f"{row['split']}/{row['class']}/{name}"
        image = pixels((out / f"{place}.jpg").read_bytes())
        original = pixels((root / row["image_path"]).read_bytes())
        side = size or 500
        assert image.shape == (side, side, 3)
        exact = original if size is None else fit(original, size)
        assert np.abs(image.astype(int) - exact).mean() < (0.01 if size is None else 2.0)  # JPEG, quality 95
        if row["map_path"] is not None and isinstance(row["map_path"], str):
            made = pixels((out / "attention_map" / f"{place}.png").read_bytes())
            levels = pixels((root / row["map_path"]).read_bytes())
            assert (made == stretch(levels, side, side, masks=False)).all()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, root: Path, split: Manifest) -> None:
    for number, how in enumerate(({}, {"mode": "copy", "maps": "none"}, {"size": 32})):
        write_export(split, root, "imagefolder", tmp_path / f"a{number}", jobs=1, **how)  # type: ignore[arg-type]
        write_export(split, root, "imagefolder", tmp_path / f"b{number}", jobs=2, **how)  # type: ignore[arg-type]
        assert contents(tmp_path / f"a{number}") == contents(tmp_path / f"b{number}")


def test_proportions_stay() -> None:
    wide = np.full((30, 60, 3), 200, np.uint8)
    small = fit(wide, 20)
    assert small.shape == (20, 20, 3)
    assert (small[5:15] == 200).all()
    assert not small[:5].any()
    assert not small[15:].any()
    assert (fit(wide, 60)[15:45] == wide).all()
    levels = np.array([[0, 255], [255, 0]], np.uint8)
    assert set(np.unique(stretch(levels, 7, 5, masks=True)).tolist()) == {0, 255}
    assert len(np.unique(stretch(levels, 7, 5, masks=False))) > 2


def test_auto_takes_a_way_that_works(tmp_path: Path) -> None:
    source = tmp_path / "0001.jpg"
    source.write_bytes(b"x")
    out = tmp_path / "out"
    out.mkdir()
    assert choose_mode(Mode.AUTO, source, out) in (Mode.REFLINK, Mode.LINK, Mode.COPY)
    assert choose_mode(Mode.COPY, source, out) is Mode.COPY
    assert list(out.iterdir()) == []


def _named(names: tuple[str, str]) -> dict[str, object]:
    """LAG's profile with other names: those of folders stay."""
    lag = load_profile("lag").model_dump(mode="json", exclude_none=True)
    folders = ("non_glaucoma", "suspicious_glaucoma")
    lag["classes"] = [
        {"name": name, "label": label, "folder": folder}
        for label, (name, folder) in enumerate(zip(names, folders, strict=True))
    ]
    return lag


@pytest.mark.parametrize(("how", "right"), [({}, False), ({"class_dirs": "label"}, True)])
def test_labels_that_folder_names_would_turn_round(
    how: dict[str, str], right: bool, tmp_path: Path, root: Path
) -> None:
    write_tree(root, 9, 7)
    manifest = scan(root, profile=Profile.model_validate(_named(("normal", "glaucoma"))))
    out = tmp_path / "export"
    export = write_export(manifest, root, "imagefolder", out, **how)  # type: ignore[arg-type]
    labels = {row["id"]: row["label"] for _, row in manifest.samples.iterrows()}
    assert all((labels[path.stem] == label) is right for path, label in _read(out / "all"))
    folders = ["0_normal", "1_glaucoma"] if right else ["glaucoma", "normal"]
    assert sorted(path.name for path in (out / "all").iterdir()) == folders
    note = (
        "readers number class folders by sorted name, not by label: normal = 1 (label 0), glaucoma = 0 (label 1): "
        "use --class-dirs label, or samples.csv"
    )
    assert (note in export.plan.remarks) is not right
    with (out / "samples.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"]: int(row["label"]) for row in rows} == labels
    assert all((out / row[name]).is_file() for row in rows for name in ("file", "map_file"))


def test_numbers_keep_their_order_with_many_classes() -> None:
    classes = [{"name": f"c{label}", "label": label} for label in range(11, -1, -1)]
    profile = Profile.model_validate({**_named(("a", "b")), "classes": classes})
    plan = number_class_folders(plan_export(make_manifest([sample("0001", "c3", profile=profile)], profile=profile)))
    numbers = folder_numbers(plan)
    assert [numbers[c.folder] for c in plan.classes] == [c.label for c in plan.classes]


def test_class_dirs_are_for_folders_only(tmp_path: Path, root: Path, split: Manifest) -> None:
    with pytest.raises(LagtoolError, match="webdataset does not heed --class-dirs"):
        write_export(split, root, "webdataset", tmp_path / "export", class_dirs="label")
