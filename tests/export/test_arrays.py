"""NPZ in the layout of MedMNIST: read by numpy, every pixel and label held against the manifest and the pictures."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lagtool.errors import LagtoolError
from lagtool.export.pictures import fit, stretch
from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest
from tests.export.data import PARTS, contents, expected, pixels, split_tree


@pytest.mark.parametrize(("size", "name"), [(None, "lag.npz"), (64, "lag_64.npz")])
def test_every_pixel_and_label(size: int | None, name: str, tmp_path: Path, root: Path, split: Manifest) -> None:
    write_export(split, root, "npz", tmp_path / "out", size=size, maps="resized")
    side = size or 28
    with (tmp_path / "out" / "samples.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    known = expected(split)
    with np.load(tmp_path / "out" / name, allow_pickle=False) as data:
        keys = ("images", "labels", "maps", "has_map")
        assert sorted(data.files) == sorted(f"{part}_{key}" for part in PARTS for key in keys)
        for part in PARTS:
            images, labels, maps, has_map = (data[f"{part}_{key}"] for key in keys)
            ids = [row["id"] for row in rows if row["part"] == part]
            assert sorted(ids) == sorted(known.index[known["split"].eq(part)])
            assert (images.shape, images.dtype) == ((len(ids), side, side, 3), np.uint8)
            assert (labels.shape, labels.dtype) == ((len(ids), 1), np.uint8)
            for number, id_ in enumerate(ids):
                sample = known.loc[id_]
                assert labels[number, 0] == sample["label"]
                image = pixels((root / str(sample["image_path"])).read_bytes())
                assert (images[number] == fit(image, side)).all()
                assert has_map[number] == (not pd.isna(sample["map_path"]))
                if has_map[number]:
                    levels = pixels((root / str(sample["map_path"])).read_bytes())
                    assert (maps[number] == stretch(levels, side, side, masks=False)).all()
                else:
                    assert not maps[number].any()


def test_without_maps_it_is_what_medmnist_has(tmp_path: Path, root: Path, split: Manifest) -> None:
    for copy, jobs in (("a", 1), ("b", 2)):
        write_export(split, root, "npz", tmp_path / copy, jobs=jobs)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    with np.load(tmp_path / "a" / "lag.npz") as data:
        assert sorted(data.files) == sorted(f"{part}_{key}" for part in PARTS for key in ("images", "labels"))
    with zipfile.ZipFile(tmp_path / "a" / "lag.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


def test_medmnist_reads_it(tmp_path: Path, root: Path, split: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    medmnist = pytest.importorskip("medmnist")
    write_export(split, root, "npz", tmp_path / "out", size=28)
    sizes = expected(split)["split"].value_counts().to_dict()
    info = {"n_channels": 3, "n_samples": sizes, "label": {"0": "non_glaucoma", "1": "suspicious_glaucoma"}}
    monkeypatch.setitem(medmnist.dataset.INFO, "lag", {**info, "task": "binary-class"})

    class Lag(medmnist.dataset.MedMNIST2D):  # type: ignore[misc, name-defined]
        flag = "lag"

    data = Lag(split="train", root=str(tmp_path / "out"))
    known = expected(split)
    assert len(data) == known["split"].eq("train").sum()
    assert sum(int(label[0]) for _, label in data) == known["label"][known["split"].eq("train")].sum()


@pytest.mark.parametrize(
    ("how", "words"), [({"size": 100}, "28, 64, 128, 224"), ({"maps": "as-is"}, "resized, or none")]
)
def test_what_it_cannot_hold_is_told(how: dict[str, object], words: str, tmp_path: Path, root: Path) -> None:
    split = split_tree(root)
    with pytest.raises(LagtoolError, match=words):
        write_export(split, root, "npz", tmp_path / "out", **how)  # type: ignore[arg-type]
